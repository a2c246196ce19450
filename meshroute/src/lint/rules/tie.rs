//! MR065: matches of two routes that only their age tells apart.

use crate::{
    lint::{
        Check, Findings, Level, Lint, Need, Subject,
        beside::{is_beside, sends_alike},
    },
    matching::{covers, takes_everything},
    route::Match,
};

pub(in crate::lint) static MR065: Lint = Lint {
    code: "MR065",
    name: "cross-route-tie",
    level: Level::Warning,
    needs: &[Need::Routes],
    summary: "two routes of a Service have the same match and do different things with it",
    docs: r#"
Of equal matches in several routes the older route wins, then the first by name.
Whoever makes the older one anew, or restores a backup, turns the winner over; in files it is not known which one is older.

Put both into one route, or give one of them a match of its own.

Gateway API, apis/v1/httproute_types.go, HTTPRouteRule.Matches: "The oldest Route based on creation timestamp".
"#,
    bad: r#"
# lint: --level MR066=off
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - matches: [{path: {value: /a}}] # MR065
    backendRefs: [{name: web, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: other, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - matches: [{path: {value: /a}}] # MR065
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
  - matches: [{path: {value: /a}}]
    backendRefs: [{name: web, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: other, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - matches: [{path: {value: /b}}]
    backendRefs: [{name: web-v2, port: 80}]
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let mut said = Vec::new();
    for meant in subject.services() {
        let name = &meant.parent.name;
        for other in subject.others(name).filter(|other| is_beside(subject, meant, other)) {
            for (index, rule) in subject.rules() {
                if said.contains(&index) {
                    continue;
                }
                let tied = rule.matches.iter().enumerate().find(|(_, matched)| {
                    // What takes everything is MR066's.
                    !takes_everything(matched)
                        && other.rules.iter().any(|it| {
                            it.matches.iter().any(|it| is_same(it, matched))
                                && !sends_alike(it, rule)
                        })
                });
                if let Some((place, matched)) = tied {
                    said.push(index);
                    let message = format!("{} has the same match: the older route wins", other.id);
                    findings.push(
                        at!["spec", "rules", index, "matches", place],
                        format!("{} {}", other.id, matched.path.value()),
                        message,
                    );
                }
            }
        }
    }
}

fn is_same(a: &Match, b: &Match) -> bool {
    a.path == b.path && covers(a, b) && covers(b, a)
}
