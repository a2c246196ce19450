//! MR002: a parentRef of kind Gateway in the core group.

use crate::lint::{Check, Edit, Findings, Level, Lint, Subject, spelling::Spelled};

pub(in crate::lint) static MR002: Lint = Lint {
    code: "MR002",
    name: "parentref-core-gateway",
    level: Level::Error,
    summary: "a parentRef with group: \"\" and without kind names a Gateway of the core group",
    docs: r#"
Group and kind have defaults of their own: with `group: ""` and no kind, a parentRef names the kind Gateway of the core group.
There is no such kind, so the route attaches to nothing.

Add `kind: Service`, or for a Gateway leave `group` out.

Gateway API, apis/v1/shared_types.go, ParentReference.Kind: the default is Gateway.
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - group: "" # MR002
    name: web
  rules:
  - backendRefs: [{name: web, port: 80}]
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs: [{name: web, port: 80}]
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for meant in subject.parents.iter().filter(|meant| meant.spelling == Spelled::CoreGateway) {
        let kind = &meant.parent.kind;
        let path = if kind.written { meant.field("kind") } else { meant.field("group") };
        findings
            .push(
                path,
                format!("Gateway {}", meant.parent.name),
                "the core group has no kind Gateway, so nothing is attached: add kind: Service",
            )
            .fix("add kind: Service", vec![Edit::Text(meant.field("kind"), "Service".into())]);
    }
}
