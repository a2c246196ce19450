//! MR056: a field that the API does not know.

use crate::lint::{Check, Level, Lint, Need};

pub(in crate::lint) static MR056: Lint = Lint {
    code: "MR056",
    name: "unknown-field",
    level: Level::Error,
    needs: &[Need::Text],
    summary: "a field, or a value of a field, is not known to the Gateway API",
    docs: r#"
The API server drops a field that it does not know: with `weigth: 90` the weight is 1. kubectl says so, other clients do not.

The field that was probably meant is in the message.
A field that is like no other may be newer than meshroute: that is a warning, and so is a value that we do not know.

Kubernetes, field validation: unknown fields are pruned unless the request asks for `Strict`.
"#,
    bad: r#"
# lint: --level MR052=off
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs:
    - {name: web-v1, port: 80, weigth: 90} # MR056
    - {name: web-v2, port: 80, weight: 10}
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
    - {name: web-v1, port: 80, weight: 90}
    - {name: web-v2, port: 80, weight: 10}
"#,
    check: Check::OfReader,
    ..Lint::DEFAULT
};
