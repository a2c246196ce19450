//! What the API server asks, and what it gets.

mod bodies;
mod ratchet;
mod weights;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use meshroute::{cluster::Cluster, kind::Kind, lint, lower::lower, profile::Mesh};
use serde_json::{Value, json};

use super::*;

/// A policy of one mesh that denies.
fn policy(mesh: Mesh) -> Policy {
    Policy {
        meshes: InUse::Named(vec![mesh]),
        enforce: Enforce::Deny,
        ignore: lint::Ignore::Warnings,
        levels: lint::Levels::default(),
        api: lint::Told::default(),
    }
}

/// A route of one rule over these backends.
fn route(backends: &Value) -> Value {
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "parentRefs": [{"group": "", "kind": "Service", "name": "web", "port": 80}],
            "rules": [{"backendRefs": backends}]}})
}

/// A route that nobody has anything to say about.
fn sound() -> Value {
    route(
        &json!([{"name": "web", "port": 80, "weight": 9}, {"name": "v2", "port": 80, "weight": 1}]),
    )
}

/// A route that is an error everywhere: no weight but 0.
fn broken() -> Value {
    route(
        &json!([{"name": "web", "port": 80, "weight": 0}, {"name": "v2", "port": 80, "weight": 0}]),
    )
}

/// What the API server asks when an object is made.
fn create(object: &Value) -> Value {
    review("CREATE", object, &Value::Null)
}

/// What it asks when an object is changed.
fn update(old: &Value, object: &Value) -> Value {
    review("UPDATE", object, old)
}

fn review(operation: &str, object: &Value, old: &Value) -> Value {
    let either = if object.is_null() { old } else { object };
    let api_version = either["apiVersion"].as_str().expect("an object has one");
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
            "kind": {"group": group, "version": version, "kind": either["kind"]},
            "resource": {"group": group, "version": version, "resource": "httproutes"},
            "requestKind": {"group": group, "version": version, "kind": either["kind"]},
            "name": "web", "namespace": "shop", "operation": operation,
            "userInfo": {"username": "admin", "groups": ["system:masters"]},
            "object": object, "oldObject": old, "dryRun": false,
            "options": {"apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions"}}})
}

fn ask(question: Question, review: &Value, policy: &Policy) -> Answer {
    answer(question, review.to_string().as_bytes(), policy, &View::fixed(&Cluster::unread()), None)
}

/// The response of a review that was one.
fn response(answer: &Answer) -> Value {
    assert_eq!((answer.status, answer.content_type), (200, "application/json"), "{answer:?}");
    let review: Value = serde_json::from_slice(&answer.body).expect("the answer is JSON");
    assert_eq!(review["apiVersion"], "admission.k8s.io/v1");
    assert_eq!(review["kind"], "AdmissionReview");
    review["response"].clone()
}

fn validate(review: &Value) -> Value {
    response(&ask(Question::Validate, review, &policy(Mesh::Spec)))
}

fn codes(answer: &Answer) -> Vec<&'static str> {
    answer.findings.iter().map(|said| said.code).collect()
}

/// The object after the patch of an answer, as the API server applies it.
fn patched(object: &Value, response: &Value) -> Value {
    let mut object = object.clone();
    if let Some(patch) = response["patch"].as_str() {
        assert_eq!(response["patchType"], "JSONPatch");
        let patch = STANDARD.decode(patch).expect("a patch is base64");
        let patch: json_patch::Patch = serde_json::from_slice(&patch).expect("it is a JSON Patch");
        json_patch::patch(&mut object, &patch).expect("it applies");
    }
    object
}

#[test]
fn a_sound_route_is_admitted_without_a_word() {
    let response = validate(&create(&sound()));
    let expected = json!({
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002", "allowed": true,
        "auditAnnotations": {"verdict": "admitted", "version": env!("CARGO_PKG_VERSION")}});
    assert_eq!(response, expected);
}

/// That there is no such Service is no news where there can be none, and nobody is asked for it.
#[test]
fn what_no_service_can_be_called_is_not_looked_for() {
    let mut object = route(&json!([{"name": "v1.shop.svc", "port": 80}]));
    object["spec"]["parentRefs"][0]["name"] = "../a".into();
    let cluster = Cluster::default();
    let body = create(&object).to_string();
    let policy = policy(Mesh::Spec);
    let answer = answer(Question::Validate, body.as_bytes(), &policy, &View::fixed(&cluster), None);
    assert_eq!(codes(&answer), ["MR004", "MR031"]);
    assert_eq!(answer.absent, BTreeSet::new());
}

