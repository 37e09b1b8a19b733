//! The libFuzzer target of the property `events`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| seam_properties::events(input));
