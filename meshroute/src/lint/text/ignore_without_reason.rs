//! MR900: a finding is ignored, and nobody says why.

use crate::lint::{Check, Level, Lint};

pub(in crate::lint) static MR900: Lint = Lint {
    code: "MR900",
    name: "ignore-without-reason",
    level: Level::Warning,
    summary: "the annotation meshroute.dev/ignore names a code without a reason",
    docs: r#"
Whoever reads the route later cannot tell whether the finding was looked at.

Write the reason after the code:
`meshroute.dev/ignore: "MR051 switched off until the release"`.
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: web
  namespace: shop
  annotations:
    meshroute.dev/ignore: MR051 # MR900
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs:
    - {name: web-v1, port: 80, weight: 0}
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: web
  namespace: shop
  annotations:
    meshroute.dev/ignore: MR051 switched off until the release
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs:
    - {name: web-v1, port: 80, weight: 0}
"#,
    check: Check::OfReader,
    ..Lint::DEFAULT
};
