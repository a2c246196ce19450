//! MR066: routes that both take every request.

use crate::{
    lint::{
        Check, Findings, Level, Lint, Need, Subject,
        beside::{is_beside, sends_alike},
    },
    matching::takes_everything,
    route::Rule,
};

pub(in crate::lint) static MR066: Lint = Lint {
    code: "MR066",
    name: "conflicting-routes",
    level: Level::Warning,
    needs: &[Need::Routes],
    summary: "two routes of a Service both take every request, and do different things with it",
    docs: r#"
Only one of them is in effect for what no other rule takes: the older one, or in some meshes the first by name.
The other looks as if it did something.

Put both into one route.

Gateway API, apis/v1/httproute_types.go, HTTPRouteRule.Matches: ties are decided by age, then by name.
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs: [{name: web, port: 80}] # MR066
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: other, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs: [{name: web-v2, port: 80}] # MR066
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
    let takes_all = |rule: &Rule| rule.matches.iter().any(takes_everything);
    let Some((index, own)) = subject.rules().find(|(_, rule)| takes_all(rule)) else { return };
    for meant in subject.services() {
        let name = &meant.parent.name;
        let mut others = subject.others(name).filter(|other| is_beside(subject, meant, other));
        let other = others.find(|other| {
            let its = other.rules.iter().find(|rule| takes_all(rule));
            its.is_some_and(|its| !sends_alike(its, own))
        });
        if let Some(other) = other {
            let message = format!(
                "{} takes every request to {} as well: the older route wins",
                other.id, name.name
            );
            findings.push(at!["spec", "rules", index], format!("{name} {}", other.id), message);
        }
    }
}
