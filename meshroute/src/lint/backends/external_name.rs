//! MR035: a backend that is another name for a host.

use crate::{
    cluster::ServiceKind,
    lint::{Check, Findings, Level, Lint, Need, Subject},
    profile::Profile,
};

pub(in crate::lint) static MR035: Lint = Lint {
    code: "MR035",
    name: "backend-externalname",
    level: Level::Warning,
    needs: &[Need::Services],
    summary: "a backend is a Service of type ExternalName, which implementations should not support",
    docs: r#"
An ExternalName is an alias in DNS, and can lead to what its author may not reach.
Istio follows it only to a Service of the cluster, Cilium and Kuma not at all; Linkerd and kgateway do.

Put a Service with endpoints of your own in its place.

Gateway API, apis/v1/object_reference_types.go: "Implementations SHOULD NOT support ExternalName Services"; CVE-2021-25740.
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
    - name: legacy # MR035
      port: 443
---
apiVersion: v1
kind: Service
metadata: {name: legacy, namespace: shop}
spec: {type: ExternalName, externalName: db.example.com}
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
    - name: legacy
      port: 443
---
apiVersion: v1
kind: Service
metadata: {name: legacy, namespace: shop}
spec: {ports: [{port: 443}]}
"#,
    check: Check::EachMesh(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, profile: &'static Profile, findings: &mut Findings<'_>) {
    for target in subject.used_services(profile).iter() {
        let Some(service) = subject.found_of(profile, target) else { continue };
        if matches!(service.kind, ServiceKind::ExternalName(_)) {
            let name = &service.name;
            let message = format!("Service {name} is an ExternalName, which is no safe backend");
            findings.push(target.field("name"), name.to_string(), message);
        }
    }
}
