//! MR111: a route of Linkerd's own API beside this one.

use crate::{
    lint::{Check, Findings, Level, Lint, Need, Subject, beside::attaches_too},
    name::RouteKind,
    profile::Profile,
    route::Route,
};

pub(in crate::lint) static MR111: Lint = Lint {
    code: "MR111",
    name: "linkerd-policy-route-beside",
    level: Level::Warning,
    needs: &[Need::Routes],
    summary: "an HTTPRoute of policy.linkerd.io is for the same Service, and merged with this route",
    docs: r#"
Linkerd reads routes of both APIs into one set, ordered by age; `kubectl get httproute` shows only one of them.

Move the rules into one route of the Gateway API.

Linkerd was asked: routes of policy.linkerd.io are in the same set.
"#,
    bad: r#"
# lint: --mesh linkerd
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - group: ""
    kind: Service
    name: web # MR111
  rules:
  - backendRefs: [{name: web, port: 80}]
---
apiVersion: policy.linkerd.io/v1beta3
kind: HTTPRoute
metadata: {name: old, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs: [{name: web, port: 80}]
"#,
    good: r#"
# lint: --mesh linkerd
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs: [{name: web, port: 80}]
---
apiVersion: policy.linkerd.io/v1beta3
kind: HTTPRoute
metadata: {name: old, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: api}
  rules:
  - backendRefs: [{name: api, port: 80}]
"#,
    check: Check::EachMesh(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, profile: &'static Profile, findings: &mut Findings<'_>) {
    let reads = profile.reads.value.contains(&RouteKind::LinkerdHttp);
    if !reads || subject.route.id.kind == RouteKind::LinkerdHttp {
        return;
    }
    for meant in subject.attached(profile) {
        let name = &meant.parent.name;
        let is_beside = |other: &Route| {
            other.id.kind == RouteKind::LinkerdHttp && attaches_too(profile, other, meant.parent)
        };
        if let Some(other) = subject.others(name).find(|other| is_beside(other)) {
            let message = format!("{} is merged with this route, by age", other.id);
            findings.push(meant.field("name"), format!("{name} {}", other.id), message);
        }
    }
}
