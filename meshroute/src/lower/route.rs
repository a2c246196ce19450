//! HTTPRoute and GRPCRoute.

use jiff::Timestamp;

use crate::{
    cluster::Object,
    lower::{reader::Reader, signs},
    name::{GATEWAY_GROUP, ObjectName, RouteId, RouteKind},
    route::{
        Backend, Field, GrpcMatch, Match, Parent, ParentStatus, PathMatch, Retry, Route, Rule,
        Timeouts, ValueKind, ValueMatch,
    },
    wire::{self, Found, MethodMatch},
};

/// `apis/v1/shared_types.go`, `ParentReference.Group`: "When unspecified,
/// \"gateway.networking.k8s.io\" is inferred."
const PARENT_GROUP: &str = GATEWAY_GROUP;
/// `apis/v1/shared_types.go`, `ParentReference.Kind`: `+kubebuilder:default=Gateway`.
const PARENT_KIND: &str = "Gateway";
/// `apis/v1/object_reference_types.go`: "When unspecified or empty string, core API group is
/// inferred."
pub(super) const BACKEND_GROUP: &str = "";
/// `apis/v1/object_reference_types.go`, `BackendObjectReference.Kind`:
/// `+kubebuilder:default=Service`.
pub(super) const BACKEND_KIND: &str = "Service";
/// `apis/v1/shared_types.go`, `BackendRef.Weight`: "If unspecified, weight defaults to 1."
const WEIGHT: u32 = 1;
/// `apis/v1/shared_types.go`, `BackendRef.Weight`: 0 to 1,000,000.
const WEIGHTS: std::ops::RangeInclusive<i64> = 0..=1_000_000;
/// `apis/v1/shared_types.go`, `PortNumber`.
pub(super) const PORTS: std::ops::RangeInclusive<i64> = 1..=65_535;

/// `apis/v1`: `+kubebuilder:validation:MaxItems` of the lists in `spec`. The HTTPRoute of
/// policy.linkerd.io has limits of its own.
const MOST: [(&str, usize); 11] = [
    ("parentRefs", 32),
    ("hostnames", 16),
    ("rules", 16),
    ("matches", 64),
    ("headers", 16),
    ("queryParams", 16),
    ("filters", 16),
    ("backendRefs", 16),
    ("set", 16),
    ("add", 16),
    ("remove", 16),
];

impl Reader {
    pub(super) fn route(&mut self, kind: RouteKind, route: wire::Route) -> Option<Object> {
        let wire::Route { metadata, spec, status, unknown: _ } = route;
        let wire::signs::RouteMetadata {
            name,
            namespace,
            creation_timestamp,
            labels,
            annotations,
            owner_references,
            managed_fields,
            unknown: _,
        } = self.required("metadata", metadata)?;
        let name = self.object_name(name, namespace, true)?;
        let created = self.take("creationTimestamp", creation_timestamp);
        let signs = signs::signs(labels, annotations, owner_references, managed_fields);
        let spec = self.required("spec", spec)?;
        match kind {
            RouteKind::Http | RouteKind::Grpc => self.limit(&MOST),
            RouteKind::LinkerdHttp => {}
        }
        let route = self.field("spec", |r| {
            let wire::RouteSpec { parent_refs, hostnames, rules, use_default_gateways, unknown } =
                spec;
            r.unknown_fields(unknown, wire::RouteSpec::KEYS);
            let parents =
                r.places("parentRefs", parent_refs, |r, parent| r.parent(&name.namespace, parent));
            let hostnames = r.places("hostnames", hostnames, |_, hostname| Some(hostname));
            let is_empty = matches!(&rules, Found::Read(rules) if rules.is_empty());
            if is_empty && kind == RouteKind::Http {
                // `apis/v1/httproute_types.go`, `Rules`: `+kubebuilder:validation:MinItems=1`.
                r.field("rules", |r| r.refuse("an empty list, where one is required".into()));
            }
            let mut rules = r.places("rules", rules, |r, rule| Some(r.rule(kind, rule)));
            let has_rules = !rules.is_empty();
            if rules.is_empty() && kind != RouteKind::Grpc {
                // `apis/v1/httproute_types.go`, `Rules`: `+kubebuilder:default={{matches: {{path:
                // {type: "PathPrefix", value: "/"}}}}}`.
                rules = vec![r.rule(kind, wire::Rule::default())];
            }
            Route {
                id: RouteId { name: name.clone(), kind },
                created: created.and_then(|created: String| created.parse::<Timestamp>().ok()),
                parents,
                hostnames,
                rules,
                has_rules,
                has_default_gateways: matches!(use_default_gateways, Found::Read(_)),
                statuses: Vec::new(),
                signs: None,
            }
        });
        let statuses = self
            .object("status", status, |r, status| {
                r.list("parents", status.parents, |r, parent| {
                    r.parent_status(&name.namespace, parent)
                })
            })
            .unwrap_or_default();
        Some(Object::Route(Route { statuses, signs, ..route }))
    }

