//! The routes of the API, one module per group, named after their paths.
//!
//! Each route is a type with its parameters as fields, an [`Endpoint`] impl that
//! describes it, and a method of its group: `/access_codes/unmanaged/get` is
//! [`access_codes::unmanaged::Get`] and `seam.access_codes().unmanaged().get(..)`.

pub mod access_codes;

use crate::{CredentialKind, Endpoint, Spec};

/// All routes that this crate has.
pub const ENDPOINTS: &[&Spec] = &[
    access_codes::unmanaged::ConvertToManaged::SPEC,
    access_codes::unmanaged::Delete::SPEC,
    access_codes::unmanaged::Get::SPEC,
    access_codes::unmanaged::List::SPEC,
    access_codes::unmanaged::Update::SPEC,
];

/// The credentials that are good for things in a workspace.
const WORKSPACE: &[CredentialKind] = &[
    CredentialKind::ApiKey,
    CredentialKind::PersonalAccessToken,
    CredentialKind::ConsoleSession,
    CredentialKind::ClientSessionToken,
];
