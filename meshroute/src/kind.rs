//! The kinds of object that decide something about splits.

use crate::name::{GATEWAY_GROUP, LINKERD_POLICY_GROUP, RouteKind};

/// The kinds of object that decide something about splits.
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
}

impl Kind {
    /// The kind that `apiVersion` and `kind` of an object name; none if it decides nothing here.
    pub fn of(api_version: &str, kind: &str) -> Option<Self> {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        Some(match (group, kind) {
            (GATEWAY_GROUP, "HTTPRoute") => Self::Route(RouteKind::Http),
            (GATEWAY_GROUP, "GRPCRoute") => Self::Route(RouteKind::Grpc),
            (LINKERD_POLICY_GROUP, "HTTPRoute") => Self::Route(RouteKind::LinkerdHttp),
            (GATEWAY_GROUP, "ReferenceGrant") => Self::ReferenceGrant,
            (GATEWAY_GROUP, "Gateway") => Self::Gateway,
            ("", "Service") => Self::Service,
            ("", "Namespace") => Self::Namespace,
            ("discovery.k8s.io", "EndpointSlice") => Self::EndpointSlice,
            ("networking.istio.io", "VirtualService") => Self::VirtualService,
            ("linkerd.io", "ServiceProfile") => Self::ServiceProfile,
            ("apiextensions.k8s.io", "CustomResourceDefinition") => Self::Crd,
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
        }
    }
}
