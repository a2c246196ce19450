//! MR108: a waypoint that another mesh runs.

use crate::{
    lint::{Check, Findings, Level, Lint, Need, Subject},
    profile::{Profile, Waypoint},
    waypoint::{ISTIO_CLASS, KGATEWAY_CLASS, Labelled, labelled},
};

pub(in crate::lint) static MR108: Lint = Lint {
    code: "MR108",
    name: "waypoint-of-another-controller",
    level: Level::Warning,
    needs: &[Need::Services, Need::Namespaces, Need::Gateways],
    summary: "the waypoint of the Service is of a class that the mesh does not run",
    docs: r#"
The label of the Service, or of its namespace, names a Gateway of another class than the mesh's own waypoints.
The parentRef is then dropped, and no status says so.

Name a Gateway of the class istio-waypoint.

istio#61326.
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
    name: web # MR108
  rules:
  - backendRefs: [{name: web, port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, labels: {istio.io/use-waypoint: waypoint}}
spec: {ports: [{port: 80, appProtocol: http}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: waypoint, namespace: shop}
spec: {gatewayClassName: kgateway-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}
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
metadata: {name: web, namespace: shop, labels: {istio.io/use-waypoint: waypoint}}
spec: {ports: [{port: 80, appProtocol: http}]}
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
    let other = match profile.waypoint.value {
        Waypoint::None => return,
        Waypoint::Istio => KGATEWAY_CLASS,
        Waypoint::Kgateway => ISTIO_CLASS,
    };
    for meant in subject.attached(profile) {
        let name = &meant.parent.name;
        let Some(service) = subject.found(name) else { continue };
        let Labelled::With(waypoint) = labelled(subject.cluster, service) else { continue };
        let gateway = subject.cluster.gateway(&waypoint);
        if let Some(gateway) = gateway.filter(|gateway| gateway.class == other) {
            let message = format!(
                "the waypoint {waypoint} is of class {}, which {} does not run",
                gateway.class,
                profile.mesh.in_words()
            );
            findings.push(meant.field("name"), format!("{name} {waypoint}"), message);
        }
    }
}
