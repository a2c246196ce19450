//! MR067: an HTTPRoute and a GRPCRoute on one port.

use crate::{
    lint::{Check, Findings, Level, Lint, Need, Subject, beside::attaches_too},
    name::RouteKind,
    profile::{Kinds, Profile},
    route::Route,
};

pub(in crate::lint) static MR067: Lint = Lint {
    code: "MR067",
    name: "grpcroute-clash",
    level: Level::Warning,
    needs: &[Need::Routes],
    summary: "an HTTPRoute and a GRPCRoute are for the same Service and port, where only one kind applies",
    docs: r#"
By the specification and in Linkerd the GRPCRoute takes the port, and the HTTPRoute does nothing.
Istio, Cilium and kgateway merge both.

Use one kind for a port: an HTTPRoute can match the paths of gRPC calls.

GEP-1294, "Route types": "only a single route type should be applied".
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - group: "" # MR067
    kind: Service
    name: web
  rules:
  - backendRefs: [{name: web, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: calls, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs: [{name: web, port: 80}]
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web, port: 80}
  rules:
  - backendRefs: [{name: web, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: calls, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web, port: 7070}
  rules:
  - backendRefs: [{name: web, port: 7070}]
"#,
    check: Check::EachMesh(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, profile: &'static Profile, findings: &mut Findings<'_>) {
    if profile.kinds.value == Kinds::Merged || subject.route.id.kind == RouteKind::Grpc {
        return;
    }
    for meant in subject.attached(profile) {
        let name = &meant.parent.name;
        let clashes = |other: &Route| {
            other.id.kind == RouteKind::Grpc
                && other.id.name.namespace == subject.namespace()
                && attaches_too(profile, other, meant.parent)
        };
        if let Some(other) = subject.others(name).find(|other| clashes(other)) {
            let message = format!("{} takes the port, so this route does nothing there", other.id);
            findings.push(meant.path(), format!("{name} {}", other.id), message);
        }
    }
}
