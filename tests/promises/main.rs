//! What the webhook promises beside an API server that calls it through a Service, as in a cluster.
//!
//! The API server's own metrics and audit log are the judges, beside what comes of each write.

#![expect(clippy::print_stdout, reason = "figures stand beside a test that has passed")]

mod lifecycle;

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
