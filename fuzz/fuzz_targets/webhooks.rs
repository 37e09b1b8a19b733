//! The libFuzzer target of the property `webhooks`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| seam_properties::webhooks(input));
