//! MR036: a backend that nobody serves.

use crate::{
    cluster::{Known, Ready},
    lint::{Check, Findings, Level, Lint, Need, Subject},
    profile::{Profile, Unready},
};

pub(in crate::lint) static MR036: Lint = Lint {
    code: "MR036",
    name: "backend-no-endpoints",
    level: Level::Warning,
    needs: &[Need::Services, Need::Endpoints],
    summary: "a backend that gets requests has no ready endpoint",
    docs: r#"
The share of such a backend is answered with 503; Linkerd gives it to the others.
It is so while a Deployment starts, or is scaled to nothing.

Look at the Pods of the Service, or take the weight away.

Gateway API, apis/v1/httproute_types.go, HTTPRouteRule.BackendRefs: a Service without endpoints "SHOULD" be answered with 503.
"#,
    bad: r#"
# lint: --complete
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs:
    - name: web # MR036
      port: 80
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80, appProtocol: http}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: "", port: 8080}]
endpoints: [{addresses: [10.0.0.1], conditions: {ready: false}}]
"#,
    good: r#"
# lint: --complete
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
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: "", port: 8080}]
endpoints: [{addresses: [10.0.0.1], conditions: {ready: true}}]
"#,
    check: Check::EachMesh(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, profile: &'static Profile, findings: &mut Findings<'_>) {
    // Deployments start after their routes.
    if subject.settings.admission {
        return;
    }
    let what = match profile.unready.value {
        Unready::Lost => "its share gets 503",
        Unready::Redistributed => "the others take its share",
    };
    for target in subject.used_services(profile).iter().filter(|it| it.weight.is_some()) {
        let Some(service) = subject.found_of(profile, target) else { continue };
        let name = &service.name;
        let Some(port) = service.ports.iter().find(|port| Some(port.port) == target.port) else {
            continue;
        };
        if let Known::Known(Ready { ready: 0, total }) = subject.ready(name, &port.name) {
            let message = format!("Service {name} has no ready endpoint (0/{total}): {what}");
            findings.push(target.field("name"), name.to_string(), message);
        }
    }
}
