//! MR054: a weight that is not written.

use crate::lint::{Check, Edit, Findings, Level, Lint, Need, Subject};

pub(in crate::lint) static MR054: Lint = Lint {
    code: "MR054",
    name: "weight-not-explicit",
    level: Level::Warning,
    needs: &[Need::Text],
    summary: "some backends of a rule have a weight and others have none",
    docs: r#"
A weight that is not written is 1.
Where some are written and others not, a reader has to know that; and what the API server stores differs from the manifest.
A rule without any weights is an info: its shares are equal.

Write the weight.

Gateway API, apis/v1/shared_types.go, BackendRef.Weight: "If unspecified, weight defaults to 1".
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
      weight: 9
    - name: web-v2 # MR054
      port: 80
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
      weight: 9
    - name: web-v2
      port: 80
      weight: 1
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (index, rule) in subject.rules().filter(|(_, rule)| rule.backends.len() > 1) {
        let is_any_written = rule.backends.iter().any(|backend| backend.weight.written);
        // Beside large weights, MR052 says it.
        if rule.backends.iter().any(|backend| *backend.weight >= 10) {
            continue;
        }
        for (place, backend) in rule.backends.iter().enumerate() {
            if backend.weight.written {
                continue;
            }
            let mut weight = at!["spec", "rules", index, "backendRefs", place];
            let path = weight.clone();
            weight.push("weight".into());
            let found = findings.push(
                path,
                backend.name.clone(),
                format!("{} has no weight, which is 1: write it", backend.name),
            );
            found.fix("write weight: 1", vec![Edit::Number(weight, 1)]);
            if !is_any_written {
                found.at_most(Level::Info);
            }
        }
    }
}
