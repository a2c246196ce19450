//! MR092: retries for which there is no time.

use crate::lint::{Check, Findings, Level, Lint, Subject, duration::milliseconds};

pub(in crate::lint) static MR092: Lint = Lint {
    code: "MR092",
    name: "retry-budget-exceeds-timeout",
    level: Level::Warning,
    summary: "the attempts of a rule do not fit into its request timeout",
    docs: r#"
All attempts and the pauses between them are within the request timeout; those that do not fit never happen.

Make the timeout longer, the tries shorter, or attempts fewer.

GEP-1731: the entire duration "MUST not exceed the Request timeout".
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
  - timeouts: {request: 1s, backendRequest: 500ms}
    retry:
      attempts: 5 # MR092
      backoff: 300ms
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
  - timeouts: {request: 1s, backendRequest: 200ms}
    retry:
      attempts: 2
      backoff: 100ms
    backendRefs: [{name: web, port: 80}]
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (index, rule) in subject.rules() {
        let Some(retry) = &rule.retry else { continue };
        let Some(attempts) = retry.attempts.and_then(|attempts| u64::try_from(attempts).ok())
        else {
            continue;
        };
        let read = |text: &Option<String>| text.as_deref().and_then(milliseconds);
        let Some(request) = read(&rule.timeouts.request).filter(|request| *request > 0) else {
            continue;
        };
        let pause = read(&retry.backoff).unwrap_or_default();
        // Only the pauses are certain; a try may be over at once, unless it fails by its timeout.
        let certain = attempts.saturating_mul(pause);
        let tries = read(&rule.timeouts.backend_request).unwrap_or_default();
        let worst = certain.saturating_add(attempts.saturating_add(1).saturating_mul(tries));
        if certain > request || (tries > 0 && worst > request.saturating_mul(2)) {
            let message =
                format!("{attempts} more attempts do not fit into a request of {request} ms");
            findings.push(
                at!["spec", "rules", index, "retry", "attempts"],
                attempts.to_string(),
                message,
            );
        }
    }
}
