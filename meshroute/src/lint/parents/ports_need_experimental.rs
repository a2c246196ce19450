//! MR007: parentRefs that differ in their port only.

use crate::lint::{Channel, Check, Findings, Level, Lint, Need, Subject};

pub(in crate::lint) static MR007: Lint = Lint {
    code: "MR007",
    name: "parentref-ports-need-experimental",
    level: Level::Error,
    needs: &[Need::Channel],
    summary: "parentRefs to one Service differ in port only, which the standard channel refuses",
    docs: r#"
The definitions of the standard channel tell parentRefs to one object apart by `sectionName` only, and refuse a second one without.
Those of the experimental channel look at `port` too.

Write two routes, or install the experimental channel and say `--channel experimental`.

Gateway API, config/crd/standard/gateway.networking.k8s.io_httproutes.yaml: "sectionName must be unique when parentRefs includes 2 or more references to the same parent".
"#,
    bad: r#"
# lint: --channel standard
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web, port: 80}
  - {group: "", kind: Service, name: web, port: 8080} # MR007
  rules:
  - backendRefs: [{name: web, port: 80}]
"#,
    good: r#"
# lint: --channel experimental
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web, port: 80}
  - {group: "", kind: Service, name: web, port: 8080}
  rules:
  - backendRefs: [{name: web, port: 80}]
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    // What is about to be stored has passed its definitions.
    if subject.settings.admission {
        return;
    }
    for (place, meant) in subject.parents.iter().enumerate() {
        let parent = meant.parent;
        let clashes = subject.parents[..place].iter().any(|other| {
            other.parent.name == parent.name
                && other.spelling == meant.spelling
                && other.parent.section == parent.section
                && matches!((other.parent.port, parent.port), (Some(a), Some(b)) if a != b)
        });
        if !clashes {
            continue;
        }
        let api = subject.api();
        if api.channel == Channel::Standard {
            let message = format!(
                "the standard channel refuses two parentRefs to Service {} that differ in port only",
                parent.name
            );
            let found = findings.push(meant.path(), parent.name.to_string(), message);
            found.fix("write a route for each port", Vec::new());
            if !api.is_told {
                found.at_most(Level::Warning);
            }
        }
    }
}
