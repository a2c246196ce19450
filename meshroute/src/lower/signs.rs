//! What a route says of the tools that write it. It never keeps a route from being read.

use crate::{
    kind::FLAGGER_GROUP,
    name::ObjectName,
    route::{Applied, Signs},
    wire::{
        Found, List,
        signs::{self as wire, ManagedFields, OwnerReference},
    },
};

/// What the metadata says; none if it says nothing.
pub(super) fn signs(
    labels: Found<wire::Signs>,
    annotations: Found<wire::Signs>,
    owner_references: Found<List<OwnerReference>>,
    managed_fields: Found<List<ManagedFields>>,
) -> Option<Box<Signs>> {
    let (labels, annotations) =
        (read(labels).unwrap_or_default(), read(annotations).unwrap_or_default());
    let canary = read(owner_references).unwrap_or_default().into_iter().find_map(canary);
    let managers = managers(managed_fields);
    if labels.0.is_empty() && annotations.0.is_empty() && canary.is_none() && managers.is_empty() {
        return None;
    }
    let label = |key| value(&labels, key);
    let annotation = |key| value(&annotations, key);
    // fluxcd/pkg, `ssa/utils/objects.go`, `AnyInMetadata`: as a label or as an annotation, in any
    // case.
    let told = |key: &str, word: &str| {
        let values = [value(&labels, key), value(&annotations, key)];
        values.into_iter().flatten().any(|value| value.eq_ignore_ascii_case(word))
    };
    // kustomize-controller, `internal/controller/kustomization_controller.go`, `apply`:
    // `ExclusionSelector` and `IfNotPresentSelector`.
    let applied = if told(wire::KUSTOMIZATION_RECONCILE, "disabled")
        || told(wire::KUSTOMIZATION_SSA, "Ignore")
    {
        Applied::Never
    } else if told(wire::KUSTOMIZATION_SSA, "IfNotPresent") {
        Applied::IfAbsent
    } else {
        Applied::Always
    };
    let signs = Signs {
        canary_under_way: label(wire::ROLLOUT).is_some(),
        canary,
        tracking_id: annotation(wire::TRACKING_ID).map(ToOwned::to_owned),
        instance: label(wire::INSTANCE).map(ToOwned::to_owned),
        kustomization: pair(label(wire::KUSTOMIZATION_NAMESPACE), label(wire::KUSTOMIZATION_NAME)),
        applied,
        helm_release: pair(label(wire::HELM_RELEASE_NAMESPACE), label(wire::HELM_RELEASE_NAME)),
        uncompared: told(wire::HELM_RELEASE_DRIFT, "disabled"),
        release: pair(annotation(wire::RELEASE_NAMESPACE), annotation(wire::RELEASE_NAME)),
        percent: annotation(wire::WEIGHTS) == Some("percent"),
        ignore: annotation(wire::IGNORE).map(ToOwned::to_owned),
        last_applied: annotation(wire::LAST_APPLIED).map(ToOwned::to_owned),
        linkerd_retries: wire::LINKERD_RETRIES
            .into_iter()
            .filter(|key| annotation(key).is_some())
            .collect(),
        managers,
    };
    (signs != Signs::default()).then(|| Box::new(signs))
}

/// The Canary that a reference names, if it does.
fn canary(reference: Found<OwnerReference>) -> Option<String> {
    let reference = read(reference)?;
    let api_version = read(reference.api_version)?;
    let (group, _) = api_version.split_once('/')?;
    if group != FLAGGER_GROUP || read(reference.kind)? != "Canary" {
        return None;
    }
    read(reference.name)
}

/// Who wrote the rules, each once, sorted. A status is written apart from them.
fn managers(fields: Found<List<ManagedFields>>) -> Vec<String> {
    let manager = |entry: Found<ManagedFields>| {
        let ManagedFields { manager, subresource, fields, unknown: _ } = read(entry)?;
        if read(subresource).is_some_and(|subresource| !subresource.is_empty()) {
            return None;
        }
        match read(read(fields)?.spec)?.rules {
            Found::Read(_) => read(manager),
            Found::Absent | Found::Odd(_) => None,
        }
    };
    let mut managers: Vec<String> =
        read(fields).unwrap_or_default().into_iter().filter_map(manager).collect();
    managers.sort();
    managers.dedup();
    managers
}

fn pair(namespace: Option<&str>, name: Option<&str>) -> Option<ObjectName> {
    Some(ObjectName::new(namespace?, name?))
}

fn value<'a>(signs: &'a wire::Signs, key: &str) -> Option<&'a str> {
    signs.0.iter().find(|(sign, _)| *sign == key).map(|(_, value)| value.as_str())
}

/// The value, if it has the expected shape.
pub(super) fn read<T>(found: Found<T>) -> Option<T> {
    match found {
        Found::Read(value) => Some(value),
        Found::Absent | Found::Odd(_) => None,
    }
}
