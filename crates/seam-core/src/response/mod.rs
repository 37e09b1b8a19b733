//! Responses: decoding to a value, or to an error that quotes no secret.

pub(crate) mod classify;
pub(crate) mod decode;
pub(crate) mod echo;
mod error;
mod error_body;
pub(crate) mod interpret;
mod json_list;
mod json_path;
mod memory;
mod outcome;
pub(crate) mod redact;
mod repair;
pub(crate) mod retry_after;
mod skim;
mod validation_errors;

pub use error::{Error, ErrorKind};
pub use error_body::ERROR_BODY_LIMIT;
pub use interpret::FullResponse;
pub use outcome::Outcome;
pub use validation_errors::{MAX_VALIDATION_MESSAGES, ValidationErrors};
