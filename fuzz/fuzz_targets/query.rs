//! The libFuzzer target of the property `query`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| seam_properties::query(input));
