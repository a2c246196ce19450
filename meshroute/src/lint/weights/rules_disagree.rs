//! MR057: rules that split over the same backends in other proportions.

use crate::lint::{
    Check, Findings, Level, Lint, Subject,
    beside::{have_same_backends, split_alike},
};

pub(in crate::lint) static MR057: Lint = Lint {
    code: "MR057",
    name: "canary-rules-disagree",
    level: Level::Info,
    summary: "rules of a route split over the same backends in different proportions",
    docs: r#"
There is no one answer then to how far the canary is; often one rule was changed and the others forgotten.

Give the rules the same weights, or names that say why they differ.

Shares are per rule: Gateway API, apis/v1/shared_types.go, BackendRef.Weight.
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - matches: [{path: {value: /a}}]
    backendRefs: [{name: web, port: 80, weight: 90}, {name: web-v2, port: 80, weight: 10}]
  - backendRefs: # MR057
    - {name: web, port: 80, weight: 50}
    - {name: web-v2, port: 80, weight: 50}
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
    backendRefs: [{name: web, port: 80, weight: 90}, {name: web-v2, port: 80, weight: 10}]
  - backendRefs:
    - {name: web, port: 80, weight: 9}
    - {name: web-v2, port: 80, weight: 1}
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (index, rule) in subject.rules().filter(|(_, rule)| rule.backends.len() > 1) {
        let earlier = &subject.route.rules[..index];
        let other = earlier.iter().position(|other| have_same_backends(other, rule));
        if let Some(other) = other
            && !split_alike(&earlier[other], rule)
        {
            let message =
                format!("rules[{other}] splits over the same backends in another proportion");
            let names: Vec<&str> = rule.backends.iter().map(|it| it.name.as_str()).collect();
            findings.push(at!["spec", "rules", index, "backendRefs"], names.join(","), message);
        }
    }
}
