//! MR021: a consumer's route that replaces those of the Service.

use crate::{
    lint::{Check, Findings, Level, Lint, Need, Subject, beside::attaches_too},
    profile::{Consumers, Profile},
};

pub(in crate::lint) static MR021: Lint = Lint {
    code: "MR021",
    name: "consumer-overrides-producer",
    level: Level::Warning,
    needs: &[Need::Routes],
    summary: "a route of another namespace replaces the routes of the Service's own for its clients",
    docs: r#"
Once a namespace has a route of its own for a Service, its clients see none of the routes in the Service's namespace: canaries, retries and redirects there are not for them.
Nothing falls through to them.
Linkerd and Kuma merge both instead.

Repeat in this route what shall hold for its clients too, or take it out.

GEP-1294, "Namespace boundaries": "if we have multiple levels of Routes defined, only the first will be used".
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web, namespace: store} # MR021
  rules:
  - backendRefs: [{name: web, namespace: store, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: store}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs: [{name: web, port: 80, weight: 9}, {name: web-v2, port: 80, weight: 1}]
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web, namespace: store}
  rules:
  - backendRefs: [{name: web, namespace: store, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: store}
spec:
  parentRefs:
  - {group: "", kind: Service, name: api}
  rules:
  - backendRefs: [{name: web, port: 80}]
"#,
    check: Check::EachMesh(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, profile: &'static Profile, findings: &mut Findings<'_>) {
    let (what, at_most) = match profile.consumers.value {
        Consumers::Replace => ("replaces", Level::Error),
        Consumers::Merge => ("is merged with", Level::Info),
        Consumers::Reject | Consumers::WaypointNamespace | Consumers::AllNamespaces => return,
    };
    for meant in subject.attached(profile).filter(|meant| subject.is_consumer(meant)) {
        let name = &meant.parent.name;
        let producer = subject.others(name).find(|other| {
            other.id.name.namespace == name.namespace && attaches_too(profile, other, meant.parent)
        });
        if let Some(producer) = producer {
            let message = format!(
                "for clients of namespace {} this route {what} {}",
                subject.namespace(),
                producer.id
            );
            findings
                .push(meant.path(), format!("{name} {}", producer.id), message)
                .at_most(at_most);
        }
    }
}
