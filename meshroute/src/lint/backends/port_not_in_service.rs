//! MR034: a backend port that its Service lacks.

use crate::{
    cluster::ServiceKind,
    lint::{Check, Findings, Level, Lint, Need, Subject, subject::lacks_port},
    profile::{Profile, WrongPort},
};

pub(in crate::lint) static MR034: Lint = Lint {
    code: "MR034",
    name: "backend-port-not-in-service",
    level: Level::Warning,
    raised_if_complete: true,
    needs: &[Need::Services],
    summary: "a backend names a port that its Service does not have",
    docs: r#"
`port` is the port of the Service, not that of its Pods.
The share of a backend with another port is answered with 500.

Write the number of a port of the Service.

Gateway API, apis/v1/object_reference_types.go, BackendObjectReference.Port: "the port number is the service port number, not the target port".
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs:
    - name: web
      port: 8080 # MR034
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
  - {group: "", kind: Service, name: web}
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
    for target in subject.used_services(profile).iter() {
        let Some(port) = target.port else { continue };
        let Some(service) = subject.found_of(profile, target) else { continue };
        // An alias has no ports of its own.
        let is_alias = matches!(service.kind, ServiceKind::ExternalName(_));
        if is_alias || service.ports.iter().any(|it| it.port == port) {
            continue;
        }
        let (what, at_most) = match profile.wrong_port.value {
            WrongPort::Fails => (": its share gets 500", Level::Error),
            WrongPort::Unchecked => (": nobody may listen there", Level::Warning),
        };
        let message = lacks_port(service, port) + what;
        findings
            .push(target.field("port"), format!("{}:{port}", target.name), message)
            .at_most(at_most);
    }
}
