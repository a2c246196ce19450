//! The last sign: who is the field manager of a route's rules.

use crate::{
    cluster::Known,
    name::ObjectName,
    owner::{Evidence, Owner, Tool},
    route::Signs,
};

/// People write with these; a tool may too, and then nothing tells it from them.
const HANDS: [&str; 13] = [
    super::FIELD_MANAGER,
    "before-first-apply",
    "dashboard",
    "headlamp",
    "k9s",
    "kubectl",
    "lens",
    "meshroute",
    "mozilla",
    "node-fetch",
    "oc",
    "openlens",
    "rancher",
];

/// Whoever wrote the rules, if it is no person. The tool's own signs are gone, so which object of
/// it did is not known, and whether it still writes.
pub(super) fn owner(signs: &Signs) -> Option<Owner> {
    let owner = |tool, name, reverts| {
        let state = Known::Known(None);
        Some(Owner { tool, name, state, reverts, evidence: Evidence::Manager })
    };
    let of_tools = signs.managers.iter().filter_map(|manager| tool(manager));
    match of_tools.min() {
        Some(Tool::Helm) => owner(Tool::Helm, None, Known::Known(false)),
        Some(tool) => owner(tool, None, Known::Unknown),
        None => {
            let manager = signs.managers.iter().find(|manager| !is_hand(manager))?;
            owner(Tool::Manager, Some(ObjectName::new("", manager)), Known::Unknown)
        }
    }
}

/// Whether the tool is a field manager of the rules.
pub(super) fn has(signs: &Signs, tool: Tool) -> bool {
    signs.managers.iter().any(|manager| self::tool(manager) == Some(tool))
}

/// The tool behind a field manager: what it calls itself, or else the name of its program.
fn tool(manager: &str) -> Option<Tool> {
    Some(match manager {
        // The program of the plugin is called as the plugin is registered:
        // `argoproj-labs/gatewayAPI`.
        "gatewayAPI" | "gatewayapi-plugin" | "rollouts-controller" => Tool::ArgoRollouts,
        "flagger" => Tool::Flagger,
        // argo-cd, `common/common.go`, `ArgoCDSSAManager`.
        "argocd-controller" | "argocd-application-controller" => Tool::ArgoCd,
        // kustomize-controller and helm-controller, `main.go`, `controllerName`.
        "kustomize-controller" => Tool::FluxKustomization,
        "helm-controller" => Tool::FluxHelm,
        "helm" => Tool::Helm,
        _ => return None,
    })
}

fn is_hand(manager: &str) -> bool {
    let name = manager.to_ascii_lowercase();
    // `kubectl-edit`, `kubectl-client-side-apply`, `kubectl-patch`, and plugins of kubectl.
    name.starts_with("kubectl-") || HANDS.contains(&name.as_str())
}
