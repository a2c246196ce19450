//! MR091: a duration that is written oddly.

use crate::lint::{
    Check, Findings, Level, Lint, Subject,
    duration::{milliseconds, repeats_unit},
};

pub(in crate::lint) static MR091: Lint = Lint {
    code: "MR091",
    name: "timeout-duration-oddity",
    level: Level::Info,
    summary: "a duration repeats a unit, or is longer than an hour",
    docs: r#"
A duration of the Gateway API is up to four numbers with units, which add up.
`1m30s1m` is two and a half minutes, which nobody sees.

Write each unit once.

GEP-2257: the formats of durations.
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - timeouts:
      request: 1m30s1m # MR091
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
  - timeouts:
      request: 2m30s
    backendRefs: [{name: web, port: 80}]
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (index, rule) in subject.rules() {
        let timeouts = [
            ("request", &rule.timeouts.request),
            ("backendRequest", &rule.timeouts.backend_request),
        ];
        for (field, duration) in timeouts {
            let Some(duration) = duration else { continue };
            let path = || at!["spec", "rules", index, "timeouts", field];
            if repeats_unit(duration) {
                let message = format!("{duration} has a unit twice: write what it adds up to");
                findings.push(path(), duration.clone(), message);
            } else if milliseconds(duration).is_some_and(|it| it > HOUR) {
                let message =
                    format!("{duration} is longer than an hour: is a smaller unit meant?");
                findings.push(path(), duration.clone(), message);
            }
        }
    }
}

const HOUR: u64 = 60 * 60 * 1000;
