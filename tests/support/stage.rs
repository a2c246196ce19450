//! A Service with a canary on an API server, and the plugin as its users run it.

use std::{path::Path, process::Command};

use serde_json::{Value, json};

use crate::{
    control_plane::ControlPlane,
    program::{self, Outcome},
};

/// The Service `web`, whose route `web` sends 90 of 100 requests to `web-v1` and 10 to `web-v2`.
#[derive(Clone, Debug)]
pub struct Stage<'a> {
    /// The cluster.
    pub cluster: &'a ControlPlane,
    /// The namespace of all that.
    pub namespace: String,
    plugin: &'static str,
}

impl<'a> Stage<'a> {
    /// Makes it, in a namespace of its own.
    ///
    /// # Panics
    ///
    /// Panics if the server refuses it.
    #[must_use]
    pub fn new(cluster: &'a ControlPlane, plugin: &'static str) -> Self {
        let stage = Self { cluster, namespace: cluster.namespace(), plugin };
        let services = ["web", "web-v1", "web-v2"].map(service);
        stage.apply(&services);
        stage.apply(&[route("web", &[("web-v1", 90), ("web-v2", 10)])]);
        stage
    }

    /// Applies objects to the namespace.
    ///
    /// # Panics
    ///
    /// Panics if the server refuses one.
    pub fn apply(&self, objects: &[Value]) {
        let manifests: String = objects.iter().map(|object| format!("---\n{object}\n")).collect();
        self.cluster.apply(&self.namespace, &manifests);
    }

    /// Sends the requests to these backends by these weights.
    ///
    /// # Panics
    ///
    /// Panics if the server refuses it.
    pub fn shift(&self, backends: &[(&str, u32)]) {
        self.apply(&[route("web", backends)]);
    }

    /// Deletes objects such as `service/web`.
    ///
    /// # Panics
    ///
    /// Panics if they are not there.
    pub fn delete(&self, names: &[&str]) {
        let delete = [&["delete", "-n", &self.namespace, "--wait=false"], names].concat();
        self.cluster.kubectl(&delete, "").success();
    }

    /// Returns the command that shows the Service, with these arguments more.
    #[must_use]
    pub fn command(&self, args: &[&str]) -> Command {
        command(self.plugin, self.cluster.kubeconfig(), &self.words(args))
    }

    /// Returns what the command prints that does not follow.
    ///
    /// # Panics
    ///
    /// Panics if there is no answer.
    #[must_use]
    pub fn fresh(&self, args: &[&str]) -> String {
        self.ask(args).success()
    }

    /// Returns what becomes of the command that does not follow.
    #[must_use]
    pub fn ask(&self, args: &[&str]) -> Outcome {
        let kubeconfig = self.cluster.kubeconfig().to_string_lossy();
        program::run(&[&self.words(args)[..], &["--kubeconfig", &kubeconfig]].concat(), "")
    }

    fn words<'s>(&'s self, args: &[&'s str]) -> Vec<&'s str> {
        [&["split", "web", "-n", &self.namespace], args].concat()
    }
}

/// Returns a command of a program, for whom a kubeconfig names, that finds nothing of ours.
#[must_use]
pub fn command(program: &str, kubeconfig: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).env("KUBECONFIG", kubeconfig).env("KUBERC", "off");
    for name in ["NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command
}

/// Returns a Service.
#[must_use]
pub fn service(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
        "spec": {"ports": [{"name": "http", "port": 80, "appProtocol": "http"}]}})
}

/// Returns a route of the Service `web` with one rule.
#[must_use]
pub fn route(name: &str, backends: &[(&str, u32)]) -> Value {
    routed(name, "HTTPRoute", &[json!({"backendRefs": references(backends)})])
}

/// Returns a route of the Service `web`.
#[must_use]
pub fn routed(name: &str, kind: &str, rules: &[Value]) -> Value {
    json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": kind, "metadata": {"name": name},
        "spec": {"parentRefs": [{"group": "", "kind": "Service", "name": "web"}], "rules": rules}})
}

/// Returns references to backends.
#[must_use]
pub fn references(backends: &[(&str, u32)]) -> Vec<Value> {
    let reference = |(name, weight): &(&str, u32)| match name.split_once('/') {
        None => json!({"name": name, "port": 80, "weight": weight}),
        Some((namespace, name)) => {
            json!({"namespace": namespace, "name": name, "port": 80, "weight": weight})
        }
    };
    backends.iter().map(reference).collect()
}

/// Returns the endpoints of a Service; each is ready or not.
#[must_use]
pub fn endpoints(service: &str, ready: &[bool]) -> Value {
    let endpoints: Vec<_> = ready
        .iter()
        .enumerate()
        .map(|(index, ready)| {
            json!({"addresses": [format!("10.0.0.{}", index + 1)], "conditions": {"ready": ready}})
        })
        .collect();
    json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {"name": format!("{service}-1"),
                     "labels": {"kubernetes.io/service-name": service}},
        "ports": [{"name": "http", "port": 80}], "endpoints": endpoints})
}
