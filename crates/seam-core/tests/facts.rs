//! Compares the endpoints with the API description: each route exists as described.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests assert by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use seam_core::{CredentialKind, ENDPOINTS, Idempotency, ResponseKey, Spec};
use seam_spec::{Field, Kind, Schema};

fn specs() -> BTreeMap<&'static str, &'static Spec> {
    ENDPOINTS.iter().map(|spec| (spec.path(), *spec)).collect()
}

/// Returns the parameters of a route, and whether every schema requires them.
fn parameters(schema: &'static Schema) -> BTreeMap<&'static str, bool> {
    let of = |fields: &'static [Field]| fields.iter().map(|field| (field.name, field.required)).collect::<Vec<_>>();
    match &schema.kind {
        Kind::Object(fields) => of(fields).into_iter().collect(),
        Kind::Variants { by, common, variants } => {
            let mut all: BTreeMap<&str, bool> = of(common).into_iter().collect();
            for name in variants.iter().flat_map(|variant| of(&variant.fields)).map(|(name, _)| name) {
                let needed = |fields: &[Field]| fields.iter().any(|field| field.name == name && field.required);
                let is_needed = variants.iter().all(|variant| needed(&variant.fields));
                all.insert(name, is_needed);
            }
            all.extend(by.iter().map(|by| (*by, true)));
            all
        }
        _ => BTreeMap::new(),
    }
}

#[test]
fn every_route_exists_once() {
    let described: BTreeSet<&str> = seam_spec::api().routes().iter().map(|route| route.path).collect();
    let known: BTreeSet<&str> = ENDPOINTS.iter().map(|spec| spec.path()).collect();
    assert_eq!(described, known);
    assert_eq!((ENDPOINTS.len(), known.len()), (207, 207));
}

#[test]
fn verbs_keys_and_pages_are_as_described() {
    let specs = specs();
    for route in seam_spec::api().routes() {
        let spec = specs[route.path];
        assert_eq!(spec.method().as_str(), route.method, "{}", route.path);
        assert_eq!(spec.is_paginated(), route.paginated, "{}", route.path);
        let expected: &[Option<&str>] = match &route.response_key {
            Some(key) => &[Some(key)],
            // An action attempt is returned even if the description does not name it as the response key.
            None if route.action_type.is_some() => &[Some("action_attempt")],
            None => &[None],
        };
        assert!(expected.contains(&spec.response_key().name()), "{}: {:?}", route.path, spec.response_key());
        if route.response_key.is_none() {
            assert!(!matches!(spec.response_key(), ResponseKey::Required(_)), "{}", route.path);
        }
    }
}

#[test]
fn parameters_are_as_described() {
    let specs = specs();
    for route in seam_spec::api().routes() {
        let spec = specs[route.path];
        let known: BTreeMap<&str, bool> =
            spec.parameters().iter().map(|parameter| (parameter.name, parameter.required)).collect();
        let described = parameters(&route.parameters);
        assert_eq!(described.keys().collect::<Vec<_>>(), known.keys().collect::<Vec<_>>(), "{}", route.path);
        for (name, required) in described {
            // Parameters that only some schemas require are selectors.
            assert!(required == known[name] || required && !spec.selectors().is_empty(), "{}: {name}", route.path);
        }
    }
}

#[test]
fn a_route_that_requires_one_of_several_parameters_has_selectors() {
    let specs = specs();
    for route in seam_spec::api().routes() {
        let spec = specs[route.path];
        let names: BTreeSet<&str> = spec.parameters().iter().map(|parameter| parameter.name).collect();
        for selector in spec.selectors() {
            assert!(selector.iter().all(|name| names.contains(name)), "{}: {selector:?}", route.path);
        }
        if !route.at_least_one_of.is_empty() {
            let is_told = !spec.selectors().is_empty() || spec.parameters().iter().any(|parameter| parameter.required);
            assert!(is_told, "{}: at least one of {:?}", route.path, route.at_least_one_of);
        }
    }
}

#[test]
fn credentials_are_as_described() {
    let specs = specs();
    for route in seam_spec::api().routes() {
        let spec = specs[route.path];
        for (name, kind) in [
            ("api_key", CredentialKind::ApiKey),
            ("pat_with_workspace", CredentialKind::PersonalAccessToken),
            ("pat_without_workspace", CredentialKind::PersonalAccessTokenWithoutWorkspace),
            ("console_session_with_workspace", CredentialKind::ConsoleSession),
            ("console_session_without_workspace", CredentialKind::ConsoleSessionWithoutWorkspace),
            ("publishable_key", CredentialKind::PublishableKey),
        ] {
            let is_described = route.credentials.contains(&name);
            let is_accepted = spec.credentials().contains(&kind);
            assert_eq!(is_accepted, is_described, "{}: {kind:?}", route.path);
        }
        let is_for_clients = route.credentials.iter().any(|credential| credential.starts_with("client_session"));
        assert_eq!(spec.credentials().contains(&CredentialKind::ClientSessionToken), is_for_clients, "{}", route.path);
    }
}

#[test]
fn idempotency_follows_the_annotations_and_not_only_the_verb() {
    let specs = specs();
    for (path, route) in &seam_spec::annotations().routes {
        let spec = specs[path];
        let decided = match route.idempotency {
            seam_spec::Idempotency::ReadOnly => Idempotency::ReadOnly,
            seam_spec::Idempotency::Idempotent => Idempotency::Idempotent,
            seam_spec::Idempotency::NonIdempotent => Idempotency::NonIdempotent,
        };
        assert_eq!(spec.idempotency(), decided, "{path}");
        assert!(spec.idempotency() == Idempotency::ReadOnly || route.reason.len() > 10, "{path} has a reason");
        // Every GET reads, but not every other verb changes state.
        if spec.method() == "GET" {
            assert_eq!(spec.idempotency(), Idempotency::ReadOnly, "{path}");
        }
        let starts_work = ["/create", "/create_multiple", "/lock_door", "/unlock_door", "/reset_sandbox"];
        if starts_work.iter().any(|end| path.ends_with(end)) || path.contains("/simulate/") {
            assert_eq!(spec.idempotency(), Idempotency::NonIdempotent, "{path}");
        }
    }
}
