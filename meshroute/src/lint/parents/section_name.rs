//! MR008: a sectionName that some meshes pass over.

use crate::{
    lint::{Check, Findings, Level, Lint, Subject},
    profile::Mesh,
};

pub(in crate::lint) static MR008: Lint = Lint {
    code: "MR008",
    name: "parentref-sectionname-portability",
    level: Level::Warning,
    meshes: &[(Mesh::Kuma, Level::Off)],
    summary: "sectionName of a Service parent is passed over by Istio and Linkerd: the route is for all ports",
    docs: r#"
For a Service, `sectionName` is the name of a port.
Istio, Linkerd and kgateway do not look at it, so the rules apply to all ports of the Service there; Kuma does.

Name the port by its number: `port`.

Gateway API, apis/v1/shared_types.go, ParentReference.SectionName: "Service: Port name".
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
    sectionName: http # MR008
  rules:
  - backendRefs: [{name: web, port: 80}]
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
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for meant in subject.parents.iter().filter(|meant| meant.is_local()) {
        let Some(section) = &meant.parent.section else { continue };
        // With a port beside it, nothing is lost where it is passed over.
        if meant.parent.port.is_none() {
            let message = format!(
                "sectionName {section} does not narrow the route in every mesh: write port"
            );
            findings.push(meant.field("sectionName"), section.clone(), message);
        }
    }
}
