//! Weights that are filled in, and percentages.

use super::*;

const APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

fn mutate(object: &Value) -> Value {
    response(&ask(Question::Mutate, &create(object), &policy(Mesh::Spec)))
}

/// A route of these weights, null where there is none.
fn weighted(weights: &[Option<u32>], annotations: &Value) -> Value {
    let backends = weights.iter().enumerate().map(|(place, weight)| {
        let mut backend = json!({"name": format!("v{place}"), "port": 80});
        if let Some(weight) = weight {
            backend["weight"] = (*weight).into();
        }
        backend
    });
    let mut object = route(&backends.collect());
    object["metadata"]["annotations"] = annotations.clone();
    object
}

#[test]
fn where_nothing_is_absent_there_is_no_patch() {
    let response = mutate(&sound());
    assert_eq!(response, json!({"uid": response["uid"], "allowed": true}));
    // Whatever is wrong with it, and whatever is denied later.
    assert_eq!(mutate(&broken()), response);
}

#[test]
fn an_absent_weight_becomes_one() {
    let object = weighted(&[Some(9), None], &json!({}));
    let response = mutate(&object);
    let patch = STANDARD.decode(response["patch"].as_str().expect("there is one"));
    assert_eq!(
        String::from_utf8(patch.expect("it is base64")).expect("it is text"),
        r#"[{"op":"add","path":"/spec/rules/0/backendRefs/1/weight","value":1}]"#
    );
    assert_eq!(response.get("warnings"), None);
    let expected = weighted(&[Some(9), Some(1)], &json!({}));
    assert_eq!(patched(&object, &response), expected);
}

#[test]
fn percentages_are_completed_and_it_is_said() {
    let applied = weighted(&[Some(90), None], &json!({})).to_string();
    let annotations = json!({"meshroute.dev/weights": "percent", APPLIED: applied});
    let object = weighted(&[Some(90), Some(1)], &annotations);
    let response = mutate(&object);
    let expected = weighted(&[Some(90), Some(10)], &annotations);
    assert_eq!(patched(&object, &response), expected);
    assert_eq!(
        response["warnings"],
        json!([
            "spec.rules[0].backendRefs[1].weight was left out, and is 10 to make 100: write it"
        ])
    );
    assert_eq!(validate(&create(&expected))["allowed"], true);
    // The same manifest again: kubectl takes the weight away, and it comes back.
    let again = ask(Question::Mutate, &update(&expected, &object), &policy(Mesh::Spec));
    assert_eq!(patched(&object, &super::response(&again)), expected);
}

#[test]
fn percentages_that_are_none_are_denied() {
    let percent = json!({"meshroute.dev/weights": "percent"});
    let object = weighted(&[Some(90), Some(5)], &percent);
    assert_eq!(mutate(&object).get("patch"), None);
    let answer = ask(Question::Validate, &create(&object), &policy(Mesh::Spec));
    assert_eq!((answer.verdict, codes(&answer)), (Verdict::Denied, vec!["MR053"]));
    assert_eq!(
        response(&answer)["status"]["details"]["causes"][0]["message"],
        "MR053: the weights add up to 95, and meshroute.dev/weights: percent of the route asks for 100"
    );
    let one = weighted(&[Some(1)], &percent);
    assert_eq!(validate(&create(&one))["allowed"], true, "a single backend has no share to state");
}

#[test]
fn a_namespace_may_ask_for_percentages() {
    let label =
        json!({"metadata": {"name": "shop", "labels": {"meshroute.dev/weights": "percent"}}});
    let mut cluster = Cluster::unread();
    cluster.insert(lower(Kind::Namespace, &label, "").object.expect("it is well-formed"));
    let object = weighted(&[Some(90), Some(5)], &json!({}));
    let body = create(&object).to_string();
    let with = |cluster: &Cluster| {
        answer(
            Question::Validate,
            body.as_bytes(),
            &policy(Mesh::Spec),
            &View::fixed(cluster),
            None,
        )
        .verdict
    };
    assert_eq!(with(&cluster), Verdict::Denied);
    assert_eq!(with(&Cluster::unread()), Verdict::Admitted);
}

#[test]
fn a_share_that_nobody_wrote_is_said() {
    let applied = weighted(&[Some(90), None], &json!({})).to_string();
    let object = weighted(&[Some(90), Some(1)], &json!({APPLIED: applied}));
    assert_eq!(mutate(&object).get("patch"), None);
    let response = validate(&create(&object));
    assert_eq!(
        response["warnings"],
        json!([
            "MR052 spec.rules[0].backendRefs[1]: v1 has no weight, which is 1 of 91: 1.1 %; write the weight"
        ])
    );
}

/// What kubectl remembers stays there, whoever changes the route by other means.
#[test]
fn a_share_that_somebody_wrote_later_is_none_that_nobody_wrote() {
    let applied = weighted(&[Some(80), None], &json!({})).to_string();
    let annotations = json!({APPLIED: applied});
    let object = |first, second| weighted(&[Some(first), Some(second)], &annotations);
    let patched = update(&object(60, 40), &object(99, 1));
    assert_eq!(validate(&patched).get("warnings"), None);
    let applied_again = update(&object(60, 40), &object(80, 1));
    assert!(
        validate(&applied_again)["warnings"][0].as_str().is_some_and(|it| it.contains("MR052"))
    );
}
