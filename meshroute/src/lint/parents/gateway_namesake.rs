//! MR109: a Gateway with the name of the parent Service.

use crate::{
    lint::{Check, Findings, Level, Lint, Need, Subject, spelling::Spelled},
    profile::Mesh,
};

pub(in crate::lint) static MR109: Lint = Lint {
    code: "MR109",
    name: "gateway-named-like-service",
    level: Level::Warning,
    meshes: &[
        (Mesh::Cilium, Level::Warning),
        (Mesh::Spec, Level::Off),
        (Mesh::Istio, Level::Off),
        (Mesh::IstioAmbient, Level::Off),
        (Mesh::Linkerd, Level::Off),
        (Mesh::Kuma, Level::Off),
        (Mesh::Kgateway, Level::Off),
    ],
    needs: &[Need::Gateways],
    summary: "a Gateway has the name and namespace of the parent Service, which Cilium mixes up",
    docs: r#"
Cilium finds the parents of a route by namespace and name, and takes a Gateway of the same name for the parent.
The route is then judged by the listeners of the Gateway.

Give one of the two another name.

cilium#39193.
"#,
    bad: r#"
# lint: --mesh cilium
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - group: ""
    kind: Service
    name: web # MR109
  rules:
  - backendRefs: [{name: web, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: shop}
spec: {gatewayClassName: cilium}
"#,
    good: r#"
# lint: --mesh cilium
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs: [{name: web, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: public, namespace: shop}
spec: {gatewayClassName: cilium}
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for meant in subject.services().filter(|meant| meant.spelling != Spelled::CoreGateway) {
        let name = &meant.parent.name;
        if subject.cluster.gateway(name).is_some() {
            let message =
                format!("Gateway {name} has the name of the Service: Cilium mixes them up");
            findings.push(meant.field("name"), name.to_string(), message);
        }
    }
}
