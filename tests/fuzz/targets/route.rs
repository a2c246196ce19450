//! JSON that may be a route, in a review that is well-formed: the laws of answers hold whatever stands in it.

#![no_main]

use base64::{Engine as _, engine::general_purpose::STANDARD};
use libfuzzer_sys::fuzz_target;
use meshroute::cluster::Cluster;
use meshroute_webhook::review::{Answer, Policy, Question, Verdict, View, answer};
use serde_json::{Value, json};

/// No answer of `/validate` is longer.
const LONGEST: usize = 16 << 10;

fn ask(question: Question, operation: &str, object: &Value, old: &Value) -> Answer {
    let review = json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {"uid": "1", "operation": operation, "namespace": "shop", "name": "web",
            "kind": {"group": "gateway.networking.k8s.io", "version": "v1", "kind": "HTTPRoute"},
            "object": object, "oldObject": old}});
    let policy = Policy::default();
    let cluster = Cluster::unread();
    answer(question, review.to_string().as_bytes(), &policy, &View::fixed(&cluster), None)
}

fn response(answer: &Answer) -> Value {
    let review: Value = serde_json::from_slice(&answer.body).expect("it is JSON");
    review["response"].clone()
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(Value::Object(mut object)) = serde_json::from_slice::<Value>(bytes) else { return };
    object.insert("apiVersion".into(), "gateway.networking.k8s.io/v1".into());
    object.insert("kind".into(), "HTTPRoute".into());
    let object = Value::Object(object);

    let made = ask(Question::Validate, "CREATE", &object, &Value::Null);
    if made.status != 200 {
        // Only metadata that is none at all keeps it from being a review.
        return;
    }
    assert!(made.body.len() <= LONGEST, "{} bytes", made.body.len());

    // What was there before is no news.
    let same = ask(Question::Validate, "UPDATE", &object, &object);
    assert_eq!((same.verdict, same.findings.len()), (Verdict::Admitted, 0));

    // What is filled in is filled in once, and adds nothing that is wrong.
    let filled = response(&ask(Question::Mutate, "CREATE", &object, &Value::Null));
    assert_eq!(filled["allowed"], true);
    if let Some(patch) = filled["patch"].as_str() {
        let patch = STANDARD.decode(patch).expect("it is base64");
        let patch: json_patch::Patch = serde_json::from_slice(&patch).expect("it is a patch");
        let mut after = object.clone();
        json_patch::patch(&mut after, &patch).expect("it applies");
        let again = response(&ask(Question::Mutate, "CREATE", &after, &Value::Null));
        assert_eq!(again.get("patch"), None);
        if made.verdict == Verdict::Admitted {
            let after = ask(Question::Validate, "CREATE", &after, &Value::Null);
            assert_eq!(after.verdict, Verdict::Admitted);
        }
    }
});
