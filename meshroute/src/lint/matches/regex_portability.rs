//! MR073: a regular expression, whose meaning is up to the mesh.

use crate::lint::{Check, Findings, Level, Lint, Subject, patterns::Part};

pub(in crate::lint) static MR073: Lint = Lint {
    code: "MR073",
    name: "regex-portability",
    level: Level::Info,
    summary: "a regular expression: its dialect, and its place among other matches, are up to the mesh",
    docs: r#"
The API leaves open which expressions there are and in which order they are tried.
Envoy and Linkerd both ask that the whole value matches; a path begins with `/`.

Use Exact or PathPrefix where they do.

Gateway API, apis/v1/httproute_types.go: "the precedence of RegularExpression path matches are implementation-specific".
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
    - path:
        type: RegularExpression
        value: /v[0-9]+ # MR073
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
  - matches: [{path: {value: /v1}}]
    backendRefs: [{name: web, port: 80}]
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for pattern in subject.patterns() {
        let is_path = pattern.part == Part::Path;
        let starts = ["/", ".", "(", "[", "^", "\\"].iter().any(|it| pattern.text.starts_with(it));
        let message = if is_path && !starts {
            format!("a path begins with /, so {} may match none", pattern.text)
        } else {
            "what a regular expression takes, and when it is tried, is up to the mesh".to_owned()
        };
        findings.push(pattern.path(), pattern.text, message);
    }
}
