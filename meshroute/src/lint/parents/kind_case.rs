//! MR003: a parentRef whose kind is nearly Service.

use crate::{
    lint::{Check, Edit, Findings, Level, Lint, Subject, spelling::Spelled},
    profile::Profile,
};

pub(in crate::lint) static MR003: Lint = Lint {
    code: "MR003",
    name: "parentref-kind-case",
    level: Level::Error,
    summary: "a parentRef names a kind that is nearly Service",
    docs: r#"
Kinds are compared letter by letter: `service`, `Services` and `svc` are other kinds, which do not exist.
The API server checks only which letters a kind has.
Linkerd takes `service` for Service.

Write `kind: Service`.

Kubernetes API conventions: kinds are CamelCase and singular.
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - group: ""
    kind: service # MR003
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
    check: Check::EachMesh(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, profile: &'static Profile, findings: &mut Findings<'_>) {
    for meant in subject.parents.iter().filter(|meant| meant.spelling == Spelled::WrongKind) {
        let (group, kind) = (&meant.parent.group, &meant.parent.kind.value);
        let mut edits = vec![Edit::Text(meant.field("kind"), "Service".into())];
        let mut hint = "write kind: Service";
        if !group.is_empty() {
            edits.push(Edit::Text(meant.field("group"), String::new()));
            hint = "write kind: Service and group: \"\"";
        }
        let attaches = meant.attaches(profile);
        let message = if attaches {
            let mesh = profile.mesh.in_words();
            format!("{mesh} takes {kind} for Service, other meshes attach nothing: {hint}")
        } else {
            format!("there is no kind {kind}, so nothing is attached: {hint}")
        };
        let found =
            findings.push(meant.field("kind"), format!("{kind} {}", meant.parent.name), message);
        found.fix(hint, edits);
        if attaches {
            found.at_most(Level::Warning);
        }
    }
}
