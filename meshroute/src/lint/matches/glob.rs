//! MR071: a pattern in a path that is taken literally.

use crate::{
    lint::{Check, Findings, Level, Lint, Subject},
    name::RouteKind,
    route::PathMatch,
};

pub(in crate::lint) static MR071: Lint = Lint {
    code: "MR071",
    name: "path-glob-star",
    level: Level::Warning,
    summary: "a path of type Exact or PathPrefix has a * or a :name, which stand for themselves",
    docs: r#"
In these types `*` and `:id` are letters as any others: `/api/*` takes only paths that begin with a star.

Write PathPrefix without the star, or a RegularExpression.

Gateway API, apis/v1/httproute_types.go, PathMatchPathPrefix: "Matching is case-sensitive and done on a path element by element basis".
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - matches:
    - path:
        type: PathPrefix
        value: /api/* # MR071
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
  - matches:
    - path:
        type: PathPrefix
        value: /api
    backendRefs: [{name: web, port: 80}]
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    if subject.route.id.kind == RouteKind::Grpc {
        return;
    }
    for (rule, index, matched) in subject.matches() {
        let (path, way_out) = match &matched.path {
            PathMatch::Exact(path) => (path, "use PathPrefix up to it, or a regex"),
            PathMatch::Prefix(path) => (path, "end the path before it, or use a regex"),
            PathMatch::Regex(_) | PathMatch::Unknown { .. } => continue,
        };
        let is_pattern = |segment: &str| segment.starts_with(':') || segment.contains('*');
        if let Some(segment) = path.split('/').find(|segment| is_pattern(segment)) {
            let message = format!(
                "{segment} stands for itself in a path of type {}: {way_out}",
                matched.path.kind()
            );
            findings.push(
                at!["spec", "rules", rule, "matches", index, "path", "value"],
                path.clone(),
                message,
            );
        }
    }
}
