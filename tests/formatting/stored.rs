//! A real API server stores what `fmt` writes.

use std::{collections::BTreeSet, fs};

use meshroute_tests::{
    control_plane::{self, ControlPlane},
    gateway_api::{self, Conformance},
    manifests, program,
    tools::skip_unless,
};
use serde_json::{Value, json};

use super::HEAD;

/// The default of a whole route without rules, which is left to its author.
const NO_RULES: &str = "spec.rules";

/// Defaults that newer versions of the API have, and that are not yet written.
const NEWER: &[&str] = &["spec.rules[].retry.attempts"];

/// Each default that the definitions hold is written, one by one.
#[test]
fn every_default_of_the_definitions_is_written() {
    let Some(cluster) = control_plane::shared("every_default_of_the_definitions_is_written") else {
        return;
    };
    let mut tried = 0;
    for (kind, crd) in [("HTTPRoute", "httproutes"), ("GRPCRoute", "grpcroutes")] {
        let name = format!("{crd}.gateway.networking.k8s.io");
        let crd = cluster.kubectl(&["get", "crd", &name, "-o", "json"], "").success();
        let crd: Value = serde_json::from_str(&crd).expect("it is JSON");
        for version in crd["spec"]["versions"].as_array().expect("a list") {
            let mut defaults = Vec::new();
            let schema = &version["schema"]["openAPIV3Schema"]["properties"]["spec"];
            collect(schema, "spec", &mut defaults);
            assert!(defaults.len() > 10, "{kind}: {defaults:?}");
            for (way, default) in defaults {
                if way == NO_RULES || NEWER.contains(&way.as_str()) {
                    continue;
                }
                let way: Vec<&str> = way.split('.').collect();
                let object = json!({
                    "apiVersion": format!("gateway.networking.k8s.io/{}", version["name"].as_str().expect("a name")),
                    "kind": kind, "spec": lacking(&way[1..])});
                let text = program::run(&["fmt", "-"], &object.to_string()).success();
                let written: Value = serde_json::from_str(&text).expect("JSON stays JSON");
                assert_eq!(*at(&written, &way), default, "{way:?}: {text}");
                tried += 1;
            }
        }
    }
    println!("{tried} defaults");
}

/// The defaults of a schema, with the way to each.
fn collect(schema: &Value, way: &str, found: &mut Vec<(String, Value)>) {
    if let Some(default) = schema.get("default") {
        found.push((way.to_owned(), default.clone()));
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        collect(field, &format!("{way}.{name}"), found);
    }
    if schema["items"].is_object() {
        collect(&schema["items"], &format!("{way}[]"), found);
    }
}

/// An object that lacks only the last field of a way.
fn lacking(way: &[&str]) -> Value {
    match way {
        [] | [_] => json!({}),
        [first, rest @ ..] => match first.strip_suffix("[]") {
            Some(name) => json!({name: [lacking(rest)]}),
            None => json!({*first: lacking(rest)}),
        },
    }
}

fn at<'v>(value: &'v Value, way: &[&str]) -> &'v Value {
    way.iter().fold(value, |value, step| match step.strip_suffix("[]") {
        Some(name) => &value[name][0],
        None => &value[*step],
    })
}

