//! MR043: a backend of a kind that the mesh does not know.

use crate::{
    lint::{
        Check, Edit, Findings, Level, Lint, Subject, spelling::is_wrong_group, targets::Target,
    },
    profile::Profile,
};

pub(in crate::lint) static MR043: Lint = Lint {
    code: "MR043",
    name: "backend-unsupported-kind",
    level: Level::Warning,
    summary: "a backend is of a kind that is no Service, and that the mesh is not known to take",
    docs: r#"
The share of a backend of an unknown kind is answered with 500.
Some meshes take kinds of their own: Istio Hostname, Linkerd EgressNetwork, Kuma MeshService.
A kind that is nearly `Service` is a slip.

Write `kind: Service`, or a kind that the mesh documents.

Gateway API, apis/v1/shared_types.go, InvalidKind.
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
    - group: example.com
      kind: Backend # MR043
      name: web
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs: [{name: web, port: 80}]
"#,
    check: Check::EachMesh(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, profile: &'static Profile, findings: &mut Findings<'_>) {
    for target in subject.targets() {
        let Target { group, kind, .. } = target;
        if target.is_service()
            || profile.backend_ref.value.is_service(group, kind)
            || profile.backend_kinds.value.contains(&(group, kind))
        {
            continue;
        }
        let is_slip =
            group.is_empty() && kind.to_ascii_lowercase().trim_end_matches('s') == "service";
        let is_wrong_group = kind == "Service" && is_wrong_group(group);
        let message = if is_slip {
            format!("there is no kind {kind}: write kind: Service")
        } else if is_wrong_group {
            format!("group {group} has no kind Service: leave it out")
        } else {
            let shown = if group.is_empty() { "core" } else { group };
            format!("{} is not known to take {shown}/{kind} for a backend", profile.mesh.in_words())
        };
        let field = if is_wrong_group { "group" } else { "kind" };
        let found = findings.push(target.field(field), format!("{group} {kind}"), message);
        if is_slip {
            let edit = Edit::Text(target.field("kind"), "Service".into());
            found.fix("write kind: Service", vec![edit]);
        } else if is_wrong_group {
            let edit = Edit::Text(target.field("group"), String::new());
            found.fix("write group: \"\"", vec![edit]);
        }
    }
}