    fn parent(&mut self, namespace: &str, parent: wire::ParentRef) -> Option<Parent> {
        let wire::ParentRef { group, kind, namespace: written, name, section_name, port, unknown } =
            parent;
        self.unknown_fields(unknown, wire::ParentRef::KEYS);
        let written = self.take("namespace", written).filter(|namespace| !namespace.is_empty());
        Some(Parent {
            group: Field::or_default(self.take("group", group), PARENT_GROUP),
            kind: Field::or_default(self.take("kind", kind), PARENT_KIND),
            name: ObjectName::new(
                written.unwrap_or_else(|| namespace.into()),
                self.required("name", name)?,
            ),
            port: self.number("port", port, PORTS),
            section: self.take("sectionName", section_name),
        })
    }

    fn rule(&mut self, kind: RouteKind, rule: wire::Rule) -> Rule {
        let wire::Rule {
            name,
            matches,
            filters,
            backend_refs,
            timeouts,
            retry,
            session_persistence,
            unknown,
        } = rule;
        self.unknown_fields(unknown, wire::Rule::KEYS);
        let timeouts = self.of_http("timeouts", kind, timeouts);
        let retry = self.of_http("retry", kind, retry);
        let mut matches = self.list("matches", matches, |r, matched| r.matched(kind, matched));
        let has_matches = kind != RouteKind::Grpc || !matches.is_empty();
        if matches.is_empty() {
            // `apis/v1/httproute_types.go`, `Matches`: "If no matches are specified, the default is
            // a prefix path match on \"/\", which has the effect of matching every HTTP request." A
            // GRPCRoute without matches matches every call.
            matches = vec![Match {
                path: PathMatch::any(),
                method: None,
                grpc: None,
                headers: vec![],
                query: vec![],
            }];
        }
        let timeouts = self.object("timeouts", timeouts, |r, timeouts| {
            let wire::Timeouts { request, backend_request, unknown } = timeouts;
            r.unknown_fields(unknown, wire::Timeouts::KEYS);
            Timeouts {
                request: r.take("request", request),
                backend_request: r.take("backendRequest", backend_request),
            }
        });
        Rule {
            name: self.take("name", name),
            matches,
            has_matches,
            filters: self.filters(filters),
            backends: self.list("backendRefs", backend_refs, Self::backend),
            timeouts: timeouts.unwrap_or_default(),
            retry: self.object("retry", retry, Self::retry).map(Box::new),
            has_session_persistence: matches!(session_persistence, Found::Read(_)),
        }
    }

    /// A field that rules of a HTTPRoute have, and those of a GRPCRoute do not.
    fn of_http<T>(&mut self, name: &str, kind: RouteKind, found: Found<T>) -> Found<T> {
        if kind != RouteKind::Grpc || matches!(found, Found::Absent) {
            return found;
        }
        self.unknown_fields(vec![name.into()], &[]);
        Found::Absent
    }

    fn retry(&mut self, retry: wire::Retry) -> Retry {
        let wire::Retry { attempts, backoff, codes, unknown } = retry;
        self.unknown_fields(unknown, wire::Retry::KEYS);
        Retry {
            attempts: self.take("attempts", attempts),
            backoff: self.take("backoff", backoff),
            codes: self.list("codes", codes, |_, code| Some(code)),
        }
    }

    fn matched(&mut self, kind: RouteKind, matched: wire::Match) -> Option<Match> {
        let wire::Match { path, method, headers, query_params, unknown } = matched;
        self.unknown_fields(unknown, wire::Match::KEYS);
        let path = self.of_http("path", kind, path);
        let query_params = self.of_http("queryParams", kind, query_params);
        let (path, method, grpc) = match (kind, self.take("method", method)) {
            (RouteKind::Grpc, Some(MethodMatch::Grpc(grpc))) => {
                let grpc = self.field("method", |r| r.grpc_match(grpc));
                (grpc_path(&grpc), None, Some(Box::new(grpc)))
            }
            (RouteKind::Grpc, None) => (PathMatch::any(), None, None),
            (RouteKind::Http | RouteKind::LinkerdHttp, Some(MethodMatch::Http(method))) => {
                (self.path_match(path), Some(method), None)
            }
            (RouteKind::Http | RouteKind::LinkerdHttp, None) => (self.path_match(path), None, None),
            (RouteKind::Grpc, Some(MethodMatch::Http(method))) => {
                self.field("method", |r| {
                    r.refuse(format!("expected an object, found the string {method:?}"))
                });
                return None;
            }
            (RouteKind::Http | RouteKind::LinkerdHttp, Some(MethodMatch::Grpc(_))) => {
                self.field("method", |r| r.refuse("expected a string, found an object".into()));
                return None;
            }
        };
        Some(Match {
            path,
            method,
            grpc,
            headers: self.list("headers", headers, Self::value_match),
            query: self.list("queryParams", query_params, Self::value_match),
        })
    }

