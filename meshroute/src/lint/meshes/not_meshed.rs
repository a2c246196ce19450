//! MR103: a namespace that is in no mesh.

use crate::{
    cluster::Namespace,
    lint::{Check, Findings, Level, Lint, Need, Subject},
    profile::Mesh,
};

pub(in crate::lint) static MR103: Lint = Lint {
    code: "MR103",
    name: "namespace-not-meshed",
    level: Level::Info,
    meshes: &[(Mesh::Spec, Level::Off), (Mesh::Cilium, Level::Off)],
    needs: &[Need::Namespaces],
    summary: "the namespace of the Service has no sign of the mesh",
    docs: r#"
Routes of a Service are applied by a mesh; without sidecars, or a waypoint, nothing looks at them.
A mesh may take in Pods one by one, or the whole cluster, so it is only an info.

Put the namespace into the mesh: `istio-injection: enabled`, `istio.io/dataplane-mode: ambient`, `linkerd.io/inject: enabled`, `kuma.io/sidecar-injection: enabled`.

The installation guides of the meshes.
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
    name: web # MR103
  rules:
  - backendRefs: [{name: web, port: 80}]
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: shop}}
"#,
    good: r#"
# lint: --mesh istio
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
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for meant in subject.services() {
        let namespace = &meant.parent.name.namespace;
        let Some(known) = subject.known_namespace(namespace) else { continue };
        if !is_meshed(known) {
            let message = format!("namespace {namespace} has no label of a mesh");
            findings.push(meant.field("name"), namespace.clone(), message);
        }
    }
}

fn is_meshed(namespace: &Namespace) -> bool {
    const SIGNS: [&str; 7] = [
        "istio-injection",
        "istio.io/rev",
        "istio.io/dataplane-mode",
        "istio.io/use-waypoint",
        "linkerd.io/inject",
        "kuma.io/sidecar-injection",
        "kuma.io/mesh",
    ];
    SIGNS
        .iter()
        .any(|sign| namespace.labels.contains_key(sign) || namespace.annotations.contains_key(sign))
}
