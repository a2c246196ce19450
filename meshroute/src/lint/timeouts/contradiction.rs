//! MR090: timeouts that do not go together.

use crate::{
    lint::{Check, Findings, Level, Lint, Subject, duration::milliseconds},
    route::Timeouts,
};

pub(in crate::lint) static MR090: Lint = Lint {
    code: "MR090",
    name: "timeout-contradiction",
    level: Level::Warning,
    summary: "the timeouts of a rule contradict each other, or leave no room for a retry",
    docs: r#"
`backendRequest: 0s` asks for tries without an end within a request that has one.
A try that may take as long as the whole request leaves no time for another one.
`request: 0s` beside a `backendRequest` is legal: there is no limit for the whole.

Make backendRequest shorter than request.

Gateway API, apis/v1/httproute_types.go, HTTPRouteTimeouts.BackendRequest: "must be no more than the value of the Request timeout"; GEP-1742.
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
      request: 10s
      backendRequest: 0s # MR090
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
      request: 10s
      backendRequest: 2s
    backendRefs: [{name: web, port: 80}]
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (index, rule) in subject.rules() {
        let Timeouts { request: Some(request), backend_request: Some(backend) } = &rule.timeouts
        else {
            continue;
        };
        let (Some(whole), Some(tries)) = (milliseconds(request), milliseconds(backend)) else {
            continue;
        };
        let path = || at!["spec", "rules", index, "timeouts", "backendRequest"];
        let retries = rule.retry.as_ref().is_some_and(|retry| retry.attempts != Some(0));
        if tries == 0 && whole > 0 {
            let message = format!("tries without an end in a request of {request}: say how long");
            findings.push(path(), backend.clone(), message);
        } else if retries && whole > 0 && tries >= whole {
            let message = format!("a try of {backend} leaves no time for another in {request}");
            findings.push(path(), backend.clone(), message);
        }
    }
}
