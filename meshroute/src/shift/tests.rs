//! Changes of weights, from what is asked to what is written.

mod arithmetic;
mod choice;
mod guards;

use serde_json::{Value, json};

use super::*;
use crate::{
    cluster::Cluster,
    kind::Kind,
    lower::lower,
    name::RouteKind,
    profile::Mesh,
    split::{Question, Split, splits},
};

/// A Service `web` with the port 80, the Services that are named, all with a ready endpoint, and
/// routes.
fn cluster(services: &[&str], routes: &[Value]) -> Cluster {
    let mut cluster = Cluster::default();
    let mut put = |kind: Kind, object: &Value| {
        cluster.insert(lower(kind, object, "shop").object.expect("it is well-formed"));
    };
    for name in [&["web"], services].concat() {
        let service = json!({"metadata": {"name": name}, "spec": {"ports": [{"port": 80}]}});
        put(Kind::Service, &service);
        put(Kind::EndpointSlice, &slice(name, true));
    }
    for route in routes {
        put(Kind::Route(RouteKind::Http), route);
    }
    cluster
}

fn slice(service: &str, ready: bool) -> Value {
    json!({"metadata": {"name": format!("{service}-1"),
                        "labels": {"kubernetes.io/service-name": service}},
           "addressType": "IPv4", "ports": [{"name": "", "port": 80}],
           "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": ready}}]})
}

/// A route of `web`, with these rules.
fn route(name: &str, rules: &Value) -> Value {
    json!({"metadata": {"name": name}, "spec": {
        "parentRefs": [{"group": "", "kind": "Service", "name": "web"}], "rules": rules}})
}

/// A rule, with these backends and weights; a weight below 0 is not written.
fn rule(name: &str, path: &str, backends: &[(&str, i64)]) -> Value {
    let backends: Vec<Value> = backends
        .iter()
        .map(|(name, weight)| {
            let mut backend = json!({"name": name, "port": 80});
            if *weight >= 0 {
                backend["weight"] = json!(weight);
            }
            backend
        })
        .collect();
    let mut rule = json!({"matches": [{"path": {"type": "PathPrefix", "value": path}}],
                          "backendRefs": backends});
    if !name.is_empty() {
        rule["name"] = json!(name);
    }
    rule
}

fn splits_of(cluster: &Cluster) -> Vec<Split<'_>> {
    let service = cluster.services().find(|it| it.name.name == "web").expect("it is there");
    let question = Question { service, port: None, from: None, host: None };
    splits(cluster, Mesh::Istio.profile(), &question)
}

fn ask(cluster: &Cluster, words: &[&str], target: &Target) -> Result<Shift, Trouble> {
    let wish = Wish::parse(words, words.is_empty())?;
    shift(cluster, &splits_of(cluster), &wish, target)
}

/// A single rule with these weights of `web-v1` and so on.
fn one_rule(weights: &[i64]) -> Cluster {
    let names: Vec<String> = (1..=weights.len()).map(|it| format!("web-v{it}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let pairs: Vec<(&str, i64)> = names.iter().copied().zip(weights.iter().copied()).collect();
    cluster(&names, &[route("web", &json!([rule("", "/", &pairs)]))])
}

/// What a rule with these weights becomes.
fn becomes(weights: &[i64], words: &[&str]) -> Result<Vec<u32>, String> {
    match ask(&one_rule(weights), words, &Target::default()) {
        Ok(shift) => Ok(shift.rules[0].after()),
        Err(trouble) => Err(trouble.message),
    }
}

/// The ways out of a trouble, as words.
fn ways(trouble: &Trouble) -> Vec<String> {
    let way = |way: &Way| [way.weights.clone().unwrap_or_default(), way.flags.clone()].concat();
    trouble.ways.iter().map(|it| way(it).join(" ")).collect()
}
