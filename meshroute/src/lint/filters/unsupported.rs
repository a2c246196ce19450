//! MR089: a filter that the mesh does not have.

use crate::{
    lint::{Check, Findings, Level, Lint, Subject},
    profile::{Mesh, Profile, Unsupported},
    route::FilterKind,
};

pub(in crate::lint) static MR089: Lint = Lint {
    code: "MR089",
    name: "filter-unsupported-by-mesh",
    level: Level::Warning,
    // The specification has them all, some for implementations to choose from.
    meshes: &[(Mesh::Spec, Level::Off)],
    summary: "a filter of a rule is none that the mesh has",
    docs: r#"
Linkerd leaves a whole route out that mirrors, rewrites or answers CORS, although its status says that it was accepted; Istio one with an ExtensionRef or ExternalAuth.
Cilium and kgateway answer the rule with 500, Kuma passes the filter over.

Take the filter out, or do it another way in that mesh.

Each mesh was asked, or its source read; Gateway API, apis/v1/httproute_types.go, HTTPRouteFilter: a filter that is not supported "MUST NOT be skipped".
"#,
    bad: r#"
# lint: --mesh linkerd
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - filters:
    - type: URLRewrite # MR089
      urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: /x}}
    backendRefs: [{name: web, port: 80}]
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
  - filters:
    - type: URLRewrite
      urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: /x}}
    backendRefs: [{name: web, port: 80}]
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
    let fact = profile.rule_filters.value;
    for listed in subject.filters().filter(|listed| listed.backend.is_none()) {
        let kind = listed.filter.kind();
        if fact.works.contains(&kind) || kind == FilterKind::Unknown {
            continue;
        }
        let (name, mesh) = (listed.filter.type_name(), profile.mesh.in_words());
        let message = match fact.otherwise {
            Unsupported::DropsRoute => {
                format!("{mesh} leaves the whole route out because of {name}")
            }
            Unsupported::Fails => format!("{mesh} may answer the rule with 500 because of {name}"),
            Unsupported::Ignored => format!("{mesh} passes {name} over"),
        };
        findings.push(listed.part(&["type"]), name, message);
    }
}
