//! MR072: a regular expression that an engine refuses.

use crate::{
    dialect::Engine,
    lint::{Check, Findings, Level, Lint, Subject},
    profile::Profile,
};

pub(in crate::lint) static MR072: Lint = Lint {
    code: "MR072",
    name: "regex-invalid",
    level: Level::Error,
    summary: "a regular expression that the mesh cannot compile",
    docs: r#"
The API server takes any text for an expression.
Envoy compiles with RE2, which has no lookaround and no references back to groups, and refuses the whole configuration of the route; Linkerd compiles with the crate `regex`, which is like it but for a few details.
What one of them refuses and the other takes is a warning where it is open which of them it is.

Write it without lookaround and references; a prefix or an exact value often does.

RE2, "Syntax"; the crate regex, "Syntax"; Gateway API, apis/v1/httproute_types.go, PathMatchRegularExpression: "Implementation-specific".
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
        type: RegularExpression
        value: /a(?!b)/.* # MR072
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
        type: RegularExpression
        value: /users/[\w-]+/v\d{1,3}
    backendRefs: [{name: web, port: 80}]
"#,
    check: Check::EachMesh(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, profile: &'static Profile, findings: &mut Findings<'_>) {
    let engines = profile.engines.value;
    for pattern in subject.patterns() {
        if pattern.text.is_empty() {
            let what = "an empty expression takes the empty text only: say what it shall take";
            findings.push(pattern.path(), "", what).at_most(Level::Warning);
            continue;
        }
        let refused: Vec<(Engine, String)> = engines
            .iter()
            .filter_map(|engine| Some((*engine, engine.refuses(pattern.text)?)))
            .collect();
        if let Some((engine, why)) = refused.first() {
            let message = format!("{} refuses {:?}: {why}", engine.name(), pattern.text);
            let found = findings.push(pattern.path(), pattern.text, message);
            if refused.len() < engines.len() {
                found.at_most(Level::Warning);
            }
        }
    }
}
