//! Every resource, generated from the API description in every form that Seam may send: each is deserialized and
//! serialized unchanged.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_imports,
    clippy::indexing_slicing,
    reason = "tests assert by panicking"
)]

mod support;

use std::collections::BTreeSet;

use proptest::prelude::*;
use seam_model::*;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use support::{Mode, Sampler, observed_absent, resources, variants};

/// Deserializes a sample from a `Value` and from a string, and checks that both are serialized unchanged.
fn survives<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(sample: &Value) -> Result<(), String> {
    let from_tree: T = serde_json::from_value(sample.clone()).map_err(|error| format!("{error}: {sample}"))?;
    let text = sample.to_string();
    let from_text: T = serde_json::from_str(&text).map_err(|error| format!("{error}: {sample}"))?;
    let same =
        |written: Value| if written == *sample { Ok(()) } else { Err(format!("changed: {sample}\nbecame {written}")) };
    same(serde_json::to_value(&from_tree).map_err(|error| error.to_string())?)?;
    same(serde_json::to_value(&from_text).map_err(|error| error.to_string())?)?;
    // The order of fields is not kept, so the output is parsed for the comparison.
    let again: T = serde_json::from_value(sample.clone()).map_err(|error| error.to_string())?;
    if again == from_text { Ok(()) } else { Err(format!("changed: {sample}\nis not equal to itself")) }
}

type Check = fn(&Value) -> Result<(), String>;

const RESOURCES: [(&str, Check); 36] = resources!(survives);

#[test]
fn every_resource_of_the_facts_has_a_type() {
    let described: BTreeSet<&str> = seam_spec::api().resources().iter().map(|resource| resource.name).collect();
    let typed: BTreeSet<&str> = RESOURCES.iter().map(|(name, _)| *name).collect();
    assert_eq!(described, typed);
}

/// Generates every resource in a mode, in all its variants.
fn try_all(mode: Mode, change: impl Fn(&mut Sampler)) {
    for (name, check) in &RESOURCES {
        for round in 0..variants(&seam_spec::api().resource(name).unwrap().schema) {
            let mut sampler = Sampler::new(mode, u64::try_from(round).unwrap());
            sampler.round = round;
            change(&mut sampler);
            let sample = sampler.schema(name);
            if let Err(problem) = check(&sample) {
                panic!("{name}: {problem}");
            }
        }
    }
}

#[test]
fn a_full_object_is_read_and_written_back() {
    try_all(Mode::Full, |_| {});
}

#[test]
fn the_smallest_object_is_read_and_written_back() {
    try_all(Mode::Smallest, |_| {});
}

#[test]
fn unknown_fields_values_and_variants_are_kept_in_every_place() {
    try_all(Mode::Unknown, |_| {});
}

#[test]
fn null_is_no_list_and_no_value() {
    try_all(Mode::Nulls, |_| {});
}

/// An access code without its own id was only observed in the response of `/access_codes/generate_code`, which is a
/// `GeneratedCode` here.
#[test]
fn fields_that_real_responses_omit_are_optional() {
    let mut absent = observed_absent();
    assert!(absent.remove("access_code.access_code_id") && absent.remove("access_grant.access_grant_id"));
    for mode in [Mode::Full, Mode::Smallest] {
        try_all(mode, |sampler| sampler.without.clone_from(&absent));
    }
    let generated = json!({ "code": "1988", "device_id": "26d6138c" });
    survives::<GeneratedCode>(&generated).unwrap();
}

#[test]
fn an_event_of_a_known_type_has_a_typed_payload() {
    for mode in [Mode::Full, Mode::Smallest] {
        for round in 0..variants(&seam_spec::api().resource("event").unwrap().schema) {
            let mut sampler = Sampler::new(mode, 7);
            sampler.round = round;
            let sample = sampler.schema("event");
            let event: Event = serde_json::from_value(sample.clone()).unwrap();
            assert_eq!(event.payload.event_type().as_ref(), Some(&event.event_type), "{sample}");
        }
    }
}

#[test]
fn the_values_of_enums_that_the_words_describe_have_a_variant_each() {
    // An unknown value prints its string in quotes after `Unknown`.
    let annotations = seam_spec::annotations();
    let known = |value: &str| {
        EventType::from(value).as_str() == value && !format!("{:?}", EventType::from(value)).contains('"')
    };
    assert!(annotations.events.len() > 108);
    for value in annotations.events.keys() {
        assert!(known(value), "{value}");
        assert!(!known(&format!("{value}_")), "{value}_");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_random_object_is_read_and_written_back(seed in any::<u64>()) {
        for (name, check) in &RESOURCES {
            let sample = Sampler::new(Mode::Random, seed).schema(name);
            prop_assert_eq!(check(&sample), Ok(()), "{}", name);
        }
    }
}
