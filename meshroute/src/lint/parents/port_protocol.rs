//! MR015: a parent port on which routes have no effect.

use crate::{
    lint::{Check, Findings, Level, Lint, Need, Subject},
    profile::{Profile, Selector},
    split::why_not_routed,
};

pub(in crate::lint) static MR015: Lint = Lint {
    code: "MR015",
    name: "parent-port-protocol",
    level: Level::Warning,
    needs: &[Need::Services, Need::Namespaces],
    summary: "no port that a route is for carries HTTP, so that the mesh passes its traffic on as it is",
    docs: r#"
A mesh applies routes to ports that it takes for HTTP: by `appProtocol`, by the name of the port, or by looking at the traffic.
On any other port the route is accepted and does nothing.
Kuma and Cilium ask for `appProtocol: http`; on Linkerd `appProtocol: grpc` makes a port opaque, on Istio `tcp` does.

Say `appProtocol: http` on the port of the Service, or `kubernetes.io/h2c` for gRPC on Linkerd.

Istio, "Protocol Selection"; Linkerd, policy-controller/k8s/index/src/outbound/index.rs; Kuma and Cilium by their documentation.
"#,
    bad: r#"
# lint: --mesh istio
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - group: ""
    kind: Service
    name: web
    port: 3306 # MR015
  rules:
  - backendRefs: [{name: api, port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 3306, appProtocol: mysql}]}
"#,
    good: r#"
# lint: --mesh istio
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web, port: 80}
  rules:
  - backendRefs: [{name: web, port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80, appProtocol: http}]}
"#,
    check: Check::EachMesh(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, profile: &'static Profile, findings: &mut Findings<'_>) {
    for meant in subject.attached(profile) {
        let parent = meant.parent;
        let Some(service) = subject.found(&parent.name) else { continue };
        let narrows = profile.parent_port.value == Selector::Honoured;
        let ports: Vec<_> = service
            .ports
            .iter()
            .filter(|port| !narrows || parent.port.is_none_or(|number| number == port.port))
            .collect();
        let kind = subject.route.id.kind;
        let why: Option<Vec<String>> = ports
            .iter()
            .map(|port| why_not_routed(subject.cluster, profile, service, port, parent, kind))
            .collect();
        if let Some([why, ..]) = why.as_deref() {
            let path = if parent.port.is_some() { meant.field("port") } else { meant.path() };
            let message = format!("the route has no effect on Service {}: {why}", parent.name);
            findings.push(path, parent.name.to_string(), message);
        }
    }
}
