//! Random clusters around one Service, as values and as manifests.

use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};

/// The namespace of the Service asked about.
pub const PRODUCER: &str = "prod";
/// A namespace whose routes for that Service are consumer routes.
pub const CONSUMER: &str = "cons";
/// The Service asked about; its ports are `PORTS`.
pub const SERVICE: &str = "web";
/// The names and numbers of every Service's ports.
pub const PORTS: [(&str, u16); 2] = [("http", 80), ("alt", 8080)];
/// The Services that exist.
pub const SERVICES: [(&str, &str); 5] =
    [(PRODUCER, SERVICE), (PRODUCER, "v1"), (PRODUCER, "v2"), (PRODUCER, "v3"), (CONSUMER, "v1")];
/// The Service without a ready endpoint, in clusters whose endpoints are known.
pub const UNREADY: (&str, &str) = (PRODUCER, "v3");

/// A cluster: the Services above and these routes.
#[derive(Clone, Debug)]
pub struct World {
    /// The routes.
    pub routes: Vec<Route>,
    /// Whether the cluster has EndpointSlices.
    pub endpoints: bool,
}

/// An HTTPRoute or GRPCRoute with one parent Service, `SERVICE`.
#[derive(Clone, Debug)]
pub struct Route {
    /// Whether it is a GRPCRoute.
    pub grpc: bool,
    /// Its namespace.
    pub namespace: &'static str,
    /// Its name.
    pub name: String,
    /// The second of its creation, where known.
    pub created: Option<u32>,
    /// What part of the Service each parentRef names.
    pub parents: Vec<Parent>,
    /// Its rules.
    pub rules: Vec<Rule>,
}

/// A parentRef.
#[derive(Clone, Debug)]
pub struct Parent {
    /// A port by number.
    pub port: Option<u16>,
    /// A port by name.
    pub section: Option<&'static str>,
}

/// A rule: backends, or a redirect.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its matches; none is any.
    pub matches: Vec<Match>,
    /// Whether it redirects; then it has no backends.
    pub redirect: bool,
    /// Its backends.
    pub backends: Vec<Backend>,
}

/// A match.
#[derive(Clone, Debug)]
pub struct Match {
    /// Type and value of the path.
    pub path: Option<(&'static str, &'static str)>,
    /// The method.
    pub method: Option<&'static str>,
    /// Service and method of a gRPC call, in a GRPCRoute only.
    pub call: (Option<&'static str>, Option<&'static str>),
    /// Headers: type, name, value.
    pub headers: Vec<Named>,
    /// Query parameters: type, name, value.
    pub query: Vec<Named>,
}

/// A condition on a header or a query parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// The type; none is `Exact`.
    pub kind: Option<&'static str>,
    /// The name.
    pub name: &'static str,
    /// The value.
    pub value: &'static str,
}

/// A backend.
#[derive(Clone, Debug)]
pub struct Backend {
    /// The kind; none is `Service`.
    pub kind: Option<&'static str>,
    /// The namespace; none is the route's.
    pub namespace: Option<&'static str>,
    /// The name.
    pub name: &'static str,
    /// The port.
    pub port: u16,
    /// The weight; none is 1.
    pub weight: Option<u32>,
}

/// What a cluster may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Make {
    /// HTTPRoutes with exact header and query values.
    Exact,
    /// HTTPRoutes with regular expressions for these values too.
    Any,
    /// As `Any`, and GRPCRoutes.
    Grpc,
}

/// Generates clusters with one to five routes.
pub fn worlds(make: Make) -> impl Strategy<Value = World> {
    let names = Just(["a", "b", "b-a", "c", "z"].map(str::to_owned).to_vec()).prop_shuffle();
    let routes = prop::collection::vec(route(make), 1..=5);
    (routes, names, any::<bool>()).prop_map(|(mut routes, names, endpoints)| {
        for (route, name) in routes.iter_mut().zip(names) {
            route.name = name;
        }
        World { routes, endpoints }
    })
}

