//! MR102: a ServiceProfile for the same Service.

use crate::{
    cluster::OverrideKind,
    lint::{Check, Findings, Level, Lint, Need, Subject, overrides::taken_over},
    profile::Profile,
};

pub(in crate::lint) static MR102: Lint = Lint {
    code: "MR102",
    name: "linkerd-serviceprofile-override",
    level: Level::Warning,
    needs: &[Need::MeshObjects],
    summary: "a ServiceProfile takes the Service over, so that its routes do nothing",
    docs: r#"
Where Linkerd finds a ServiceProfile of the full name of a Service, it uses that and not the routes.

Delete the ServiceProfile once its routes and retries are in the HTTPRoute.

Linkerd, "HTTPRoute": a ServiceProfile takes precedence.
"#,
    bad: r#"
# lint: --mesh linkerd
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - group: ""
    kind: Service
    name: web # MR102
  rules:
  - backendRefs: [{name: web, port: 80}]
---
apiVersion: linkerd.io/v1alpha2
kind: ServiceProfile
metadata: {name: web.shop.svc.cluster.local, namespace: shop}
"#,
    good: r#"
# lint: --mesh linkerd
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs: [{name: web, port: 80}]
---
apiVersion: linkerd.io/v1alpha2
kind: ServiceProfile
metadata: {name: api.shop.svc.cluster.local, namespace: shop}
"#,
    check: Check::EachMesh(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, profile: &'static Profile, findings: &mut Findings<'_>) {
    taken_over(OverrideKind::ServiceProfile, subject, profile, findings);
}
