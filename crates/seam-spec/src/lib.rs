//! The Seam API described as data: routes, parameters, resources, events and limits. No I/O; no dependencies unless the
//! feature `openapi` is enabled.
//!
//! ```
//! let route = seam_spec::api().route("/locks/unlock_door").expect("a documented route");
//! assert_eq!(route.method, "POST");
//! assert!(route.parameters.fields().any(|field| field.name == "device_id" && field.required));
//! ```
//!
//! # Where to start
//!
//! | To | See |
//! |---|---|
//! | read routes, resources and events | [`api`] |
//! | read documentation, names of Rust types, secrets, selectors, idempotency and rate limits | [`annotations`] |
//! | write an OpenAPI document | `openapi` with the feature of this name; `published_openapi` in the form of Seam's document |
//!
//! Programs that call Seam do not need this crate; they use `seam-reqwest`. It is for generators, test servers and other tools.
//!
//! # Features
//!
//! | Feature | Default | Adds |
//! |---|---|---|
//! | `openapi` | no | `openapi`: the description and the annotations as an OpenAPI document; requires serde_json |
//!
//! # Concepts
//!
//! `api/` is the API description, which `cargo xtask import` writes from Seam's OpenAPI document. `annotations/` is
//! written by hand. Both are text files that are compiled into this crate and parsed once per process. The guide
//! documents [the notation](../seam_guide/api_description/index.html).

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
    #[expect(clippy::expect_used, reason = "the tests of this crate parse the compiled-in files")]
    static API: LazyLock<ApiDescription> =
        LazyLock::new(|| ApiDescription::embedded().expect("the embedded API description is valid"));
    &API
}

/// Returns the annotations.
#[must_use]
pub fn annotations() -> &'static Annotations {
    #[expect(clippy::expect_used, reason = "the tests of this crate parse the compiled-in files")]
    static ANNOTATIONS: LazyLock<Annotations> =
        LazyLock::new(|| Annotations::embedded().expect("the embedded annotations are valid"));
    &ANNOTATIONS
}

/// Returns the rate limits that Seam documents, without parsing the other annotations.
#[must_use]
pub fn rate_limits() -> &'static [RateLimit] {
    #[expect(clippy::expect_used, reason = "the tests of this crate parse the compiled-in files")]
    static RATE_LIMITS: LazyLock<Vec<RateLimit>> =
        LazyLock::new(|| RateLimit::embedded().expect("the embedded rate limits are valid"));
    &RATE_LIMITS
}

/// Returns the documents that the description was imported from, such as `python`, with their versions.
pub fn sources() -> impl Iterator<Item = (&'static str, &'static str)> {
    files::SOURCES.text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(": "))
}

/// Returns the fields that are required according to Seam's description but absent from real responses, such as
/// `access_code.errors`.
pub fn observed_absent() -> impl Iterator<Item = &'static str> {
    files::OBSERVED_ABSENT.text.lines().filter(|line| !line.starts_with('#') && !line.is_empty())
}

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
