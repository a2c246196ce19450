//! MR032: a backend in the group core.

use crate::{
    lint::{Check, Edit, Findings, Level, Lint, Subject},
    profile::Profile,
};

pub(in crate::lint) static MR032: Lint = Lint {
    code: "MR032",
    name: "backendref-group-core",
    level: Level::Warning,
    summary: "a backend names the group core, which is not the core group",
    docs: r#"
The core group is named by the empty text, which is also the default.
Most meshes take `group: core` for another group, in which there is no Service: the share of the backend is answered with 500.
Linkerd takes it for the core group.

Leave `group` out, or write `group: ""`.

Gateway API, apis/v1/object_reference_types.go, BackendObjectReference.Group: "When unspecified or empty string, core API group is inferred".
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs:
    - group: core # MR032
      kind: Service
      name: web
      port: 80
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
    for target in subject.targets().filter(|it| it.group == "core" && it.kind == "Service") {
        let found = findings.push(
            target.field("group"),
            target.name,
            "group core is not the core group in most meshes: leave it out",
        );
        found.fix("write group: \"\"", vec![Edit::Text(target.field("group"), String::new())]);
        if profile.backend_ref.value.is_service(target.group, target.kind) {
            found.at_most(Level::Info);
        }
    }
}
