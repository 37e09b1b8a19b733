//! The Seam API described once, as data.
//!
//! `api/` is the API description: routes, parameters, resources and events. `cargo xtask import` writes it from Seam's
//! OpenAPI document. `annotations/` is written by hand: documentation, names of Rust types, secrets, selectors,
//! idempotency, and what Seam documents elsewhere, such as rate limits.
//!
//! Both are text files that are compiled into this crate. [`api`] and [`annotations`] parse them once per process:
//!
//! ```
//! let route = seam_spec::api().route("/locks/unlock_door").unwrap();
//! assert_eq!(route.method, "POST");
//! assert!(route.parameters.fields().any(|field| field.name == "device_id" && field.required));
//! ```
//!
//! The crate does no I/O and has no dependencies. With the feature `openapi`, which requires serde_json, `openapi` writes
//! the description and the annotations as an OpenAPI document, and `published_openapi` in the form of Seam's own.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod annotations;
mod api;
mod embedded;
mod files;
mod location;
mod notation;
#[cfg(feature = "openapi")]
mod openapi;
#[cfg(feature = "openapi")]
mod published_openapi;
mod sections;

use std::sync::LazyLock;

pub use annotations::{
    Annotations, CredentialAnnotation, CredentialSet, Format, Glossary, IdType, Idempotency, RateLimit,
    RouteAnnotation, SecretDecision, Selector, TypeAnnotation,
};
pub use api::{ApiDescription, Event, Field, Kind, Limit, Resource, Route, Schema, Variant};
pub use location::{Location, ParseError};
pub use notation::{parse, print_resources, print_routes};
#[cfg(feature = "openapi")]
pub use openapi::openapi;
#[cfg(feature = "openapi")]
pub use published_openapi::published_openapi;

/// Returns the API description.
#[must_use]
pub fn api() -> &'static ApiDescription {
    #[expect(clippy::expect_used, reason = "the text is a part of this crate, whose tests parse it")]
    static API: LazyLock<ApiDescription> =
        LazyLock::new(|| ApiDescription::embedded().expect("the embedded API description is valid"));
    &API
}

/// Returns the annotations.
#[must_use]
pub fn annotations() -> &'static Annotations {
    #[expect(clippy::expect_used, reason = "the text is a part of this crate, whose tests parse it")]
    static ANNOTATIONS: LazyLock<Annotations> =
        LazyLock::new(|| Annotations::embedded().expect("the embedded annotations are valid"));
    &ANNOTATIONS
}

/// Returns the rate limits that Seam documents, without parsing the other annotations.
#[must_use]
pub fn rate_limits() -> &'static [RateLimit] {
    #[expect(clippy::expect_used, reason = "the text is a part of this crate, whose tests parse it")]
    static RATE_LIMITS: LazyLock<Vec<RateLimit>> =
        LazyLock::new(|| RateLimit::embedded().expect("the embedded rate limits are valid"));
    &RATE_LIMITS
}

/// Returns the documents that the description was imported from, such as `python`, with their versions.
pub fn sources() -> impl Iterator<Item = (&'static str, &'static str)> {
    files::SOURCES.text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(": "))
}

/// Returns the fields that Seam's description calls required and that real responses omit, such as
/// `access_code.errors`.
pub fn observed_absent() -> impl Iterator<Item = &'static str> {
    files::OBSERVED_ABSENT.text.lines().filter(|line| !line.starts_with('#') && !line.is_empty())
}

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
