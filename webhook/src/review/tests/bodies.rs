//! What is no review gets no 200, and what is none of ours is admitted.

use super::*;

fn refused(body: &[u8]) -> String {
    for question in [Question::Validate, Question::Mutate] {
        let answer =
            answer(question, body, &policy(Mesh::Spec), &View::fixed(&Cluster::unread()), None);
        assert_eq!((answer.status, answer.verdict), (400, Verdict::Refused), "{answer:?}");
        assert!(answer.body.len() < 1100 && answer.body.ends_with(b"\n"), "{answer:?}");
    }
    let answer = answer(
        Question::Validate,
        body,
        &policy(Mesh::Spec),
        &View::fixed(&Cluster::unread()),
        None,
    );
    String::from_utf8(answer.body).expect("it says why in text")
}

#[test]
fn rubbish_is_refused() {
    let sound = create(&sound()).to_string();
    for body in [
        &b""[..],
        b"null",
        b"[]",
        b"{}",
        b"\"AdmissionReview\"",
        b"{\"a\": 1, ",
        b"\xff\xfe",
        &sound.as_bytes()[..sound.len() - 1],
        (sound.clone() + "{}").as_bytes(),
        sound.replace("\"weight\":9", "\"weight\":NaN").as_bytes(),
        sound.replace("\"weight\":9", "\"weight\":1e999").as_bytes(),
        sound.replace("\"weight\":9", "\"weight\":9,\"weight\":9").as_bytes(),
        sound.replace("\"uid\"", "\"uid\":\"a\",\"uid\"").as_bytes(),
        sound.replace("\"name\":\"v2\"", r#""name":"\ud800""#).as_bytes(),
        format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)).as_bytes(),
    ] {
        refused(body);
    }
    assert_eq!(
        refused(sound.replace("\"weight\":9", "\"weight\":9,\"weight\":9").as_bytes())
            .lines()
            .count(),
        1
    );
}

#[test]
fn what_a_request_lacks_is_named() {
    let review = create(&sound());
    let with = |pointer: &str, value: Value| {
        let mut review = review.clone();
        *review.pointer_mut(pointer).expect("it is there") = value;
        refused(review.to_string().as_bytes())
    };
    for (pointer, value, problem) in [
        (
            "/apiVersion",
            json!("admission.k8s.io/v1beta1"),
            "expected AdmissionReview of admission.k8s.io/v1, found \"AdmissionReview\" of \"admission.k8s.io/v1beta1\"\n",
        ),
        (
            "/kind",
            json!("TokenReview"),
            "expected AdmissionReview of admission.k8s.io/v1, found \"TokenReview\" of \"admission.k8s.io/v1\"\n",
        ),
        ("/request", Value::Null, "request is missing\n"),
        ("/request/uid", json!(""), "request.uid is missing\n"),
        ("/request/uid", json!("u".repeat(1000)), "request.uid is too long\n"),
        ("/request/object", Value::Null, "request.object is missing\n"),
        ("/request/operation", json!("UPDATE"), "request.oldObject is missing\n"),
        ("/request/operation", json!("READ"), "request.operation is \"READ\"\n"),
        ("/request/kind/kind", json!(""), "request.kind is missing\n"),
        (
            "/request/object/kind",
            json!("GRPCRoute"),
            "request.object is \"GRPCRoute\" of \"gateway.networking.k8s.io/v1\", and request.kind is \"HTTPRoute\" of \"gateway.networking.k8s.io/v1\"\n",
        ),
    ] {
        assert_eq!(with(pointer, value), problem);
    }
    assert!(with("/request/uid", json!(5)).starts_with("the body is no AdmissionReview"));
    assert!(with("/request/object", json!([1])).starts_with("request.object cannot be read"));
}

#[test]
fn an_envelope_may_have_fields_that_are_newer() {
    let mut review = create(&broken());
    review["request"]["fieldValidation"] = json!({"new": [1, 2.5, null, true]});
    review["response"] = Value::Null;
    assert_eq!(validate(&review)["allowed"], false);
}

