//! Meshes are data: what each of them does where the specification leaves room, or where it does
//! something else.
//!
//! A [`Profile`] is one value of closed enums. Adding a mesh is adding a constant to
//! `profile/table.rs`; each field is matched in one function of `split`. A [`Fact`] carries how we
//! know it, so that an answer that rests on an assumption can say so.

mod table;

use std::{fmt, str::FromStr};

use crate::{cluster::OverrideKind, dialect::Engine, name::RouteKind, route::FilterKind};

/// The meshes, and the specification taken by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mesh {
    /// Gateway API and GEP-1294, as they are written.
    Spec,
    /// Istio with sidecars.
    Istio,
    /// Istio in ambient mode: waypoints.
    IstioAmbient,
    /// Linkerd.
    Linkerd,
    /// Cilium.
    Cilium,
    /// Kuma.
    Kuma,
    /// kgateway as a waypoint.
    Kgateway,
}

impl Mesh {
    /// All of them, the specification first.
    pub const ALL: [Self; 7] = [
        Self::Spec,
        Self::Istio,
        Self::IstioAmbient,
        Self::Linkerd,
        Self::Cilium,
        Self::Kuma,
        Self::Kgateway,
    ];

    /// The name on the command line and in output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Spec => "spec",
            Self::Istio => "istio",
            Self::IstioAmbient => "istio-ambient",
            Self::Linkerd => "linkerd",
            Self::Cilium => "cilium",
            Self::Kuma => "kuma",
            Self::Kgateway => "kgateway",
        }
    }

    /// What it is called within a sentence.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Spec => "the specification",
            mesh => mesh.name(),
        }
    }

    /// What it does.
    pub fn profile(self) -> &'static Profile {
        match self {
            Self::Spec => &table::SPEC,
            Self::Istio => &table::ISTIO,
            Self::IstioAmbient => &table::ISTIO_AMBIENT,
            Self::Linkerd => &table::LINKERD,
            Self::Cilium => &table::CILIUM,
            Self::Kuma => &table::KUMA,
            Self::Kgateway => &table::KGATEWAY,
        }
    }
}

impl fmt::Display for Mesh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no mesh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownMesh(String);

impl fmt::Display for UnknownMesh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Mesh::ALL.map(Mesh::name).join(", ");
        write!(f, "unknown mesh {:?}: one of {names}", self.0)
    }
}

impl std::error::Error for UnknownMesh {}

impl FromStr for Mesh {
    type Err = UnknownMesh;
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|mesh| mesh.name() == name)
            .ok_or_else(|| UnknownMesh(name.into()))
    }
}

/// How we know something about a mesh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// Asked of the mesh's own control plane, or text of the specification for [`Mesh::Spec`].
    Ran,
    /// Read in its source or documentation.
    Read,
    /// Neither: what Envoy, or most meshes, would do.
    Assumed,
}

/// Something about a mesh, and how we know it.
#[derive(Debug, Clone, Copy)]
pub struct Fact<T> {
    /// What it does.
    pub value: T,
    /// How we know.
    pub evidence: Evidence,
}

