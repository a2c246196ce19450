//! MR093: retries that make things worse.

use crate::lint::{Check, Findings, Level, Lint, Subject};

pub(in crate::lint) static MR093: Lint = Lint {
    code: "MR093",
    name: "retry-codes-questionable",
    level: Level::Warning,
    summary: "a rule retries answers that a retry does not mend, or very often",
    docs: r#"
An answer of 4xx says that the request is wrong, and it will be wrong again.
More than ten attempts multiply the load on a Service that is in trouble.

Retry 500, 502, 503 and 504, a few times.

GEP-1731: 4xx codes are "often inadvisable to retry"; implementations must support 500, 502, 503 and 504.
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
  - timeouts: {request: 10s}
    retry:
      attempts: 3
      codes:
      - 400 # MR093
      - 503
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
  - timeouts: {request: 10s}
    retry:
      attempts: 3
      codes:
      - 500
      - 503
    backendRefs: [{name: web, port: 80}]
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (index, rule) in subject.rules() {
        let Some(retry) = &rule.retry else { continue };
        for (place, code) in retry.codes.iter().enumerate() {
            // 408, 409, 425 and 429 do ask for another try.
            if (400..500).contains(code) && ![408, 409, 425, 429].contains(code) {
                let message = format!("{code} says that the request is wrong: do not try it again");
                findings.push(
                    at!["spec", "rules", index, "retry", "codes", place],
                    code.to_string(),
                    message,
                );
            }
        }
        if let Some(attempts) = retry.attempts.filter(|attempts| *attempts > 10) {
            let message = format!("{attempts} attempts multiply the load of what is in trouble");
            findings.push(
                at!["spec", "rules", index, "retry", "attempts"],
                attempts.to_string(),
                message,
            );
        }
    }
}
