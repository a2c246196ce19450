//! MR100: a Service without a waypoint.

use crate::{
    lint::{Check, Findings, Level, Lint, Need, Subject},
    profile::{Profile, Waypoint},
    waypoint::{LABEL, Labelled, labelled},
};

pub(in crate::lint) static MR100: Lint = Lint {
    code: "MR100",
    name: "istio-waypoint-missing",
    level: Level::Warning,
    needs: &[Need::Services, Need::Namespaces],
    summary: "the Service has no waypoint, so that ambient mode applies no route to it",
    docs: r#"
In ambient mode routes are applied by a waypoint.
A Service without the label `istio.io/use-waypoint`, on itself or on its namespace, has none; the status of the route does not say so.

Label the Service or its namespace, and deploy the waypoint: `istioctl waypoint apply`.

Istio: "istio.io/use-waypoint label missing from parent and parent namespace; in ambient mode, route will not be respected".
"#,
    bad: r#"
# lint: --mesh istio-ambient
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - group: ""
    kind: Service
    name: web # MR100
  rules:
  - backendRefs: [{name: web, port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80, appProtocol: http}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}
"#,
    good: r#"
# lint: --mesh istio-ambient
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs: [{name: web, port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80, appProtocol: http}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: waypoint}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: waypoint, namespace: shop}
spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}
"#,
    check: Check::EachMesh(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, profile: &'static Profile, findings: &mut Findings<'_>) {
    if profile.waypoint.value == Waypoint::None {
        return;
    }
    for meant in subject.attached(profile) {
        let name = &meant.parent.name;
        let Some(service) = subject.found(name) else { continue };
        let Some(namespace) = subject.known_namespace(&name.namespace) else { continue };
        let is_missing = match labelled(subject.cluster, service) {
            Labelled::Unlabelled => true,
            Labelled::Off => {
                let message =
                    format!("Service {name} is labelled {LABEL}: none, so no route applies");
                findings.push(meant.field("name"), name.to_string(), message);
                false
            }
            Labelled::With(_) => false,
        };
        // Another mode than ambient may be at work in the namespace.
        let is_sidecar = profile.waypoint.value == Waypoint::Istio
            && namespace.labels.get("istio.io/dataplane-mode").is_none_or(|mode| mode != "ambient");
        if is_missing && !is_sidecar {
            let message = format!("neither Service {name} nor its namespace has the label {LABEL}");
            findings.push(meant.field("name"), name.to_string(), message);
        }
    }
}
