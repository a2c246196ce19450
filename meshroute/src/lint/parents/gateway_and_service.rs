//! MR016: a route for a Gateway and a Service.

use crate::lint::{Check, Findings, Level, Lint, Subject, subject::is_gateway};

pub(in crate::lint) static MR016: Lint = Lint {
    code: "MR016",
    name: "parent-gateway-and-service",
    level: Level::Info,
    summary: "a route has a Gateway and a Service as parents: a change of weights moves both",
    docs: r#"
It is legal, and each parent is judged by itself.
But weights, timeouts and retries are the same for requests from outside and from inside, and hostnames mean something for the Gateway only.

Write two routes where they shall differ.

GEP-1294 leaves concurrent use of both for the future; Istio has a test for it.
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  - name: public # MR016
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
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (index, parent) in subject.route.parents.iter().enumerate() {
        if is_gateway(parent) {
            let message =
                format!("weights of Gateway {} and of the Service change together", parent.name);
            findings.push(at!["spec", "parentRefs", index], parent.name.to_string(), message);
        }
    }
}
