//! MR030: a backend Service without a port.

use crate::lint::{Check, Findings, Level, Lint, Subject};

pub(in crate::lint) static MR030: Lint = Lint {
    code: "MR030",
    name: "backendref-port-missing",
    level: Level::Error,
    summary: "a backend is a Service and has no port",
    docs: r#"
A Service can have several ports, so a backend has to say which.
The API server asks for it only where the group is written as the empty text; `group: core` slips through.

Write the port of the Service.

Gateway API, apis/v1/object_reference_types.go, BackendObjectReference.Port: "Port is required when the referent is a Kubernetes Service".
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
    - name: web # MR030
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs:
    - name: web
      port: 80
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for target in subject.targets().filter(|target| target.is_service() && target.port.is_none()) {
        let message = format!("{} {} has no port: write the Service's", target.noun(), target.name);
        findings.push(target.path(), target.name, message);
    }
}
