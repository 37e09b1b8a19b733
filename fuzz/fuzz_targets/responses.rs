//! The libFuzzer target of the property `responses`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| seam_properties::responses(input));
