//! The Gateway API's conformance cases, judged by the split instead of by sent requests.
//!
//! The manifests come from the Go module of the conformance tests and are not kept here; what each
//! request must get is in `support/cases.rs`.
#![expect(clippy::print_stdout, reason = "a test that judges says how much it judged")]

use std::collections::BTreeSet;

use meshroute_tests::{
    cases::{Case, INFRA, INFRA_CASES, MESH, MESH_CASES, NOT_A_SPLIT, NotASplit},
    fate::{Destination, Fate, List},
    gateway_api::Conformance,
    program::Query,
    ratio::Ratio,
    request::Request,
};

/// The Service in the place of the Gateway, and endpoints for a Service with a selector.
const FRONT: &str = r#"
---
{"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "gateway-conformance-infra", "name": "front"},
 "spec": {"selector": {"app": "front"}, "ports": [{"name": "http", "port": 80}]}}
"#;

const HEADLESS_SLICE: &str = r#"
---
{"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
 "metadata": {"namespace": "gateway-conformance-infra", "name": "headless-1", "labels": {"kubernetes.io/service-name": "headless"}},
 "ports": [{"name": "first-port", "port": 3000}], "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": true}}]}
"#;

#[test]
fn mesh_cases() {
    let Some(conformance) = Conformance::find_or_skip() else { return };
    let base = conformance.manifest("mesh/manifests.yaml");
    let manifests = |case: &Case| match case.manifest {
        "" => base.clone(),
        name => {
            format!("{base}\n---\n{}", conformance.manifest(&format!("tests/mesh/{name}.yaml")))
        }
    };
    judge(MESH, MESH_CASES, manifests);
    for NotASplit { name, reason } in NOT_A_SPLIT {
        println!("not a split: {name}: {reason}");
    }
}

#[test]
fn every_manifest_of_the_mesh_cases_is_judged() {
    let Some(conformance) = Conformance::find_or_skip() else { return };
    let judged: BTreeSet<_> = MESH_CASES.iter().map(|it| it.manifest.to_owned()).collect();
    let there = conformance.mesh_manifests();
    let forgotten: Vec<_> = there.difference(&judged).collect();
    assert!(forgotten.is_empty(), "no case of the table uses {forgotten:?}");
}

#[test]
fn gateway_cases_with_a_service_as_parent() {
    let Some(conformance) = Conformance::find_or_skip() else { return };
    let base = conformance.manifest("base/manifests.yaml");
    judge(INFRA, INFRA_CASES, |case| {
        let manifest = conformance.manifest(&format!("tests/{}.yaml", case.manifest));
        format!("{base}\n{FRONT}\n---\n{}", with_service_as_parent(&manifest))
    });
}

/// Replaces the Gateway by the Service, and does what the Go code does to the EndpointSlices.
fn with_service_as_parent(manifest: &str) -> String {
    let parent = "  - group: \"\"\n    kind: Service\n    name: front\n";
    let gateway = "  - name: same-namespace\n";
    assert!(manifest.contains(gateway), "the manifest names another parent:\n{manifest}");
    let mut manifest = manifest.replace(gateway, parent);
    if manifest.contains("kind: EndpointSlice") {
        for (family, address) in [("IPv4", "10.0.0.1"), ("IPv6", "fd00::1")] {
            let line = format!("addressType: {family}\n");
            let endpoints = format!("{line}endpoints: [{{addresses: [\"{address}\"]}}]\n");
            manifest = manifest.replace(&line, &endpoints);
        }
        manifest.push_str(HEADLESS_SLICE);
    }
    manifest
}

fn judge(namespace: &str, cases: &[Case], manifests: impl Fn(&Case) -> String) {
    let (mut judged, mut wrong) = (0, Vec::new());
    for case in cases {
        let manifests = manifests(case);
        for mesh in case.meshes {
            let (service, port) = case.service;
            let query = Query { mesh, namespace, service, port, client: Some(case.client) };
            let fail = |text: String| format!("{} ({}): {text}", case.name, query.command());
            match query.ask(&manifests).and_then(|split| List::of_split(&split)) {
                Err(err) => wrong.push(fail(err)),
                Ok(list) => {
                    for (request, expected) in case.requests {
                        judged += 1;
                        let fate = list.fate(&Request::parse(request));
                        if fate != Ok(&expect(namespace, expected)) {
                            let found = fate.map_or_else(|err| err, ToString::to_string);
                            wrong.push(fail(format!("{request}: {expected}, not {found}")));
                        }
                    }
                }
            }
        }
    }
    println!("{} cases, {judged} requests, {} wrong", cases.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Reads an expectation of the tables.
fn expect(namespace: &str, text: &str) -> Fate {
    Fate::shares(text.split(" + ").map(|part| {
        let (ratio, destination) = part.split_once(' ').unwrap_or(("1/1", part));
        let destination = match (destination.split_once(':'), destination.parse()) {
            (Some((name, port)), _) => Destination::backend(namespace, name, port.parse().ok()),
            (None, Ok(status)) => Destination::Status(status),
            (None, Err(_)) => Destination::Redirect,
        };
        (destination, Ratio::parse(ratio).expect("a ratio"))
    }))
}
