//! MR901: an ignore that silences nothing, or is over.

use crate::lint::{Check, Level, Lint};

pub(in crate::lint) static MR901: Lint = Lint {
    code: "MR901",
    name: "ignore-unused",
    level: Level::Warning,
    summary: "the annotation meshroute.dev/ignore names a code that does not strike, or whose day is past",
    docs: r#"
An ignore that silences nothing hides the finding when it comes back.
One with `until=` counts up to that day; then the finding is shown again.

Delete it, or mend what it was for.
A lint that looks at other objects is said to be silent only with --complete, as without it these objects may just not be known.
On admission the same goes for a lint that looks at what was written, as the API server has filled in what was left out.
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: web
  namespace: shop
  annotations:
    meshroute.dev/ignore: MR050 both are off # MR901
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
