//! MR061: a rule that sends nowhere.

use crate::{
    lint::{Check, Findings, Level, Lint, Subject},
    profile::{Nobody, Profile},
    route::{Filter, FilterKind},
};

pub(in crate::lint) static MR061: Lint = Lint {
    code: "MR061",
    name: "rule-no-backends",
    level: Level::Warning,
    summary: "a rule has no backends and does not redirect, so that requests get 500",
    docs: r#"
By the specification and in Istio, Cilium and kgateway such a rule answers with 500; Linkerd and Kuma send to the Service that the route is for.

Name the Service as a backend.

Gateway API, apis/v1/httproute_types.go, HTTPRouteRule.BackendRefs; GEP-1294: the implicit backend was removed.
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - timeouts: {request: 5s} # MR061
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - timeouts: {request: 5s}
    backendRefs: [{name: web, port: 80}]
"#,
    check: Check::EachMesh(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, profile: &'static Profile, findings: &mut Findings<'_>) {
    // MR062 says it where there are no rules at all.
    if !subject.route.has_rules {
        return;
    }
    for (index, rule) in subject.rules().filter(|(_, rule)| rule.backends.is_empty()) {
        if rule.filters.iter().any(may_answer) {
            continue;
        }
        let (message, at_most) = match profile.empty.value {
            Nobody::Answers(status) => {
                (format!("no backends, so every request gets {status}: name one"), Level::Error)
            }
            Nobody::Service => {
                let what = "no backends: it goes to the Service here, other meshes answer 500";
                (what.to_owned(), Level::Info)
            }
        };
        let name = rule.name.clone().unwrap_or_default();
        findings.push(at!["spec", "rules", index], name, message).at_most(at_most);
    }
}

/// Whether a filter answers by itself, or may do so.
fn may_answer(filter: &Filter) -> bool {
    match filter.kind() {
        FilterKind::RequestRedirect | FilterKind::ExtensionRef | FilterKind::Unknown => true,
        FilterKind::RequestHeaderModifier
        | FilterKind::ResponseHeaderModifier
        | FilterKind::RequestMirror
        | FilterKind::UrlRewrite
        | FilterKind::Cors
        | FilterKind::ExternalAuth => false,
    }
}
