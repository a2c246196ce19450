//! MR107: annotations for retries that replace the Service's.

use crate::{
    lint::{Check, Findings, Level, Lint, Need, Subject},
    profile::Mesh,
};

pub(in crate::lint) static MR107: Lint = Lint {
    code: "MR107",
    name: "linkerd-retry-annotation",
    level: Level::Warning,
    meshes: &[
        (Mesh::Spec, Level::Off),
        (Mesh::Istio, Level::Off),
        (Mesh::IstioAmbient, Level::Off),
        (Mesh::Cilium, Level::Off),
        (Mesh::Kuma, Level::Off),
        (Mesh::Kgateway, Level::Off),
    ],
    needs: &[Need::Services],
    summary: "one retry annotation on the route replaces all of those on its Service",
    docs: r#"
Linkerd takes its annotations `retry.linkerd.io/*` from the route if it has any, and then none from the Service.
So one of them on the route turns the others off.

Repeat all of them on the route.

linkerd2#12888.
"#,
    bad: r#"
# lint: --mesh linkerd
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: web
  namespace: shop
  annotations: # MR107
    retry.linkerd.io/limit: "3"
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs: [{name: web, port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, annotations: {retry.linkerd.io/http: 5xx}}
spec: {ports: [{port: 80, appProtocol: http}]}
"#,
    good: r#"
# lint: --mesh linkerd
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: web
  namespace: shop
  annotations:
    retry.linkerd.io/limit: "3"
    retry.linkerd.io/http: 5xx
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs: [{name: web, port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, annotations: {retry.linkerd.io/http: 5xx}}
spec: {ports: [{port: 80, appProtocol: http}]}
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let Some(signs) = &subject.route.signs else { return };
    if signs.linkerd_retries.is_empty() {
        return;
    }
    for meant in subject.services() {
        let name = &meant.parent.name;
        let Some(service) = subject.found(name) else { continue };
        let lost: Vec<&str> = service
            .annotations
            .keys()
            .map(String::as_str)
            .filter(|key| key.starts_with("retry.linkerd.io/"))
            .filter(|key| !signs.linkerd_retries.contains(key))
            .collect();
        if !lost.is_empty() {
            let lost = lost.join(", ");
            let message =
                format!("these annotations turn off {lost} of Service {name}: repeat them");
            findings.push(at!["metadata", "annotations"], format!("{name} {lost}"), message);
        }
    }
}
