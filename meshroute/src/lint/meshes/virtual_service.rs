//! MR101: a VirtualService for the same host.

use crate::{
    cluster::OverrideKind,
    lint::{Check, Findings, Level, Lint, Need, Subject, overrides::taken_over},
    profile::Profile,
};

pub(in crate::lint) static MR101: Lint = Lint {
    code: "MR101",
    name: "istio-virtualservice-conflict",
    level: Level::Warning,
    needs: &[Need::MeshObjects],
    summary: "a VirtualService takes the Service over, so that its routes do nothing",
    docs: r#"
A sidecar uses one VirtualService for a host, and one that somebody wrote comes before those that Istio makes of routes.

Delete one of the two.

Istio, pilot/pkg/model/sidecar.go: one VirtualService for a host.
"#,
    bad: r#"
# lint: --mesh istio
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - group: ""
    kind: Service
    name: web # MR101
  rules:
  - backendRefs: [{name: web, port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80, appProtocol: http}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec: {hosts: [web]}
"#,
    good: r#"
# lint: --mesh istio
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs: [{name: web, port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80, appProtocol: http}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec: {hosts: [api]}
"#,
    check: Check::EachMesh(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, profile: &'static Profile, findings: &mut Findings<'_>) {
    taken_over(OverrideKind::VirtualService, subject, profile, findings);
}
