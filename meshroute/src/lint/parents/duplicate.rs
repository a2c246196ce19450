//! MR005: two parentRefs to one Service.

use crate::lint::{Check, Findings, Level, Lint, Subject, subject::Meant};

pub(in crate::lint) static MR005: Lint = Lint {
    code: "MR005",
    name: "parentref-duplicate",
    level: Level::Warning,
    summary: "two parentRefs name the same Service and do not differ in port or sectionName",
    docs: r#"
With its defaults filled in, a parentRef says the same as another one; or one of two to the same Service names a port and the other does not.
It works in every mesh, but the API asks for distinct parentRefs, and who changes one of them later forgets the other.

Delete one of them.

Gateway API, apis/v1/shared_types.go, CommonRouteSpec.ParentRefs: "ParentRefs must be distinct"; "If one ParentRef sets port, all ParentRefs referencing the same object must also set port".
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  - {group: "", kind: Service, name: web, namespace: shop} # MR005
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
    for (place, meant) in subject.parents.iter().enumerate() {
        let parent = meant.parent;
        let same_object = |other: &&Meant<'_>| {
            other.parent.name == parent.name && other.spelling.is_same_kind(meant.spelling)
        };
        let clash = subject.parents[..place].iter().filter(same_object).find(|other| {
            let equal =
                (other.parent.port, &other.parent.section) == (parent.port, &parent.section);
            equal || other.parent.port.is_some() != parent.port.is_some()
        });
        if let Some(other) = clash {
            let message = format!(
                "parentRefs[{}] names Service {} as well: delete one of them",
                other.index, parent.name
            );
            findings.push(meant.path(), parent.name.to_string(), message);
        }
    }
}
