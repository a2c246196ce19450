//! A Service with versions and a route on a real API server, and the commands that shift it.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::{
    control_plane::ControlPlane,
    program::{self, Outcome},
    transcript,
};

/// A namespace with the Service `web`, its versions, and what commands say about it.
#[derive(Debug)]
pub struct Shop<'a> {
    /// The server.
    pub cluster: &'a ControlPlane,
    /// The namespace.
    pub namespace: String,
    kubeconfig: PathBuf,
}

impl<'a> Shop<'a> {
    /// Makes a namespace with `web` and these versions of it, each with a ready endpoint.
    #[must_use]
    pub fn open(cluster: &'a ControlPlane, versions: &[&str]) -> Self {
        let namespace = cluster.namespace();
        let shop = Self { cluster, namespace, kubeconfig: cluster.kubeconfig().to_owned() };
        shop.put(&service("web"));
        for version in versions {
            shop.put(&service(version));
            shop.put(&endpoints(version, true));
        }
        shop
    }

    /// The same as somebody else.
    #[must_use]
    pub fn seen_by(&self, kubeconfig: &Path) -> Self {
        let (cluster, namespace) = (self.cluster, self.namespace.clone());
        Self { cluster, namespace, kubeconfig: kubeconfig.to_owned() }
    }

    /// Applies an object.
    pub fn put(&self, object: &Value) {
        self.cluster.apply(&self.namespace, &object.to_string());
    }

    /// Creates an object, so that nobody applies it.
    ///
    /// # Panics
    ///
    /// Panics if it is refused.
    pub fn create(&self, object: &Value) {
        let args = ["create", "-n", &self.namespace, "-f", "-"];
        self.cluster.kubectl(&args, &object.to_string()).success();
    }

    /// Runs a command of the plugin about this namespace.
    #[must_use]
    pub fn run(&self, words: &[&str]) -> Outcome {
        let kubeconfig = self.kubeconfig.to_string_lossy();
        let place = ["-n", &self.namespace, "--kubeconfig", &kubeconfig];
        program::run(&[words, &place].concat(), "")
    }

    /// Runs a command as it was printed.
    ///
    /// # Panics
    ///
    /// Panics if it is no command of the plugin.
    #[must_use]
    pub fn printed(&self, command: &str) -> Outcome {
        let words = transcript::words(command).unwrap_or_else(|error| panic!("{error}"));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["kubectl", "meshroute", rest @ ..] => program::run(rest, ""),
            _ => panic!("{command:?} is no command of the plugin"),
        }
    }

    /// Reads an object.
    ///
    /// # Panics
    ///
    /// Panics if it is not there.
    #[must_use]
    pub fn get(&self, what: &str) -> Value {
        let args = ["get", what, "-n", &self.namespace, "-o", "json", "--show-managed-fields"];
        let json = self.cluster.kubectl(&args, "").success();
        serde_json::from_str(&json).expect("kubectl prints JSON")
    }

    /// The weights of a rule of a route.
    #[must_use]
    pub fn weights(&self, what: &str, rule: usize) -> Vec<u64> {
        let object = self.get(what);
        let backends = object["spec"]["rules"][rule]["backendRefs"].as_array().cloned();
        backends.iter().flatten().filter_map(|it| it["weight"].as_u64()).collect()
    }

    /// The changes that a route remembers, the oldest first.
    #[must_use]
    pub fn history(&self, what: &str) -> Vec<Value> {
        let annotations = &self.get(what)["metadata"]["annotations"];
        let text = annotations["meshroute.dev/history"].as_str().unwrap_or("[]").to_owned();
        serde_json::from_str(&text).expect("a history is JSON")
    }
}

/// Installs a kind in one version, without a schema and so without defaults.
///
/// # Panics
///
/// Panics if the server refuses it.
pub fn define(cluster: &ControlPlane, group: &str, version: &str, kind: &str, plural: &str) {
    let schema = json!({"openAPIV3Schema": {"type": "object",
                                            "x-kubernetes-preserve-unknown-fields": true}});
    let crd = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}"),
                     "annotations": {"api-approved.kubernetes.io": "unapproved, test"}},
        "spec": {"group": group, "scope": "Namespaced", "names": {"plural": plural, "kind": kind},
                 "versions": [{"name": version, "served": true, "storage": true, "schema": schema}]}});
    cluster.apply("default", &crd.to_string());
    let established = ["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"];
    cluster.kubectl(&established, "").success();
}

/// A Service with the port 80.
#[must_use]
pub fn service(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
           "spec": {"ports": [{"name": "http", "port": 80}], "selector": {"app": name}}})
}

/// One endpoint of a Service.
#[must_use]
pub fn endpoints(service: &str, ready: bool) -> Value {
    json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
           "metadata": {"name": format!("{service}-1"),
                        "labels": {"kubernetes.io/service-name": service}},
           "ports": [{"name": "http", "port": 80}],
           "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": ready}}]})
}

/// A route of `web` with these rules.
#[must_use]
pub fn route(kind: &str, version: &str, name: &str, rules: &Value) -> Value {
    json!({"apiVersion": format!("gateway.networking.k8s.io/{version}"), "kind": kind,
           "metadata": {"name": name},
           "spec": {"parentRefs": [{"group": "", "kind": "Service", "name": "web"}], "rules": rules}})
}

/// Backends with their weights; a weight below 0 is not written.
#[must_use]
pub fn backends(weights: &[(&str, i64)]) -> Value {
    let backend = |(name, weight): &(&str, i64)| {
        let mut backend = json!({"name": name, "port": 80});
        if *weight >= 0 {
            backend["weight"] = json!(weight);
        }
        backend
    };
    Value::Array(weights.iter().map(backend).collect())
}

/// The canary that most tests shift: `web-v1` and `web-v2` with these weights.
#[must_use]
pub fn canary(first: i64, second: i64) -> Value {
    let rules = json!([{"backendRefs": backends(&[("web-v1", first), ("web-v2", second)])}]);
    route("HTTPRoute", "v1", "web", &rules)
}

/// What follows a word at the start of a line, such as `undo: `.
#[must_use]
pub fn after<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    text.lines().find_map(|line| line.trim_start().strip_prefix(word))
}
