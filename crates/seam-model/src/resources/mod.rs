//! The resources of the API, one file each.

mod access_code_issue;
mod action_attempt;
mod pagination;
mod unmanaged_access_code;

pub use access_code_issue::{
    AccessCodeError, AccessCodeErrorCode, AccessCodeWarning, AccessCodeWarningCode, ChangeType, ModifiedField,
};
pub use action_attempt::{ActionAttempt, ActionAttemptError, ActionAttemptStatus, ActionType};
pub use pagination::Pagination;
pub use unmanaged_access_code::{AccessCodeStatus, AccessCodeType, DormakabaOracodeMetadata, UnmanagedAccessCode};
