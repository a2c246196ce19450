//! MR903: a key that stands twice in one map.

use crate::lint::{Check, Level, Lint, Need};

pub(in crate::lint) static MR903: Lint = Lint {
    code: "MR903",
    name: "key-twice",
    level: Level::Warning,
    needs: &[Need::Text],
    summary: "a key stands twice in the same map: the last one wins, without a word",
    docs: r#"
kubectl takes the last of equal keys and says nothing.
A reader takes the first, or looks at the one that was meant.

Delete one of them.
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
    - {name: web-v1, port: 80, weight: 90}
    - name: web-v2
      port: 80
      weight: 50
      weight: 10 # MR903
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
