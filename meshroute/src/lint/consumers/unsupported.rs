//! MR024: a route of a namespace that the mesh does not let in.

use crate::{
    cluster::{Known, Service},
    lint::{Check, Findings, Level, Lint, Need, Subject},
    profile::{Consumers, Profile},
    waypoint::{Labelled, labelled},
};

pub(in crate::lint) static MR024: Lint = Lint {
    code: "MR024",
    name: "consumer-route-unsupported",
    level: Level::Warning,
    needs: &[Need::Services, Need::Namespaces],
    summary: "the mesh does not apply routes of other namespaces than that of the Service",
    docs: r#"
Cilium takes routes of the namespace of the Service only; Istio in ambient mode those of the waypoint's namespace too.
Any other is passed over, in Istio although its status says that it was accepted.

Put the route into the namespace of the Service.

Cilium, GAMMA support: a route "and the Service must be in the same namespace"; Istio was asked.
"#,
    bad: r#"
# lint: --mesh cilium
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web, namespace: store} # MR024
  rules:
  - backendRefs: [{name: web, namespace: store, port: 80}]
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
"#,
    check: Check::EachMesh(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, profile: &'static Profile, findings: &mut Findings<'_>) {
    let who = match profile.consumers.value {
        Consumers::Reject => "of the Service's namespace",
        Consumers::WaypointNamespace => "of the Service's and the waypoint's namespace",
        Consumers::Replace | Consumers::Merge | Consumers::AllNamespaces => return,
    };
    for meant in subject.attached(profile).filter(|meant| subject.is_consumer(meant)) {
        let name = &meant.parent.name;
        if profile.consumers.value == Consumers::WaypointNamespace {
            // Where the waypoint is, only the labels of the Service tell.
            let Some(service) = subject.found(name) else { continue };
            subject.known_namespace(&name.namespace);
            if is_before(subject, service) {
                continue;
            }
        }
        let message = format!("{} takes routes {who} only", profile.mesh.in_words());
        findings.push(meant.path(), name.to_string(), message);
    }
}

/// Whether the waypoint of the Service is, or may be, in the namespace of the route.
fn is_before(subject: &Subject<'_>, service: &Service) -> bool {
    match labelled(subject.cluster, service) {
        Labelled::With(waypoint) => waypoint.namespace == subject.namespace(),
        Labelled::Off => false,
        Labelled::Unlabelled => {
            !matches!(subject.cluster.namespace(&service.name.namespace), Known::Known(Some(_)))
        }
    }
}
