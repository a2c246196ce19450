//! MR009: routes with and without a port on one Service.

use crate::{
    lint::{Check, Findings, Level, Lint, Need, Subject},
    profile::{Ports, Profile},
};

pub(in crate::lint) static MR009: Lint = Lint {
    code: "MR009",
    name: "parentref-port-and-portless-mix",
    level: Level::Warning,
    needs: &[Need::Routes],
    summary: "one route of a Service names a port and another does not, and the mesh does not merge them",
    docs: r#"
By the specification the rules of both apply to the port.
In Istio the routes of a Service fall into groups by their port, and the group with the oldest route wins the port whole; in ambient mode the groups are tried one after the other.
So a new route may do nothing, or hide an old one.

Name the port in both routes, or in neither.

GEP-1294, "Ports"; Istio was asked: routes of different groups never merge.
"#,
    bad: r#"
# lint: --mesh istio
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web, port: 80} # MR009
  rules:
  - backendRefs: [{name: web, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: other, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web} # MR009
  rules:
  - matches: [{path: {value: /b}}]
    backendRefs: [{name: web, port: 80}]
"#,
    good: r#"
# lint: --mesh istio
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web, port: 80}
  rules:
  - backendRefs: [{name: web, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: other, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web, port: 80}
  rules:
  - matches: [{path: {value: /b}}]
    backendRefs: [{name: web, port: 80}]
"#,
    check: Check::EachMesh(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, profile: &'static Profile, findings: &mut Findings<'_>) {
    let what = match profile.ports.value {
        Ports::OldestGroup => "the older of the two wins the port whole",
        Ports::Concatenated => "the older of the two is tried first, with all of its rules",
        Ports::Union => return,
    };
    for meant in subject.attached(profile) {
        let name = &meant.parent.name;
        let other = subject.others(name).find(|other| {
            other.id.name.namespace == subject.namespace()
                && other.parents.iter().any(|parent| {
                    parent.name == *name
                        && profile.parent_ref.value.is_service(&parent.group, &parent.kind)
                        && parent.port.is_some() != meant.parent.port.is_some()
                })
        });
        if let Some(other) = other {
            let (own, its) = match meant.parent.port {
                Some(_) => ("a port", "none"),
                None => ("no port", "one"),
            };
            let message =
                format!("it names {own} and {} names {its}: they do not merge, {what}", other.id);
            findings.push(meant.path(), format!("{name} {}", other.id), message);
        }
    }
}
