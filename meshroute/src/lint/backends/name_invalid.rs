//! MR031: a backend whose name no Service can have.

use crate::lint::{Check, Findings, Level, Lint, Subject, subject::is_dns_label};

pub(in crate::lint) static MR031: Lint = Lint {
    code: "MR031",
    name: "backendref-service-name-invalid",
    level: Level::Error,
    summary: "the name of a backend Service is no DNS label, so no Service can have it",
    docs: r#"
The name of a Service is one DNS label: lower-case letters, digits and `-`, at most 63 characters.
A host name names nothing, and its share is answered with 500.

Write name and namespace in their own fields.

Kubernetes, core/v1 Service: metadata.name is validated as an RFC 1035 label, or an RFC 1123 label with KEP-5311.
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
    - name: web.shop.svc.cluster.local # MR031
      port: 80
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
    for target in subject.targets().filter(|it| it.is_service() && !is_dns_label(it.name)) {
        let message = format!(
            "no Service can be named {}: write its name and namespace, no host",
            target.name
        );
        findings.push(target.field("name"), target.name, message);
    }
}
