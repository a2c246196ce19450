//! What a filter does to requests.

use crate::route::Field;

/// A filter.
#[derive(Debug, Clone)]
pub enum Filter {
    /// Changes headers of the request.
    RequestHeaderModifier(HeaderChanges),
    /// Changes headers of the response.
    ResponseHeaderModifier(HeaderChanges),
    /// Sends a copy elsewhere.
    RequestMirror(Box<Mirror>),
    /// Answers with a redirect.
    RequestRedirect(Box<Redirect>),
    /// Changes host or path.
    UrlRewrite(Rewrite),
    /// Answers cross-origin questions.
    Cors,
    /// Something of an implementation's own.
    ExtensionRef,
    /// Asks somebody whether the request may pass.
    ExternalAuth,
    /// A type that we do not know.
    Unknown(String),
}

impl Filter {
    /// What it is.
    pub fn kind(&self) -> FilterKind {
        match self {
            Self::RequestHeaderModifier(_) => FilterKind::RequestHeaderModifier,
            Self::ResponseHeaderModifier(_) => FilterKind::ResponseHeaderModifier,
            Self::RequestMirror(_) => FilterKind::RequestMirror,
            Self::RequestRedirect(_) => FilterKind::RequestRedirect,
            Self::UrlRewrite(_) => FilterKind::UrlRewrite,
            Self::Cors => FilterKind::Cors,
            Self::ExtensionRef => FilterKind::ExtensionRef,
            Self::ExternalAuth => FilterKind::ExternalAuth,
            Self::Unknown(_) => FilterKind::Unknown,
        }
    }

    /// The type, as it is written in a manifest.
    pub fn type_name(&self) -> &str {
        match self {
            Self::Unknown(kind) => kind,
            Self::RequestHeaderModifier(_)
            | Self::ResponseHeaderModifier(_)
            | Self::RequestMirror(_)
            | Self::RequestRedirect(_)
            | Self::UrlRewrite(_)
            | Self::Cors
            | Self::ExtensionRef
            | Self::ExternalAuth => self.kind().name(),
        }
    }
}

/// The types of filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FilterKind {
    /// [`Filter::RequestHeaderModifier`].
    RequestHeaderModifier,
    /// [`Filter::ResponseHeaderModifier`].
    ResponseHeaderModifier,
    /// [`Filter::RequestMirror`].
    RequestMirror,
    /// [`Filter::RequestRedirect`].
    RequestRedirect,
    /// [`Filter::UrlRewrite`].
    UrlRewrite,
    /// [`Filter::Cors`].
    Cors,
    /// [`Filter::ExtensionRef`].
    ExtensionRef,
    /// [`Filter::ExternalAuth`].
    ExternalAuth,
    /// [`Filter::Unknown`].
    Unknown,
}

impl FilterKind {
    /// The type, as it is written in a manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::RequestHeaderModifier => "RequestHeaderModifier",
            Self::ResponseHeaderModifier => "ResponseHeaderModifier",
            Self::RequestMirror => "RequestMirror",
            Self::RequestRedirect => "RequestRedirect",
            Self::UrlRewrite => "URLRewrite",
            Self::Cors => "CORS",
            Self::ExtensionRef => "ExtensionRef",
            Self::ExternalAuth => "ExternalAuth",
            Self::Unknown => "unknown",
        }
    }
}

/// Changes of headers.
#[derive(Debug, Clone, Default)]
pub struct HeaderChanges {
    /// Name and value of those that get a value, whatever they had.
    pub set: Vec<(String, String)>,
    /// Name and value of those that get one more.
    pub add: Vec<(String, String)>,
    /// Names of those that go.
    pub remove: Vec<String>,
}

/// Where copies of requests go, and of how many.
#[derive(Debug, Clone)]
pub struct Mirror {
    /// Where they go.
    pub backend: Reference,
    /// Of a hundred requests, how many; all unless this or a fraction is written.
    pub percent: Option<i64>,
    /// Numerator and denominator; of a hundred unless the denominator is written.
    pub fraction: Option<(i64, i64)>,
}

/// The object that a mirror names.
#[derive(Debug, Clone)]
pub struct Reference {
    /// API group; the core group unless written.
    pub group: Field<String>,
    /// Kind; `Service` unless written.
    pub kind: Field<String>,
    /// The namespace, if it is written.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
    /// The port of the Service.
    pub port: Option<u16>,
}

/// Where a client is sent.
#[derive(Debug, Clone, Default)]
pub struct Redirect {
    /// The scheme; the request's unless written.
    pub scheme: Option<String>,
    /// The host; the request's unless written.
    pub hostname: Option<String>,
    /// The path; the request's unless written.
    pub path: Option<PathChange>,
    /// The port.
    pub port: Option<u16>,
}

/// How host and path of a request change.
#[derive(Debug, Clone, Default)]
pub struct Rewrite {
    /// The host.
    pub hostname: Option<String>,
    /// The path.
    pub path: Option<PathChange>,
}

/// How a path changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathChange {
    /// It is replaced as a whole.
    Full(String),
    /// The prefix that matched is replaced.
    Prefix(String),
    /// A type that we do not know.
    Unknown(String),
}
