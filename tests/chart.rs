//! The chart: what the real Helm renders of it, what a real API server takes, who may do what with it
//! installed, and what it keeps nobody from.

use std::sync::OnceLock;

use meshroute_tests::{
    chart::{self, Chart, RELEASE},
    control_plane,
};
use serde_json::{Value, json};

#[path = "chart/asked.rs"]
mod asked;
#[path = "chart/derived.rs"]
mod derived;
#[path = "chart/lockout.rs"]
mod lockout;
#[path = "chart/people.rs"]
mod people;
#[path = "chart/releases.rs"]
mod releases;
#[path = "chart/rights.rs"]
mod rights;
#[path = "chart/running.rs"]
mod running;
#[path = "chart/taken.rs"]
mod taken;
#[path = "chart/told.rs"]
mod told;
#[path = "chart/values.rs"]
mod values;

/// The certificate of nobody, for values that want one.
const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

/// What is rendered of a combination of values.
struct Rendered {
    name: String,
    values: Value,
    text: String,
    objects: Vec<Value>,
}

/// All combinations, which are rendered once for all tests.
fn rendered(chart: &Chart) -> &'static [Rendered] {
    static RENDERED: OnceLock<Vec<Rendered>> = OnceLock::new();
    let render = |(name, values): (String, Value)| {
        let text = chart.template(RELEASE, RELEASE, &values).success();
        let objects = chart.objects(&text);
        Rendered { name, values, text, objects }
    };
    RENDERED.get_or_init(|| combinations().into_iter().map(render).collect())
}

/// Values that are worth a look together, each with what it is about.
///
/// Every way of TLS meets one replica and several, both scopes of mutation, and all that is optional.
fn combinations() -> Vec<(String, Value)> {
    let mut combinations = Vec::new();
    for (mode, tls) in [
        ("auto", json!({"mode": "auto"})),
        ("certManager", json!({"mode": "certManager"})),
        (
            "certManager of another",
            json!({"mode": "certManager", "certManager": {"issuerRef":
                {"name": "corp", "kind": "ClusterIssuer"}, "duration": "24h"}}),
        ),
        (
            "existingSecret",
            json!({"mode": "existingSecret", "existingSecret": {"name": "web", "caBundle": PEM}}),
        ),
    ] {
        for (replicas, failure_policy) in [(1, "Ignore"), (3, "Fail")] {
            for scope in ["optedIn", "all"] {
                let mut least = json!({"tls": tls, "replicaCount": replicas,
                    "mutation": {"scope": scope},
                    "webhook": {"validating": {"failurePolicy": failure_policy}}});
                let name = format!("{mode}, {replicas} replicas, {scope}");
                combinations.push((name.clone(), least.clone()));
                merge(&mut least, &everything(mode));
                combinations.push((format!("{name}, everything"), least));
            }
        }
    }
    combinations
}

/// All that is off or empty by default, in a way that restricted Pod Security allows.
fn everything(mode: &str) -> Value {
    json!({
        "image": {"tag": "v1", "digest": format!("sha256:{:064}", 7)},
        "imagePullSecrets": [{"name": "pull"}],
        "mesh": ["istio", "istio-ambient"], "enforce": "warn", "ignore": "none",
        "levels": {"MR052": "off", "MR083": "warning", "MR056": false},
        "cluster": if mode == "auto" { "auto" } else { "none" },
        "webhook": {
            "port": 10250, "adminPort": 10251, "address": "::",
            "extraNamespaceSelector": [{"key": "team", "operator": "NotIn", "values": ["a"]},
                                       {"key": "checked", "operator": "Exists"}],
            "extraMatchConditions": [{"name": "not-mine",
                "expression": "request.userInfo.username != 'me'"}],
            "annotations": {"admissions.enforcer/disabled": "true"},
        },
        "tls": {"clientCA": {"configMap": "clients", "names": ["kube-apiserver", "a b"]},
                "minVersion": "1.3"},
        "shutdown": {"delaySeconds": 0}, "log": "text",
        "podDisruptionBudget": {"maxUnavailable": "50%"},
        "podAntiAffinity": "required",
        "topologySpreadConstraints": [{"topologyKey": "rack", "maxSkew": 1,
            "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {"matchLabels": {"a": "b"}}}],
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [{"operator": "Exists"}], "priorityClassName": "system-cluster-critical",
        "metrics": {"serviceMonitor": {"enabled": true, "labels": {"a": "b"}},
            "prometheusRule": {"enabled": true}, "dashboard": {"enabled": true}},
        "networkPolicy": {"enabled": true, "adminFrom": [{"namespaceSelector": {}}]},
        "serviceAccount": {"name": "account", "annotations": {"a": "b"}},
        "podAnnotations": {"a": "b"}, "podLabels": {"a": "b"}, "commonLabels": {"a": "true"},
        "extraEnv": [{"name": "A", "value": "b"}], "extraArgs": ["--tls-name=localhost"],
    })
}

/// Puts values over others, as Helm does.
fn merge(under: &mut Value, over: &Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                merge(under.entry(key).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over.clone(),
    }
}

/// Finds an object, of which there is one.
fn one(objects: &[Value], kind: &str) -> Value {
    let found = chart::of_kind(objects, kind);
    assert_eq!(found.len(), 1, "{kind}");
    found[0].clone()
}
