//! MR112: a kind of route that the mesh does not read.

use crate::{
    lint::{Check, Findings, Level, Lint, Subject},
    profile::Profile,
};

pub(in crate::lint) static MR112: Lint = Lint {
    code: "MR112",
    name: "route-kind-unread",
    level: Level::Error,
    summary: "the mesh does not read routes of this kind, so that the route does nothing",
    docs: r#"
Kuma makes its own routes of HTTPRoutes, and reads no GRPCRoutes: nothing happens, and no status says so.

Write an HTTPRoute: a method of gRPC is the path `/SERVICE/METHOD`.
"#,
    bad: r#"
# lint: --mesh kuma
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute # MR112
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - matches:
    - method: {service: a.B, method: C}
    backendRefs: [{name: web, port: 80}]
"#,
    good: r#"
# lint: --mesh kuma
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - matches:
    - path: {type: Exact, value: /a.B/C}
    backendRefs: [{name: web, port: 80}]
"#,
    check: Check::EachMesh(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, profile: &'static Profile, findings: &mut Findings<'_>) {
    let kind = subject.route.id.kind;
    if profile.reads.value.contains(&kind) || subject.services().next().is_none() {
        return;
    }
    let mesh = profile.mesh.in_words();
    let message = format!("{mesh} does not read {kind}s, so nothing happens: write an HTTPRoute");
    findings.push(at!["kind"], kind.to_string(), message);
}
