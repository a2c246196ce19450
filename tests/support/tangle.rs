//! Random routes around one Service that get in each other's way: exact paths, prefixes and regular
//! expressions, methods and conditions, ports, hostnames, consumers, and ages that contradict names.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    random::Random,
    request::{Condition, Matcher, PathMatch},
};

/// The namespace of the Service, `web`.
pub const PRODUCER: &str = "shop";
/// A namespace of clients that may have routes of its own.
pub const CONSUMER: &str = "client";
/// The ports of the Service; routes may name another one.
pub const PORTS: [u16; 2] = [80, 81];

const NAMESPACES: [&str; 6] = [PRODUCER, PRODUCER, PRODUCER, CONSUMER, CONSUMER, "other"];
const PARENT_PORTS: [Option<u16>; 7] = [None, None, None, Some(80), Some(80), Some(81), Some(9999)];
const HOSTS: [&[&str]; 6] = [
    &[],
    &[],
    &[],
    &["web.shop.svc.cluster.local"],
    &["*.svc.cluster.local", "other.example"],
    &["other.example"],
];
const PATHS: [(&str, &str); 14] = [
    ("PathPrefix", "/"),
    ("PathPrefix", "/a"),
    ("PathPrefix", "/a/"),
    ("PathPrefix", "/a/b"),
    ("PathPrefix", "/ab"),
    ("Exact", "/"),
    ("Exact", "/a"),
    ("Exact", "/a/"),
    ("Exact", "/a/b"),
    ("RegularExpression", "/[ab]"),
    ("RegularExpression", "/a.*"),
    ("RegularExpression", "/"),
    ("RegularExpression", "/a/[^/]+"),
    ("RegularExpression", "/.*"),
];
const METHODS: [Option<&str>; 5] = [None, None, None, Some("GET"), Some("POST")];
const NAMED: [&[(&str, &str)]; 5] =
    [&[], &[], &[("x", "1")], &[("y", "1")], &[("x", "1"), ("y", "1")]];

/// A route.
#[derive(Debug)]
pub struct Route {
    /// Its namespace.
    pub namespace: &'static str,
    /// Its name; no two routes have the same.
    pub name: String,
    /// The second of its creation; no two routes have the same.
    pub age: usize,
    /// The port that its parentRef names.
    pub port: Option<u16>,
    /// Its hostnames.
    pub hostnames: &'static [&'static str],
    /// The matches of each rule.
    pub rules: Vec<Vec<Shape>>,
}

/// A match, as it is written.
#[derive(Debug)]
pub struct Shape {
    /// Type and value of the path.
    pub path: (&'static str, &'static str),
    /// The method.
    pub method: Option<&'static str>,
    /// Names and values of headers.
    pub headers: &'static [(&'static str, &'static str)],
    /// Names and values of query parameters.
    pub query: &'static [(&'static str, &'static str)],
}

/// Generates one to four routes.
pub fn routes(random: &mut Random) -> Vec<Route> {
    let mut ages = BTreeSet::new();
    let mut routes = Vec::new();
    for index in 0..1 + random.below(4) {
        let age = random.below(40);
        if !ages.insert(age) {
            continue;
        }
        let rules = (0..1 + random.below(4)).map(|_| {
            let shapes = (0..1 + random.below(2)).map(|_| Shape {
                path: random.copy(&PATHS),
                method: random.copy(&METHODS),
                headers: random.copy(&NAMED),
                query: random.copy(&NAMED),
            });
            shapes.collect()
        });
        let rules = rules.collect();
        routes.push(Route {
            namespace: random.copy(&NAMESPACES),
            name: format!("{}{index}", random.copy(&["a", "b", "a-b", "z"])),
            age,
            port: random.copy(&PARENT_PORTS),
            hostnames: random.copy(&HOSTS),
            rules,
        });
    }
    routes
}

/// Returns the routes as manifests, with all that they need in any mesh.
#[must_use]
pub fn manifests(routes: &[Route]) -> String {
    let port =
        |(name, port): (&str, u16)| json!({"name": name, "port": port, "appProtocol": "http"});
    let ports = [port(("http", 80)), port(("http-alt", 81))];
    let service = |name: &str| {
        json!({"apiVersion": "v1", "kind": "Service",
               "metadata": {"namespace": PRODUCER, "name": name}, "spec": {"ports": ports}})
    };
    let grant = |from: &str| json!({"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": from});
    let mut documents = vec![
        service("web"),
        service("v1"),
        json!({"apiVersion": "v1", "kind": "Namespace",
               "metadata": {"name": PRODUCER, "labels": {"istio.io/use-waypoint": "waypoint"}}}),
        json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
               "metadata": {"namespace": PRODUCER, "name": "waypoint"},
               "spec": {"gatewayClassName": "waypoint", "listeners": [{"name": "mesh"}]}}),
        json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "ReferenceGrant",
               "metadata": {"namespace": PRODUCER, "name": "all"},
               "spec": {"from": [grant(CONSUMER), grant("other")], "to": [{"group": "", "kind": "Service"}]}}),
    ];
    documents.extend(routes.iter().map(Route::document));
    documents.iter().map(|document| format!("---\n{document}\n")).collect()
}

impl Route {
    /// Returns the route as `namespace/name`.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    fn document(&self) -> Value {
        let mut parent =
            json!({"group": "", "kind": "Service", "namespace": PRODUCER, "name": "web"});
        if let Some(port) = self.port {
            parent["port"] = port.into();
        }
        let rule = |shapes: &Vec<Shape>| {
            let matches: Vec<Value> = shapes.iter().map(Shape::document).collect();
            json!({"matches": matches,
                   "backendRefs": [{"namespace": PRODUCER, "name": "v1", "port": 80}]})
        };
        let rules: Vec<Value> = self.rules.iter().map(rule).collect();
        json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
               "metadata": {"namespace": self.namespace, "name": self.name,
                            "creationTimestamp": format!("2026-01-01T00:00:{:02}Z", self.age)},
               "spec": {"parentRefs": [parent], "hostnames": self.hostnames, "rules": rules}})
    }
}

impl Shape {
    fn document(&self) -> Value {
        let named = |named: &[(&str, &str)]| -> Vec<Value> {
            named.iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
        };
        let mut matched = json!({"path": {"type": self.path.0, "value": self.path.1},
                                 "headers": named(self.headers), "queryParams": named(self.query)});
        if let Some(method) = self.method {
            matched["method"] = method.into();
        }
        matched
    }

    /// Returns the match in a form that takes requests.
    ///
    /// # Panics
    ///
    /// Panics if a path of this file is none.
    #[must_use]
    pub fn matcher(&self) -> Matcher {
        let conditions = |named: &[(&str, &str)]| {
            let exact = |(name, value): &(&str, &str)| Condition::new("Exact", name, value);
            named.iter().map(exact).collect::<Result<Vec<_>, _>>().expect("conditions")
        };
        Matcher {
            path: PathMatch::new(self.path.0, self.path.1).expect("a path"),
            method: self.method.map(str::to_owned),
            headers: conditions(self.headers),
            query: conditions(self.query),
        }
    }
}
