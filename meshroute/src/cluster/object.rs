//! The objects that decide splits, but for routes.

use std::collections::BTreeMap;

use crate::{
    cluster::{Application, Canary, FluxObject, Known, Labels, Part, Rollout},
    kind::Kind,
    name::ObjectName,
    route::Route,
};

/// An object that was read, ready for the view.
#[derive(Debug, Clone)]
pub enum Object {
    /// A route.
    Route(Route),
    /// A Service.
    Service(Service),
    /// Some of the endpoints of a Service.
    EndpointSlice(EndpointSlice),
    /// A permission to refer across namespaces.
    ReferenceGrant(ReferenceGrant),
    /// A namespace.
    Namespace(Namespace),
    /// A Gateway.
    Gateway(Gateway),
    /// A mesh's own object that takes a Service over.
    Override(Override),
    /// That a kind of this API group is installed.
    Crd {
        /// The group.
        group: String,
        /// What the definition says of the Gateway API, where it is that of HTTPRoute.
        gateway_api: Option<GatewayApi>,
    },
    /// Argo CD's Application.
    Application(Application),
    /// Argo Rollouts' Rollout.
    Rollout(Rollout),
    /// Flux's Kustomization.
    Kustomization(FluxObject),
    /// Flux's HelmRelease.
    HelmRelease(FluxObject),
    /// Flagger's Canary.
    Canary(Canary),
}

impl Object {
    /// Its name; of a definition, its group.
    pub fn name(&self) -> ObjectName {
        match self {
            Self::Route(route) => route.id.name.clone(),
            Self::Service(service) => service.name.clone(),
            Self::EndpointSlice(slice) => slice.name.clone(),
            Self::ReferenceGrant(grant) => grant.name.clone(),
            Self::Namespace(namespace) => ObjectName::new("", &namespace.name),
            Self::Gateway(gateway) => gateway.name.clone(),
            Self::Override(other) => other.name.clone(),
            Self::Crd { group, .. } => ObjectName::new("", group),
            Self::Application(application) => application.name.clone(),
            Self::Rollout(rollout) => rollout.name.clone(),
            Self::Kustomization(object) | Self::HelmRelease(object) => object.name.clone(),
            Self::Canary(canary) => canary.name.clone(),
        }
    }
}

/// A Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: ObjectName,
    /// Labels.
    pub labels: Labels,
    /// Annotations, but for what kubectl remembers of the whole object.
    pub annotations: Labels,
    /// What kind of Service it is.
    pub kind: ServiceKind,
    /// The labels of the Pods that serve it; none where somebody else writes its endpoints.
    pub selector: Labels,
    /// Its ports.
    pub ports: Vec<ServicePort>,
}

/// The kinds of Service that meshes treat differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceKind {
    /// With an address of the cluster.
    ClusterIp,
    /// `clusterIP: None`.
    Headless,
    /// NodePort or LoadBalancer: has an address of the cluster as well.
    Exposed,
    /// An alias of this DNS name.
    ExternalName(String),
}

/// A port of a Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicePort {
    /// Its name; empty where the only port has none.
    pub name: String,
    /// The number that clients dial.
    pub port: u16,
    /// TCP, UDP or SCTP.
    pub protocol: String,
    /// The protocol on top, if it is said.
    pub app_protocol: Option<String>,
    /// The port of the Pods, as a number or a name, if it is said.
    pub target: Option<String>,
}

/// A part of the endpoints of a Service.
#[derive(Debug, Clone)]
pub struct EndpointSlice {
    /// Its name.
    pub name: ObjectName,
    /// The Service.
    pub service: ObjectName,
    /// IPv4, IPv6 or FQDN.
    pub address_type: String,
    /// The names of its ports.
    pub ports: Vec<String>,
    /// First address, and readiness, of each endpoint.
    pub endpoints: Vec<(String, bool)>,
}

/// A ReferenceGrant.
#[derive(Debug, Clone)]
pub struct ReferenceGrant {
    /// Its name; its namespace is the one that may be referred to.
    pub name: ObjectName,
    /// Group, kind and namespace of those who may refer.
    pub from: Vec<(String, String, String)>,
    /// Group, kind and, unless all are meant, the name of what may be referred to.
    pub to: Vec<(String, String, Option<String>)>,
}

/// A Namespace.
#[derive(Debug, Clone)]
pub struct Namespace {
    /// Its name.
    pub name: String,
    /// Labels.
    pub labels: Labels,
    /// Annotations, but for what kubectl remembers of the whole object.
    pub annotations: Labels,
}

/// A Gateway, which may be a waypoint.
#[derive(Debug, Clone)]
pub struct Gateway {
    /// Its name.
    pub name: ObjectName,
    /// Its class.
    pub class: String,
    /// Labels.
    pub labels: Labels,
    /// From where each listener takes routes.
    pub listeners: Vec<AllowedRoutes>,
    /// Whether it is up; unknown without a status.
    pub ready: Known<bool>,
}

/// From which namespaces a listener takes routes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedRoutes {
    /// From the Gateway's own.
    Same,
    /// From all.
    All,
    /// From none.
    None,
    /// From those with these labels.
    Labelled(BTreeMap<String, String>),
    /// From those that a selector names that we do not read.
    Unread,
}

/// Which release of the Gateway API is installed, as the definition of HTTPRoute says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GatewayApi {
    /// `gateway.networking.k8s.io/bundle-version`.
    pub version: Option<String>,
    /// `gateway.networking.k8s.io/channel`.
    pub channel: Option<String>,
}

impl GatewayApi {
    /// The definition that says so.
    pub const DEFINITION: &str = "httproutes.gateway.networking.k8s.io";

    /// The part of a cluster that tells it.
    pub fn part() -> Part {
        Part::object(Kind::Crd, &ObjectName::new("", Self::DEFINITION))
    }
}

/// A mesh's own object that takes a Service over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Override {
    /// Which kind.
    pub kind: OverrideKind,
    /// Its name.
    pub name: ObjectName,
    /// The hosts that it is about, fully qualified.
    pub hosts: Vec<String>,
}

/// The kinds of [`Override`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OverrideKind {
    /// Istio's VirtualService.
    VirtualService,
    /// Linkerd's ServiceProfile.
    ServiceProfile,
}

impl OverrideKind {
    /// The kind as it is written in a manifest.
    pub fn kind(self) -> &'static str {
        match self {
            Self::VirtualService => "VirtualService",
            Self::ServiceProfile => "ServiceProfile",
        }
    }
}
