//! MR084: a prefix that is replaced where none was matched.

use crate::{
    lint::{Check, Findings, Level, Lint, Subject},
    name::RouteKind,
    route::{Filter, PathChange, PathMatch},
};

pub(in crate::lint) static MR084: Lint = Lint {
    code: "MR084",
    name: "backend-prefix-replace-without-prefix",
    level: Level::Error,
    summary: "ReplacePrefixMatch in backends of a rule whose match is no prefix",
    docs: r#"
ReplacePrefixMatch replaces what a PathPrefix has matched, so the rule must have exactly one match, of that type.
The API server checks it, but not where two backends of the rule have such a filter.

Match by PathPrefix, or replace the full path.

Gateway API, apis/v1/httproute_types.go: "Within backendRefs, When using URLRewrite filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified".
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
  - matches: [{path: {type: Exact, value: /a}}]
    backendRefs:
    - name: web
      port: 80
      filters:
      - {type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /x}}} # MR084
    - name: web-v2
      port: 80
      filters:
      - {type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /x}}} # MR084
"#,
    good: r#"
# lint: --level MR087=off
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - matches: [{path: {type: PathPrefix, value: /a}}]
    backendRefs:
    - name: web
      port: 80
      filters:
      - {type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /x}}}
    - name: web-v2
      port: 80
      filters:
      - {type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /x}}}
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    if subject.route.id.kind == RouteKind::Grpc {
        return;
    }
    for listed in subject.filters() {
        let path = match listed.filter {
            Filter::UrlRewrite(rewrite) => &rewrite.path,
            Filter::RequestRedirect(redirect) => &redirect.path,
            _ => continue,
        };
        let rule = &subject.route.rules[listed.rule];
        let is_prefix = match rule.matches.as_slice() {
            [one] => matches!(one.path, PathMatch::Prefix(_) | PathMatch::Unknown { .. }),
            _ => false,
        };
        if let Some(PathChange::Prefix(prefix)) = path
            && !is_prefix
        {
            let message = "ReplacePrefixMatch asks for exactly one match, of type PathPrefix";
            findings.push(listed.path(), prefix.clone(), message);
        }
    }
}
