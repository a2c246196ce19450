//! Filters of routes.

use crate::{
    lower::{
        reader::Reader,
        route::{BACKEND_GROUP, BACKEND_KIND, PORTS},
    },
    route::{Field, Filter, HeaderChanges, Mirror, PathChange, Redirect, Reference, Rewrite},
    wire::{
        Found, List,
        filters::{self as wire, PathModifier},
    },
};

/// `apis/v1/shared_types.go`, `Fraction.Denominator`: `+kubebuilder:default=100`.
const DENOMINATOR: i64 = 100;

impl Reader {
    pub(super) fn filters(&mut self, filters: Found<List<wire::Filter>>) -> Vec<Filter> {
        self.list("filters", filters, Self::filter)
    }

    fn filter(&mut self, filter: wire::Filter) -> Option<Filter> {
        let wire::Filter {
            kind,
            request_header_modifier,
            response_header_modifier,
            request_mirror,
            request_redirect,
            url_rewrite,
            cors: _,
            extension_ref: _,
            external_auth: _,
            unknown,
        } = filter;
        self.unknown_fields(unknown, wire::Filter::KEYS);
        // The API server refuses a filter with the content of another type, so each content is read
        // whatever the type is.
        let request = self.object("requestHeaderModifier", request_header_modifier, Self::headers);
        let response =
            self.object("responseHeaderModifier", response_header_modifier, Self::headers);
        let mirror = self.object("requestMirror", request_mirror, Self::mirror).flatten();
        let redirect = self.object("requestRedirect", request_redirect, Self::redirect);
        let rewrite = self.object("urlRewrite", url_rewrite, Self::rewrite);
        Some(match self.required("type", kind)?.as_str() {
            "RequestHeaderModifier" => Filter::RequestHeaderModifier(request.unwrap_or_default()),
            "ResponseHeaderModifier" => {
                Filter::ResponseHeaderModifier(response.unwrap_or_default())
            }
            "RequestMirror" => Filter::RequestMirror(Box::new(mirror.unwrap_or_else(nowhere))),
            "RequestRedirect" => Filter::RequestRedirect(Box::new(redirect.unwrap_or_default())),
            "URLRewrite" => Filter::UrlRewrite(rewrite.unwrap_or_default()),
            "CORS" => Filter::Cors,
            "ExtensionRef" => Filter::ExtensionRef,
            "ExternalAuth" => Filter::ExternalAuth,
            kind => {
                self.field("type", |r| {
                    r.unknown(format!("unknown type of filter {kind:?}: what it does is not known"))
                });
                Filter::Unknown(kind.into())
            }
        })
    }

    fn headers(&mut self, headers: wire::HeaderModifier) -> HeaderChanges {
        let wire::HeaderModifier { set, add, remove, unknown } = headers;
        self.unknown_fields(unknown, wire::HeaderModifier::KEYS);
        HeaderChanges {
            set: self.list("set", set, Self::header),
            add: self.list("add", add, Self::header),
            remove: self.list("remove", remove, |_, name| Some(name)),
        }
    }

    fn header(&mut self, header: wire::Header) -> Option<(String, String)> {
        let wire::Header { name, value, unknown } = header;
        self.unknown_fields(unknown, wire::Header::KEYS);
        Some((self.required("name", name)?, self.required("value", value)?))
    }

    fn mirror(&mut self, mirror: wire::Mirror) -> Option<Mirror> {
        let wire::Mirror { backend_ref, percent, fraction, unknown } = mirror;
        self.unknown_fields(unknown, wire::Mirror::KEYS);
        let backend = self.object("backendRef", backend_ref, Self::reference).flatten();
        let fraction = self.object("fraction", fraction, |r, fraction| {
            let wire::Fraction { numerator, denominator, unknown } = fraction;
            r.unknown_fields(unknown, wire::Fraction::KEYS);
            let denominator = r.take("denominator", denominator).unwrap_or(DENOMINATOR);
            Some((r.required("numerator", numerator)?, denominator))
        });
        Some(Mirror {
            backend: backend?,
            percent: self.take("percent", percent),
            fraction: fraction.flatten(),
        })
    }

    fn reference(&mut self, reference: wire::Reference) -> Option<Reference> {
        let wire::Reference { group, kind, namespace, name, port, unknown } = reference;
        self.unknown_fields(unknown, wire::Reference::KEYS);
        Some(Reference {
            group: Field::or_default(self.take("group", group), BACKEND_GROUP),
            kind: Field::or_default(self.take("kind", kind), BACKEND_KIND),
            namespace: self.take("namespace", namespace).filter(|namespace| !namespace.is_empty()),
            name: self.required("name", name)?,
            port: self.number("port", port, PORTS),
        })
    }

    fn redirect(&mut self, redirect: wire::Redirect) -> Redirect {
        let wire::Redirect { scheme, hostname, path, port, status_code: _, unknown } = redirect;
        self.unknown_fields(unknown, wire::Redirect::KEYS);
        Redirect {
            scheme: self.take("scheme", scheme),
            hostname: self.take("hostname", hostname),
            path: self.object("path", path, Self::path_change).flatten(),
            port: self.number("port", port, PORTS),
        }
    }

    fn rewrite(&mut self, rewrite: wire::Rewrite) -> Rewrite {
        let wire::Rewrite { hostname, path, unknown } = rewrite;
        self.unknown_fields(unknown, wire::Rewrite::KEYS);
        Rewrite {
            hostname: self.take("hostname", hostname),
            path: self.object("path", path, Self::path_change).flatten(),
        }
    }

    fn path_change(&mut self, path: PathModifier) -> Option<PathChange> {
        let PathModifier { kind, replace_full_path, replace_prefix_match, unknown } = path;
        self.unknown_fields(unknown, PathModifier::KEYS);
        let full = self.take("replaceFullPath", replace_full_path).unwrap_or_default();
        let prefix = self.take("replacePrefixMatch", replace_prefix_match).unwrap_or_default();
        Some(match self.required("type", kind)?.as_str() {
            "ReplaceFullPath" => PathChange::Full(full),
            "ReplacePrefixMatch" => PathChange::Prefix(prefix),
            kind => {
                self.field("type", |r| {
                    r.unknown(format!(
                        "unknown type of path {kind:?}: what it becomes is not known"
                    ))
                });
                PathChange::Unknown(kind.into())
            }
        })
    }
}

/// A mirror without content, which the API server refuses.
fn nowhere() -> Mirror {
    let reference = Reference {
        group: Field::or_default(None, BACKEND_GROUP),
        kind: Field::or_default(None, BACKEND_KIND),
        namespace: None,
        name: String::new(),
        port: None,
    };
    Mirror { backend: reference, percent: None, fraction: None }
}
