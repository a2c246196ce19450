//! MR040: a backend in another namespace without a permission.

use crate::{
    cluster::Known,
    lint::{Check, Findings, Level, Lint, Need, Subject},
    name::ObjectName,
    profile::{Profile, Ungranted},
};

pub(in crate::lint) static MR040: Lint = Lint {
    code: "MR040",
    name: "backendref-cross-namespace",
    level: Level::Warning,
    needs: &[Need::Grants],
    summary: "a backend is in another namespace, and no ReferenceGrant lets the route name it",
    docs: r#"
By GEP-1294 routes of a Service may send to any namespace, and Istio and Linkerd let them.
Cilium and kgateway answer the share with 500, Kuma gives it to the other backends.

Put a ReferenceGrant into the namespace of the backend.

Gateway API, apis/v1/object_reference_types.go: "a ReferenceGrant object is required in the referent namespace"; GEP-1294: "this is allowed without a ReferenceGrant".
"#,
    bad: r#"
# lint: --mesh kuma --complete
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs:
    - name: web
      namespace: store # MR040
      port: 80
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80, appProtocol: http}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: store}
spec: {ports: [{port: 80, appProtocol: http}]}
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: others, namespace: store}
spec:
  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: pay}]
  to: [{group: "", kind: Service}]
"#,
    good: r#"
# lint: --mesh kuma --complete
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs:
    - name: web
      namespace: store
      port: 80
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80, appProtocol: http}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: store}
spec: {ports: [{port: 80, appProtocol: http}]}
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: shop, namespace: store}
spec:
  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: shop}]
  to: [{group: "", kind: Service}]
"#,
    check: Check::EachMesh(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, profile: &'static Profile, findings: &mut Findings<'_>) {
    let (what, at_most) = match profile.ungranted.value {
        Ungranted::Works => ("some meshes ask for one", Level::Info),
        Ungranted::Fails => ("its share gets 500", Level::Warning),
        Ungranted::Dropped => ("the others take its share", Level::Warning),
    };
    for target in subject.targets().filter(|it| it.is_service() && it.is_used()) {
        let Some(namespace) = target.namespace else { continue };
        if namespace == subject.namespace() {
            continue;
        }
        let name = ObjectName::new(namespace, target.name);
        if subject.granted(&name) == Known::Known(false) {
            let message = format!("no ReferenceGrant in {namespace} permits {name}: {what}");
            findings.push(target.field("namespace"), name.to_string(), message).at_most(at_most);
        }
    }
}