#[test]
fn what_is_none_of_ours_is_admitted() {
    let mut pod = broken();
    (pod["apiVersion"], pod["kind"]) = ("v1".into(), "Pod".into());
    let mut status = create(&broken());
    status["request"]["subResource"] = "status".into();
    let mut deleted = sound();
    deleted["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
    for review in [
        create(&pod),
        status,
        review("DELETE", &Value::Null, &broken()),
        review("CONNECT", &broken(), &Value::Null),
        update(&deleted, &broken()),
    ] {
        for question in [Question::Validate, Question::Mutate] {
            let answer = ask(question, &review, &policy(Mesh::Spec));
            let expected = json!({"uid": review["request"]["uid"], "allowed": true});
            assert_eq!(response(&answer), expected, "{review}");
        }
    }
}

/// Whoever makes an object may write that it is being deleted.
#[test]
fn only_a_stored_object_is_being_deleted() {
    let mut object = broken();
    object["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
    assert_eq!(validate(&create(&object))["allowed"], false);
}

#[test]
fn what_is_newer_than_we_are_is_admitted_with_a_warning() {
    let mut version = broken();
    version["apiVersion"] = "gateway.networking.k8s.io/v2".into();
    let response = validate(&create(&version));
    assert_eq!(response["allowed"], true);
    let warning = response["warnings"][0].as_str().expect("it is said");
    assert!(
        warning.starts_with("HTTPRoute gateway.networking.k8s.io/v2 is not known"),
        "{warning}"
    );
    assert_eq!(
        super::response(&ask(Question::Mutate, &create(&version), &policy(Mesh::Spec))),
        json!({"uid": version_uid(), "allowed": true})
    );

    let mut field = sound();
    field["spec"]["rules"][0]["weigth"] = 5.into();
    field["spec"]["rules"][0]["backendReffs"] = json!([]);
    field["spec"]["rules"][0]["matches"] = json!([{"path": {"type": "Glob", "value": "/*"}}]);
    field["spec"]["rules"][0]["backendRefs"][0]["weight"] = 2_000_000.into();
    let response = validate(&create(&field));
    assert_eq!(response["allowed"], true, "{response}");
    assert!(response["warnings"].as_array().is_some_and(|it| it.len() >= 3), "{response}");
}

fn version_uid() -> Value {
    create(&sound())["request"]["uid"].clone()
}

#[test]
fn a_route_that_cannot_be_read_is_admitted_with_a_warning() {
    for (pointer, value) in [
        ("/spec/rules", json!({"a": 1})),
        ("/metadata/name", json!(5)),
        ("/metadata", Value::Null),
        ("/spec/parentRefs/0/name", Value::Null),
    ] {
        let mut object = broken();
        *object.pointer_mut(pointer).expect("it is there") = value;
        let answer = ask(Question::Validate, &create(&object), &policy(Mesh::Spec));
        let levels: Vec<Level> = answer.findings.iter().map(|said| said.level).collect();
        assert_eq!(answer.verdict, Verdict::Admitted, "{pointer}");
        assert!(!levels.is_empty() && levels.iter().all(|it| *it == Level::Warning), "{answer:?}");
        let mutated = response(&ask(Question::Mutate, &create(&object), &policy(Mesh::Spec)));
        assert_eq!(mutated, json!({"uid": version_uid(), "allowed": true}));
    }
}

#[test]
fn a_denial_for_very_much_stays_short_and_counts_the_rest() {
    let mut object = broken();
    let rule = object["spec"]["rules"][0].clone();
    object["spec"]["rules"] = vec![rule; 16].into();
    let parent =
        |place: usize| json!({"kind": "Service", "name": format!("{place}\"").repeat(300)});
    object["spec"]["parentRefs"] = (0..32).map(parent).collect();
    let answer = ask(Question::Validate, &create(&object), &policy(Mesh::Spec));
    assert_eq!(answer.verdict, Verdict::Denied);
    assert!((8 << 10..16 << 10).contains(&answer.body.len()), "{}", answer.body.len());
    let response = response(&answer);
    let message = response["status"]["message"].as_str().expect("a text");
    let last = message.lines().rev().nth(1).expect("before the hint");
    assert!(last.ends_with(" more"), "{last}");
    let causes = response["status"]["details"]["causes"].as_array().expect("there are some");
    let last = causes.last().and_then(|cause| cause["message"].as_str());
    assert!(
        last.is_some_and(|it| it.ends_with(" more") || it.ends_with(" errors more")),
        "{last:?}"
    );
}
