//! The kinds of object that decide something about splits, or about who writes them.

mod resource;

pub use resource::{Resource, escape};

use crate::name::{GATEWAY_GROUP, RouteKind};

/// The group of Argo CD and of Argo Rollouts.
pub const ARGO_GROUP: &str = "argoproj.io";
/// The group of Flagger.
pub const FLAGGER_GROUP: &str = "flagger.app";

/// The kinds of object that decide something about splits, or about who writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A route.
    Route(RouteKind),
    /// ReferenceGrant.
    ReferenceGrant,
    /// Gateway.
    Gateway,
    /// Service.
    Service,
    /// Namespace.
    Namespace,
    /// EndpointSlice.
    EndpointSlice,
    /// Istio's VirtualService.
    VirtualService,
    /// Linkerd's ServiceProfile.
    ServiceProfile,
    /// CustomResourceDefinition.
    Crd,
    /// Argo CD's Application.
    Application,
    /// Argo Rollouts' Rollout.
    Rollout,
    /// Flux's Kustomization.
    Kustomization,
    /// Flux's HelmRelease.
    HelmRelease,
    /// Flagger's Canary.
    Canary,
}

impl Kind {
    /// The kind that `apiVersion` and `kind` of an object name; none if it decides nothing here.
    pub fn of(api_version: &str, kind: &str) -> Option<Self> {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        if let Some(kind) = RouteKind::of(group, kind) {
            return Some(Self::Route(kind));
        }
        Some(match (group, kind) {
            (GATEWAY_GROUP, "ReferenceGrant") => Self::ReferenceGrant,
            (GATEWAY_GROUP, "Gateway") => Self::Gateway,
            ("", "Service") => Self::Service,
            ("", "Namespace") => Self::Namespace,
            ("discovery.k8s.io", "EndpointSlice") => Self::EndpointSlice,
            ("networking.istio.io", "VirtualService") => Self::VirtualService,
            ("linkerd.io", "ServiceProfile") => Self::ServiceProfile,
            ("apiextensions.k8s.io", "CustomResourceDefinition") => Self::Crd,
            (ARGO_GROUP, "Application") => Self::Application,
            (ARGO_GROUP, "Rollout") => Self::Rollout,
            ("kustomize.toolkit.fluxcd.io", "Kustomization") => Self::Kustomization,
            ("helm.toolkit.fluxcd.io", "HelmRelease") => Self::HelmRelease,
            (FLAGGER_GROUP, "Canary") => Self::Canary,
            _ => return None,
        })
    }

    /// The kind as it is written in a manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Route(kind) => kind.kind(),
            Self::ReferenceGrant => "ReferenceGrant",
            Self::Gateway => "Gateway",
            Self::Service => "Service",
            Self::Namespace => "Namespace",
            Self::EndpointSlice => "EndpointSlice",
            Self::VirtualService => "VirtualService",
            Self::ServiceProfile => "ServiceProfile",
            Self::Crd => "CustomResourceDefinition",
            Self::Application => "Application",
            Self::Rollout => "Rollout",
            Self::Kustomization => "Kustomization",
            Self::HelmRelease => "HelmRelease",
            Self::Canary => "Canary",
        }
    }
}
