//! MR063: a rule that no request reaches.

use crate::{
    lint::{Check, Findings, Level, Lint, Subject},
    matching::{covers, takes_everything},
    name::RouteKind,
    profile::{Key, Profile},
    route::{Match, PathMatch, Rule},
};

pub(in crate::lint) static MR063: Lint = Lint {
    code: "MR063",
    name: "match-unreachable",
    level: Level::Warning,
    summary: "every match of a rule is taken by an earlier rule of the route",
    docs: r#"
Of equal matches within a route the first rule wins, so a later one with the same matches is never reached.
That `/` stands before `/v2` is no such case: the longer path wins, wherever it stands; only kgateway keeps the order in which rules are written.
In Istio and Kuma a regular expression comes after every prefix, and so never behind a bare `/`.

Take the rule out, or give it a match of its own.

Gateway API, apis/v1/httproute_types.go, HTTPRouteRule.Matches: "matching precedence MUST be granted to the FIRST matching rule".
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - matches: [{path: {value: /v2}}]
    backendRefs: [{name: web, port: 80}]
  - matches: [{path: {value: /v2/}}] # MR063
    backendRefs: [{name: web-v2, port: 80}]
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - matches: [{path: {value: /}}]
    backendRefs: [{name: web, port: 80}]
  - matches: [{path: {value: /v2}}]
    backendRefs: [{name: web-v2, port: 80}]
"#,
    check: Check::EachMesh(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, profile: &'static Profile, findings: &mut Findings<'_>) {
    let order = if subject.route.id.kind == RouteKind::Grpc {
        profile.grpc_order.value
    } else {
        profile.order.value
    };
    for (index, rule) in subject.rules().skip(1) {
        let mut by = None;
        let is_hidden = rule.matches.iter().all(|matched| {
            let hides = |other: &Rule| other.matches.iter().any(|it| hides(order, it, matched));
            let place = subject.route.rules[..index].iter().position(hides);
            // In these orders a bare `/` comes before a regular expression wherever it stands.
            let place = place.or_else(|| {
                subject.route.rules.iter().position(|other| {
                    other.matches.iter().any(|it| is_behind_everything(order, it, matched))
                })
            });
            by = by.or(place);
            place.is_some()
        });
        if let (true, Some(by)) = (is_hidden, by) {
            let value = rule.matches.iter().map(|it| it.path.value()).collect::<Vec<_>>();
            let message = format!("no request gets here: rules[{by}] takes all that it matches");
            findings.push(at!["spec", "rules", index], value.join(","), message);
        }
    }
}

/// Whether an earlier rule with the match `outer` leaves nothing for `inner`.
///
/// By the order of the specification, and by those of the meshes that look at how specific matches
/// are, that is so only where both are the same: what takes more ranks behind what takes less.
fn hides(order: &[Key], outer: &Match, inner: &Match) -> bool {
    if order.is_empty() {
        // Rules are tried as they are written.
        return covers(outer, inner);
    }
    covers(outer, inner) && covers(inner, outer)
}

fn is_behind_everything(order: &[Key], outer: &Match, inner: &Match) -> bool {
    let regex_last = matches!(order.first(), Some(Key::IstioUri));
    regex_last && matches!(inner.path, PathMatch::Regex(_)) && takes_everything(outer)
}
