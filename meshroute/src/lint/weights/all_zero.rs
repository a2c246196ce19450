//! MR050: all weights of a rule are 0.

use crate::lint::{Check, Findings, Level, Lint, Subject};

pub(in crate::lint) static MR050: Lint = Lint {
    code: "MR050",
    name: "weights-all-zero",
    level: Level::Error,
    summary: "every backend of a rule has weight 0, so that no share is defined",
    docs: r#"
A share is a weight divided by the sum of the weights of its rule, and this sum is 0.
Istio, Kuma and kgateway answer every request with 500; the proxy of Linkerd expects that this never happens.

Give one backend a weight.
To answer nothing on purpose, leave the backends out.

Gateway API, apis/v1/shared_types.go, BackendRef.Weight: the proportion is "weight/(sum of all weights in this BackendRefs list)".
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs: # MR050
    - {name: web-v1, port: 80, weight: 0}
    - {name: web-v2, port: 80, weight: 0}
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
    - {name: web-v1, port: 80, weight: 0}
    - {name: web-v2, port: 80, weight: 1}
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (index, rule) in subject.rules() {
        if rule.backends.len() > 1 && rule.backends.iter().all(|backend| *backend.weight == 0) {
            let names: Vec<&str> = rule.backends.iter().map(|it| it.name.as_str()).collect();
            findings.push(
                at!["spec", "rules", index, "backendRefs"],
                names.join(","),
                "every weight is 0, so no backend gets a request: give one of them a weight",
            );
        }
    }
}