/// All that we know about a mesh.
#[derive(Debug)]
pub struct Profile {
    /// Which mesh.
    pub mesh: Mesh,
    /// The version that was looked at.
    pub version: &'static str,
    /// `controllerName` in the status of its routes.
    pub controllers: &'static [&'static str],
    /// Which kinds of route it reads.
    pub reads: Fact<&'static [RouteKind]>,
    /// How a parentRef names a Service.
    pub parent_ref: Fact<Spelling>,
    /// What `port` of a parentRef does.
    pub parent_port: Fact<Selector>,
    /// What `sectionName` of a parentRef does.
    pub section_name: Fact<Selector>,
    /// Which Services can be parents.
    pub parents: Fact<Parents>,
    /// Which ports carry HTTP, so that routes have an effect there.
    pub protocol: Fact<Protocol>,
    /// What has to stand before a Service.
    pub waypoint: Fact<Waypoint>,
    /// Its own objects that take a Service over.
    pub overridden_by: Fact<Option<OverrideKind>>,
    /// Routes of other namespaces than the Service's.
    pub consumers: Fact<Consumers>,
    /// Routes with a port beside routes without.
    pub ports: Fact<Ports>,
    /// HTTPRoutes beside GRPCRoutes.
    pub kinds: Fact<Kinds>,
    /// In which order matches are tried; empty where routes come in no order at all.
    pub order: Fact<&'static [Key]>,
    /// The same for a set of GRPCRoutes alone.
    pub grpc_order: Fact<&'static [Key]>,
    /// What compiles its regular expressions; several where it is left open.
    pub engines: Fact<&'static [Engine]>,
    /// Two conditions on one header.
    pub repeated_header: Fact<Repeated>,
    /// Hostnames of a route.
    pub hostnames: Fact<Hostnames>,
    /// Rules with equal matches in a consumer's and a producer's route.
    pub equal_rules: Fact<EqualRules>,
    /// How a backendRef names a Service.
    pub backend_ref: Fact<Spelling>,
    /// Group and kind of what else a backend can be.
    pub backend_kinds: Fact<&'static [(&'static str, &'static str)]>,
    /// The namespace of a backend that names none.
    pub backend_namespace: Fact<BackendNamespace>,
    /// Filters of rules.
    pub rule_filters: Fact<Filters>,
    /// Filters of backends.
    pub backend_filters: Fact<Filters>,
    /// Filters of backends that are described and still left open, so that none can rely on them.
    pub open_backend_filters: Fact<&'static [FilterKind]>,
    /// A backend port that its Service lacks.
    pub wrong_port: Fact<WrongPort>,
    /// A backend without an address of the cluster.
    pub headless_backend: Fact<OddBackend>,
    /// An ExternalName backend.
    pub external_backend: Fact<OddBackend>,
    /// A backend in another namespace without a ReferenceGrant.
    pub ungranted: Fact<Ungranted>,
    /// A backend without a ready endpoint.
    pub unready: Fact<Unready>,
    /// A single backend of weight 0.
    pub lone_zero: Fact<Zero>,
    /// Several backends, all of weight 0.
    pub all_zero: Fact<Zero>,
    /// A rule without backends.
    pub empty: Fact<Nobody>,
    /// A request that no rule takes, where routes apply.
    pub unmatched: Fact<Nobody>,
}

/// Which group and kind name a Service.
#[derive(Debug, Clone, Copy)]
pub struct Spelling {
    /// The groups.
    pub groups: &'static [&'static str],
    /// Whether `service` is as good as `Service`.
    pub any_case: bool,
}

impl Spelling {
    /// Whether the kind names a Service, in a group that may be wrong.
    pub fn is_kind(&self, kind: &str) -> bool {
        kind == "Service" || (self.any_case && kind.eq_ignore_ascii_case("Service"))
    }

    /// Whether group and kind name a Service.
    pub fn is_service(&self, group: &str, kind: &str) -> bool {
        self.groups.contains(&group) && self.is_kind(kind)
    }
}

/// What a narrowing field of a parentRef does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selector {
    /// It narrows the route to a port.
    Honoured,
    /// It is passed over: the route is for all ports.
    Ignored,
}

/// Which Services can be parents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parents {
    /// All.
    All,
    /// Those with an address of the cluster: neither headless nor ExternalName.
    WithClusterIp,
    /// `type: ClusterIP` with an address only.
    ClusterIpOnly,
}

/// Which ports carry HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Every TCP port.
    Tcp,
    /// Istio's selection: `appProtocol`, else the prefix of the port's name, else detection.
    Istio,
    /// As Istio's, without detection: the name or `appProtocol` must say HTTP.
    Declared,
    /// Linkerd's: not opaque, by `appProtocol`, annotation or default.
    Linkerd,
    /// `appProtocol: http` and its kin, nothing else.
    AppProtocol,
    /// As that, except for a port that the parentRef names.
    AppProtocolOrPort,
}

/// What has to stand before a Service for routes to apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waypoint {
    /// Nothing: the client's proxy applies routes.
    None,
    /// A waypoint of Istio, whose listener lets the Service's namespace in.
    Istio,
    /// A waypoint of kgateway.
    Kgateway,
}

/// What routes of other namespaces than the Service's do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consumers {
    /// They replace the producer's for clients of their namespace.
    Replace,
    /// They join the producer's for clients of their namespace.
    Merge,
    /// Nothing.
    Reject,
    /// Nothing, except those of the waypoint's namespace, which apply to everyone.
    WaypointNamespace,
    /// They apply to everyone.
    AllNamespaces,
}

