//! MR069: two rules of one name.

use crate::lint::{Check, Findings, Level, Lint, Subject};

pub(in crate::lint) static MR069: Lint = Lint {
    code: "MR069",
    name: "rule-name-duplicate",
    level: Level::Warning,
    summary: "two rules of a route have the same name",
    docs: r#"
Policies and `meshroute split --rule` name a rule by its name, which must be unique within a route.
Gateway API 1.7 refuses it; older definitions of the standard channel do not.

Give one of them another name.

Gateway API, apis/v1/httproute_types.go, HTTPRouteRule.Name: "This name MUST be unique within a Route if it is set".
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - name: main
    matches: [{path: {value: /a}}]
    backendRefs: [{name: web, port: 80}]
  - name: main # MR069
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
  - name: a
    matches: [{path: {value: /a}}]
    backendRefs: [{name: web, port: 80}]
  - name: main
    backendRefs: [{name: web, port: 80}]
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (index, rule) in subject.rules() {
        let Some(name) = &rule.name else { continue };
        let earlier = &subject.route.rules[..index];
        if let Some(other) = earlier.iter().position(|other| other.name.as_ref() == Some(name)) {
            let message = format!("rules[{other}] is named {name} too: give one another name");
            findings.push(at!["spec", "rules", index, "name"], name.clone(), message);
        }
    }
}
