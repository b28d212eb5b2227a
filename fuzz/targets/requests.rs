#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| aisys_fuzz::chaos::read_request(bytes));
