//! MR088: a mirror that nothing goes to.

use crate::{
    lint::{Check, Findings, Level, Lint, Subject},
    route::Filter,
};

pub(in crate::lint) static MR088: Lint = Lint {
    code: "MR088",
    name: "mirror-ineffective",
    level: Level::Warning,
    summary: "a mirror copies no requests, or copies them to their own backend",
    docs: r#"
With a percentage of 0, or a fraction with the numerator 0, nothing is copied.
A copy to the only backend of the rule makes that backend do everything twice.

Give it a percentage and a backend of its own, or take the filter out.

Gateway API, apis/v1/httproute_types.go, HTTPRequestMirrorFilter.
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - filters:
    - type: RequestMirror
      requestMirror:
        percent: 0 # MR088
        backendRef: {name: shadow, port: 80}
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
  - filters:
    - type: RequestMirror
      requestMirror:
        percent: 10
        backendRef: {name: shadow, port: 80}
    backendRefs: [{name: web, port: 80}]
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for listed in subject.filters() {
        let Filter::RequestMirror(mirror) = listed.filter else { continue };
        let name = &mirror.backend.name;
        let none = match (mirror.percent, mirror.fraction) {
            (Some(0), _) => Some("percent"),
            (_, Some((0, _))) => Some("fraction"),
            _ => None,
        };
        if let Some(field) = none {
            let message = format!("nothing is mirrored to {name}: its {field} is 0");
            findings.push(listed.part(&["requestMirror", field]), name.clone(), message);
        }
        if let [backend] = subject.route.rules[listed.rule].backends.as_slice()
            && backend.name == *name
            && backend.namespace == mirror.backend.namespace
            && backend.port == mirror.backend.port
            && backend.kind.value == mirror.backend.kind.value
        {
            let message = format!("{name} gets every request twice: it is the only backend too");
            findings.push(listed.part(&["requestMirror", "backendRef"]), name.clone(), message);
        }
    }
}
