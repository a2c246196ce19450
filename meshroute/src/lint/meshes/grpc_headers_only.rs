//! MR106: a gRPC match on headers alone.

use crate::{
    lint::{Check, Findings, Level, Lint, Subject},
    name::RouteKind,
    profile::Mesh,
};

pub(in crate::lint) static MR106: Lint = Lint {
    code: "MR106",
    name: "grpc-headers-only-match",
    level: Level::Warning,
    meshes: &[
        (Mesh::Spec, Level::Off),
        (Mesh::Istio, Level::Off),
        (Mesh::IstioAmbient, Level::Off),
        (Mesh::Cilium, Level::Off),
        (Mesh::Kuma, Level::Off),
        (Mesh::Kgateway, Level::Off),
    ],
    summary: "a match of a GRPCRoute has headers and no method, which Linkerd does not take",
    docs: r#"
Linkerd refuses such a match, and with it the whole policy of the client: its proxy goes on with what it had before, or with nothing.

Name a service or a method in the match.

linkerd2#14047.
"#,
    bad: r#"
# lint: --mesh linkerd
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - matches:
    - headers: [{name: x-a, value: b}] # MR106
    backendRefs: [{name: web, port: 80}]
"#,
    good: r#"
# lint: --mesh linkerd
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - matches:
    - method: {service: a.B}
      headers: [{name: x-a, value: b}]
    backendRefs: [{name: web, port: 80}]
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    if subject.route.id.kind != RouteKind::Grpc {
        return;
    }
    for (rule, index, matched) in subject.matches() {
        let headers = &matched.headers;
        if matched.grpc.is_none() && !headers.is_empty() {
            let names: Vec<&str> = headers.iter().map(|header| header.name.as_str()).collect();
            findings.push(
                at!["spec", "rules", rule, "matches", index],
                names.join(","),
                "Linkerd refuses a gRPC match of headers alone, and the client's policy with it",
            );
        }
    }
}
