//! The libFuzzer target of the property `errors`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| seam_properties::errors(input));
