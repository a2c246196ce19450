//! MR006: a parentRef in the group core.

use crate::{
    lint::{Check, Edit, Findings, Level, Lint, Subject, spelling::Spelled},
    profile::Mesh,
};

pub(in crate::lint) static MR006: Lint = Lint {
    code: "MR006",
    name: "parentref-group-core",
    level: Level::Warning,
    meshes: &[
        (Mesh::Istio, Level::Error),
        (Mesh::IstioAmbient, Level::Error),
        (Mesh::Kuma, Level::Error),
        (Mesh::Kgateway, Level::Error),
        (Mesh::Linkerd, Level::Info),
        (Mesh::Cilium, Level::Info),
    ],
    summary: "a parentRef names the group core, which several meshes do not take for the core group",
    docs: r#"
The core group is named by the empty text.
Istio, Kuma and kgateway take `group: core` for another group and ignore the route, without a status; Linkerd and Cilium take it for the core group, and Flagger writes it there.

Write `group: ""`, which every mesh understands.

Gateway API, apis/v1/shared_types.go, ParentReference.Group: "Group must be explicitly set to "" (empty string)".
"#,
    bad: r#"
# lint: --mesh istio
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - group: core # MR006
    kind: Service
    name: web
  rules:
  - backendRefs: [{name: web, port: 80}]
"#,
    good: r#"
# lint: --mesh istio
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
    for meant in subject.parents.iter().filter(|meant| meant.spelling == Spelled::CoreGroup) {
        findings
            .push(
                meant.field("group"),
                format!("core Service {}", meant.parent.name),
                "group core is not the core group in every mesh: write group: \"\"",
            )
            .fix("write group: \"\"", vec![Edit::Text(meant.field("group"), String::new())]);
    }
}
