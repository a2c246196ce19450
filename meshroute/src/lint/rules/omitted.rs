//! MR062: a route without rules.

use crate::{
    lint::{Check, Findings, Level, Lint, Need, Subject},
    name::RouteKind,
};

pub(in crate::lint) static MR062: Lint = Lint {
    code: "MR062",
    name: "rules-omitted",
    level: Level::Warning,
    needs: &[Need::Text],
    summary: "a route has no rules, so that every request to the Service gets 500",
    docs: r#"
The API server puts one rule there that takes every request and has no backends.
It is answered with 500; Linkerd and Kuma send it to the Service.

Write a rule with a backend, or delete the route.

Gateway API, apis/v1/httproute_types.go, HTTPRouteSpec.Rules: the default is one rule that matches the prefix `/`.
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec: # MR062
  parentRefs:
  - {group: "", kind: Service, name: web}
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
    if !subject.route.has_rules && subject.route.id.kind != RouteKind::Grpc {
        findings.push(
            at!["spec", "rules"],
            "",
            "no rules: the API server adds one without backends, which answers 500 to everything",
        );
    }
}
