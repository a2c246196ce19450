//! MR022: a consumer's routes that leave requests over.

use crate::{
    lint::{
        Check, Findings, Level, Lint, Need, Subject,
        beside::{attaches_too, has_catch_all},
    },
    profile::{Consumers, Profile},
    route::Route,
};

pub(in crate::lint) static MR022: Lint = Lint {
    code: "MR022",
    name: "consumer-no-catch-all",
    level: Level::Warning,
    needs: &[Need::Routes],
    summary: "a route of another namespace takes not every request, and the rest of them get 404",
    docs: r#"
The routes of a namespace for a Service replace those of the Service's own namespace, so a request that none of them takes is answered with 404, although the Service would answer it.
It is meant where only some requests shall pass.

Add a rule without matches that sends to the Service.

GEP-1294, "Namespace boundaries"; GEP-1686: "unmatched requests are dropped with a 404".
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web, namespace: store}
  rules:
  - matches: [{path: {value: /slow}}] # MR022
    backendRefs: [{name: web, namespace: store, port: 80}]
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web, namespace: store}
  rules:
  - matches: [{path: {value: /slow}}]
    timeouts: {request: 5s}
    backendRefs: [{name: web, namespace: store, port: 80}]
  - backendRefs: [{name: web, namespace: store, port: 80}]
"#,
    check: Check::EachMesh(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, profile: &'static Profile, findings: &mut Findings<'_>) {
    if profile.consumers.value != Consumers::Replace || has_catch_all(subject.route) {
        return;
    }
    for meant in subject.attached(profile).filter(|meant| subject.is_consumer(meant)) {
        let name = &meant.parent.name;
        let helps = |other: &Route| {
            other.id.name.namespace == subject.namespace()
                && attaches_too(profile, other, meant.parent)
                && has_catch_all(other)
        };
        if !subject.others(name).any(helps) {
            let message = format!(
                "clients of namespace {} get 404 for what no rule takes: add one without matches",
                subject.namespace()
            );
            findings.push(at!["spec", "rules", 0], name.to_string(), message);
            return;
        }
    }
}
