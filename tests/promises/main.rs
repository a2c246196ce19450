//! What the webhook promises beside an API server that calls it through a Service, as in a cluster.
//!
//! The API server's own metrics and audit log are the judges, beside what comes of each write.

#![expect(clippy::print_stdout, reason = "figures stand beside a test that has passed")]

mod certificates;
mod faults;
mod lifecycle;
mod network;
mod outages;
mod recorded;
mod slow;
mod stored;
mod versions;
mod wire;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use meshroute_tests::{https::Answer, rig::mesh_route};
use serde_json::{Value, json};

/// The program of the webhook.
const PROGRAM: &str = env!("CARGO_BIN_EXE_meshroute-tests-webhook");

/// Writes a second.
const RATE: u32 = 200;

/// How often what is repeated is repeated; more find what is rare.
fn rounds() -> usize {
    let variable = std::env::var("MESHROUTE_ROUNDS").ok();
    variable.map_or(1, |text| text.parse().expect("MESHROUTE_ROUNDS is a number"))
}

/// A review of a route that is created, as the API server sends it.
fn review(object: &Value) -> Vec<u8> {
    let name = &object["metadata"]["name"];
    let resource =
        json!({"group": "gateway.networking.k8s.io", "version": "v1", "resource": "httproutes"});
    let kind = json!({"group": "gateway.networking.k8s.io", "version": "v1", "kind": "HTTPRoute"});
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002", "kind": kind, "resource": resource,
        "requestKind": kind, "requestResource": resource, "name": name, "namespace": "shop",
        "operation": "CREATE", "userInfo": {}, "object": object, "oldObject": null,
        "dryRun": false, "options": {"apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions"}}})
    .to_string()
    .into_bytes()
}

/// The parents of a route for the Service `a`.
fn service() -> Value {
    json!([{"group": "", "kind": "Service", "name": "a"}])
}

/// The texts of the warnings of an answer (RFC 9111 in its obsolete part: `299 - "text"`).
fn warnings(answer: &Answer) -> Vec<String> {
    let texts = answer.header("warning").into_iter().map(|value| {
        let text = value.strip_prefix("299 - \"").and_then(|text| text.strip_suffix('"'));
        let mut characters = text.expect("the code of API servers, and a text").chars();
        let mut plain = String::new();
        while let Some(character) = characters.next() {
            plain.extend(if character == '\\' { characters.next() } else { Some(character) });
        }
        plain
    });
    texts.collect()
}

/// A route with so many bytes of this text in it.
fn large(name: &str, text: &str, size: usize) -> Value {
    let mut object = mesh_route(name, &service());
    let mut left = size;
    let mut rules = Vec::new();
    while left > 0 {
        let mut headers = Vec::new();
        while headers.len() < 16 && left > 0 {
            let length = left.min(4000);
            left -= length;
            headers.push(
                json!({"name": format!("x-{}", headers.len()), "value": text.repeat(length)}),
            );
        }
        rules.push(json!({"headers": headers}));
    }
    let rules: Vec<Value> = rules.chunks(64).map(|matches| json!({"matches": matches})).collect();
    object["spec"]["rules"] = rules.into();
    object
}

fn decoded(base64: &str) -> Vec<u8> {
    STANDARD.decode(base64).expect("it is base64")
}
