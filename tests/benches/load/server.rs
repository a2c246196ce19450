//! An API server that has thousands of routes and Services, in which nothing ever happens.

use meshroute_tests::server::{Answer, Asked, Server};
use serde_json::{Value, json};

/// How many routes there are, and as many Services.
pub(crate) const COUNT: usize = 5_000;
/// How many namespaces they are in.
const NAMESPACES: usize = 50;
/// How many rules the route under review has.
pub(crate) const RULES: usize = 7;
/// How many different reviews are asked for.
const REVIEWS: usize = 64;

/// The objects.
#[derive(Default)]
pub(crate) struct Objects {
    routes: Vec<Value>,
    services: Vec<Value>,
    slices: Vec<Value>,
    namespaces: Vec<Value>,
}

impl Objects {
    pub(crate) fn new() -> Self {
        let mut objects = Self::default();
        objects.routes.extend((0..COUNT).map(|number| route(number, 2)));
        objects.services.extend((0..COUNT).map(|number| {
            let name = format!("web-{number}");
            json!({"metadata": {"name": name, "namespace": namespace(number)},
                   "spec": {"clusterIP": "10.0.0.1", "selector": {"app": name},
                            "ports": [{"name": "http", "port": 80, "appProtocol": "http"}]}})
        }));
        objects.slices.extend((0..COUNT).map(|number| {
            let name = format!("web-{number}");
            let address = format!("10.1.{}.{}", number / 250, number % 250);
            json!({"metadata": {"name": format!("{name}-x"), "namespace": namespace(number),
                                "labels": {"kubernetes.io/service-name": name}},
                   "addressType": "IPv4", "ports": [{"name": "http", "port": 8080}],
                   "endpoints": [{"addresses": [address], "conditions": {"ready": true}}]})
        }));
        objects.namespaces.extend((0..NAMESPACES).map(|number| {
            json!({"metadata": {"name": namespace(number), "labels": {"istio-injection": "enabled"}}})
        }));
        objects
    }

    /// A route that is to be written.
    pub(crate) fn route(&self, number: usize, rules: usize) -> Value {
        route(number, rules)
    }

    /// Reviews of routes all over the cluster, as an API server writes them.
    pub(crate) fn reviews(&self) -> Vec<String> {
        (0..REVIEWS).map(|number| review(number * COUNT / REVIEWS)).collect()
    }

    fn answer(&self, asked: &Asked) -> Answer {
        let path = asked.path();
        let (collection, query) = path.split_once('?').unwrap_or((path, ""));
        let items = match collection {
            "/apis" => {
                let groups =
                    json!([{"name": "gateway.networking.k8s.io"}, {"name": "networking.istio.io"}]);
                return Answer::new(json!({"groups": groups}).to_string());
            }
            "/apis/gateway.networking.k8s.io/v1/httproutes" => self.routes.as_slice(),
            "/api/v1/services" => &self.services,
            "/api/v1/namespaces" => &self.namespaces,
            "/apis/discovery.k8s.io/v1/endpointslices" => &self.slices,
            _ if collection.matches('/').count() > 4 => return absent(),
            _ => &[],
        };
        if query.contains("watch=1") {
            // Nothing but a sign of life; then it is silent.
            let bookmark =
                json!({"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "1"}}});
            let line = format!("{bookmark}\n");
            let cut = Some(line.len());
            return Answer { cut, is_silent: true, ..Answer::new(line + " ") };
        }
        Answer::new(json!({"metadata": {"resourceVersion": "1"}, "items": items}).to_string())
    }
}

/// Starts it, and returns the kubeconfig that leads to it.
pub(crate) fn start(objects: Objects) -> String {
    let server = Server::start(None, move |asked| objects.answer(asked));
    json!({"apiVersion": "v1", "kind": "Config", "current-context": "a",
           "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
           "users": [{"name": "a", "user": {}}],
           "clusters": [{"name": "a", "cluster": {"server": format!("http://127.0.0.1:{}", server.port)}}]})
    .to_string()
}

fn absent() -> Answer {
    Answer::new(r#"{"kind": "Status", "status": "Failure", "message": "not found", "code": 404}"#)
        .status(404)
}

fn namespace(number: usize) -> String {
    format!("shop-{}", number % NAMESPACES)
}

/// A route of a canary as the API server shows it, with `managedFields`.
fn route(number: usize, rules: usize) -> Value {
    let backend = |number: usize, weight: u32| json!({"group": "", "kind": "Service", "name": format!("web-{number}"), "port": 80, "weight": weight});
    let rule = |index: usize| {
        let path = if index + 1 == rules { "/".to_owned() } else { format!("/api/v{index}") };
        let backends = [backend(number, 90), backend((number + NAMESPACES) % COUNT, 10)];
        json!({"matches": [{"path": {"type": "PathPrefix", "value": path}}],
               "timeouts": {"request": "10s"}, "backendRefs": backends})
    };
    let name = format!("web-{number}");
    let fields = json!({"f:metadata": {"f:labels": {".": {}, "f:app": {}, "f:team": {}}},
        "f:spec": {".": {}, "f:parentRefs": {}, "f:rules": {}}});
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": {
            "name": name, "namespace": namespace(number), "generation": 3, "resourceVersion": "1",
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
            "creationTimestamp": "2026-01-01T00:00:00Z", "labels": {"app": name, "team": "shop"},
            "managedFields": [{"manager": "kubectl", "operation": "Apply", "fieldsType": "FieldsV1",
                "apiVersion": "gateway.networking.k8s.io/v1", "time": "2026-01-01T00:00:00Z",
                "fieldsV1": fields}]},
        "spec": {
            "parentRefs": [{"group": "", "kind": "Service", "name": name, "port": 80}],
            "rules": (0..rules).map(rule).collect::<Value>()}})
}

fn review(number: usize) -> String {
    let kind = json!({"group": "gateway.networking.k8s.io", "version": "v1", "kind": "HTTPRoute"});
    let resource =
        json!({"group": "gateway.networking.k8s.io", "version": "v1", "resource": "httproutes"});
    let uid = format!("705ab4f5-6393-11e8-b7cc-42010a8{number:05}");
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": uid, "kind": kind, "resource": resource, "requestKind": kind,
            "requestResource": resource, "name": format!("web-{number}"),
            "namespace": namespace(number), "operation": "CREATE",
            "userInfo": {"username": "admin", "groups": ["system:masters"]},
            "object": route(number, RULES), "oldObject": null, "dryRun": false,
            "options": {"apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions"}}})
    .to_string()
}
