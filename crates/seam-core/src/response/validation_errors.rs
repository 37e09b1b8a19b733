//! What Seam reports about the parameters of a request.

use std::collections::BTreeMap;

/// The most [validation messages](crate::Error::validation_errors) that are kept of one error.
pub const MAX_VALIDATION_MESSAGES: usize = 64;

/// What Seam says is wrong with the parameters of a request, by the name of the parameter.
///
/// Parts of nested parameters have names with dots, entries of lists their index: `device_ids.0`. At most
/// [`MAX_VALIDATION_MESSAGES`](crate::MAX_VALIDATION_MESSAGES) messages of at most 500 bytes are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValidationErrors {
    pub(crate) messages: BTreeMap<String, Vec<String>>,
    omitted: usize,
}

impl ValidationErrors {
    /// The messages about one parameter.
    pub fn get(&self, parameter: &str) -> impl Iterator<Item = &str> {
        self.messages.get(parameter).into_iter().flatten().map(String::as_str)
    }

    /// The messages about the request as a whole, such as "one of these is required".
    pub fn root(&self) -> impl Iterator<Item = &str> {
        self.get("")
    }

    /// All messages with the names of their parameters; the name is empty for the request as a whole.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.messages
            .iter()
            .flat_map(|(name, messages)| messages.iter().map(move |message| (name.as_str(), message.as_str())))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// How many messages more there were than [`MAX_VALIDATION_MESSAGES`](crate::MAX_VALIDATION_MESSAGES).
    #[must_use]
    pub fn omitted(&self) -> usize {
        self.omitted
    }

    /// Adds a message about a parameter, whose name is made only if there is room.
    pub(crate) fn add(&mut self, name: impl FnOnce() -> String, message: impl FnOnce() -> String) {
        if self.messages.values().map(Vec::len).sum::<usize>() < MAX_VALIDATION_MESSAGES {
            self.messages.entry(name()).or_default().push(message());
        } else {
            self.omitted += 1;
        }
    }
}
