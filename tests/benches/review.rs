//! How long the webhook takes for one review, without a server around it: a route of 2.4 KB in an
//! AdmissionReview, in a cluster of many routes and Services.
//!
//! `cargo bench -p meshroute-tests --bench review`. Absolute times depend on the machine.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::time::{Duration, Instant};

use meshroute::{
    cluster::{Cluster, Part},
    kind::Kind,
    lower::lower,
    name::RouteKind,
    profile::Mesh,
};
use meshroute_webhook::review::{Policy, Question, Verdict, View, answer};
use serde_json::{Value, json};

const ROUTES: usize = 5000;
const REVIEWS: u32 = 20_000;
const ROUNDS: usize = 5;

fn main() {
    let cluster = cluster();
    let route = route("web-0", 5);
    let size = route.to_string().len();
    let created = review("CREATE", &route, &Value::Null).to_string();
    let updated = review("UPDATE", &route, &route).to_string();
    println!("a route of {size} bytes, {ROUTES} routes and Services; best of {ROUNDS} rounds");
    let policy = Policy::default();
    let istio: &[Mesh] = &[Mesh::Istio, Mesh::IstioAmbient];
    let every: &[Mesh] = &[];
    for (name, question, body, meshes) in [
        ("validate, CREATE, istio", Question::Validate, &created, istio),
        ("validate, UPDATE, istio", Question::Validate, &updated, istio),
        ("validate, CREATE, every mesh", Question::Validate, &created, every),
        ("mutate, CREATE", Question::Mutate, &created, istio),
    ] {
        let view = View { meshes, ..View::fixed(&cluster) };
        let mut best = Duration::MAX;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            for _ in 0..REVIEWS {
                let answer = answer(question, body.as_bytes(), &policy, &view, None);
                assert_eq!(answer.verdict, Verdict::Admitted);
            }
            best = best.min(start.elapsed() / REVIEWS);
        }
        let (one, second) = (best.as_secs_f64() * 1e6, 1.0 / best.as_secs_f64());
        println!("{name:<30} {:>6} bytes {one:>8.2} µs {second:>9.0} a second", body.len());
    }
}

fn cluster() -> Cluster {
    let mut cluster = Cluster::unread();
    for kind in [Kind::Service, Kind::Route(RouteKind::Http), Kind::Namespace] {
        cluster.learn(Part::cluster(kind));
    }
    let mut put = |kind, object: &Value| {
        cluster.insert(lower(kind, object, "shop").object.expect("it is well-formed"));
    };
    for number in 0..ROUTES {
        let name = format!("web-{number}");
        put(Kind::Route(RouteKind::Http), &route(&name, 1));
        let ports = json!([{"name": "http", "port": 80, "appProtocol": "http"}]);
        for service in [name.clone(), format!("{name}-v2")] {
            let spec =
                json!({"clusterIP": "10.0.0.1", "selector": {"app": service}, "ports": ports});
            put(Kind::Service, &json!({"metadata": {"name": service}, "spec": spec}));
        }
    }
    cluster
}

/// A route as the API server shows it: of a canary, with `managedFields`.
fn route(name: &str, rules: usize) -> Value {
    let backend = |name: String, weight: u32| json!({"group": "", "kind": "Service", "name": name, "port": 80, "weight": weight});
    let rule = |number: usize| {
        let path = if number + 1 == rules { "/".to_owned() } else { format!("/api/v{number}") };
        json!({
            "matches": [{"path": {"type": "PathPrefix", "value": path}}],
            "timeouts": {"request": "10s"},
            "backendRefs": [backend(name.to_owned(), 90), backend(format!("{name}-v2"), 10)]})
    };
    let fields = json!({"f:metadata": {"f:labels": {".": {}, "f:app": {}, "f:team": {}}},
        "f:spec": {".": {}, "f:parentRefs": {}, "f:rules": {}}});
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": {
            "name": name, "namespace": "shop", "generation": 3, "resourceVersion": "123456",
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
            "creationTimestamp": "2026-01-01T00:00:00Z", "labels": {"app": name, "team": "shop"},
            "managedFields": [{"manager": "kubectl", "operation": "Apply", "fieldsType": "FieldsV1",
                "apiVersion": "gateway.networking.k8s.io/v1", "time": "2026-01-01T00:00:00Z",
                "fieldsV1": fields}]},
        "spec": {
            "parentRefs": [{"group": "", "kind": "Service", "name": name, "port": 80}],
            "rules": (0..rules).map(rule).collect::<Value>()}})
}

fn review(operation: &str, object: &Value, old: &Value) -> Value {
    let kind = json!({"group": "gateway.networking.k8s.io", "version": "v1", "kind": "HTTPRoute"});
    let resource =
        json!({"group": "gateway.networking.k8s.io", "version": "v1", "resource": "httproutes"});
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002", "kind": kind, "resource": resource,
            "requestKind": kind, "requestResource": resource, "name": "web-0", "namespace": "shop",
            "operation": operation, "userInfo": {"username": "admin", "groups": ["system:masters"]},
            "object": object, "oldObject": old, "dryRun": false,
            "options": {"apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions"}}})
}
