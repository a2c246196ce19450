//! MR068: an object that is there twice.

use crate::lint::{Check, Level, Lint, Need};

pub(in crate::lint) static MR068: Lint = Lint {
    code: "MR068",
    name: "duplicate-object",
    level: Level::Warning,
    needs: &[Need::Text],
    summary: "an object is in the manifests twice: the one that is applied last counts",
    docs: r#"
Two documents of the same kind, namespace and name are one object: what is applied last replaces the other.
Overlays and alternatives in different folders may be meant so.

Delete one of them, or give it another name.

kubectl apply: objects are known by group, kind, namespace and name.
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs: [{name: web, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1 # MR068
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs: [{name: web-v2, port: 80}]
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
    check: Check::OfReader,
    ..Lint::DEFAULT
};
