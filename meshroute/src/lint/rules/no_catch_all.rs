//! MR060: a route that leaves requests over.

use crate::{
    lint::{
        Check, Findings, Level, Lint, Need, Subject,
        beside::{attaches_too, has_catch_all},
    },
    profile::{Nobody, Profile},
    route::Route,
};

pub(in crate::lint) static MR060: Lint = Lint {
    code: "MR060",
    name: "no-catch-all",
    level: Level::Info,
    needs: &[Need::Routes],
    summary: "no rule takes every request, so that the rest get 404",
    docs: r#"
Once a Service has a route, a request that no rule takes is answered with 404; Kuma sends it to the Service.
Another route of the Service may take the rest: `meshroute split` shows what is left.

Add a rule without matches.

GEP-1294 and the mesh overview: "If there are associated Routes, but the request matches none of them, the request is rejected".
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - matches: [{path: {value: /v1}}] # MR060
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
  - matches: [{path: {value: /v1}}]
    backendRefs: [{name: web-v1, port: 80}]
  - backendRefs: [{name: web, port: 80}]
"#,
    check: Check::EachMesh(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, profile: &'static Profile, findings: &mut Findings<'_>) {
    if profile.unmatched.value == Nobody::Service || has_catch_all(subject.route) {
        return;
    }
    for meant in subject.attached(profile) {
        let name = &meant.parent.name;
        // MR022 says it of routes of other namespaces.
        if subject.is_consumer(meant) {
            continue;
        }
        let helps = |other: &Route| {
            other.id.name.namespace == subject.namespace()
                && attaches_too(profile, other, meant.parent)
                && has_catch_all(other)
        };
        if !subject.others(name).any(helps) {
            let message =
                format!("what no rule of {name} takes gets 404: no rule is without matches");
            findings.push(at!["spec", "rules", 0], name.to_string(), message);
            return;
        }
    }
}
