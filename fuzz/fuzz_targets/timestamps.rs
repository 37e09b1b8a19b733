//! The libFuzzer target of the property `timestamps`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| seam_properties::timestamps(input));
