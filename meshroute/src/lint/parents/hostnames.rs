//! MR017: hostnames on a route for a Service.

use crate::{
    lint::{Check, Findings, Level, Lint, Subject, subject::is_gateway},
    name::ObjectName,
    profile::{Hostnames, Profile},
};

pub(in crate::lint) static MR017: Lint = Lint {
    code: "MR017",
    name: "hostnames-on-mesh-route",
    level: Level::Warning,
    summary: "hostnames of a route for a Service do nothing in most meshes, and may disable it in Linkerd",
    docs: r#"
Meshes attach routes to the address of a Service, not to a name, and pass hostnames over.
Linkerd does look at them: a route whose hostnames do not hold the name that is dialled matches nothing.

Take them out; to tell requests apart by host, match the header Host.

GEP-1294: "GAMMA implementations SHOULD NOT infer any functionality from the hostnames field".
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  hostnames: [web.example.com] # MR017
  parentRefs:
  - {group: "", kind: Service, name: web}
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
    let hostnames = &subject.route.hostnames;
    if hostnames.is_empty() {
        return;
    }
    let is_matched = profile.hostnames.value == Hostnames::Matched;
    if is_matched && subject.services().all(|meant| names(hostnames, &meant.parent.name)) {
        return;
    }
    let message = if is_matched {
        "no hostname is the full name of the Service, so the route matches nothing: take them out"
    } else {
        "hostnames mean nothing for a Service: match the header Host, or take them out"
    };
    let found = findings.push(at!["spec", "hostnames"], hostnames.join(","), message);
    if subject.route.parents.iter().any(is_gateway) {
        // There they are for the Gateway.
        found.at_most(Level::Info);
    }
}

/// Whether the full name of the Service is among the hostnames.
fn names(hostnames: &[String], service: &ObjectName) -> bool {
    let full = format!("{}.{}.svc.cluster.local", service.name, service.namespace);
    hostnames.iter().any(|hostname| match hostname.strip_prefix('*') {
        Some(suffix) => full.ends_with(suffix),
        None => *hostname == full,
    })
}
