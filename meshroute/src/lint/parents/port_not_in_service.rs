//! MR011: a parent port that the Service lacks.

use crate::{
    cluster::ServicePort,
    lint::{Check, Findings, Level, Lint, Need, Subject, subject::lacks_port},
    profile::{Profile, Selector},
};

pub(in crate::lint) static MR011: Lint = Lint {
    code: "MR011",
    name: "parent-port-not-in-service",
    level: Level::Warning,
    raised_if_complete: true,
    needs: &[Need::Services],
    summary: "a parentRef names a port that its Service does not have",
    docs: r#"
`port` is the port of the Service, not that of its Pods.
A route for a port that the Service lacks does nothing; most meshes accept it without a word.

Write the number of a port of the Service.

GEP-1294, "Ports": "If port is set, the implementation MUST associate the route only with that port".
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - group: ""
    kind: Service
    name: web
    port: 8080 # MR011
  rules:
  - backendRefs: [{name: web, port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80, targetPort: 8080}]}
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web, port: 80}
  rules:
  - backendRefs: [{name: web, port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80, targetPort: 8080}]}
"#,
    check: Check::EachMesh(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, profile: &'static Profile, findings: &mut Findings<'_>) {
    for meant in subject.services() {
        let parent = meant.parent;
        if parent.port.is_none() && parent.section.is_none() {
            continue;
        }
        let Some(service) = subject.found(&parent.name) else { continue };
        if let Some(port) = parent.port
            && profile.parent_port.value == Selector::Honoured
            && !service.ports.iter().any(|it| it.port == port)
        {
            let what = lacks_port(service, port);
            findings.push(meant.field("port"), port.to_string(), what + ": the route does nothing");
        }
        if let Some(section) = &parent.section
            && profile.section_name.value == Selector::Honoured
            && !service.ports.iter().any(|it| is_called(it, section))
        {
            let message = format!(
                "no port of Service {} is named {section}: the route does nothing",
                parent.name
            );
            findings.push(meant.field("sectionName"), section.clone(), message);
        }
    }
}

/// A port without a name goes by its number, as Kuma has it.
fn is_called(port: &ServicePort, section: &str) -> bool {
    if port.name.is_empty() { port.port.to_string() == section } else { port.name == section }
}
