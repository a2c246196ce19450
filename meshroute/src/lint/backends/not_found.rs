//! MR033: a Service that is named as a backend does not exist.

use crate::{
    cluster::Known,
    lint::{Check, Findings, Level, Lint, Need, Subject},
    profile::Profile,
};

pub(in crate::lint) static MR033: Lint = Lint {
    code: "MR033",
    name: "backend-not-found",
    level: Level::Warning,
    raised_if_complete: true,
    needs: &[Need::Services],
    summary: "a backend that gets requests is a Service that does not exist",
    docs: r#"
The share of a missing backend is answered with 500; it is not taken over by the others.
A mirror that is missing is left out without a word.
A backend of weight 0 may be missing.

Name a Service that exists, or take the backend out.
Where the Service comes later, apply it first.

Gateway API, apis/v1/httproute_types.go, HTTPRouteRule.BackendRefs: "if two backends are specified with equal weights, and one is invalid, 50 percent of traffic must receive a 500".
"#,
    bad: r#"
# lint: --complete --level MR033=warning
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs:
    - {name: web, port: 80, weight: 90}
    - {name: web-v3, port: 80, weight: 10} # MR033
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80, appProtocol: http}]}
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
  - backendRefs:
    - {name: web, port: 80, weight: 100}
    - {name: web-v3, port: 80, weight: 0}
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
    for target in subject.used_services(profile).iter() {
        if subject.service_of(profile, target) == Known::Known(None) {
            let name = subject.named(profile, target);
            let noun = target.noun();
            let message = match target.weight {
                Some(_) => format!("{noun} Service {name} does not exist: its share gets 500"),
                None => format!("{noun} Service {name} does not exist: nothing is mirrored"),
            };
            let found = findings.push(target.path(), name.to_string(), message);
            if target.weight.is_none() {
                // The requests themselves are answered.
                found.at_most(Level::Warning);
            }
        }
    }
}
