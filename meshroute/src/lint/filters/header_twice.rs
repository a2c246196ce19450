//! MR080: a filter that acts twice on one header.

use crate::lint::{Check, Findings, Level, Lint, Subject, headers::actions};

pub(in crate::lint) static MR080: Lint = Lint {
    code: "MR080",
    name: "filter-header-multiple-actions",
    level: Level::Warning,
    summary: "a filter acts more than once on the same header",
    docs: r#"
A filter that sets, adds or removes one header more than once is invalid by the text of the API, and proxies differ in what they make of it.
Most of them take it.

Keep one action for each header.

Gateway API, apis/v1/httproute_types.go, HTTPHeaderFilter: "Filters specifying multiple actions of the same or different type for any one header name are invalid".
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
        set: [{name: X-A, value: a}]
        remove:
        - x-a # MR080
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
        set: [{name: X-A, value: a}]
        remove: [x-b]
    backendRefs: [{name: web, port: 80}]
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for listed in subject.filters() {
        let actions: Vec<_> = actions(&listed).collect();
        for (place, action) in actions.iter().enumerate() {
            let mut earlier = actions[..place].iter();
            if earlier.any(|other| other.name.eq_ignore_ascii_case(action.name)) {
                let message = format!("the filter acts on {} twice: keep one action", action.name);
                findings.push(action.path(&listed), action.name, message);
            }
        }
    }
}
