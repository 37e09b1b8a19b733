//! Responses: from the bytes to a value, or to one error that quotes no secret.

pub(crate) mod decode;
pub(crate) mod echo;
mod error;
mod error_body;
pub(crate) mod interpret;
mod json_list;
mod json_path;
mod memory;
pub(crate) mod redact;
mod repair;
mod skim;

pub use error::{Error, ErrorKind, ValidationErrors};
pub use error_body::{ERROR_BODY_LIMIT, MAX_VALIDATION_MESSAGES};
pub use interpret::FullResponse;
