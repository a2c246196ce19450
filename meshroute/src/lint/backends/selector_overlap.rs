//! MR039: backends that share Pods.

use crate::{
    cluster::{Labels, Service},
    lint::{Check, Findings, Level, Lint, Need, Subject},
    route::Backend,
};

pub(in crate::lint) static MR039: Lint = Lint {
    code: "MR039",
    name: "backend-selector-overlap",
    level: Level::Info,
    needs: &[Need::Services],
    summary: "two weighted backends of a rule select the same Pods, so that the shares of versions differ",
    docs: r#"
Where the selector of one Service takes in all that another one selects, a Pod of the second gets requests of both.
So a split of 90 to 10 sends more than 10 of 100 requests to it.

Split between Services for one version each.

GEP-1294 itself splits between a Service of all versions and one of the new version.
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
    - {name: web, port: 80, weight: 90}
    - {name: web-v2, port: 80, weight: 10} # MR039
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: web-v2, namespace: shop}
spec: {selector: {app: web, version: v2}, ports: [{port: 80}]}
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
    - {name: web, port: 80, weight: 90}
    - {name: web-v2, port: 80, weight: 10}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web, version: v1}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: web-v2, namespace: shop}
spec: {selector: {app: web, version: v2}, ports: [{port: 80}]}
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (index, rule) in subject.rules() {
        let services: Vec<Option<&Service>> =
            rule.backends.iter().map(|backend| weighted(subject, backend)).collect();
        for (place, service) in services.iter().enumerate() {
            let Some(service) = service else { continue };
            let other = services[..place].iter().flatten().find(|other| {
                other.name.namespace == service.name.namespace
                    && other.name != service.name
                    && (is_within(&other.selector, &service.selector)
                        || is_within(&service.selector, &other.selector))
            });
            if let Some(other) = other {
                let message = format!(
                    "{} and {} select the same Pods: their real shares differ from the weights",
                    other.name, service.name
                );
                findings.push(
                    at!["spec", "rules", index, "backendRefs", place],
                    format!("{} {}", other.name, service.name),
                    message,
                );
            }
        }
    }
}

/// The Service behind a backend with a weight, if it is known and selects Pods.
fn weighted<'a>(subject: &Subject<'a>, backend: &Backend) -> Option<&'a Service> {
    if *backend.weight == 0 || !backend.group.is_empty() || *backend.kind != "Service" {
        return None;
    }
    let namespace = backend.namespace.as_deref().unwrap_or(subject.namespace());
    let service = subject.found_in(namespace, &backend.name);
    service.filter(|service| !service.selector.is_empty())
}

/// Whether all that the narrower selector takes is taken by the wider too.
fn is_within(wider: &Labels, narrower: &Labels) -> bool {
    wider.iter().all(|(key, value)| narrower.get(key) == Some(value))
}
