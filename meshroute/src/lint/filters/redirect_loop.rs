//! MR086: a redirect that leads back to itself.

use crate::{
    lint::{Check, Findings, Level, Lint, Subject},
    matching::is_below,
    route::{Filter, Match, PathChange, PathMatch, Redirect},
};

pub(in crate::lint) static MR086: Lint = Lint {
    code: "MR086",
    name: "redirect-loop",
    level: Level::Warning,
    summary: "a redirect changes nothing that keeps its own rule from matching again",
    docs: r#"
The client is sent to a place where the same rule redirects it again, until it gives up.

Change host, port or scheme, or redirect to a path that the rule does not match.

Gateway API, apis/v1/httproute_types.go, HTTPRequestRedirectFilter: what is not set is taken from the request.
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
    - type: RequestRedirect # MR086
      requestRedirect: {statusCode: 301}
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - matches: [{path: {value: /old}}]
    filters:
    - type: RequestRedirect
      requestRedirect: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /new}}
  - backendRefs: [{name: web, port: 80}]
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for listed in subject.filters().filter(|listed| listed.backend.is_none()) {
        let Filter::RequestRedirect(redirect) = listed.filter else { continue };
        let leaves =
            redirect.scheme.is_some() || redirect.hostname.is_some() || redirect.port.is_some();
        let matches = &subject.route.rules[listed.rule].matches;
        if !leaves && matches.iter().any(|matched| leads_back(redirect, matched)) {
            let what = "the redirect leads back to its own rule: change host, scheme or path";
            findings.push(listed.path(), "", what);
        }
    }
}

/// Whether a request that the match takes is sent to a path that it takes as well. The other
/// conditions hold again, as far as a client repeats its headers; so only those without count.
fn leads_back(redirect: &Redirect, matched: &Match) -> bool {
    if !matched.headers.is_empty() || !matched.query.is_empty() {
        return false;
    }
    match (&redirect.path, &matched.path) {
        (None, PathMatch::Exact(_) | PathMatch::Prefix(_)) => true,
        (Some(PathChange::Full(path)), PathMatch::Prefix(prefix)) => is_below(prefix, path),
        (Some(PathChange::Full(path)), PathMatch::Exact(exact)) => exact == path,
        (Some(PathChange::Prefix(path)), PathMatch::Prefix(prefix)) => is_below(prefix, path),
        (Some(PathChange::Prefix(_)), PathMatch::Exact(_))
        | (Some(PathChange::Unknown(_)), _)
        | (_, PathMatch::Regex(_) | PathMatch::Unknown { .. }) => false,
    }
}
