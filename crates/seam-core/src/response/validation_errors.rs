//! Validation errors of the parameters of a request.

/// The maximum number of [validation messages](crate::Error::validation_errors) that an error keeps.
pub const MAX_VALIDATION_MESSAGES: usize = 64;

/// The validation messages of Seam for the parameters of a request, by the name of the parameter.
///
/// The names of nested parameters, and the indexes of list entries, follow dots: `device_ids.0`. At most
/// [`MAX_VALIDATION_MESSAGES`](crate::MAX_VALIDATION_MESSAGES) messages of at most 500 bytes are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValidationErrors {
    /// The names of parameters and their messages, sorted by the names.
    pub(crate) messages: Vec<(String, String)>,
    omitted: usize,
}

impl ValidationErrors {
    /// Returns the messages for one parameter.
    pub fn get(&self, parameter: &str) -> impl Iterator<Item = &str> {
        self.iter().filter(move |(name, _)| *name == parameter).map(|(_, message)| message)
    }

    /// Returns the messages for the whole request, such as "one of these is required".
    pub fn root(&self) -> impl Iterator<Item = &str> {
        self.get("")
    }

    /// Returns all messages with the names of their parameters; the name is empty for the whole request.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.messages.iter().map(|(name, message)| (name.as_str(), message.as_str()))
    }

    /// Returns whether there are no messages.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Returns the number of messages beyond [`MAX_VALIDATION_MESSAGES`](crate::MAX_VALIDATION_MESSAGES), which are
    /// dropped.
    #[must_use]
    pub fn omitted(&self) -> usize {
        self.omitted
    }

    /// Adds a message for a parameter. Name and message are computed only if they are kept.
    pub(crate) fn add(&mut self, name: impl FnOnce() -> String, message: impl FnOnce() -> String) {
        if self.messages.len() < MAX_VALIDATION_MESSAGES {
            let name = name();
            let index = self.messages.partition_point(|(other, _)| *other <= name);
            self.messages.insert(index, (name, message()));
        } else {
            self.omitted += 1;
        }
    }
}
