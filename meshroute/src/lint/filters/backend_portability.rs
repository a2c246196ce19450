//! MR087: a filter of a backend that meshes treat differently.

use crate::{
    lint::{Check, Findings, Level, Lint, Subject},
    profile::{Profile, Unsupported},
    route::FilterKind,
};

pub(in crate::lint) static MR087: Lint = Lint {
    code: "MR087",
    name: "backend-filter-portability",
    level: Level::Warning,
    summary: "a filter of a backend is neither of the header modifiers, which is up to the mesh",
    docs: r#"
Filters of backends are implementation-specific, but for changes of headers.
Istio leaves out a whole route with any other, Linkerd answers the share with 500, Kuma passes all of them over.

Put the filter into a rule of its own.

Gateway API, apis/v1/httproute_types.go, HTTPBackendRef.Filters: "Support: Implementation-specific".
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
    - name: web
      port: 80
      filters:
      - {type: URLRewrite, urlRewrite: {hostname: a.example.com}} # MR087
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
    - name: web
      port: 80
      filters:
      - {type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-a, value: b}]}}
"#,
    check: Check::EachMesh(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, profile: &'static Profile, findings: &mut Findings<'_>) {
    let fact = profile.backend_filters.value;
    for listed in subject.filters().filter(|listed| listed.backend.is_some()) {
        let kind = listed.filter.kind();
        let is_open = profile.open_backend_filters.value.contains(&kind);
        let works = fact.works.contains(&kind) && !is_open;
        if works || kind == FilterKind::Unknown {
            continue;
        }
        let name = listed.filter.type_name();
        let mesh = profile.mesh.in_words();
        let message = match fact.otherwise {
            _ if is_open => format!("{name} in a backend is up to the mesh: use a rule of its own"),
            Unsupported::DropsRoute => {
                format!("{mesh} leaves the whole route out because of {name} in a backend")
            }
            Unsupported::Fails => {
                format!("{mesh} answers the backend's share with 500 because of {name}")
            }
            Unsupported::Ignored => format!("{mesh} passes {name} in a backend over"),
        };
        findings.push(listed.path(), name, message);
    }
}
