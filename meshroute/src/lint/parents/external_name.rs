//! MR013: a parent that is another name for a host.

use crate::{
    cluster::ServiceKind,
    lint::{Check, Findings, Level, Lint, Need, Subject},
    profile::{Parents, Profile},
};

pub(in crate::lint) static MR013: Lint = Lint {
    code: "MR013",
    name: "parent-externalname-service",
    level: Level::Warning,
    raised_if_complete: true,
    needs: &[Need::Services],
    summary: "a Service of type ExternalName is no parent of a route",
    docs: r#"
An ExternalName is an alias in DNS: nothing of the cluster stands behind it, and it can lead to what its author may not reach.
A sidecar of Istio applies routes to it all the same.

Put a Service with endpoints of your own in its place.

GEP-1294, "Allowed service types": ExternalName "SHOULD NOT be allowed" as a parent "due to security concerns"; CVE-2021-25740.
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - group: ""
    kind: Service
    name: web # MR013
  rules:
  - backendRefs: [{name: api, port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: ExternalName, externalName: db.example.com}
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
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80, appProtocol: http}]}
"#,
    check: Check::EachMesh(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, profile: &'static Profile, findings: &mut Findings<'_>) {
    for meant in subject.services() {
        let name = &meant.parent.name;
        let Some(service) = subject.found(name) else { continue };
        if matches!(service.kind, ServiceKind::ExternalName(_)) {
            let message =
                format!("Service {name} is an ExternalName, which is no parent of a route");
            let found = findings.push(meant.field("name"), name.to_string(), message);
            if profile.parents.value == Parents::All {
                found.at_most(Level::Warning);
            }
        }
    }
}
