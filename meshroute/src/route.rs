//! The model of a route: what a mesh is asked to do, with every default filled in and marked as
//! such.

mod filter;
mod signs;

pub use filter::{
    Filter, FilterKind, HeaderChanges, Mirror, PathChange, Redirect, Reference, Rewrite,
};
pub use signs::{Applied, Signs};

use std::ops::Deref;

use jiff::Timestamp;

use crate::name::{ObjectName, RouteId};

/// A value, and whether somebody wrote it or a default filled it in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Field<T> {
    /// The value.
    pub value: T,
    /// Whether it stands in the object.
    pub written: bool,
}

impl<T> Field<T> {
    /// The written value, or the default.
    pub fn or_default(written: Option<T>, default: impl Into<T>) -> Self {
        match written {
            Some(value) => Self { value, written: true },
            None => Self { value: default.into(), written: false },
        }
    }
}

impl<T> Deref for Field<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// An HTTPRoute or GRPCRoute.
#[derive(Debug, Clone)]
pub struct Route {
    /// Kind, namespace and name.
    pub id: RouteId,
    /// When the API server stored it; unknown in a file that was never applied.
    pub created: Option<Timestamp>,
    /// The objects it attaches to.
    pub parents: Vec<Parent>,
    /// Hostnames; GEP-1294 tells meshes not to look at them, and Linkerd does.
    pub hostnames: Vec<String>,
    /// The rules: the API's default rule is explicit here. A GRPCRoute may have none.
    pub rules: Vec<Rule>,
    /// Whether any of them stands in the object.
    pub has_rules: bool,
    /// Whether it wants to be attached to default Gateways (GEP-3793).
    pub has_default_gateways: bool,
    /// What controllers say of it.
    pub statuses: Vec<ParentStatus>,
    /// What it says of the tools that write it; none where it says nothing.
    pub signs: Option<Box<Signs>>,
}

/// One of the objects a route attaches to.
#[derive(Debug, Clone, Default)]
pub struct Parent {
    /// API group; `gateway.networking.k8s.io` unless written.
    pub group: Field<String>,
    /// Kind; `Gateway` unless written.
    pub kind: Field<String>,
    /// The object; in the route's own namespace unless written.
    pub name: ObjectName,
    /// The port of the Service that the route is for; all ports if absent.
    pub port: Option<u16>,
    /// The name of the port, or of the listener.
    pub section: Option<String>,
}

/// One rule of a route.
#[derive(Debug, Clone, Default)]
pub struct Rule {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// The matches, at least one; any of them may hold.
    pub matches: Vec<Match>,
    /// Whether the API has matches there: it fills them in for an HTTPRoute, and leaves a GRPCRoute
    /// without.
    pub has_matches: bool,
    /// Filters of the whole rule.
    pub filters: Vec<Filter>,
    /// Where requests go.
    pub backends: Vec<Backend>,
    /// Timeouts, as written.
    pub timeouts: Timeouts,
    /// What is done with a failed request.
    pub retry: Option<Box<Retry>>,
    /// Whether sessions stay with a backend.
    pub has_session_persistence: bool,
}

/// `retry` of a rule.
#[derive(Debug, Clone, Default)]
pub struct Retry {
    /// How often a failed request is tried again.
    pub attempts: Option<i64>,
    /// How long to wait before that: a GEP-2257 duration, as written.
    pub backoff: Option<String>,
    /// The answers that count as failed.
    pub codes: Vec<i64>,
}

/// `timeouts`: GEP-2257 durations, as written.
#[derive(Debug, Clone, Default)]
pub struct Timeouts {
    /// For the whole request.
    pub request: Option<String>,
    /// For one try.
    pub backend_request: Option<String>,
}

/// One match: all of its conditions hold together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Match {
    /// The path; `PathPrefix /` unless written.
    pub path: PathMatch,
    /// The HTTP method.
    pub method: Option<String>,
    /// The method of a GRPCRoute's match, which is also in `path`.
    pub grpc: Option<Box<GrpcMatch>>,
    /// Header conditions.
    pub headers: Vec<ValueMatch>,
    /// Query parameter conditions.
    pub query: Vec<ValueMatch>,
}

/// A condition on the path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PathMatch {
    /// The whole path, to the letter.
    Exact(String),
    /// The path or a path below it, element by element; without a trailing `/`, except for `/`
    /// itself.
    Prefix(String),
    /// A regular expression that takes the whole path.
    Regex(String),
    /// A type that we do not know.
    Unknown {
        /// The type.
        kind: String,
        /// The value.
        value: String,
    },
}

impl PathMatch {
    /// The path that every request has.
    pub fn any() -> Self {
        Self::Prefix("/".into())
    }

    /// Whether every request has it.
    pub fn takes_any(&self) -> bool {
        matches!(self, Self::Prefix(prefix) if prefix == "/")
    }

    /// The type, as it is written in a manifest.
    pub fn kind(&self) -> &str {
        match self {
            Self::Exact(_) => "Exact",
            Self::Prefix(_) => "PathPrefix",
            Self::Regex(_) => "RegularExpression",
            Self::Unknown { kind, .. } => kind,
        }
    }

    /// The value.
    pub fn value(&self) -> &str {
        match self {
            Self::Exact(value)
            | Self::Prefix(value)
            | Self::Regex(value)
            | Self::Unknown { value, .. } => value,
        }
    }
}

/// Service and method of a GRPCRoute's match.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GrpcMatch {
    /// Exact or RegularExpression.
    pub kind: ValueKind,
    /// The gRPC service.
    pub service: Option<String>,
    /// The gRPC method.
    pub method: Option<String>,
}

/// How a value is compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// To the letter.
    Exact,
    /// As a regular expression that takes the whole value.
    Regex,
    /// A type that we do not know.
    Unknown(String),
}

impl ValueKind {
    /// The type, as it is written in a manifest.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Exact => "Exact",
            Self::Regex => "RegularExpression",
            Self::Unknown(kind) => kind,
        }
    }
}

/// A condition on a header or a query parameter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ValueMatch {
    /// How the value is compared.
    pub kind: ValueKind,
    /// The name; case does not matter for headers.
    pub name: String,
    /// The value.
    pub value: String,
}

/// One backend of a rule.
#[derive(Debug, Clone)]
pub struct Backend {
    /// API group; the core group unless written.
    pub group: Field<String>,
    /// Kind; `Service` unless written.
    pub kind: Field<String>,
    /// The namespace, if it is written: meshes differ in what its absence means.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
    /// The port of the Service.
    pub port: Option<u16>,
    /// The weight; 1 unless written.
    pub weight: Field<u32>,
    /// Filters for requests to this backend only.
    pub filters: Vec<Filter>,
}

/// What a controller says of a route and one of its parents.
#[derive(Debug, Clone)]
pub struct ParentStatus {
    /// Who says it.
    pub controller: String,
    /// The parent it is about, by name; controllers spell the group differently.
    pub parent: ObjectName,
    /// Whether the parent took the route, if the controller says so.
    pub accepted: Option<bool>,
}
