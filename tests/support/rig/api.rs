//! A client of the API server that shows its answers as they are.

use std::{fs, io};

use serde_json::{Value, json};

use crate::{
    control_plane::ControlPlane,
    https::{Answer, Connection, Target},
};

/// A client with one connection, which is opened again where it has ended.
pub struct Api {
    target: Target,
    open: Option<Connection>,
}

/// The path of the routes of a namespace.
#[must_use]
pub fn routes(namespace: &str) -> String {
    format!("/apis/gateway.networking.k8s.io/v1/namespaces/{namespace}/httproutes")
}

/// The path of a route.
#[must_use]
pub fn route(namespace: &str, name: &str) -> String {
    format!("{}/{name}", routes(namespace))
}

/// A route of the Service `a` to itself, or of these parents.
#[must_use]
pub fn mesh_route(name: &str, parents: &Value) -> Value {
    json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": {"name": name}, "spec": {"parentRefs": parents,
        "rules": [{"backendRefs": [{"name": "a", "port": 80, "weight": 90},
                                   {"name": "b", "port": 80, "weight": 10}]}]}})
}

impl Api {
    /// A client of this server, as an administrator.
    pub(super) fn of(cluster: &ControlPlane) -> Self {
        let text = fs::read_to_string(cluster.kubeconfig()).expect("it was written");
        let config: Value = serde_json::from_str(&text).expect("it is JSON");
        let server = &config["clusters"][0]["cluster"];
        let text = |value: &Value| value.as_str().expect("it is there").to_owned();
        let address = text(&server["server"]).replace("https://", "");
        let authority = fs::read_to_string(text(&server["certificate-authority"]));
        let target = Target::new(&address, "127.0.0.1", &authority.expect("the server wrote it"));
        Self::new(target.with_token(&text(&config["users"][0]["user"]["token"])))
    }

    /// A client of this server.
    #[must_use]
    pub fn new(target: Target) -> Self {
        Self { target, open: None }
    }

    /// Whom it asks.
    #[must_use]
    pub fn target(&self) -> Target {
        self.target.clone()
    }

    /// Asks.
    ///
    /// # Errors
    ///
    /// Returns what the connection says; the next request goes through a new one.
    pub fn ask(&mut self, method: &str, path: &str, kind: &str, body: &[u8]) -> io::Result<Answer> {
        let mut connection = match self.open.take() {
            Some(connection) => connection,
            None => self.target.connect()?,
        };
        let answer = connection.ask(method, path, kind, body)?;
        if !answer.header("connection").contains(&"close") {
            self.open = Some(connection);
        }
        Ok(answer)
    }

    /// Creates an object.
    pub fn create(&mut self, path: &str, object: &Value) -> Answer {
        self.say("POST", path, "application/json", &object.to_string())
    }

    /// Reads.
    pub fn get(&mut self, path: &str) -> Answer {
        self.say("GET", path, "application/json", "")
    }

    /// Replaces an object.
    pub fn replace(&mut self, path: &str, object: &Value) -> Answer {
        self.say("PUT", path, "application/json", &object.to_string())
    }

    /// Changes fields of an object (RFC 7386).
    pub fn merge(&mut self, path: &str, patch: &Value) -> Answer {
        self.say("PATCH", path, "application/merge-patch+json", &patch.to_string())
    }

    /// Applies an object as this manager of fields, by force.
    pub fn apply(&mut self, path: &str, manager: &str, object: &Value) -> Answer {
        let path = format!("{path}?fieldManager={manager}&force=true");
        self.say("PATCH", &path, "application/apply-patch+yaml", &object.to_string())
    }

    /// Deletes an object.
    pub fn delete(&mut self, path: &str) -> Answer {
        self.say("DELETE", path, "application/json", "")
    }

    #[track_caller]
    fn say(&mut self, method: &str, path: &str, kind: &str, body: &str) -> Answer {
        let answer = self.ask(method, path, kind, body.as_bytes());
        answer.unwrap_or_else(|err| panic!("{method} {path}: {err}"))
    }
}
