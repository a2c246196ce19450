//! MR053: percentages that do not add up to 100.

use crate::{
    defaulting,
    lint::{Check, Findings, Level, Lint, Subject},
};

pub(in crate::lint) static MR053: Lint = Lint {
    code: "MR053",
    name: "weights-sum-not-100",
    level: Level::Error,
    summary: "the weights of a route that opted in to percentages do not add up to 100",
    docs: r#"
A weight is no percentage, and the sum of a rule need not be 100.
The annotation `meshroute.dev/weights: percent` says that it is meant to be, and so does a label of that name and value on the namespace: then a sum that is not 100 is a slip.

Correct the weights, or take the annotation or the label away.

Gateway API, apis/v1/shared_types.go, BackendRef.Weight: "the sum of weights does not need to equal 100".
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: web
  namespace: shop
  annotations: {meshroute.dev/weights: percent}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs: # MR053
    - {name: web, port: 80, weight: 90}
    - {name: web-v2, port: 80, weight: 5}
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: web
  namespace: shop
  annotations: {meshroute.dev/weights: percent}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs:
    - {name: web, port: 80, weight: 95}
    - {name: web-v2, port: 80, weight: 5}
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (index, rule) in subject.rules().filter(|(_, rule)| rule.backends.len() > 1) {
        let sum: u64 = rule.backends.iter().map(|backend| u64::from(*backend.weight)).sum();
        if sum != 100 && subject.is_percent() {
            let (label, percent) = defaulting::PERCENT;
            let says = subject.route.signs.as_ref().is_some_and(|signs| signs.percent);
            let who = if says { "route" } else { "namespace" };
            let message = format!(
                "the weights add up to {sum}, and {label}: {percent} of the {who} asks for 100"
            );
            findings.push(at!["spec", "rules", index, "backendRefs"], sum.to_string(), message);
        }
    }
}
