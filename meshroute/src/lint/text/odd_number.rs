//! MR904: a number in another notation than decimal.

use crate::lint::{Check, Level, Lint, Need};

pub(in crate::lint) static MR904: Lint = Lint {
    code: "MR904",
    name: "number-reads-otherwise",
    level: Level::Warning,
    needs: &[Need::Text],
    summary: "a number reads otherwise than it looks: weight: 010 is 8",
    docs: r#"
kubectl reads YAML 1.1:
`010` is octal, `1_000` is 1000 and `0x10` is 16.

Write it in decimal; where a text is wanted, put it in quotes.

YAML 1.1, tag:yaml.org,2002:int.
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
    - {name: web-v2, port: 80, weight: 010} # MR904
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
