//! MR085: a backend that is never reached.

use crate::{
    lint::{Check, Findings, Level, Lint, Subject},
    route::FilterKind,
};

pub(in crate::lint) static MR085: Lint = Lint {
    code: "MR085",
    name: "redirect-in-backend-filter",
    level: Level::Warning,
    summary: "a filter of a backend redirects its share, so the backend never gets it",
    docs: r#"
The share of the backend is answered with a redirect, and the backend behind it gets nothing.
Istio leaves the whole route out because of it.

Put the redirect into a rule of its own.

Gateway API, apis/v1/httproute_types.go, HTTPBackendRef.Filters: "Support: Implementation-specific".
"#,
    bad: r#"
# lint: --level MR087=off
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
      filters:
      - {type: RequestRedirect, requestRedirect: {scheme: https}} # MR085
    - name: web-v2
      port: 80
      weight: 9
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs: [{name: web, port: 80}]
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for listed in subject.filters() {
        if let (Some(backend), FilterKind::RequestRedirect) = (listed.backend, listed.filter.kind())
        {
            let name = &subject.route.rules[listed.rule].backends[backend].name;
            let message = format!("{name} never gets its share: a redirect answers it");
            findings.push(listed.path(), name.clone(), message);
        }
    }
}
