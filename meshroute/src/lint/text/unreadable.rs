//! MR902: a document that cannot be read.

use crate::lint::{Check, Level, Lint, Need};

pub(in crate::lint) static MR902: Lint = Lint {
    code: "MR902",
    name: "unreadable-document",
    level: Level::Error,
    needs: &[Need::Text],
    summary: "a document is no YAML, or an object that the API server refuses",
    docs: r#"
kubectl cannot read the document, or the API server would refuse the object in it.
A document that is no YAML is not checked, and of an object neither the refused value nor the rule or parent that it stands in; everything else is.

The message says what is wrong and where.
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
    - {name: web-v2, port: 80, weight: 10}
---
kind: HTTPRoute
spec: [ # MR902
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
