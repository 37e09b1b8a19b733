//! What libFuzzer runs for the property `errors`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| seam_properties::errors(input));
