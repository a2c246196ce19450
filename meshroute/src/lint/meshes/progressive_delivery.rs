//! MR104: weights that a tool changes.

use crate::lint::{Check, Findings, Level, Lint, Subject};

pub(in crate::lint) static MR104: Lint = Lint {
    code: "MR104",
    name: "managed-by-progressive-delivery",
    level: Level::Info,
    summary: "Argo Rollouts or Flagger changes the weights of the route",
    docs: r#"
A change by hand is overwritten at the next step, or confuses a canary that is under way.
`meshroute split` says how to hand a change to the tool.

Change the Rollout or the Canary instead.

Argo Rollouts, plugin for the Gateway API; Flagger, Gateway API tutorial.
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: web
  namespace: shop
  labels: # MR104
    rollouts.argoproj.io/gatewayapi-canary: in-progress
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - backendRefs: [{name: web, port: 80}]
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
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let Some(signs) = &subject.route.signs else { return };
    if signs.canary_under_way {
        let what = "Argo Rollouts moves the weights: a canary is under way";
        findings.push(at!["metadata", "labels"], "rollout", what);
    }
    if let Some(canary) = &signs.canary {
        let message = format!("Flagger moves the weights: the route belongs to Canary {canary}");
        findings.push(at!["metadata", "ownerReferences"], canary.clone(), message);
    }
}
