//! Routes that are made of bytes, and change: the laws of answers hold whatever stands in them.

#![no_main]

#[expect(dead_code, reason = "other targets use the rest")]
#[path = "../../../webhook/tests/reviews/laws.rs"]
mod laws;
#[path = "../../../webhook/tests/reviews/response.rs"]
mod response;
#[path = "../../support/warning.rs"]
mod warning;
#[path = "../../../webhook/tests/reviews/wild.rs"]
mod wild;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| laws::of_bytes(bytes));
