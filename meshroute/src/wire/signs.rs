//! What the metadata of a route says of the tools that write it.

use serde::de::MapAccess;

use super::{
    Any, Found, Key, List,
    found::{self, Shape, wire},
};

/// The labels and annotations that tools leave on what they write, and our own.
pub const SIGNS: [&str; 19] = [
    ROLLOUT,
    TRACKING_ID,
    INSTANCE,
    KUSTOMIZATION_NAME,
    KUSTOMIZATION_NAMESPACE,
    KUSTOMIZATION_RECONCILE,
    KUSTOMIZATION_SSA,
    HELM_RELEASE_NAME,
    HELM_RELEASE_NAMESPACE,
    HELM_RELEASE_DRIFT,
    RELEASE_NAME,
    RELEASE_NAMESPACE,
    WEIGHTS,
    IGNORE,
    LAST_APPLIED,
    LINKERD_RETRIES[0],
    LINKERD_RETRIES[1],
    LINKERD_RETRIES[2],
    LINKERD_RETRIES[3],
];

/// Argo Rollouts, while a canary is under way (rollouts-plugin-trafficrouter-gatewayapi,
/// `internal/defaults/defaults.go`).
pub const ROLLOUT: &str = "rollouts.argoproj.io/gatewayapi-canary";
/// Argo CD (`common/common.go`, `AnnotationKeyAppInstance`).
pub const TRACKING_ID: &str = "argocd.argoproj.io/tracking-id";
/// Argo CD (`common/common.go`, `LabelKeyAppInstance`), and many a Helm chart.
pub const INSTANCE: &str = "app.kubernetes.io/instance";
/// Flux (kustomize-controller; fluxcd/pkg, `ssa/manager.go`, `SetOwnerLabels`).
pub const KUSTOMIZATION_NAME: &str = "kustomize.toolkit.fluxcd.io/name";
/// The namespace beside it.
pub const KUSTOMIZATION_NAMESPACE: &str = "kustomize.toolkit.fluxcd.io/namespace";
/// Says that a Kustomization leaves the object alone.
pub const KUSTOMIZATION_RECONCILE: &str = "kustomize.toolkit.fluxcd.io/reconcile";
/// Says how a Kustomization applies the object.
pub const KUSTOMIZATION_SSA: &str = "kustomize.toolkit.fluxcd.io/ssa";
/// Flux (helm-controller, `internal/postrender/common_renderer.go`).
pub const HELM_RELEASE_NAME: &str = "helm.toolkit.fluxcd.io/name";
/// The namespace beside it.
pub const HELM_RELEASE_NAMESPACE: &str = "helm.toolkit.fluxcd.io/namespace";
/// Says that a HelmRelease does not compare the object.
pub const HELM_RELEASE_DRIFT: &str = "helm.toolkit.fluxcd.io/driftDetection";
/// Helm (`pkg/action/validate.go`, `helmReleaseNameAnnotation`).
pub const RELEASE_NAME: &str = "meta.helm.sh/release-name";
/// The namespace beside it.
pub const RELEASE_NAMESPACE: &str = "meta.helm.sh/release-namespace";
/// Ours: what the weights of a route are meant to be.
pub const WEIGHTS: &str = "meshroute.dev/weights";
/// Ours: which findings are known and accepted.
pub const IGNORE: &str = "meshroute.dev/ignore";
/// What kubectl has applied last, before any default (client-side apply).
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Linkerd's retries (linkerd2, `policy-controller/k8s/index/src/outbound/index.rs`).
pub const LINKERD_RETRIES: [&str; 4] = [
    "retry.linkerd.io/http",
    "retry.linkerd.io/grpc",
    "retry.linkerd.io/limit",
    "retry.linkerd.io/timeout",
];

wire! {
    /// `metadata` of a route.
    open RouteMetadata {
        name "name": String,
        namespace "namespace": String,
        creation_timestamp "creationTimestamp": String,
        labels "labels": Signs,
        annotations "annotations": Signs,
        owner_references "ownerReferences": List<OwnerReference>,
        managed_fields "managedFields": List<ManagedFields>,
    }
}

wire! {
    /// One entry of `ownerReferences`.
    open OwnerReference {
        api_version "apiVersion": String,
        kind "kind": String,
        name "name": String,
    }
}

wire! {
    /// One entry of `managedFields`: who wrote which fields.
    open ManagedFields {
        manager "manager": String,
        subresource "subresource": String,
        fields "fieldsV1": Fields,
    }
}

wire! {
    /// Fields that somebody wrote.
    open Fields {
        spec "f:spec": SpecFields,
    }
}

wire! {
    /// Those of `spec`.
    open SpecFields {
        rules "f:rules": Any,
    }
}

/// Those of the labels or annotations that are in [`SIGNS`].
#[derive(Debug, Clone, Default)]
pub struct Signs(pub Vec<(&'static str, String)>);

impl<'de> Shape<'de> for Signs {
    const EXPECTED: &'static str = "an object of strings";
    fn map<A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        let mut signs = Self::default();
        while let Some(key) = map.next_key_seed(Key)? {
            let Some(sign) = SIGNS.into_iter().find(|sign| *sign == key) else {
                map.next_value::<serde::de::IgnoredAny>()?;
                continue;
            };
            let value = map.next_value::<Found<String>>()?;
            signs.0.retain(|(other, _)| *other != sign);
            if let Found::Read(value) = value {
                signs.0.push((sign, value));
            }
        }
        Ok(Some(signs))
    }
}
