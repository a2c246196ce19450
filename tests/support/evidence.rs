//! What tools leave on the routes that they write, put on objects and taken off answers.

use serde_json::{Map, Value, json};

/// Returns the objects of tools that the signs of some routes lead to.
#[must_use]
pub fn tools() -> Vec<Value> {
    vec![
        json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
               "metadata": {"namespace": "argocd", "name": "app"},
               "spec": {"syncPolicy": {"automated": {"selfHeal": true}}}}),
        json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
               "metadata": {"namespace": "flux", "name": "app"}, "spec": {"suspend": true}}),
    ]
}

/// Returns a route with the sign of a tool, which `index` chooses; other objects as they are.
#[must_use]
pub fn signed(mut document: Value, index: usize) -> Value {
    let kind = document["kind"].as_str().unwrap_or_default().to_owned();
    if !kind.ends_with("Route") {
        return document;
    }
    let metadata = &mut document["metadata"];
    let text = |field: &str| metadata[field].as_str().unwrap_or_default().to_owned();
    let (namespace, name) = (text("namespace"), text("name"));
    let (field, sign) = match index % 6 {
        0 => (
            "annotations",
            json!({"argocd.argoproj.io/tracking-id":
                   format!("app:gateway.networking.k8s.io/{kind}:{namespace}/{name}")}),
        ),
        1 => (
            "labels",
            json!({"kustomize.toolkit.fluxcd.io/name": "app",
                   "kustomize.toolkit.fluxcd.io/namespace": "flux"}),
        ),
        2 => (
            "labels",
            json!({"helm.toolkit.fluxcd.io/name": "app",
                   "helm.toolkit.fluxcd.io/namespace": "flux"}),
        ),
        3 => ("labels", json!({"rollouts.argoproj.io/gatewayapi-canary": "in-progress"})),
        4 => (
            "ownerReferences",
            json!([{"apiVersion": "flagger.app/v1beta1", "kind": "Canary", "name": "app"}]),
        ),
        _ => (
            "managedFields",
            json!([{"manager": "deployer", "fieldsV1": {"f:spec": {"f:rules": {}}}}]),
        ),
    };
    metadata[field] = sign;
    document
}

/// Takes the owners off an answer, or a list of answers: returns it without them, and those of all
/// rules.
#[must_use]
pub fn removed(mut answer: Value) -> (Value, Vec<Value>) {
    let mut owners = Vec::new();
    for split in answer["items"].as_array_mut().into_iter().flatten() {
        take(split);
        for rule in split["rules"].as_array_mut().into_iter().flatten() {
            owners.extend(take(rule));
        }
    }
    (answer, owners)
}

fn take(value: &mut Value) -> Option<Value> {
    value.as_object_mut().and_then(|object: &mut Map<String, Value>| object.remove("owner"))
}
