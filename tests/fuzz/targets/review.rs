//! Bytes that may be a review: an answer comes, the same each time, and no 200 for what is none.

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

use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|body: &[u8]| {
    let bench = laws::Bench::new(&mut wild::Choices::new(&[]), &[]);
    let [validated, _] = bench.answers(body);
    if validated.status == 200 {
        let review: Value = serde_json::from_slice(body).expect("no 200 for rubbish");
        let [new, old] = ["object", "oldObject"].map(|field| &review["request"][field]);
        if new.is_object() {
            bench.of_change(if old.is_object() { old } else { new }, new);
        }
    }
});
