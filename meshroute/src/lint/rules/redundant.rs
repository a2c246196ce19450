//! MR064: a match that another one of the rule takes in.

use crate::{
    lint::{Check, Findings, Level, Lint, Subject},
    matching::covers,
};

pub(in crate::lint) static MR064: Lint = Lint {
    code: "MR064",
    name: "match-redundant",
    level: Level::Info,
    summary: "a match of a rule is covered by another match of the same rule",
    docs: r#"
Any of the matches of a rule may hold, so one that takes only what another takes as well changes nothing but the order in which rules are tried.

Take it out, unless that order is what it is for.

Gateway API, apis/v1/httproute_types.go, HTTPRouteRule.Matches: "Each match is independent".
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
    - path: {value: /}
    - path: {value: /v2} # MR064
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
  - matches:
    - path: {value: /v1}
    - path: {value: /v2}
    backendRefs: [{name: web, port: 80}]
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (index, rule) in subject.rules().filter(|(_, rule)| rule.matches.len() > 1) {
        for (place, matched) in rule.matches.iter().enumerate() {
            let covering = rule.matches.iter().enumerate().find(|(other, it)| {
                // Of two that are the same, the second is the redundant one.
                *other != place && covers(it, matched) && (*other < place || !covers(matched, it))
            });
            if let Some((other, _)) = covering {
                let message = format!("matches[{other}] takes all that this one takes");
                findings.push(
                    at!["spec", "rules", index, "matches", place],
                    matched.path.value(),
                    message,
                );
            }
        }
    }
}
