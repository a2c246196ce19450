//! Where an API server serves the kinds that we read.

use crate::{
    kind::{ARGO_GROUP, FLAGGER_GROUP, Kind},
    name::{GATEWAY_GROUP, LINKERD_POLICY_GROUP, RouteKind},
};

/// How a kind is called in URLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resource {
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// The versions that hold what we read in the same fields, best first.
    pub versions: &'static [&'static str],
    /// The name of the collection.
    pub plural: &'static str,
    /// Whether objects are in namespaces.
    pub namespaced: bool,
}

impl Resource {
    /// The resource of a kind.
    pub fn of(kind: Kind) -> Self {
        let in_namespaces =
            |group, versions, plural| Self { group, versions, plural, namespaced: true };
        match kind {
            Kind::Route(RouteKind::Http) => {
                in_namespaces(GATEWAY_GROUP, &["v1", "v1beta1"], "httproutes")
            }
            Kind::Route(RouteKind::Grpc) => {
                in_namespaces(GATEWAY_GROUP, &["v1", "v1alpha2"], "grpcroutes")
            }
            Kind::Route(RouteKind::LinkerdHttp) => in_namespaces(
                LINKERD_POLICY_GROUP,
                &["v1beta3", "v1beta2", "v1beta1"],
                "httproutes",
            ),
            Kind::ReferenceGrant => {
                in_namespaces(GATEWAY_GROUP, &["v1", "v1beta1", "v1alpha2"], "referencegrants")
            }
            Kind::Gateway => in_namespaces(GATEWAY_GROUP, &["v1", "v1beta1"], "gateways"),
            Kind::Service => in_namespaces("", &["v1"], "services"),
            Kind::Namespace => {
                Self { group: "", versions: &["v1"], plural: "namespaces", namespaced: false }
            }
            Kind::EndpointSlice => in_namespaces("discovery.k8s.io", &["v1"], "endpointslices"),
            Kind::VirtualService => in_namespaces(
                "networking.istio.io",
                &["v1", "v1beta1", "v1alpha3"],
                "virtualservices",
            ),
            Kind::ServiceProfile => in_namespaces("linkerd.io", &["v1alpha2"], "serviceprofiles"),
            Kind::Application => in_namespaces(ARGO_GROUP, &["v1alpha1"], "applications"),
            Kind::Rollout => in_namespaces(ARGO_GROUP, &["v1alpha1"], "rollouts"),
            Kind::Kustomization => {
                in_namespaces("kustomize.toolkit.fluxcd.io", &["v1", "v1beta2"], "kustomizations")
            }
            Kind::HelmRelease => in_namespaces(
                "helm.toolkit.fluxcd.io",
                &["v2", "v2beta2", "v2beta1"],
                "helmreleases",
            ),
            Kind::Canary => in_namespaces(FLAGGER_GROUP, &["v1beta1"], "canaries"),
            Kind::Crd => Self {
                group: "apiextensions.k8s.io",
                versions: &["v1"],
                plural: "customresourcedefinitions",
                namespaced: false,
            },
        }
    }

    /// The path of the collection, in a namespace or everywhere.
    pub fn path(&self, version: &str, namespace: Option<&str>) -> String {
        let Self { group, versions: _, plural, namespaced: _ } = self;
        let root = if group.is_empty() {
            format!("/api/{version}")
        } else {
            format!("/apis/{group}/{version}")
        };
        match namespace {
            Some(namespace) => format!("{root}/namespaces/{}/{plural}", escape(namespace)),
            None => format!("{root}/{plural}"),
        }
    }
}

/// A text as a part of a URL, where only unreserved characters stand for themselves (RFC 3986,
/// section 2.3).
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_api_server() {
        let routes = Resource::of(Kind::Route(RouteKind::Http));
        assert_eq!(routes.path("v1", None), "/apis/gateway.networking.k8s.io/v1/httproutes");
        let services = Resource::of(Kind::Service);
        assert_eq!(services.path("v1", Some("shop")), "/api/v1/namespaces/shop/services");
        assert_eq!(
            services.path("v1", Some("a/../b?c")),
            "/api/v1/namespaces/a%2F..%2Fb%3Fc/services"
        );
    }
}