fn route(make: Make) -> impl Strategy<Value = Route> {
    let grpc = select(vec![false, false, make == Make::Grpc]);
    let namespace = select(vec![PRODUCER, PRODUCER, PRODUCER, CONSUMER, CONSUMER, "other"]);
    let parents = prop_oneof![
        4 => Just(vec![Parent { port: None, section: None }]),
        3 => prop::collection::vec(parent(), 1..=2),
    ];
    let rules = prop::collection::vec(rule(make), 1..=3);
    (grpc, namespace, 1..=3_u32, parents, rules).prop_map(
        |(grpc, namespace, created, parents, mut rules)| {
            for rule in &mut rules {
                rule.redirect &= !grpc;
                rule.matches.iter_mut().for_each(|it| it.restrict(grpc));
            }
            let created = Some(created);
            Route { grpc, namespace, name: String::new(), created, parents, rules }
        },
    )
}

fn parent() -> impl Strategy<Value = Parent> {
    let parent = |port, section| Parent { port, section };
    select(vec![
        parent(Some(80), None),
        parent(Some(8080), None),
        parent(Some(9999), None),
        parent(None, Some("http")),
        parent(None, Some("alt")),
        parent(Some(80), Some("http")),
        parent(Some(80), Some("alt")),
    ])
}

fn rule(make: Make) -> impl Strategy<Value = Rule> {
    let matches = prop::collection::vec(a_match(make), 0..=3);
    let backends = prop_oneof![
        1 => Just((true, Vec::new())),
        1 => Just((false, Vec::new())),
        12 => prop::collection::vec(backend(), 1..=4).prop_map(|backends| (false, backends)),
    ];
    (matches, backends).prop_map(|(matches, (redirect, backends))| Rule {
        matches,
        redirect,
        backends,
    })
}

fn a_match(make: Make) -> impl Strategy<Value = Match> {
    let paths = ["/", "/a", "/a/", "/a/b", "/ab", "/b", "/A"];
    let path = prop_oneof![
        3 => Just(None),
        6 => select(paths.to_vec()).prop_map(|path| Some(("PathPrefix", path))),
        3 => select(paths.to_vec()).prop_map(|path| Some(("Exact", path))),
    ];
    let method = select(vec![None, None, Some("GET"), Some("POST")]);
    let call =
        (select(vec![None, Some("s"), Some("s.t")]), select(vec![None, Some("m"), Some("mm")]));
    let headers = conditions(make, &["x-a", "X-A", "x-b"]);
    let query = conditions(make, &["q", "Q", "p"]);
    (path, method, call, headers, query).prop_map(|(path, method, call, headers, query)| Match {
        path,
        method,
        call,
        headers,
        query,
    })
}

/// Generates up to two conditions; no name comes twice, as the API server would refuse that.
fn conditions(make: Make, names: &'static [&'static str]) -> impl Strategy<Value = Vec<Named>> {
    let mut kinds = vec![(None, "1"), (None, "2"), (Some("Exact"), "1")];
    if make != Make::Exact {
        kinds.push((Some("RegularExpression"), "[12]"));
    }
    let named = (select(names), select(kinds)).prop_map(|(name, (kind, value))| Named {
        kind,
        name,
        value,
    });
    prop_oneof![2 => Just(Vec::new()), 2 => prop::collection::vec(named, 1..=2)].prop_map(
        |mut named| {
            if let [one, two] = named.as_slice()
                && one.name == two.name
            {
                named.pop();
            }
            named
        },
    )
}

fn backend() -> impl Strategy<Value = Backend> {
    let kind = prop_oneof![15 => Just(None), 1 => Just(Some("Nosuch"))];
    let namespace = select(vec![None, None, None, Some(PRODUCER), Some(CONSUMER)]);
    let name = select(vec!["v1", "v1", "v2", "v2", "v3", SERVICE, "gone"]);
    let port = select(vec![80, 80, 80, 80, 8080, 4444]);
    let weight = select(vec![None, Some(0), Some(1), Some(2), Some(50), Some(1_000_000)]);
    (kind, namespace, name, port, weight).prop_map(|(kind, namespace, name, port, weight)| {
        Backend { kind, namespace, name, port, weight }
    })
}

impl World {
    /// Returns the objects of the cluster.
    #[must_use]
    pub fn documents(&self) -> Vec<Value> {
        let mut documents: Vec<_> = [PRODUCER, CONSUMER, "other"]
            .iter()
            .map(
                |name| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}),
            )
            .collect();
        for (namespace, name) in SERVICES {
            documents.push(service(namespace, name));
            if self.endpoints {
                documents.push(slice(namespace, name, (namespace, name) != UNREADY));
            }
        }
        documents.extend(self.routes.iter().map(Route::document));
        documents
    }
}