/// All routes that the Gateway API shows are stored as they are written.
#[test]
fn routes_are_stored_as_they_are_written() {
    let test = "routes_are_stored_as_they_are_written";
    let Some(conformance) = Conformance::find_or_skip() else { return };
    let module = gateway_api::module("sigs.k8s.io/gateway-api", gateway_api::VERSION);
    let Some(module) = skip_unless(test, module) else { return };
    let Some(cluster) = control_plane::shared(test) else { return };
    let folders = [
        conformance.folder().join("tests"),
        conformance.folder().join("mesh"),
        module.join("examples"),
    ];
    let mut before = Vec::new();
    for file in folders.iter().flat_map(|folder| manifests::files(folder)) {
        let text = fs::read_to_string(&file).expect("a manifest can be read");
        let documents = text.split("\n---").map(|it| it.trim_start_matches('-').to_owned() + "\n");
        before.extend(documents.filter(|document| {
            document.lines().any(|line| line == "kind: HTTPRoute" || line == "kind: GRPCRoute")
        }));
    }
    // And what they do not show.
    before.push(format!("{HEAD}spec:\n  rules:\n  - filters:\n    - type: RequestMirror\n      requestMirror: {{backendRef: {{name: a, port: 1}}, fraction: {{numerator: 1}}}}\n"));
    before.push(format!("{HEAD}spec:\n  parentRefs: [{{name: a, group: ~, kind: }}]\n  rules: [{{matches: ~}}, {{backendRefs: [{{name: a, port: 1, weight: ~}}]}}]\n"));
    before.push(format!("{HEAD}spec: {{parentRefs: [{{name: a}}]}}\n"));

    let after: Vec<String> =
        before.iter().map(|text| program::run(&["fmt", "-"], text).success()).collect();
    let (before, after) = (read(cluster, &before), read(cluster, &after));
    assert_eq!(before.len(), after.len());
    let namespace = cluster.namespace();
    let (stored, stored_after) =
        (store(cluster, &namespace, &before), store(cluster, &namespace, &after));
    let (mut compared, mut changed, mut refused) = (0, 0, 0);
    let mut problems = BTreeSet::new();
    for place in 0..before.len() {
        let name = format!("route-{place}");
        let is_it = |object: &&Value| object["metadata"]["name"] == name.as_str();
        let (stored, stored_after) = (stored.iter().find(is_it), stored_after.iter().find(is_it));
        let (Some(stored), Some(stored_after)) = (stored, stored_after) else {
            assert_eq!(stored.is_some(), stored_after.is_some(), "{}", before[place]);
            refused += 1;
            continue;
        };
        let mut written = after[place]["spec"].clone();
        let mut wanted = stored["spec"].clone();
        // What the definitions do not know is not stored.
        prune(&mut written, &before[place]["spec"], &wanted);
        if before[place]["spec"]["rules"].is_null() {
            wanted.as_object_mut().map(|spec| spec.remove("rules"));
        }
        if written != wanted || stored["spec"] != stored_after["spec"] {
            problems.insert(format!("{}\nwritten {written}\nstored  {wanted}", before[place]));
        }
        compared += 1;
        changed += usize::from(before[place] != after[place]);
    }
    println!("{compared} routes compared, {changed} of them changed, {refused} refused");
    assert!(problems.is_empty(), "\n{}", problems.into_iter().collect::<Vec<_>>().join("\n"));
    assert!(compared > 200 && changed > 200, "{compared} compared, {changed} changed");
}

/// The objects of manifests, as kubectl reads them.
fn read(cluster: &ControlPlane, texts: &[String]) -> Vec<Value> {
    let args = ["create", "--dry-run=client", "--validate=false", "-o", "json", "-f", "-"];
    objects(&cluster.kubectl(&args, &texts.join("---\n")).success())
}

/// The objects as the API server would store them; some it refuses.
fn store(cluster: &ControlPlane, namespace: &str, routes: &[Value]) -> Vec<Value> {
    let named = routes.iter().enumerate().map(|(place, object)| {
        let metadata = json!({"name": format!("route-{place}"), "namespace": namespace});
        let (version, kind) = (&object["apiVersion"], &object["kind"]);
        json!({"apiVersion": version, "kind": kind, "metadata": metadata, "spec": object["spec"]})
            .to_string()
    });
    let args = ["create", "--dry-run=server", "--validate=false", "-o", "json", "-f", "-"];
    objects(&cluster.kubectl(&args, &named.collect::<Vec<_>>().join("\n---\n")).stdout)
}

/// Objects that are printed one after the other, or as a List.
fn objects(text: &str) -> Vec<Value> {
    let read = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let read = read.map(|object| object.expect("kubectl prints JSON"));
    read.flat_map(|object| match object["items"].as_array() {
        Some(items) => items.clone(),
        None => vec![object],
    })
    .collect()
}

/// Takes out of `written` what stood in `before` and is not stored.
fn prune(written: &mut Value, before: &Value, stored: &Value) {
    if let Some(fields) = written.as_object_mut() {
        fields.retain(|name, _| before.get(name).is_none() || stored.get(name).is_some());
        for (name, field) in fields {
            prune(field, &before[name], &stored[name]);
        }
    } else if let Some(items) = written.as_array_mut() {
        for (place, item) in items.iter_mut().enumerate() {
            prune(item, &before[place], &stored[place]);
        }
    }
}
