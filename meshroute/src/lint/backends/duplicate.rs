//! MR038: a backend that stands twice in a rule.

use crate::{
    lint::{Check, Findings, Level, Lint, Subject},
    route::Backend,
};

pub(in crate::lint) static MR038: Lint = Lint {
    code: "MR038",
    name: "backendref-duplicate",
    level: Level::Warning,
    summary: "two backends of a rule name the same Service and port",
    docs: r#"
The shares of both add up, which is nearly always a slip for another version of the Service.
Two entries that differ in their filters are left alone.

Name the other version, or make one entry of the two.

Gateway API, apis/v1/shared_types.go, BackendRef.Weight: a share is a weight divided by the sum of the list.
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
    - {name: web, port: 80, weight: 90}
    - {name: web, port: 80, weight: 10} # MR038
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
    for (rule, index, backend) in subject.backends() {
        if !backend.filters.is_empty() {
            continue;
        }
        let earlier = &subject.route.rules[rule].backends[..index];
        let namespace =
            |it: &Backend| it.namespace.clone().unwrap_or_else(|| subject.namespace().to_owned());
        let same = earlier.iter().position(|other| {
            other.filters.is_empty()
                && other.name == backend.name
                && other.port == backend.port
                && other.group.value == backend.group.value
                && other.kind.value == backend.kind.value
                && namespace(other) == namespace(backend)
        });
        if let Some(other) = same {
            let message = format!(
                "backendRefs[{other}] is {} too, and both shares add up: is another one meant?",
                backend.name
            );
            findings.push(
                at!["spec", "rules", rule, "backendRefs", index],
                backend.name.clone(),
                message,
            );
        }
    }
}
