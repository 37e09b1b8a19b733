//! Reads the error in the body of a response at a bounded cost: limited strings are kept, everything else is skipped,
//! and a value of an unexpected type counts as absent.

use seam_model::ActionAttemptId;
use serde::de::{IgnoredAny, MapAccess, SeqAccess};
use serde_json::Value;

use crate::{
    ValidationErrors,
    response::{
        redact::{MAX_NAME, Redactor, prefix},
        skim::{Lenient, Reader, Text, Whole, Within, read},
    },
};

/// The maximum size of an error body that is read: 1 MiB. For a larger one, an [`Error`](crate::Error) has only the
/// status and the request id.
pub const ERROR_BODY_LIMIT: usize = 1 << 20;

/// The maximum size of a validation message, and of the name of a parameter, in bytes.
const MAX_VALIDATION_MESSAGE: usize = 500;

/// The maximum depth of a parameter with validation messages, less than the recursion limit of serde_json.
const MAX_VALIDATION_DEPTH: usize = 110;

/// An error of Seam, with redacted strings.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub(crate) error_type: String,
    pub(crate) message: String,
    pub(crate) request_id: Option<String>,
    pub(crate) validation_errors: ValidationErrors,
}

impl ApiError {
    /// Reads an error. Returns `None` unless the body is an object with the strings `error.type` and `error.message`.
    pub(crate) fn read(body: &[u8], redactor: &Redactor) -> Option<Self> {
        let draft = read(Within { path: &["error"], reader: ErrorReader(redactor) }, body)?;
        Some(Self {
            error_type: draft.error_type?,
            message: draft.message?,
            request_id: draft.request_id,
            validation_errors: draft.validation_errors,
        })
    }
}

/// Reads `error.data` of a body.
pub(crate) fn data(body: &[u8]) -> Option<Value> {
    read(Within { path: &["error", "data"], reader: Whole }, body)
}

/// Reads the id of the action attempt in a response that could not be decoded.
pub(crate) fn action_attempt_id(body: &[u8]) -> Option<ActionAttemptId> {
    let reader = Text(|id: &str| ActionAttemptId::from(id));
    read(Within { path: &["action_attempt", "action_attempt_id"], reader }, body)
}

/// Reads the object under `error`.
#[derive(Clone, Copy)]
struct ErrorReader<'a>(&'a Redactor);

#[derive(Default)]
struct Draft {
    error_type: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
    validation_errors: ValidationErrors,
}

impl<'de> Reader<'de> for ErrorReader<'_> {
    type Output = Draft;

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Option<Draft>, A::Error> {
        let redactor = self.0;
        let mut draft = Draft::default();
        while let Some(name) = object.next_key::<String>()? {
            match name.as_str() {
                "type" => {
                    draft.error_type = object.next_value_seed(Lenient(Text(|text: &str| redactor.print_name(text))))?;
                }
                "message" => {
                    draft.message = object.next_value_seed(Lenient(Text(|text: &str| redactor.print(text))))?;
                }
                "request_id" => {
                    let reader = Text(|text: &str| redactor.print_within(MAX_NAME, text));
                    draft.request_id = object.next_value_seed(Lenient(reader))?;
                }
                "validation_errors" => {
                    draft.validation_errors = ValidationErrors::default();
                    let errors = &mut draft.validation_errors;
                    object.next_value_seed(Lenient(ParameterReader { redactor, errors, names: &mut Vec::new() }))?;
                }
                _ => {
                    object.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Some(draft))
    }
}

/// Reads `{"_errors": ["about all"], "device_id": {"_errors": ["about it"]}}`.
struct ParameterReader<'a> {
    redactor: &'a Redactor,
    errors: &'a mut ValidationErrors,
    /// The names of the path to the value, not redacted.
    names: &'a mut Vec<String>,
}

impl ParameterReader<'_> {
    fn nested(&mut self) -> ParameterReader<'_> {
        ParameterReader { redactor: self.redactor, errors: self.errors, names: self.names }
    }
}

impl<'de> Reader<'de> for ParameterReader<'_> {
    type Output = ();

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Option<()>, A::Error> {
        let about = match self.names.split_last() {
            Some((last, about)) if last == "_errors" => about,
            _ => {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                return Ok(None);
            }
        };
        let name = || {
            let mut joined = String::new();
            for name in about {
                if !joined.is_empty() {
                    joined.push('.');
                }
                joined.push_str(&self.redactor.print_name(name));
                if joined.len() > MAX_VALIDATION_MESSAGE {
                    return prefix(&joined, MAX_VALIDATION_MESSAGE).to_owned() + "...";
                }
            }
            joined
        };
        let mut add = |message: &str| {
            self.errors.add(name, || self.redactor.print_within(MAX_VALIDATION_MESSAGE, message));
        };
        while list.next_element_seed(Lenient(Text(&mut add)))?.is_some() {}
        Ok(None)
    }

    fn object<A: MapAccess<'de>>(mut self, mut object: A) -> Result<Option<()>, A::Error> {
        while let Some(name) = object.next_key::<String>()? {
            if self.names.len() == MAX_VALIDATION_DEPTH {
                object.next_value::<IgnoredAny>()?;
                continue;
            }
            self.names.push(name);
            object.next_value_seed(Lenient(self.nested()))?;
            self.names.pop();
        }
        Ok(None)
    }
}
