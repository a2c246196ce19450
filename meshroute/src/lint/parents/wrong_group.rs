//! MR001: a parentRef of kind Service in a group that has no such kind.

use crate::{
    lint::{Check, Edit, Findings, Level, Lint, Subject, spelling::Spelled},
    name::GATEWAY_GROUP,
    profile::Profile,
};

pub(in crate::lint) static MR001: Lint = Lint {
    code: "MR001",
    name: "parentref-service-wrong-group",
    level: Level::Error,
    summary: "a parentRef of kind Service names a group that has no such kind",
    docs: r#"
A Service is in the core group, whose name is the empty text.
Without `group` a parentRef is in gateway.networking.k8s.io, which has no kind Service: the route attaches to nothing, and no mesh but Kuma says or does anything about it.

Add `group: ""`.

Gateway API, apis/v1/shared_types.go, ParentReference.Group: "To set the core API group (such as for a "Service" kind referent), Group must be explicitly set to "" (empty string)."
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - kind: Service # MR001
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
  - group: ""
    kind: Service
    name: web
  rules:
  - backendRefs: [{name: web, port: 80}]
"#,
    check: Check::EachMesh(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, profile: &'static Profile, findings: &mut Findings<'_>) {
    for meant in subject.parents.iter().filter(|meant| meant.spelling == Spelled::WrongGroup) {
        let group = &meant.parent.group;
        let attaches = meant.attaches(profile);
        let message = if attaches {
            let mesh = profile.mesh.in_words();
            format!("{mesh} takes it for a Service, other meshes attach nothing: add group: \"\"")
        } else if group.value == GATEWAY_GROUP {
            format!("{GATEWAY_GROUP} has no kind Service, so nothing is attached: add group: \"\"")
        } else {
            format!("group {} has no kind Service: write group: \"\"", group.value)
        };
        let path = if group.written { meant.field("group") } else { meant.path() };
        let value = format!("{} Service {}", group.value, meant.parent.name);
        let found = findings.push(path, value, message);
        found.fix("add group: \"\"", vec![Edit::Text(meant.field("group"), String::new())]);
        if attaches {
            found.at_most(Level::Info);
        }
    }
}
