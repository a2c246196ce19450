//! MR037: a backend whose port is not for HTTP.

use crate::lint::{Check, Findings, Level, Lint, Need, Subject};

pub(in crate::lint) static MR037: Lint = Lint {
    code: "MR037",
    name: "backend-appprotocol",
    level: Level::Warning,
    needs: &[Need::Services],
    summary: "the port of a backend says by its appProtocol that it is not for HTTP",
    docs: r#"
A mesh cannot send the requests of an HTTPRoute to a port that speaks MySQL or raw TLS; it counts the backend as invalid, or fails at the first request.
Backends of one rule that speak HTTP/1 and HTTP/2 fail for part of the requests.

Say `appProtocol: http`, or `kubernetes.io/h2c`, where the port does speak it.

Gateway API, apis/v1/shared_types.go, UnsupportedProtocol: "If a Route is not able to send traffic to the backend using the specified protocol then the backend is considered invalid".
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
    - name: cache
      port: 6379 # MR037
---
apiVersion: v1
kind: Service
metadata: {name: cache, namespace: shop}
spec: {ports: [{port: 6379, appProtocol: redis}]}
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
spec: {ports: [{port: 80, appProtocol: http}]}
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for target in subject.targets().filter(|it| it.is_service() && it.is_used()) {
        // Where no namespace is written and the Service is another's, meshes look in two places.
        if target.namespace.is_none() && subject.services().any(|it| subject.is_consumer(it)) {
            continue;
        }
        let namespace = target.namespace.unwrap_or(subject.namespace());
        let Some(service) = subject.found_in(namespace, target.name) else {
            continue;
        };
        let port = service.ports.iter().find(|port| Some(port.port) == target.port);
        let Some(said) = port.and_then(|port| port.app_protocol.as_deref()) else { continue };
        if NO_HTTP.iter().any(|it| it.eq_ignore_ascii_case(said)) {
            let message =
                format!("the port of Service {} is for {said}, not for HTTP", service.name);
            findings.push(target.field("port"), format!("{} {said}", target.name), message);
        }
    }
}

/// Protocols that are certainly no HTTP. Names of vendors, and what is new, are left alone.
const NO_HTTP: [&str; 10] =
    ["tcp", "udp", "mysql", "redis", "mongo", "postgres", "postgresql", "smtp", "amqp", "kafka"];
