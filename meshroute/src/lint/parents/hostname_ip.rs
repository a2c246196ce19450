//! MR018: a hostname that is an address.

use crate::lint::{Check, Findings, Level, Lint, Subject};

pub(in crate::lint) static MR018: Lint = Lint {
    code: "MR018",
    name: "hostname-ip",
    level: Level::Warning,
    summary: "a hostname is an IP address, which no hostname may be",
    docs: r#"
The pattern of the API server lets digits and dots pass, but an address is no hostname, and is matched by nothing.

Write the name, or take it out.

Gateway API, apis/v1/shared_types.go, Hostname: "IPs are not allowed".
"#,
    bad: r#"
# lint: --level MR017=off
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  hostnames:
  - 10.0.0.1 # MR018
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
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (index, hostname) in subject.route.hostnames.iter().enumerate() {
        if is_address(hostname) {
            let message = format!("{hostname} is an address, and no hostname may be one");
            findings.push(at!["spec", "hostnames", index], hostname.clone(), message);
        }
    }
}

/// Whether it is four numbers with dots between; other addresses the API server refuses.
fn is_address(hostname: &str) -> bool {
    hostname.split('.').count() == 4 && hostname.split('.').all(|part| part.parse::<u8>().is_ok())
}
