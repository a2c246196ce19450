//! MR082: a header that is removed and cannot exist.

use crate::lint::{Check, Findings, Level, Lint, Subject, headers::actions};

pub(in crate::lint) static MR082: Lint = Lint {
    code: "MR082",
    name: "filter-header-invalid-name",
    level: Level::Warning,
    summary: "remove names a header that no request can have",
    docs: r#"
The API server checks the names of headers that are set and added, not of those that are removed.
A name with a blank or a colon is none, and a proxy may refuse the whole configuration because of it.

Write the name alone.

RFC 9110, section 5.1: a field name is a token.
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - filters:
    - type: RequestHeaderModifier
      requestHeaderModifier:
        remove:
        - "x-a: b" # MR082
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
  - filters:
    - type: RequestHeaderModifier
      requestHeaderModifier:
        remove:
        - x-a
    backendRefs: [{name: web, port: 80}]
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for listed in subject.filters() {
        for action in actions(&listed).filter(|action| !is_token(action.name)) {
            let message = format!("{:?} is no name of a header: write the name alone", action.name);
            findings.push(action.path(&listed), action.name, message);
        }
    }
}

fn is_token(name: &str) -> bool {
    let is_of_token = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&c);
    !name.is_empty() && name.bytes().all(is_of_token)
}
