//! MR042: a rule that sends nothing to the Service itself.

use crate::{
    lint::{Check, Findings, Level, Lint, Subject},
    route::Backend,
};

pub(in crate::lint) static MR042: Lint = Lint {
    code: "MR042",
    name: "parent-not-in-backends",
    level: Level::Info,
    summary: "no backend of a weighted rule is the Service that the route is for",
    docs: r#"
A route replaces what the mesh would do without it: the endpoints of the Service itself get nothing unless a backend names them.
It is the pattern of a root Service before Services for each version, and right there.

Add the Service as a backend where its own endpoints shall serve.

GEP-1294: the implicit backend was removed.
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs: # MR042
    - {name: web-v1, port: 80, weight: 90}
    - {name: web-v2, port: 80, weight: 10}
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs:
    - {name: web, port: 80, weight: 90}
    - {name: web-v2, port: 80, weight: 10}
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (index, rule) in subject.rules().filter(|(_, rule)| rule.backends.len() > 1) {
        let is_parent = |backend: &Backend| {
            let namespace = backend.namespace.as_deref().unwrap_or(subject.namespace());
            subject.services().any(|meant| {
                meant.parent.name.name == backend.name && meant.parent.name.namespace == namespace
            })
        };
        if !rule.backends.iter().any(is_parent) {
            let names: Vec<&str> = rule.backends.iter().map(|it| it.name.as_str()).collect();
            findings.push(
                at!["spec", "rules", index, "backendRefs"],
                names.join(","),
                "the Service's own endpoints get nothing: no backend names it",
            );
        }
    }
}
