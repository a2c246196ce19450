//! MR095: sessions that do not follow the weights.

use crate::lint::{Check, Findings, Level, Lint, Subject};

pub(in crate::lint) static MR095: Lint = Lint {
    code: "MR095",
    name: "session-persistence-with-weights",
    level: Level::Warning,
    summary: "sessions stay with their backend, whatever the weights of the rule become",
    docs: r#"
A session goes on with the backend where it began, also when that gets weight 0: a canary does not move, and is not moved back.

Take sessionPersistence out of rules that are shifted.

GEP-1619: persistence takes precedence over weights.
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
  - sessionPersistence: {type: Cookie} # MR095
    backendRefs: [{name: web, port: 80, weight: 9}, {name: web-v2, port: 80, weight: 1}]
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
  - sessionPersistence: {type: Cookie}
    backendRefs: [{name: web, port: 80}]
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (index, rule) in subject.rules() {
        if rule.has_session_persistence && rule.backends.len() > 1 {
            let what = "sessions stay with their backend when the weights of this rule change";
            findings.push(at!["spec", "rules", index, "sessionPersistence"], "", what);
        }
    }
}
