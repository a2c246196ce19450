//! Texts that are repeated to whoever writes a route: they arrive whole, and are what they look like.

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

libfuzzer_sys::fuzz_target!(|text: &str| laws::of_text(text));
