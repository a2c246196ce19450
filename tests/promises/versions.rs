//! Definitions of routes that are newer than the webhook, and older ones: what it does not know it does not deny.

use std::time::Duration;

use meshroute_tests::{
    https::Target,
    rig::{self, Api, Fake, Rig, Setup, VALIDATE, mesh_route, routes},
    wait,
};
use serde_json::{Value, json};

use crate::{PROGRAM, service, warnings};

#[test]
fn an_old_version_is_judged_as_the_new_one() {
    rig::run("an_old_version_is_judged_as_the_new_one", PROGRAM, |rig| {
        let replica = rig.replica();
        rig.route_to(&[replica.address]);
        rig.register("Fail");
        let new = routes(&rig.namespace);
        let old = new.replace("/v1/", "/v1beta1/");
        for parents in [service(), json!([{"kind": "Service", "name": "a"}])] {
            let mut answers = Vec::new();
            for (version, path) in [("v1", &new), ("v1beta1", &old)] {
                let since = rig.mark();
                let mut object = mesh_route("a", &parents);
                object["apiVersion"] = format!("gateway.networking.k8s.io/{version}").into();
                for backend in 0..2 {
                    object["spec"]["rules"][0]["backendRefs"][backend]["weight"] = 0.into();
                }
                let answer = rig.api().create(&format!("{path}?dryRun=All"), &object);
                assert_eq!(rig.counted(&since).calls(VALIDATE), 1, "{version}");
                let causes = answer.json()["details"]["causes"].clone();
                answers.push((answer.status, causes, warnings(&answer)));
            }
            assert_eq!(answers[0], answers[1]);
            assert!(answers[0].0 == 422, "{answers:?}");
        }
    });
}

/// Parts of routes as a later version of the API may have them, each with the place where it goes.
fn unknown() -> Vec<(&'static str, Value)> {
    vec![
        ("/spec/useDefaultGateways", json!("All")),
        ("/spec/priority", json!({"value": 3, "of": [1, 2]})),
        ("/spec/parentRefs/1", json!({"group": "mesh.example", "kind": "Mesh", "name": "a"})),
        ("/spec/parentRefs/0/zone", json!("a")),
        ("/spec/hostnames/0", json!("a.example")),
        ("/spec/rules/0/name", json!("first")),
        ("/spec/rules/0/shadow", json!({"percent": 3})),
        (
            "/spec/rules/0/retry",
            json!({"attempts": 3, "codes": [500], "backoff": "1s", "budget": {"percent": 20}}),
        ),
        ("/spec/rules/0/sessionPersistence", json!({"type": "Vortex", "cookie": {"name": "a"}})),
        ("/spec/rules/0/timeouts", json!({"request": "1s", "idle": "3s", "stream": "1h"})),
        ("/spec/rules/0/matches/0/path", json!({"type": "Glob", "value": "/a/*/b"})),
        ("/spec/rules/0/matches/0/headers/0", json!({"name": "a", "type": "Prefix", "value": "b"})),
        ("/spec/rules/0/matches/0/headers/0", json!({"name": "a", "type": "Present"})),
        (
            "/spec/rules/0/matches/0/queryParams/0",
            json!({"name": "a", "type": "Range", "value": "1-3"}),
        ),
        ("/spec/rules/0/matches/0/method", json!("QUERY")),
        ("/spec/rules/0/matches/0/cookies", json!([{"name": "a", "value": "b"}])),
        ("/spec/rules/0/filters/0", json!({"type": "Teleport", "teleport": {"to": "mars"}})),
        (
            "/spec/rules/0/filters/0",
            json!({"type": "CORS", "cors": {"allowOrigins": ["*"], "allowAll": true}}),
        ),
        (
            "/spec/rules/0/filters/0",
            json!({"type": "ExternalAuth", "externalAuth": {"protocol": "QUIC",
            "backendRef": {"name": "a", "port": 80}}}),
        ),
        (
            "/spec/rules/0/filters/0",
            json!({"type": "URLRewrite", "urlRewrite": {"path": {"type": "Regex", "regex": "a"}}}),
        ),
        (
            "/spec/rules/0/filters/0",
            json!({"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "a", "port": 80},
            "fraction": {"numerator": 1, "denominator": 3}, "sample": "b"}}),
        ),
        ("/spec/rules/0/backendRefs/0/filters/0", json!({"type": "Teleport"})),
        ("/spec/rules/0/backendRefs/0/locality", json!({"zone": "a"})),
        (
            "/spec/rules/0/backendRefs/0",
            json!({"group": "lambda.example", "kind": "Function", "name": "a", "weight": 1}),
        ),
        (
            "/spec/rules/0/backendRefs/0",
            json!({"group": "gateway.networking.x-k8s.io", "kind": "XBackend", "name": "a", "weight": 1}),
        ),
    ]
}

const MESHES: [&str; 7] =
    ["spec", "istio", "istio-ambient", "linkerd", "cilium", "kuma", "kgateway"];

