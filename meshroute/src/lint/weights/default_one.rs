//! MR052: a weight that was left out beside large ones.

use crate::{
    defaulting,
    lint::{Check, Findings, Level, Lint, Need, Subject},
    route::{Backend, Rule},
};

pub(in crate::lint) static MR052: Lint = Lint {
    code: "MR052",
    name: "weights-suspicious-default-one",
    level: Level::Warning,
    needs: &[Need::Text],
    summary: "a weight was left out beside large ones, and is 1",
    docs: r#"
A weight that is not written is 1, not the rest to a hundred: beside 90 it is 1 of 91, which is 1.1 % of the requests.
It is found in manifests, and where kubectl remembers what was applied; weights that somebody wrote are what they are, 99 to 1 too.

Write the weight.

Gateway API, apis/v1/shared_types.go, BackendRef.Weight: "If unspecified, weight defaults to 1".
"#,
    bad: r#"
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
      weight: 90
    - name: web-v2 # MR052
      port: 80
"#,
    good: r#"
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
      weight: 90
    - name: web-v2
      port: 80
      weight: 10
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (index, rule) in subject.rules().filter(|(_, rule)| rule.backends.len() > 1) {
        let weights = rule.backends.iter().map(|backend| *backend.weight);
        if weights.clone().max().unwrap_or_default() < 10 {
            continue;
        }
        let sum: u64 = weights.map(u64::from).sum();
        for (place, backend) in rule.backends.iter().enumerate() {
            if *backend.weight != 1 || !is_left_out(subject, index, rule, place, backend) {
                continue;
            }
            let tenths = (1000 + sum / 2) / sum.max(1);
            let message = format!(
                "{} has no weight, which is 1 of {sum}: {}.{} %",
                backend.name,
                tenths / 10,
                tenths % 10
            );
            let found = findings.push(
                at!["spec", "rules", index, "backendRefs", place],
                backend.name.clone(),
                message,
            );
            found.fix("write the weight", Vec::new());
        }
    }
}

/// Whether nobody wrote the weight: in the manifest itself, or in what kubectl applied last, where
/// the rule still is what was applied.
fn is_left_out(
    subject: &Subject<'_>,
    index: usize,
    rule: &Rule,
    place: usize,
    backend: &Backend,
) -> bool {
    if !backend.weight.written {
        return true;
    }
    let applied = subject.last_applied();
    let applied = applied.as_ref().and_then(|route| route.rules.get(index));
    applied
        .filter(|applied| defaulting::is_unchanged(rule, applied))
        .and_then(|applied| applied.backends.get(place))
        .is_some_and(|it| !it.weight.written)
}
