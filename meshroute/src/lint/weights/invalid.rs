//! MR055: a weight that is no whole number within its bounds.

use crate::lint::{Check, Level, Lint};

pub(in crate::lint) static MR055: Lint = Lint {
    code: "MR055",
    name: "weight-invalid",
    level: Level::Error,
    summary: "a weight is no whole number from 0 to 1000000",
    docs: r#"
A weight is a whole number from 0 to 1000000, without quotes, and no percentage: the API server refuses anything else.

Write the number:
`weight: 90` beside `weight: 10`.

Gateway API, apis/v1/shared_types.go, BackendRef.Weight: minimum 0, maximum 1000000.
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
    - {name: web-v1, port: 80, weight: "90%"} # MR055
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
