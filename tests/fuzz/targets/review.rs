//! Bytes that may be a review: an answer comes, the same each time, and no 200 for what is none.

#![no_main]

use libfuzzer_sys::fuzz_target;
use meshroute::cluster::Cluster;
use meshroute_webhook::review::{Policy, Question, Verdict, View, answer};
use serde_json::Value;

fuzz_target!(|body: &[u8]| {
    let policy = Policy::default();
    let cluster = Cluster::unread();
    for question in [Question::Validate, Question::Mutate] {
        let ask = || answer(question, body, &policy, &View::fixed(&cluster), None);
        let answer = ask();
        assert_eq!(answer, ask(), "the same bytes, the same answer");
        match answer.status {
            200 => {
                let asked: Value = serde_json::from_slice(body).expect("no 200 for rubbish");
                let review: Value = serde_json::from_slice(&answer.body).expect("it is JSON");
                assert_eq!(review["response"]["uid"], asked["request"]["uid"]);
                assert_eq!(review["response"]["allowed"], answer.verdict == Verdict::Admitted);
                for warning in review["response"]["warnings"].as_array().into_iter().flatten() {
                    // What the API server drops a warning for (apimachinery, `NewWarningHeader`).
                    let text = warning.as_str().expect("a text");
                    assert!(!text.chars().any(char::is_control), "{text:?}");
                }
            }
            400 => assert_eq!(answer.verdict, Verdict::Refused),
            other => panic!("{other}"),
        }
    }
});
