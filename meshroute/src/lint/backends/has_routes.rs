//! MR041: a backend that has routes of its own.

use crate::{
    lint::{
        Check, Findings, Level, Lint, Need, Subject,
        spelling::{Spelled, spelled},
    },
    name::ObjectName,
    route::{Parent, Route},
};

pub(in crate::lint) static MR041: Lint = Lint {
    code: "MR041",
    name: "backend-has-own-routes",
    level: Level::Info,
    needs: &[Need::Routes],
    summary: "a backend Service has routes of its own, which requests of this route do not see",
    docs: r#"
A backend is the endpoints of a Service, not its address: routes apply once, where the client dials.
So a canary of the backend takes no part of the requests that come by this route.

Give this route the backends and weights that are meant.

GEP-1294 and GEP-1324: a parentRef is the frontend of a Service, a backendRef its backend.
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs:
    - name: api # MR041
      port: 80
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: api, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: api}
  rules:
  - backendRefs: [{name: api-v1, port: 80}]
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
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: api, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: api}
  rules:
  - backendRefs: [{name: api-v1, port: 80}]
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for target in subject.targets() {
        if target.weight.is_none() || !target.is_service() || !target.is_used() {
            continue;
        }
        let namespace = target.namespace.unwrap_or(subject.namespace());
        let is_it = |name: &ObjectName| name.name == target.name && name.namespace == namespace;
        if subject.services().any(|meant| is_it(&meant.parent.name)) {
            continue;
        }
        let name = ObjectName::new(namespace, target.name);
        let mut routes = subject.others(&name);
        let names =
            |other: &Route| other.parents.iter().any(|it| it.name == name && is_service(it));
        if let Some(other) = routes.find(|other| names(other)) {
            let message = format!("requests to {name} by this route do not see {}", other.id);
            findings.push(target.field("name"), format!("{name} {}", other.id), message);
        }
    }
}

fn is_service(parent: &Parent) -> bool {
    matches!(spelled(parent), Some(Spelled::Right | Spelled::CoreGroup))
}
