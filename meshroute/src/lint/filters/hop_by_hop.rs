//! MR083: a change of a header that belongs to the connection.

use crate::{
    lint::{Check, Findings, Level, Lint, Subject, headers::actions},
    route::FilterKind,
};

pub(in crate::lint) static MR083: Lint = Lint {
    code: "MR083",
    name: "filter-header-hop-by-hop",
    level: Level::Warning,
    summary: "a filter changes a header that belongs to the proxy or the connection",
    docs: r#"
Headers such as Connection, Transfer-Encoding and Content-Length describe one connection, Host decides where a request goes, and `x-envoy-*` and `l5d-*` are orders to proxies.
Proxies refuse such changes, undo them, or do what was not meant.
A change of Host is URLRewrite.hostname; headers of a response, and headers that are only removed, are an info.

Take the change out.

RFC 9110, section 7.6.1; Envoy, "HTTP header manipulation".
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - filters:
    - type: RequestHeaderModifier
      requestHeaderModifier:
        set:
        - name: Connection # MR083
          value: close
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
  - filters:
    - type: RequestHeaderModifier
      requestHeaderModifier:
        set:
        - name: x-a
          value: close
    backendRefs: [{name: web, port: 80}]
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for listed in subject.filters() {
        let is_request = listed.filter.kind() == FilterKind::RequestHeaderModifier;
        for action in actions(&listed).filter(|action| is_reserved(action.name)) {
            let message =
                format!("{} belongs to the proxy or the connection: do not change it", action.name);
            let found = findings.push(action.path(&listed), action.name, message);
            if !is_request || action.field == "remove" {
                found.at_most(Level::Info);
            }
        }
    }
}

fn is_reserved(name: &str) -> bool {
    const NAMES: [&str; 9] = [
        "connection",
        "content-length",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "transfer-encoding",
        "upgrade",
        "x-forwarded-client-cert",
    ];
    let starts = |prefix: &str| {
        name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    NAMES.iter().any(|it| name.eq_ignore_ascii_case(it)) || starts("x-envoy-") || starts("l5d-")
}
