#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| bogusmx::fuzzing::log::run(octets));
