//! MR094: retries of requests that may have been done.

use crate::lint::{Check, Findings, Level, Lint, Subject};

pub(in crate::lint) static MR094: Lint = Lint {
    code: "MR094",
    name: "retry-non-idempotent",
    level: Level::Info,
    summary: "a rule that takes POST or PATCH only is retried",
    docs: r#"
A request that changes something may have been done although its answer was lost; done again, it is done twice.

Retry it only where the Service knows that it has seen it before.

RFC 9110, section 9.2.2: POST and PATCH are not idempotent.
"#,
    bad: r#"
# lint: --channel experimental
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - matches: [{method: POST}]
    retry: {attempts: 2} # MR094
    backendRefs: [{name: web, port: 80}]
"#,
    good: r#"
# lint: --channel experimental
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - matches: [{method: GET}]
    retry: {attempts: 2}
    backendRefs: [{name: web, port: 80}]
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (index, rule) in subject.rules().filter(|(_, rule)| rule.retry.is_some()) {
        let changes = |method: &String| method == "POST" || method == "PATCH";
        if rule.matches.iter().all(|matched| matched.method.as_ref().is_some_and(changes)) {
            let what = "a POST or PATCH that is tried again may be done twice";
            findings.push(at!["spec", "rules", index, "retry"], "", what);
        }
    }
}
