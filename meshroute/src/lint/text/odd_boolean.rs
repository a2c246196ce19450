//! MR905: a word without quotes that is a boolean.

use crate::lint::{Check, Level, Lint, Need};

pub(in crate::lint) static MR905: Lint = Lint {
    code: "MR905",
    name: "boolean-for-text",
    level: Level::Error,
    needs: &[Need::Text],
    summary: "a word or number without quotes stands where a text is wanted",
    docs: r#"
kubectl reads YAML 1.1:
`yes`, `no`, `on`, `off`, `y` and `n` without quotes are booleans, and the API server refuses a boolean or a number where it wants a text.

Put it in quotes.

YAML 1.1, tag:yaml.org,2002:bool.
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: web
  namespace: shop
  labels:
    canary: on # MR905
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs:
    - {name: web-v1, port: 80, weight: 90}
    - {name: web-v2, port: 80, weight: 10}
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: web
  namespace: shop
  labels:
    canary: "on"
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
