//! MR081: a filter of headers that does nothing.

use crate::lint::{Check, Findings, Level, Lint, Subject, headers::changes};

pub(in crate::lint) static MR081: Lint = Lint {
    code: "MR081",
    name: "filter-header-noop",
    level: Level::Warning,
    summary: "a header filter sets, adds and removes nothing",
    docs: r#"
The filter is there and changes nothing; often a field was misspelt and dropped.

Say what it does, or take it out.

Gateway API, apis/v1/httproute_types.go, HTTPHeaderFilter.
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
      requestHeaderModifier: {} # MR081
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
        set: [{name: x-a, value: a}]
    backendRefs: [{name: web, port: 80}]
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for listed in subject.filters() {
        if let Some((field, changes)) = changes(listed.filter)
            && changes.set.is_empty()
            && changes.add.is_empty()
            && changes.remove.is_empty()
        {
            let what = "the filter changes no header: say what it does, or take it out";
            findings.push(listed.part(&[field]), field, what);
        }
    }
}