#[test]
fn what_is_not_known_is_not_denied() {
    let newest = Setup { is_newest: true, ..Setup::SHARED };
    rig::run_with("what_is_not_known_is_not_denied", PROGRAM, newest, |rig| {
        let replica = rig.replica();
        let tap = Fake::before(rig, &replica);
        rig.register_fake("Fail", &[&tap], |_| {});
        // What the newest definitions take of it comes as it is or without what they do not know.
        for (number, (place, part)) in unknown().into_iter().enumerate() {
            let answer = write(rig, &format!("newest-{number}"), &[(place, part.clone())]);
            let is_ours = answer.message().contains("denied the request");
            assert!(!is_ours, "{place} {part}: {}", answer.message());
        }
        open_definition(rig.api());
        // A server that has learnt of a definition may still answer by the one before.
        let (mut tries, mut in_a_row) = (0, 0);
        wait::until(Duration::from_secs(60), || {
            tries += 1;
            let answer = write(rig, &format!("probe-{tries}"), &[("/spec/unknown", json!(1))]);
            in_a_row = if answer.json()["spec"]["unknown"] == 1 { in_a_row + 1 } else { 0 };
            if in_a_row == 3 { Ok(()) } else { Err(answer.text()) }
        })
        .expect("the definition counts");
        let since = rig.mark();
        let mut silent = Vec::new();
        for (number, (place, part)) in unknown().into_iter().enumerate() {
            let answer = write(rig, &format!("later-{number}"), &[(place, part.clone())]);
            assert_eq!(answer.status, 201, "{place} {part}: {}", answer.message());
            let stored = answer.json().pointer(place).cloned().unwrap_or_default();
            assert!(holds(&stored, &part), "{place} {part}: {stored}");
            if warnings(&answer).is_empty() {
                silent.push(format!("{place}: {part}"));
            }
        }
        let _ = write(rig, "all", &unknown()).success();
        println!("of {} parts, nothing was said of {silent:#?}", unknown().len());
        assert!(silent.len() < unknown().len() / 3);
        let counted = rig.counted(&since);
        assert_eq!((counted.failures(), counted.opened()), (0, 0), "{}", counted.text());

        // Such routes are no reason to know nothing of others.
        let replica = rig.installed_replica(&[]);
        assert!(replica.get("/metrics").expect("it answers").contains("meshroute_cache_synced 1"));
        rig.route_to(&[replica.address]);
        rig.register_installed("Fail");

        // Nor does it depend on the mesh.
        let exchanges = tap.exchanges();
        let bodies = exchanges.iter().map(|(asked, _)| asked).filter(|asked| {
            let name = asked.request()["name"].as_str().unwrap_or_default().to_owned();
            name.starts_with("later-") || name == "all"
        });
        let bodies: Vec<_> = bodies.collect();
        for mesh in MESHES {
            let replica = rig.replica_with(&[("--mesh", mesh)]);
            let target = Target::new(&replica.listen(), &rig.host(), &rig.authority.pem());
            let mut connection = target.connect().expect("it listens");
            for asked in &bodies {
                let answer = connection.ask("POST", "/validate", "application/json", &asked.body);
                let answer = answer.expect("an answer").json();
                assert_eq!(answer["response"]["allowed"], true, "{mesh}: {answer}");
            }
        }
    });
}

/// Creates a route with these parts in their places.
fn write(rig: &mut Rig<'_>, name: &str, parts: &[(&str, Value)]) -> meshroute_tests::https::Answer {
    let mut object = mesh_route(name, &service());
    for (place, part) in parts {
        put(&mut object, place, part.clone());
    }
    let path = routes(&rig.namespace);
    rig.api().create(&path, &object)
}

/// Puts a part in its place, and makes what lies on the way there.
fn put(object: &mut Value, place: &str, part: Value) {
    let mut here = object;
    for step in place.split('/').skip(1) {
        if let Ok(index) = step.parse::<usize>() {
            if here.is_null() {
                *here = json!([]);
            }
            let list = here.as_array_mut().expect("a list");
            while list.len() <= index {
                list.push(Value::Null);
            }
            here = &mut list[index];
        } else {
            here = &mut here[step];
        }
    }
    *here = part;
}

/// Whether everything of a part is there; defaults are beside it.
fn holds(stored: &Value, part: &Value) -> bool {
    match part {
        Value::Object(fields) => fields.iter().all(|(name, field)| holds(&stored[name], field)),
        part => stored == part,
    }
}

/// Has the definition of routes take every field and every value, as a later version would take some.
fn open_definition(api: &mut Api) {
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let path = format!("{definitions}/httproutes.gateway.networking.k8s.io");
    // It keeps definitions from going back to what is not experimental, or to what is older.
    for kind in ["validatingadmissionpolicybindings", "validatingadmissionpolicies"] {
        let path = format!("/apis/admissionregistration.k8s.io/v1/{kind}");
        let _ = api.delete(&format!("{path}/safe-upgrades.gateway.networking.k8s.io"));
    }
    let mut definition = api.get(&path).success().json();
    let versions = definition["spec"]["versions"].as_array_mut().expect("a list");
    for version in versions {
        open(&mut version["schema"]["openAPIV3Schema"]["properties"]["spec"]);
    }
    let _ = api.replace(&path, &definition).success();
}

fn open(schema: &mut Value) {
    let Some(fields) = schema.as_object_mut() else { return };
    for rule in [
        "enum",
        "required",
        "maxItems",
        "x-kubernetes-validations",
        "x-kubernetes-list-map-keys",
        "x-kubernetes-list-type",
    ] {
        fields.remove(rule);
    }
    if fields.contains_key("properties") {
        fields.insert("x-kubernetes-preserve-unknown-fields".to_owned(), json!(true));
    }
    if let Some(items) = fields.get_mut("items") {
        open(items);
    }
    if let Some(properties) = fields.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(open);
    }
}
