//! The libFuzzer target of the property `retry_after`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| seam_properties::retry_after(input));
