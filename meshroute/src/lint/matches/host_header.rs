//! MR074: a condition on the header Host.

use crate::lint::{Check, Findings, Level, Lint, Subject};

pub(in crate::lint) static MR074: Lint = Lint {
    code: "MR074",
    name: "host-header-match",
    level: Level::Info,
    summary: "a match is on the header Host, which has to list every name that clients use",
    docs: r#"
GEP-1294 recommends it in the place of hostnames, but clients may call a Service by its name, with its namespace, by its full name, and with a port.
Requests of HTTP/2 have `:authority` instead; proxies usually show it as Host.

Match all of these names, or leave the condition out.

GEP-1294: "it is recommended to guide users toward configuring HTTPHeaderMatch rules for the Host header".
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - matches:
    - headers:
      - name: Host # MR074
        value: web
    backendRefs: [{name: web, port: 80}]
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - matches: [{headers: [{name: x-host, value: web}]}]
    backendRefs: [{name: web, port: 80}]
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (rule, index, matched) in subject.matches() {
        for (place, header) in matched.headers.iter().enumerate() {
            if header.name.eq_ignore_ascii_case("host") {
                findings.push(
                    at!["spec", "rules", rule, "matches", index, "headers", place, "name"],
                    header.value.clone(),
                    "clients call a Service by several names: match all of them, with and without port",
                );
            }
        }
    }
}
