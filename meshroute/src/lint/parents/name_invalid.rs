//! MR004: a parent whose name no Service can have.

use crate::lint::{
    Check, Findings, Level, Lint, Subject, spelling::Spelled, subject::is_dns_label,
};

pub(in crate::lint) static MR004: Lint = Lint {
    code: "MR004",
    name: "parentref-service-name-invalid",
    level: Level::Error,
    summary: "the name of a parent Service is no DNS label, so no Service can have it",
    docs: r#"
The name of a Service is one DNS label: lower-case letters, digits and `-`, at most 63 characters.
A host name such as `web.shop.svc.cluster.local`, or a name with a port, names nothing.

Write name and namespace in their own fields, and a port in `port`.

Kubernetes, core/v1 Service: metadata.name is validated as an RFC 1035 label, or an RFC 1123 label with KEP-5311.
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - group: ""
    kind: Service
    name: web.shop.svc.cluster.local # MR004
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
    for meant in subject.services().filter(|meant| meant.spelling != Spelled::CoreGateway) {
        let name = meant.parent.name.name.as_str();
        if !is_dns_label(name) {
            let message =
                format!("no Service can be named {name}: write its name and namespace, no host");
            findings.push(meant.field("name"), name, message);
        }
    }
}
