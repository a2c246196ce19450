//! MR010: a parent Service that does not exist.

use crate::{
    cluster::Known,
    lint::{Check, Findings, Level, Lint, Need, Subject, spelling::Spelled},
};

pub(in crate::lint) static MR010: Lint = Lint {
    code: "MR010",
    name: "parent-service-not-found",
    level: Level::Warning,
    raised_if_complete: true,
    needs: &[Need::Services],
    summary: "the Service that a route is for does not exist",
    docs: r#"
A route without its Service does nothing.
In files this is known only if they are said to be the whole cluster: `--complete`.

Correct name or namespace, or apply the Service too.

GEP-1294: a parentRef of kind Service must name a Service of the cluster.
"#,
    bad: r#"
# lint: --complete --level MR010=warning
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - group: ""
    kind: Service
    name: wep # MR010
  rules:
  - backendRefs: [{name: web, port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80, appProtocol: http}]}
"#,
    good: r#"
# lint: --complete
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
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for meant in subject.services().filter(|meant| meant.spelling != Spelled::CoreGateway) {
        let name = &meant.parent.name;
        if subject.service(name) == Known::Known(None) {
            let message = format!("Service {name} does not exist, so the route does nothing");
            findings.push(meant.field("name"), name.to_string(), message);
        }
    }
}
