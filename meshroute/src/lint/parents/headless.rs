//! MR012: a parent without an address of the cluster.

use crate::{
    cluster::ServiceKind,
    lint::{Check, Findings, Level, Lint, Need, Subject},
    profile::{Parents, Profile},
};

pub(in crate::lint) static MR012: Lint = Lint {
    code: "MR012",
    name: "parent-headless-service",
    level: Level::Warning,
    raised_if_complete: true,
    needs: &[Need::Services],
    summary: "a headless Service is no parent: Linkerd and Kuma refuse it",
    docs: r#"
Clients of a headless Service dial its Pods, so there is no address at which a mesh could apply a route.
Linkerd and Kuma refuse it, waypoints do not see it; a sidecar of Istio applies routes all the same.

Give the Service an address, or put another Service before the same Pods.

GEP-1294, "Allowed service types": headless Services "SHOULD NOT be supported as a parentRef".
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - group: ""
    kind: Service
    name: web # MR012
  rules:
  - backendRefs: [{name: web, port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIP: None, ports: [{port: 80}]}
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
    if profile.parents.value == Parents::All {
        return;
    }
    for meant in subject.services() {
        let name = &meant.parent.name;
        if subject.found(name).is_some_and(|service| service.kind == ServiceKind::Headless) {
            let message =
                format!("Service {name} is headless, so routes do not apply: give it an address");
            findings.push(meant.field("name"), name.to_string(), message);
        }
    }
}
