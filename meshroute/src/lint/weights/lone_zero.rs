//! MR051: a single backend of weight 0.

use crate::lint::{Check, Findings, Level, Lint, Subject};

pub(in crate::lint) static MR051: Lint = Lint {
    code: "MR051",
    name: "single-backend-zero-weight",
    level: Level::Warning,
    summary: "the only backend of a rule has weight 0, which meshes read in two ways",
    docs: r#"
The API says that a backend of weight 0 gets nothing, and the guide to traffic splitting that a single one gets everything.
Linkerd and kgateway send everything, Istio and Kuma answer with 500.

Leave the weight out, or take the backend out.

Gateway API, apis/v1/shared_types.go, BackendRef.Weight: "If weight is set to 0, no traffic should be forwarded for this entry".
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
    - name: web
      port: 80
      weight: 0 # MR051
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
    - name: web
      port: 80
      weight: 1
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (index, rule) in subject.rules() {
        if let [backend] = rule.backends.as_slice()
            && *backend.weight == 0
        {
            findings.push(
                at!["spec", "rules", index, "backendRefs", 0, "weight"],
                backend.name.clone(),
                "weight 0 of the only backend: some meshes send it everything, others answer 500",
            );
        }
    }
}
