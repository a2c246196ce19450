//! A webhook that must be asked and is gone keeps nobody from anything but routes for Services.

use std::{collections::BTreeSet, time::Duration};

use meshroute_tests::{control_plane::ControlPlane, wait};

use super::*;

/// What is served and not stored: questions, and parts of other objects; and what only a node may make.
const NOT_STORED: &[&str] = &[
    "Binding",
    "PodCertificateRequest",
    "LocalSubjectAccessReview",
    "SelfSubjectAccessReview",
    "SelfSubjectReview",
    "SelfSubjectRulesReview",
    "SubjectAccessReview",
    "TokenReview",
];

fn route(kind: &str, name: &str, parent: &Value) -> Value {
    json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": kind, "metadata": {"name": name},
        "spec": {"parentRefs": [parent], "rules": [{"backendRefs": [{"name": "web", "port": 80}]}]}})
}

/// Registers webhooks that nobody answers, to be asked about all that they may be asked about.
fn register(chart: &chart::Chart, cluster: &ControlPlane) {
    let values = json!({"webhook": {"validating": {"failurePolicy": "Fail"}},
        "mutation": {"scope": "all"}});
    let args = ["install", RELEASE, &chart::path(), "-n", RELEASE, "--create-namespace", "-f", "-"];
    chart.helm(Some(cluster.kubeconfig()), &args, &values.to_string()).success();
}

/// What the server says to a write of a route.
fn write(
    cluster: &ControlPlane,
    namespace: &str,
    args: &[&str],
    object: &Value,
) -> Result<(), String> {
    let args = [args, &["-n", namespace, "-f", "-"]].concat();
    let outcome = cluster.kubectl(&args, &object.to_string());
    if outcome.code == 0 { Ok(()) } else { Err(outcome.stderr) }
}

#[test]
fn a_webhook_that_is_gone_keeps_nobody_from_anything_else() {
    let test = "a_webhook_that_is_gone_keeps_nobody_from_anything_else";
    let (Some(chart), Some(cluster)) = (chart::open(test), control_plane::own(test)) else {
        return;
    };
    let namespace = cluster.namespace();
    let service = json!({"group": "", "kind": "Service", "name": "web"});
    let kinds = ["HTTPRoute", "GRPCRoute"];
    for kind in kinds {
        write(&cluster, &namespace, &["create"], &route(kind, "old", &service))
            .expect("nobody looks");
    }
    register(&chart, &cluster);

    // What may be refused is, in every shape that is meant for a Service.
    let refused = |namespace: &str, args: &[&str], object: &Value| {
        let outcome = write(&cluster, namespace, args, object);
        outcome
            .err()
            .filter(|said| said.contains("failed calling webhook \"validate.meshroute.dev\""))
    };
    let probe = route("HTTPRoute", "new", &service);
    wait::until(Duration::from_secs(60), || {
        let said = write(&cluster, &namespace, &["create", "--dry-run=server"], &probe);
        said.err().ok_or_else(|| "it is not asked yet".to_owned()).map(drop)
    })
    .expect("the server asks");
    for kind in kinds {
        for parent in [
            service.clone(),
            json!({"kind": "Service", "name": "web"}),
            json!({"kind": "services", "name": "web"}),
            json!({"group": "core", "kind": "Service", "name": "web"}),
            json!({"group": "", "name": "web"}),
        ] {
            let object = route(kind, "new", &parent);
            assert!(refused(&namespace, &["create"], &object).is_some(), "{object}");
        }
        // Also where it is about to be none.
        let object = route(kind, "old", &json!({"name": "public"}));
        assert!(refused(&namespace, &["replace"], &object).is_some(), "{object}");
    }

    // Routes can be removed, a mesh can say what it makes of them, and some namespaces are left alone.
    for resource in ["httproute", "grpcroute"] {
        let status = json!({"status": {"parents": [{"controllerName": "a.example/b",
            "parentRef": {"group": "", "kind": "Service", "name": "web"}, "conditions": [{
                "type": "Accepted", "status": "True", "reason": "Accepted", "message": "",
                "lastTransitionTime": "2026-01-01T00:00:00Z"}]}]}})
        .to_string();
        let patch = ["patch", resource, "old", "-n", &namespace, "--subresource=status"];
        let patch = [&patch[..], &["--type=merge", "-p", &status]].concat();
        cluster.kubectl(&patch, "").success();
        cluster.kubectl(&["delete", resource, "old", "-n", &namespace], "").success();
    }
    let label = ["label", "namespace", &namespace, "meshroute.dev/admission=disabled"];
    for excluded in ["kube-system", RELEASE] {
        write(&cluster, excluded, &["create"], &probe).expect("these namespaces are left alone");
    }
    cluster.kubectl(&label, "").success();
    wait::until(Duration::from_secs(60), || write(&cluster, &namespace, &["create"], &probe))
        .expect("a namespace can be left alone");
    let label = [&label[..3], &["meshroute.dev/admission-"]].concat();
    cluster.kubectl(&label, "").success();

    every_kind(&cluster, &namespace);

    // The chart itself, the way out, and the way back.
    let place = ["-n", RELEASE, "--reuse-values", "--set", "log=text"];
    let path = chart::path();
    let upgrade = [&["upgrade", RELEASE, &path], &place[..]].concat();
    chart.helm(Some(cluster.kubeconfig()), &upgrade, "").success();
    let both = "validatingwebhookconfiguration,mutatingwebhookconfiguration";
    cluster.kubectl(&["delete", both, RELEASE], "").success();
    let again = route("HTTPRoute", "again", &service);
    wait::until(Duration::from_secs(60), || write(&cluster, &namespace, &["create"], &again))
        .expect("nothing is asked any more");
    chart.helm(Some(cluster.kubeconfig()), &upgrade, "").success();
    cluster.kubectl(&["get", both, RELEASE], "").success();
}

/// Makes, changes and removes an object of every kind that can be stored.
fn every_kind(cluster: &ControlPlane, namespace: &str) {
    let objects = include_str!("every_kind.yaml").replace("NAMESPACE", namespace);
    let run = |args: &[&str]| {
        cluster.kubectl(&[args, &["-n", namespace, "-f", "-"]].concat(), &objects).success()
    };
    let made = run(&["create", "-o", "json"]);
    run(&["label", "a=b"]);
    run(&["delete", "--wait=false"]);

    let made = serde_json::Deserializer::from_str(&made).into_iter::<Value>();
    let made = made.map(|object| object.expect("kubectl prints JSON"));
    let group = |version: &str| version.split_once('/').map_or("", |it| it.0).to_owned();
    let made: BTreeSet<(String, String)> = made
        .map(|object| {
            let text = |key: &str| object[key].as_str().expect("a text").to_owned();
            (group(&text("apiVersion")), text("kind"))
        })
        .collect();
    let known = ["api-resources", "--verbs=create", "--no-headers"];
    let known = cluster.kubectl(&known, "").success();
    let mut missing = Vec::new();
    for line in known.lines() {
        // The short names before them may be none.
        let words: Vec<&str> = line.split_whitespace().collect();
        let [.., version, _, kind] = words.as_slice() else { panic!("{line}") };
        let known = (group(version), (*kind).to_owned());
        if !made.contains(&known) && !NOT_STORED.contains(kind) {
            missing.push(known);
        }
    }
    assert_eq!(missing, [], "every_kind.yaml has no object of these kinds");
}
