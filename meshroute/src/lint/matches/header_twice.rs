//! MR070: conditions on one header, written in two ways.

use crate::lint::{Check, Findings, Level, Lint, Subject};

pub(in crate::lint) static MR070: Lint = Lint {
    code: "MR070",
    name: "header-match-duplicate-case",
    level: Level::Warning,
    summary: "two conditions of a match are on the same header, whose case does not matter",
    docs: r#"
Names of headers do not differ by case, so both are on one header.
The API takes the first and passes the others over, Istio and Linkerd ask for both; nobody reads them as one or the other.

Keep one; for one or the other write two matches.

Gateway API, apis/v1/httproute_types.go, HTTPHeaderMatch.Name: "Subsequent entries with an equivalent header name MUST be ignored".
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - matches:
    - headers:
      - {name: Version, value: one}
      - name: version # MR070
        value: two
    backendRefs: [{name: web, port: 80}]
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - matches:
    - headers: [{name: version, value: one}]
    - headers: [{name: version, value: two}]
    backendRefs: [{name: web, port: 80}]
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (rule, index, matched) in subject.matches() {
        for (place, header) in matched.headers.iter().enumerate() {
            let mut earlier = matched.headers[..place].iter();
            if earlier.any(|other| other.name.eq_ignore_ascii_case(&header.name)) {
                let message = format!(
                    "there is a condition on {} already: meshes differ in which counts",
                    header.name
                );
                findings.push(
                    at!["spec", "rules", rule, "matches", index, "headers", place, "name"],
                    header.name.clone(),
                    message,
                );
            }
        }
    }
}
