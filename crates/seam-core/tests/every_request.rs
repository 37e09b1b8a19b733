//! Every request type, filled from the API description of its route: it survives deserialization and serialization, and
//! prints no secret.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests assert by panicking")]

#[path = "every_request/all.rs"]
mod all;
#[path = "../../seam-model/tests/support/mod.rs"]
mod support;

use seam_core::Servable;
use serde_json::Value;
use support::{CANARY, Mode, Sampler, variants};

type Check = fn(&str, &Value);

/// Deserializes and serializes the parameters of a request.
fn check<E: Servable>(path: &str, parameters: &Value) {
    assert_eq!(E::SPEC.path(), path);
    let request: E = match serde_json::from_value(parameters.clone()) {
        Ok(request) => request,
        Err(error) => panic!("{path}: {error}: {parameters}"),
    };
    assert_eq!(serde_json::to_value(&request).unwrap(), *parameters, "{path}");
    for printed in [format!("{request:?}"), format!("{request:#?}")] {
        assert!(!printed.contains(CANARY), "{path} prints {printed}");
    }
}

#[test]
fn every_request_survives_serde_and_prints_no_secret() {
    let mut canaries = 0;
    let all = all::all();
    assert_eq!(all.len(), seam_spec::api().routes().len());
    for (path, check) in all {
        for round in 0..variants(&seam_spec::api().route(path).unwrap().parameters) {
            let mut modes = vec![Mode::Full, Mode::Smallest];
            modes.extend([Mode::Random; 8]);
            for (seed, mode) in modes.into_iter().enumerate() {
                let mut sampler = Sampler::new(mode, u64::try_from(seed + round * 100).unwrap());
                sampler.round = round;
                sampler.canaries = true;
                let parameters = sampler.parameters(path);
                canaries += parameters.to_string().matches(CANARY).count();
                check(path, &parameters);
            }
        }
    }
    assert!(canaries > 50, "{canaries} canaries are too few for a meaningful test");
}