    fn path_match(&mut self, path: Found<wire::PathMatch>) -> PathMatch {
        let path = self.object("path", path, |r, path| {
            r.unknown_fields(path.unknown, wire::PathMatch::KEYS);
            // `apis/v1/httproute_types.go`, `HTTPPathMatch`: the type defaults to PathPrefix, the
            // value to `/`.
            let value = r.take("value", path.value).unwrap_or_else(|| "/".into());
            match r.take("type", path.kind).as_deref() {
                Some("Exact") => PathMatch::Exact(value),
                None | Some("PathPrefix") => PathMatch::Prefix(without_trailing_slash(value)),
                Some("RegularExpression") => PathMatch::Regex(value),
                Some(kind) => {
                    r.field("type", |r| {
                        r.unknown(format!(
                            "unknown type of path match {kind:?}: what it matches is not known"
                        ))
                    });
                    PathMatch::Unknown { kind: kind.into(), value }
                }
            }
        });
        path.unwrap_or_else(PathMatch::any)
    }

    fn grpc_match(&mut self, grpc: wire::GrpcMethod) -> GrpcMatch {
        self.unknown_fields(grpc.unknown, wire::GrpcMethod::KEYS);
        let kind = self.value_kind(grpc.kind);
        GrpcMatch {
            kind,
            service: self.take("service", grpc.service),
            method: self.take("method", grpc.method),
        }
    }

    fn value_match(&mut self, value: wire::ValueMatch) -> Option<ValueMatch> {
        let wire::ValueMatch { kind, name, value, unknown } = value;
        self.unknown_fields(unknown, wire::ValueMatch::KEYS);
        let kind = self.value_kind(kind);
        Some(ValueMatch {
            kind,
            name: self.required("name", name)?,
            value: self.required("value", value)?,
        })
    }

    /// `apis/v1/httproute_types.go`, `HTTPHeaderMatch.Type`: `+kubebuilder:default=Exact`.
    fn value_kind(&mut self, kind: Found<String>) -> ValueKind {
        match self.take("type", kind).as_deref() {
            None | Some("Exact") => ValueKind::Exact,
            Some("RegularExpression") => ValueKind::Regex,
            Some(kind) => {
                self.field("type", |r| {
                    r.unknown(format!("unknown type {kind:?}: what it matches is not known"))
                });
                ValueKind::Unknown(kind.into())
            }
        }
    }

    fn backend(&mut self, backend: wire::BackendRef) -> Option<Backend> {
        let wire::BackendRef { group, kind, namespace, name, port, weight, filters, unknown } =
            backend;
        self.unknown_fields(unknown, wire::BackendRef::KEYS);
        Some(Backend {
            group: Field::or_default(self.take("group", group), BACKEND_GROUP),
            kind: Field::or_default(self.take("kind", kind), BACKEND_KIND),
            namespace: self.take("namespace", namespace).filter(|namespace| !namespace.is_empty()),
            name: self.required("name", name)?,
            port: self.number("port", port, PORTS),
            weight: Field::or_default(self.number("weight", weight, WEIGHTS), WEIGHT),
            filters: self.filters(filters),
        })
    }

    fn parent_status(
        &mut self,
        namespace: &str,
        status: wire::ParentStatus,
    ) -> Option<ParentStatus> {
        let parent = self
            .object("parentRef", status.parent_ref, |r, parent| r.parent(namespace, parent))
            .flatten()?;
        let conditions = self.list("conditions", status.conditions, |r, condition| {
            Some((r.take("type", condition.kind)?, r.take("status", condition.status)?))
        });
        let accepted =
            conditions.iter().find(|(kind, _)| kind == "Accepted").and_then(|(_, status)| {
                match status.as_str() {
                    "True" => Some(true),
                    "False" => Some(false),
                    _ => None,
                }
            });
        let controller = self.take("controllerName", status.controller_name)?;
        Some(ParentStatus { controller, parent: parent.name, accepted })
    }
}

/// `apis/v1/httproute_types.go`, `PathMatchPathPrefix`: "When specified, a trailing `/` is
/// ignored."
fn without_trailing_slash(mut value: String) -> String {
    while value.len() > 1 && value.ends_with('/') {
        value.pop();
    }
    value
}

/// A gRPC call is a request to `/service/method` (gRPC over HTTP/2), so a match of a GRPCRoute is
/// one of a path.
fn grpc_path(grpc: &GrpcMatch) -> PathMatch {
    match (&grpc.kind, &grpc.service, &grpc.method) {
        (_, None, None) => PathMatch::any(),
        (ValueKind::Exact, Some(service), Some(method)) => {
            PathMatch::Exact(format!("/{service}/{method}"))
        }
        (ValueKind::Exact, Some(service), None) => PathMatch::Prefix(format!("/{service}")),
        (ValueKind::Exact, None, Some(method)) => {
            PathMatch::Regex(format!("/[^/]+/{}", regex::escape(method)))
        }
        (ValueKind::Regex, service, method) => {
            let any = || "[^/]+".to_owned();
            let part = |pattern: &Option<String>| {
                pattern.as_ref().map_or_else(any, |pattern| format!("(?:{pattern})"))
            };
            PathMatch::Regex(format!("/{}/{}", part(service), part(method)))
        }
        (ValueKind::Unknown(kind), service, method) => PathMatch::Unknown {
            kind: kind.clone(),
            value: format!(
                "/{}/{}",
                service.as_deref().unwrap_or_default(),
                method.as_deref().unwrap_or_default()
            ),
        },
    }
}