/// What becomes of routes with a port beside routes without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ports {
    /// They merge.
    Union,
    /// The group with the oldest route wins whole.
    OldestGroup,
    /// The groups are tried one after the other, the one with the oldest route first.
    Concatenated,
}

/// What becomes of HTTPRoutes beside GRPCRoutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kinds {
    /// GRPCRoutes alone apply.
    GrpcOnly,
    /// They merge.
    Merged,
    /// An HTTPRoute with the parentRef of a GRPCRoute conflicts for everyone; GRPCRoutes win the
    /// port otherwise.
    PerParent,
}

/// A criterion of the order in which matches are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A matching hostname before none, a longer one first.
    HostnameMatch,
    /// Exact, then PathPrefix, then RegularExpression.
    PathClass,
    /// The longer value first.
    PathLength,
    /// As by class and length, of the path that Istio makes of a match: a GRPCRoute's match without
    /// a method has none and goes last, before rules without any match; one of a service alone is a
    /// prefix with a slash at its end.
    IstioUri,
    /// The longer match first: a prefix counts with its own length, everything else as the whole
    /// path of the request.
    MatchedLength,
    /// With a method first.
    Method,
    /// More header conditions first.
    Headers,
    /// More query parameter conditions first.
    Query,
    /// The longer gRPC service first.
    GrpcService,
    /// The longer gRPC method first.
    GrpcMethod,
    /// Consumers before producers.
    Consumer,
    /// The older route first.
    Age,
    /// By namespace.
    Namespace,
    /// By name.
    Name,
    /// By the name that Kuma gives the MeshHTTPRoute it makes of a route.
    MeshHttpRouteName,
    /// By the place in the route.
    Rule,
}

/// What two conditions on one header mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeated {
    /// The first counts.
    First,
    /// Both must hold.
    All,
}

/// What hostnames of a route do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hostnames {
    /// Nothing.
    Ignored,
    /// The route applies only where one of them is dialled.
    Matched,
}

/// What rules with equal lists of matches do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EqualRules {
    /// The first in the order takes the requests.
    First,
    /// The first does, and takes over what it lacks from the next.
    Inherit,
}

/// Where a backend is that names no namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackendNamespace {
    /// In the route's.
    Route,
    /// In the Service's that the route is for.
    Parent,
}

/// Which filters work, and what the others do.
#[derive(Debug, Clone, Copy)]
pub struct Filters {
    /// Those that work.
    pub works: &'static [FilterKind],
    /// What any other does.
    pub otherwise: Unsupported,
}

/// What a filter does that does not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsupported {
    /// The whole route is left out.
    DropsRoute,
    /// The rule, or the backend, answers 500.
    Fails,
    /// Nothing.
    Ignored,
}

/// What a backend port does that its Service lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrongPort {
    /// Its share gets 500.
    Fails,
    /// It is passed on unchecked.
    Unchecked,
}

/// What a backend does that is no ordinary Service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OddBackend {
    /// What an ordinary one does.
    Works,
    /// Its share gets 500.
    Fails,
    /// An alias of a Service of the cluster is that Service; any other alias gets 500.
    Alias,
}

/// What a backend in another namespace does without a ReferenceGrant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ungranted {
    /// What it does with one.
    Works,
    /// Its share gets 500.
    Fails,
    /// It is dropped; the others take its share.
    Dropped,
}

/// What becomes of the share of a backend without a ready endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unready {
    /// It is answered 503.
    Lost,
    /// The others take it; 504 where there are none.
    Redistributed,
}

/// What a rule does whose weights are all 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zero {
    /// It answers 500.
    Fails,
    /// The weight is passed over.
    Everything,
    /// Nobody says.
    Undefined,
}

/// What happens where no backend is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nobody {
    /// This status is answered.
    Answers(u16),
    /// The Service itself gets the request.
    Service,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mesh_is_found_by_its_name_and_has_its_own_profile() {
        for mesh in Mesh::ALL {
            assert_eq!(mesh.name().parse(), Ok(mesh));
            assert_eq!(mesh.profile().mesh, mesh);
        }
        assert!("Istio".parse::<Mesh>().unwrap_err().to_string().contains("one of spec, istio"));
    }
}