/// Returns documents as a stream, in the given order.
#[must_use]
pub fn stream(documents: &[Value]) -> String {
    documents.iter().map(|document| format!("---\n{document}\n")).collect()
}

fn service(namespace: &str, name: &str) -> Value {
    let ports = PORTS.map(|(name, port)| json!({"name": name, "port": port, "targetPort": port}));
    json!({"apiVersion": "v1", "kind": "Service",
           "metadata": {"namespace": namespace, "name": name},
           "spec": {"type": "ClusterIP", "clusterIP": "10.96.0.7", "selector": {"app": name}, "ports": ports}})
}

fn slice(namespace: &str, name: &str, ready: bool) -> Value {
    let ports = PORTS.map(|(name, port)| json!({"name": name, "port": port}));
    json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
           "metadata": {"namespace": namespace, "name": format!("{name}-1"),
                        "labels": {"kubernetes.io/service-name": name}},
           "ports": ports,
           "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": ready}}]})
}

impl Route {
    fn document(&self) -> Value {
        let parents: Vec<_> = self
            .parents
            .iter()
            .map(|parent| {
                let mut value = json!({"group": "", "kind": "Service", "name": SERVICE});
                set(&mut value, "namespace", (self.namespace != PRODUCER).then_some(PRODUCER));
                set(&mut value, "port", parent.port);
                set(&mut value, "sectionName", parent.section);
                value
            })
            .collect();
        let rules: Vec<_> = self.rules.iter().map(Rule::document).collect();
        let mut metadata = json!({"namespace": self.namespace, "name": self.name});
        let created = self.created.map(|second| format!("2026-01-01T00:00:0{second}Z"));
        set(&mut metadata, "creationTimestamp", created);
        let kind = if self.grpc { "GRPCRoute" } else { "HTTPRoute" };
        json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": kind, "metadata": metadata,
               "spec": {"parentRefs": parents, "rules": rules}})
    }
}

impl Rule {
    fn document(&self) -> Value {
        let mut value = json!({});
        let matches: Vec<_> = self.matches.iter().map(Match::document).collect();
        set(&mut value, "matches", (!matches.is_empty()).then_some(matches));
        let redirect = json!([{"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}}]);
        set(&mut value, "filters", self.redirect.then_some(redirect));
        let backends: Vec<_> = self.backends.iter().map(Backend::document).collect();
        set(&mut value, "backendRefs", (!backends.is_empty()).then_some(backends));
        value
    }
}

impl Match {
    /// Takes away what the other kind of route has.
    fn restrict(&mut self, grpc: bool) {
        if grpc {
            (self.path, self.method) = (None, None);
            self.query.clear();
        } else {
            self.call = (None, None);
        }
    }

    fn document(&self) -> Value {
        let mut value = json!({});
        let (service, method) = self.call;
        if service.or(method).is_some() {
            value["method"] = json!({});
            set(&mut value["method"], "service", service);
            set(&mut value["method"], "method", method);
        }
        let path = self.path.map(|(kind, value)| json!({"type": kind, "value": value}));
        set(&mut value, "path", path);
        set(&mut value, "method", self.method);
        for (field, named) in [("headers", &self.headers), ("queryParams", &self.query)] {
            let named: Vec<_> = named.iter().map(Named::document).collect();
            set(&mut value, field, (!named.is_empty()).then_some(named));
        }
        value
    }
}

impl Named {
    fn document(&self) -> Value {
        let mut value = json!({"name": self.name, "value": self.value});
        set(&mut value, "type", self.kind);
        value
    }
}

impl Backend {
    fn document(&self) -> Value {
        let mut value = json!({"name": self.name, "port": self.port});
        set(&mut value, "group", self.kind.map(|_| "example.com"));
        set(&mut value, "kind", self.kind);
        set(&mut value, "namespace", self.namespace);
        set(&mut value, "weight", self.weight);
        value
    }
}

fn set(value: &mut Value, field: &str, content: Option<impl Into<Value>>) {
    if let Some(content) = content {
        value[field] = content.into();
    }
}
