//! MR020: a route for a Service of another namespace.

use crate::lint::{Check, Findings, Level, Lint, Subject};

pub(in crate::lint) static MR020: Lint = Lint {
    code: "MR020",
    name: "consumer-route",
    level: Level::Info,
    summary: "a route for a Service of another namespace is for clients of its own namespace only",
    docs: r#"
Such a route changes what clients in its own namespace get, and nothing for anybody else.
In Linkerd and Kuma it joins the routes of the Service's namespace, in Istio with sidecars it replaces them, kgateway applies it to everyone; the other meshes pass it over.

Put the route into the namespace of the Service to change it for all clients.

GEP-1294, "Namespace boundaries".
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web, namespace: store} # MR020
  rules:
  - backendRefs: [{name: web, namespace: store, port: 80}]
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs: [{name: web, port: 80}]
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for meant in subject.services().filter(|meant| subject.is_consumer(meant)) {
        let message = format!(
            "this route for Service {} is for clients of namespace {} only",
            meant.parent.name,
            subject.namespace()
        );
        findings.push(meant.path(), meant.parent.name.to_string(), message);
    }
}
