//! A change is judged by what it makes worse.

use super::*;

fn judged(old: &Value, object: &Value) -> Answer {
    ask(Question::Validate, &update(old, object), &policy(Mesh::Spec))
}

#[test]
fn what_was_wrong_before_holds_nothing_up() {
    let mut labelled = broken();
    labelled["metadata"]["labels"] = json!({"team": "web"});
    let answer = judged(&broken(), &labelled);
    assert_eq!((answer.verdict, codes(&answer)), (Verdict::Admitted, vec![]));
    assert_eq!(response(&answer).get("warnings"), None);
}

#[test]
fn what_is_new_is_denied_and_what_is_not_is_not_said() {
    let mut worse = broken();
    worse["spec"]["parentRefs"][0] = json!({"kind": "Service", "name": "web"});
    let answer = judged(&broken(), &worse);
    assert_eq!((answer.verdict, codes(&answer)), (Verdict::Denied, vec!["MR001"]));
    assert_eq!(codes(&judged(&sound(), &broken())), ["MR050"]);
}

#[test]
fn one_more_of_a_kind_is_new() {
    let mut two = broken();
    let mut rule = two["spec"]["rules"][0].clone();
    rule["matches"] = json!([{"path": {"type": "Exact", "value": "/a"}}]);
    two["spec"]["rules"] = json!([rule, two["spec"]["rules"][0]]);
    let answer = judged(&broken(), &two);
    assert_eq!((answer.verdict, codes(&answer)), (Verdict::Denied, vec!["MR050"]));
    assert_eq!(judged(&two, &broken()).verdict, Verdict::Admitted);
}

#[test]
fn a_route_of_gateways_that_becomes_one_of_a_service_is_new() {
    let mut gateway = broken();
    gateway["spec"]["parentRefs"] = json!([{"name": "edge"}]);
    assert_eq!(judged(&gateway, &broken()).verdict, Verdict::Denied);
    assert_eq!(judged(&broken(), &gateway).verdict, Verdict::Admitted);
}

#[test]
fn an_old_object_that_cannot_be_read_makes_no_denial() {
    let mut old = sound();
    old["spec"] = json!("?");
    let answer = judged(&old, &broken());
    assert_eq!((answer.verdict, codes(&answer)), (Verdict::Admitted, vec!["MR050"]));
    assert_eq!(answer.findings[0].level, Level::Warning);
}
