//! MR023: a backend without a namespace in a route of another namespace.

use crate::{
    cluster::Known,
    lint::{Check, Edit, Findings, Level, Lint, Need, Subject},
    name::ObjectName,
};

pub(in crate::lint) static MR023: Lint = Lint {
    code: "MR023",
    name: "consumer-backend-namespace-implicit",
    level: Level::Warning,
    needs: &[Need::Services],
    summary: "a backend names no namespace in a route for a Service of another one: meshes differ in where it is",
    docs: r#"
Without a namespace a backend is in the namespace of the route, where there is usually no such Service; its share is answered with 500.
Linkerd looks in the namespace of the Service that the route is for.

Write the namespace of the backend.

Gateway API, apis/v1/object_reference_types.go, BackendObjectReference.Namespace: "When unspecified, the local namespace is inferred".
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web, namespace: store}
  rules:
  - backendRefs:
    - name: web # MR023
      port: 80
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web, namespace: store}
  rules:
  - backendRefs:
    - name: web
      namespace: store
      port: 80
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let Some(meant) = subject.services().find(|meant| subject.is_consumer(meant)) else { return };
    let store = &meant.parent.name.namespace;
    for target in subject.targets() {
        if target.namespace.is_some() || !target.is_service() || !target.is_used() {
            continue;
        }
        let local = ObjectName::new(subject.namespace(), target.name);
        // A Service of one's own in the place of another is a pattern that works.
        let edits = match subject.service(&local) {
            Known::Known(Some(_)) => continue,
            Known::Known(None) => vec![Edit::Text(target.field("namespace"), store.clone())],
            // It may be there.
            Known::Unknown => Vec::new(),
        };
        let message = format!(
            "without a namespace this is {local} in most meshes: write namespace: {store}",
        );
        findings
            .push(target.field("name"), target.name, message)
            .fix(format!("write namespace: {store}"), edits);
    }
}