#[test]
fn an_error_denies_with_code_place_and_way_out() {
    let answer = ask(Question::Validate, &create(&broken()), &policy(Mesh::Spec));
    assert_eq!(answer.verdict, Verdict::Denied);
    assert_eq!(codes(&answer), ["MR050"]);
    let response = response(&answer);
    assert_eq!(response["allowed"], false);
    let status = &response["status"];
    assert_eq!((&status["code"], &status["reason"]), (&json!(422), &json!("Invalid")));
    assert_eq!(
        status["message"],
        "MR050 (error) spec.rules[0].backendRefs: every weight is 0, so no backend gets a request: give one of \
         them a weight\nmore about it: kubectl meshroute explain MR050"
    );
    assert_eq!(
        status["details"],
        json!({
            "group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "web",
            "causes": [{
                "reason": "FieldValueInvalid", "field": "spec.rules[0].backendRefs",
                "message": "MR050: every weight is 0, so no backend gets a request: give one of them a weight"}]})
    );
    let annotations = &response["auditAnnotations"];
    assert_eq!(
        (&annotations["verdict"], &annotations["errors"]),
        (&json!("denied"), &json!("MR050"))
    );
}

#[test]
fn where_errors_are_only_said_they_are_warnings() {
    let policy = Policy { enforce: Enforce::Warn, ..policy(Mesh::Spec) };
    let answer = ask(Question::Validate, &create(&broken()), &policy);
    assert_eq!(answer.verdict, Verdict::Admitted);
    assert_eq!(answer.findings[0].level, Level::Error);
    let response = response(&answer);
    assert_eq!(response["allowed"], true);
    let warning = response["warnings"][0].as_str().expect("it is said");
    assert!(warning.starts_with("MR050 (error) spec.rules[0].backendRefs: "), "{warning}");

    // They come before what is only a warning, wherever that stands.
    let mut object = broken();
    object["spec"]["hostnames"] = json!(["a.example"]);
    let both = ask(Question::Validate, &create(&object), &policy);
    assert!(both.findings[0].level == Level::Warning, "{both:?}");
    let warnings = self::response(&both)["warnings"].clone();
    assert!(warnings[0].as_str().is_some_and(|it| it.starts_with("MR050")), "{warnings}");
}

#[test]
fn levels_and_ignores_are_the_operators() {
    let mut levels = lint::Levels::default();
    levels.set("MR050=warning").expect("there is such a lint");
    let lowered = Policy { levels, ..policy(Mesh::Spec) };
    assert_eq!(ask(Question::Validate, &create(&broken()), &lowered).verdict, Verdict::Admitted);

    let mut ignoring = broken();
    ignoring["metadata"]["annotations"] = json!({"meshroute.dev/ignore": "MR050 on its way"});
    let with = |ignore| Policy { ignore, ..policy(Mesh::Spec) };
    let verdict = |ignore| ask(Question::Validate, &create(&ignoring), &with(ignore)).verdict;
    assert_eq!(verdict(lint::Ignore::All), Verdict::Admitted);
    assert_eq!(verdict(lint::Ignore::Warnings), Verdict::Denied);
}

/// A weight that was left out is there when it is judged, and what silences that stays right in the manifest.
#[test]
fn an_ignore_of_what_the_api_server_has_filled_in_is_not_unused() {
    let said = |ignore: &str| {
        let mut object = sound();
        object["metadata"]["annotations"] = json!({"meshroute.dev/ignore": ignore});
        let answer = ask(Question::Validate, &create(&object), &policy(Mesh::Spec));
        codes(&answer).contains(&"MR901")
    };
    assert!(!said("MR052 on its way; MR054 on its way"));
    assert!(said("MR057 on its way"));
}

