//! How objects are named: a namespace and a name, and which kind of route they are.

use std::fmt;

/// Namespace and name of an object; written `namespace/name`, as kubectl prints it.
///
/// ```
/// use meshroute::name::ObjectName;
/// assert_eq!(ObjectName::new("shop", "reviews").to_string(), "shop/reviews");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName {
    /// The namespace; empty for objects of the cluster.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl ObjectName {
    /// Makes a name of its two parts.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        f.write_str(&self.name)
    }
}

/// The kinds of route that can attach to a Service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RouteKind {
    /// `gateway.networking.k8s.io` HTTPRoute.
    Http,
    /// `gateway.networking.k8s.io` GRPCRoute.
    Grpc,
    /// `policy.linkerd.io` HTTPRoute, which only Linkerd reads.
    LinkerdHttp,
}

impl RouteKind {
    /// The kind of this group and name; none if it is no route.
    pub fn of(group: &str, kind: &str) -> Option<Self> {
        Some(match (group, kind) {
            (GATEWAY_GROUP, "HTTPRoute") => Self::Http,
            (GATEWAY_GROUP, "GRPCRoute") => Self::Grpc,
            (LINKERD_POLICY_GROUP, "HTTPRoute") => Self::LinkerdHttp,
            _ => return None,
        })
    }

    /// The API group.
    pub fn group(self) -> &'static str {
        match self {
            Self::Http | Self::Grpc => GATEWAY_GROUP,
            Self::LinkerdHttp => LINKERD_POLICY_GROUP,
        }
    }

    /// The kind as it is written in a manifest.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Http | Self::LinkerdHttp => "HTTPRoute",
            Self::Grpc => "GRPCRoute",
        }
    }
}

impl fmt::Display for RouteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http | Self::Grpc => f.write_str(self.kind()),
            Self::LinkerdHttp => write!(f, "{}.{}", self.kind(), self.group()),
        }
    }
}

/// Which route: its kind and its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouteId {
    /// Namespace and name.
    pub name: ObjectName,
    /// The kind.
    pub kind: RouteKind,
}

impl fmt::Display for RouteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

/// The group of Gateway API.
pub const GATEWAY_GROUP: &str = "gateway.networking.k8s.io";
/// The group of Linkerd's own routes and servers.
pub const LINKERD_POLICY_GROUP: &str = "policy.linkerd.io";
