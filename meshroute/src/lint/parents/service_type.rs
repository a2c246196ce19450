//! MR014: a parent that is reachable from outside.

use crate::{
    cluster::ServiceKind,
    lint::{Check, Findings, Level, Lint, Need, Subject},
    profile::Mesh,
};

pub(in crate::lint) static MR014: Lint = Lint {
    code: "MR014",
    name: "parent-service-type",
    level: Level::Info,
    meshes: &[(Mesh::Cilium, Level::Warning)],
    needs: &[Need::Services],
    summary: "a parent is of type NodePort or LoadBalancer, which not every mesh takes",
    docs: r#"
Such a Service has an address of the cluster as well, and most meshes apply routes to it.
Cilium takes Services of type ClusterIP only.
Requests that come in from outside do not see the route.

Put a Service of type ClusterIP before the same Pods where this matters.

GEP-1294, "Allowed service types": other types "MAY be allowed"; Cilium, operator/pkg/gateway-api, isValidGammaService.
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
    name: web # MR014
  rules:
  - backendRefs: [{name: web, port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: LoadBalancer, ports: [{port: 80, appProtocol: http}]}
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
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80, appProtocol: http}]}
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for meant in subject.services() {
        let name = &meant.parent.name;
        if subject.found(name).is_some_and(|service| service.kind == ServiceKind::Exposed) {
            let message =
                format!("Service {name} is not of type ClusterIP, as some meshes ask for");
            findings.push(meant.field("name"), name.to_string(), message);
        }
    }
}