#[test]
fn at_most_three_warnings_and_the_number_of_the_others() {
    let policy = Policy { enforce: Enforce::Warn, ..policy(Mesh::Spec) };
    let mut object = broken();
    let rule = object["spec"]["rules"][0].clone();
    object["spec"]["rules"] = (0..8)
        .map(|index| {
            let mut rule = rule.clone();
            rule["matches"] = json!([{"path": {"type": "Exact", "value": format!("/{index}")}}]);
            rule
        })
        .collect();
    let response = response(&ask(Question::Validate, &create(&object), &policy));
    let warnings = response["warnings"].as_array().expect("there are some");
    assert_eq!(warnings.len(), 4, "{warnings:?}");
    let last = warnings[3].as_str().expect("a text");
    assert!(last.ends_with(" more: kubectl meshroute lint -n shop"), "{last}");
    let denied = validate(&create(&object));
    let causes = denied["status"]["details"]["causes"].as_array().expect("there are some");
    assert_eq!(causes.len(), 8, "all of them are in one answer: {causes:?}");
}

#[test]
fn until_meshes_are_known_only_what_all_of_them_refuse_is_denied() {
    // Kuma accepts this one.
    let mut object = sound();
    object["spec"]["parentRefs"][0] = json!({"kind": "Service", "name": "web"});
    let verdict = |meshes: &[Mesh]| {
        let meshes = InUse::Named(meshes.to_vec());
        let policy = Policy { meshes, ..policy(Mesh::Spec) };
        let answer = ask(Question::Validate, &create(&object), &policy);
        assert_eq!(codes(&answer).first(), Some(&"MR001"), "{answer:?}");
        answer.verdict
    };
    assert_eq!(verdict(&[Mesh::Istio]), Verdict::Denied);
    assert_eq!(verdict(&Mesh::ALL), Verdict::Admitted);
}

#[test]
fn the_namespace_of_a_service_narrows_the_meshes() {
    let mut object = sound();
    object["spec"]["parentRefs"][0]["group"] = "core".into();
    let labelled = json!({"metadata": {"name": "shop", "labels": {"istio-injection": "enabled"}}});
    let mut cluster = Cluster::unread();
    cluster.insert(lower(Kind::Namespace, &labelled, "").object.expect("it is well-formed"));
    let meshes = vec![Mesh::Istio, Mesh::IstioAmbient, Mesh::Linkerd];
    let verdict = |in_use, cluster: &Cluster| {
        let policy = Policy { meshes: in_use, ..policy(Mesh::Spec) };
        let view = View { meshes: &meshes, ..View::fixed(cluster) };
        let body = create(&object).to_string();
        answer(Question::Validate, body.as_bytes(), &policy, &view, None).verdict
    };
    assert_eq!(verdict(InUse::Shown, &cluster), Verdict::Denied);
    assert_eq!(verdict(InUse::Shown, &Cluster::unread()), Verdict::Admitted);
    let named = InUse::Named(meshes.clone());
    assert_eq!(verdict(named, &cluster), Verdict::Admitted, "they were named");
}

#[test]
fn a_dry_run_is_judged_like_any_other() {
    let mut dry = create(&broken());
    dry["request"]["dryRun"] = true.into();
    let (dry, wet) = (validate(&dry), validate(&create(&broken())));
    assert_eq!(dry, wet);
}

#[test]
fn other_routes_are_judged_too() {
    let mut grpc = broken();
    grpc["kind"] = "GRPCRoute".into();
    assert_eq!(validate(&create(&grpc))["allowed"], false);
    let mut old = broken();
    old["apiVersion"] = "gateway.networking.k8s.io/v1beta1".into();
    assert_eq!(validate(&create(&old))["allowed"], false);
    let mut linkerd = broken();
    linkerd["apiVersion"] = "policy.linkerd.io/v1beta3".into();
    assert_eq!(validate(&create(&linkerd))["allowed"], false);
}

#[test]
fn routes_of_gateways_are_none_of_ours() {
    let mut object = broken();
    object["spec"]["parentRefs"] = json!([{"name": "edge"}]);
    assert_eq!(validate(&create(&object)).get("warnings"), None);
    object["spec"]["newField"] = 1.into();
    object["spec"]["rules"][0]["backendRefs"][0]["weight"] = "90".into();
    let response = validate(&create(&object));
    assert_eq!((&response["allowed"], response.get("warnings")), (&json!(true), None));
    object["spec"]["parentRefs"][0]["port"] = "x".into();
    assert_eq!(validate(&create(&object)).get("warnings"), None);
}
