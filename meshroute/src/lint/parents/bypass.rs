//! MR110: a Gateway route past the split.

use crate::lint::{Check, Findings, Level, Lint, Need, Subject, subject::is_gateway};

pub(in crate::lint) static MR110: Lint = Lint {
    code: "MR110",
    name: "gateway-route-bypasses-split",
    level: Level::Info,
    needs: &[Need::Routes],
    summary: "a route of a Gateway goes to the Service, and does not see the rules of this one",
    docs: r#"
A backend of a route is the endpoints of a Service, not its address: requests that come in through the Gateway go straight there.
A canary in a route of the Service therefore takes no part of that traffic.

Give the route of the Gateway the same backends and weights.

GEP-1294 and GEP-1324: a parentRef is the frontend of a Service, a backendRef its backend; flagger#1822.
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - group: ""
    kind: Service
    name: web # MR110
  rules:
  - backendRefs: [{name: web, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: edge, namespace: shop}
spec:
  parentRefs:
  - name: public
  rules:
  - backendRefs: [{name: web, port: 80}]
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
metadata: {name: edge, namespace: shop}
spec:
  parentRefs:
  - name: public
  rules:
  - backendRefs: [{name: api, port: 80}]
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for meant in subject.services() {
        let name = &meant.parent.name;
        let mut routes = subject.to_backend(name);
        if let Some(other) = routes.find(|other| other.parents.iter().any(is_gateway)) {
            let message = format!(
                "{} of a Gateway sends straight to {name}, past the rules of this route",
                other.id
            );
            findings.push(meant.field("name"), format!("{name} {}", other.id), message);
        }
    }
}
