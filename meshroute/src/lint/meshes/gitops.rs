//! MR105: a route that comes from Git.

use crate::lint::{Check, Findings, Level, Lint, Subject};

pub(in crate::lint) static MR105: Lint = Lint {
    code: "MR105",
    name: "managed-by-gitops",
    level: Level::Info,
    summary: "a tool applies the route from Git, and takes changes in the cluster back",
    docs: r#"
A change in the cluster is reverted, or is a drift that somebody has to explain.
`meshroute split` says which tool it is and how to change the route there.

Change the manifest in Git.

Argo CD, "Automated sync"; Flux, Kustomization and HelmRelease.
"#,
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: web
  namespace: shop
  annotations: # MR105
    argocd.argoproj.io/tracking-id: shop:gateway.networking.k8s.io/HTTPRoute:shop/web
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
    let (part, who) = if let Some(tracking) = &signs.tracking_id {
        ("annotations", format!("Argo CD ({})", tracking.split(':').next().unwrap_or_default()))
    } else if let Some(name) = &signs.kustomization {
        ("labels", format!("Flux (Kustomization {name})"))
    } else if let Some(name) = &signs.helm_release {
        ("labels", format!("Flux (HelmRelease {name})"))
    } else if let Some(name) = &signs.release {
        ("annotations", format!("Helm (release {name})"))
    } else {
        return;
    };
    let message = format!("{who} applies the route: change it there");
    findings.push(at!["metadata", part], who, message);
}
