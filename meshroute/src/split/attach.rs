//! Which routes are in effect on a port, for a client; and why the others that name the Service are
//! not.

use std::collections::BTreeSet;

use crate::{
    cluster::{ServiceKind, ServicePort},
    name::{GATEWAY_GROUP, RouteKind},
    profile::{Parents, Selector, Unsupported},
    route::{Filter, FilterKind, Parent, Route},
    split::{
        answer::{Inert, Reason, Role},
        ask::Ask,
        levels,
        protocol::{self, Carries},
        waypoint,
    },
};

/// A route in effect, by one of its parentRefs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attached<'a> {
    pub(super) route: &'a Route,
    pub(super) parent: &'a Parent,
    pub(super) role: Role,
    /// Groups are tried one after the other; one group where routes merge.
    pub(super) group: usize,
}

/// The routes in effect, and the others.
#[derive(Debug, Default)]
pub(super) struct Attachment<'a> {
    pub(super) attached: Vec<Attached<'a>>,
    pub(super) inert: Vec<Inert>,
    /// The namespaces whose clients have routes of their own.
    pub(super) consumers: BTreeSet<&'a str>,
    /// An object of the mesh's own takes the Service over.
    pub(super) overridden: bool,
    /// Whether the age decides, and every age is known.
    pub(super) ages_known: bool,
}

type WhyNot = Option<(Reason, String)>;

/// Sorts out the routes that name the Service.
pub(super) fn attach<'a>(ask: &Ask<'a>, port: &'a ServicePort) -> Attachment<'a> {
    let mut inert = Vec::new();
    let mut routes = named(ask, port, &mut inert);
    let stopped = stopped(ask);
    let overridden = matches!(stopped, Some((Reason::Overridden, _)));
    routes = keep(routes, &mut inert, |_| stopped.clone());
    routes = keep(routes, &mut inert, |attached| kind_is_read(ask, attached.route.id.kind));
    routes = keep(routes, &mut inert, |attached| protocol_stops(ask, port, attached));
    routes = keep(routes, &mut inert, |attached| filter_stops(ask, attached.route));
    let consumers = levels::consumers(ask, &routes);
    routes = levels::for_client(ask, routes, &mut inert);
    routes = levels::of_one_kind(ask, routes, &mut inert);
    let ages_known = routes.iter().all(|attached| attached.route.created.is_some());
    routes = levels::by_port(ask, routes, &mut inert, ages_known);
    inert.retain(|inert| !routes.iter().any(|attached| attached.route.id == inert.route));
    inert.sort_by(|a: &Inert, b: &Inert| a.route.cmp(&b.route));
    inert.dedup_by(|a, b| a.route == b.route);
    Attachment { attached: routes, inert, consumers, overridden, ages_known }
}

pub(super) fn keep<'a>(
    routes: Vec<Attached<'a>>,
    inert: &mut Vec<Inert>,
    why_not: impl Fn(&Attached<'a>) -> WhyNot,
) -> Vec<Attached<'a>> {
    let mut kept = Vec::with_capacity(routes.len());
    for attached in routes {
        match why_not(&attached) {
            None => kept.push(attached),
            Some((reason, message)) => {
                inert.push(Inert { route: attached.route.id.clone(), reason, message })
            }
        }
    }
    kept
}

/// The routes with a parentRef that names the Service and takes in the port.
fn named<'a>(ask: &Ask<'a>, port: &ServicePort, inert: &mut Vec<Inert>) -> Vec<Attached<'a>> {
    let service = ask.question.service;
    let mut routes = Vec::new();
    for route in ask.cluster.routes_of_parent(&service.name) {
        for parent in route.parents.iter().filter(|parent| parent.name == service.name) {
            let mut not = |message| {
                inert.push(Inert { route: route.id.clone(), reason: Reason::NotAttached, message })
            };
            match refers(ask, parent) {
                Refers::Not => {}
                Refers::Nearly(message) => not(message),
                Refers::ToService => match takes_in(ask, parent, port) {
                    TakesIn::Port => {
                        let role = if route.id.name.namespace == service.name.namespace {
                            Role::Producer
                        } else {
                            Role::Consumer
                        };
                        routes.push(Attached { route, parent, role, group: 0 });
                    }
                    TakesIn::OtherPort => {}
                    TakesIn::Nothing(message) => not(message),
                },
            }
        }
    }
    // Documents may come in any order; from here on only names and ages count.
    routes.sort_by(|a, b| (&a.route.id, a.parent.port).cmp(&(&b.route.id, b.parent.port)));
    routes
}

enum Refers {
    ToService,
    Nearly(String),
    Not,
}

fn refers(ask: &Ask<'_>, parent: &Parent) -> Refers {
    let fact = ask.fact("spelling of parentRefs", &ask.profile.parent_ref);
    if fact.is_service(&parent.group, &parent.kind) {
        return Refers::ToService;
    }
    let kind = fact.is_kind(&parent.kind);
    let mesh = ask.profile.mesh.in_words();
    let like_service =
        ["service", "services", "svc"].contains(&parent.kind.to_ascii_lowercase().as_str());
    let core = ["", "core"].contains(&parent.group.as_str());
    if kind && *parent.group == GATEWAY_GROUP {
        return Refers::Nearly(format!(
            "its parentRef names {GATEWAY_GROUP}/Service, which does not exist: add group: \"\""
        ));
    }
    if kind && core {
        return Refers::Nearly(format!(
            "{mesh} does not know the group {:?} of its parentRef: write group: \"\"",
            *parent.group
        ));
    }
    if core && like_service {
        return Refers::Nearly(format!(
            "its parentRef names the kind {:?}: write Service",
            *parent.kind
        ));
    }
    if core && *parent.kind == "Gateway" {
        return Refers::Nearly("its parentRef names the kind Gateway of the core group, which does not exist: add kind: Service".into());
    }
    Refers::Not
}

/// Whether a parentRef names a Service, in the spelling of the mesh.
pub(super) fn names_a_service(ask: &Ask<'_>, parent: &Parent) -> bool {
    matches!(refers(ask, parent), Refers::ToService)
}

enum TakesIn {
    Port,
    OtherPort,
    Nothing(String),
}

fn takes_in(ask: &Ask<'_>, parent: &Parent, port: &ServicePort) -> TakesIn {
    let ports = &ask.question.service.ports;
    if let Some(number) = parent.port
        && ask.fact("port of parentRefs", &ask.profile.parent_port) == Selector::Honoured
        && number != port.port
    {
        let exists = ports.iter().any(|port| port.port == number);
        return if exists {
            TakesIn::OtherPort
        } else {
            TakesIn::Nothing(format!("port {number} is not a port of the Service"))
        };
    }
    if let Some(section) = &parent.section
        && ask.fact("sectionName of parentRefs", &ask.profile.section_name) == Selector::Honoured
        && !is_called(port, section)
    {
        let exists = ports.iter().any(|port| is_called(port, section));
        return if exists {
            TakesIn::OtherPort
        } else {
            TakesIn::Nothing(format!("{section} is not the name of a port of the Service"))
        };
    }
    TakesIn::Port
}

/// A port without a name goes by its number, as Kuma has it.
fn is_called(port: &ServicePort, section: &str) -> bool {
    if port.name.is_empty() { port.port.to_string() == section } else { port.name == section }
}

/// What keeps every route from the Service.
fn stopped(ask: &Ask<'_>) -> WhyNot {
    let service = ask.question.service;
    let parents = ask.fact("which Services can be parents", &ask.profile.parents);
    let why = match (&service.kind, parents) {
        (ServiceKind::Headless, Parents::WithClusterIp | Parents::ClusterIpOnly) => {
            Some("headless")
        }
        (ServiceKind::ExternalName(_), Parents::WithClusterIp | Parents::ClusterIpOnly) => {
            Some("of type ExternalName")
        }
        (ServiceKind::Exposed, Parents::ClusterIpOnly) => Some("not of type ClusterIP"),
        _ => None,
    };
    if let Some(why) = why {
        return Some((
            Reason::NotAttached,
            format!(
                "the Service is {why}, which {} does not take as a parent",
                ask.profile.mesh.in_words()
            ),
        ));
    }
    if let Err(message) = waypoint::namespace(ask) {
        return Some((Reason::NoWaypoint, message));
    }
    let kind = ask.profile.overridden_by.value?;
    let host = format!("{}.{}.svc.cluster.local", service.name.name, service.name.namespace);
    let other = ask.cluster.override_of(kind, &host)?;
    Some((Reason::Overridden, format!("{} {} takes the Service over", kind.kind(), other.name)))
}

fn kind_is_read(ask: &Ask<'_>, kind: RouteKind) -> WhyNot {
    let read = ask.fact("kinds of route", &ask.profile.reads).contains(&kind);
    (!read).then(|| {
        (Reason::NotAttached, format!("{} does not read {kind}", ask.profile.mesh.in_words()))
    })
}

fn protocol_stops(ask: &Ask<'_>, port: &ServicePort, attached: &Attached<'_>) -> WhyNot {
    match protocol::carries(ask, port, attached.parent) {
        Carries::Routes => None,
        Carries::HttpRoutes if attached.route.id.kind != RouteKind::Grpc => None,
        Carries::HttpRoutes => Some((
            Reason::NotHttpPort,
            format!("port {} takes HTTPRoutes only, by its appProtocol", port.port),
        )),
        Carries::Nothing(message) => Some((Reason::NotHttpPort, message)),
    }
}

fn filter_stops(ask: &Ask<'_>, route: &Route) -> WhyNot {
    let rules = ask.profile.rule_filters.value;
    let backends = ask.profile.backend_filters.value;
    let bad = |filters: &[Filter], works: &[FilterKind], otherwise| {
        // What an unknown filter does is not known; it is no reason to leave a route out.
        let known = |filter: &&Filter| filter.kind() != FilterKind::Unknown;
        let bad = filters.iter().filter(known).find(|filter| !works.contains(&filter.kind()))?;
        (otherwise == Unsupported::DropsRoute).then(|| bad.type_name().to_owned())
    };
    let (place, filter) = route.rules.iter().enumerate().find_map(|(index, rule)| {
        if let Some(filter) = bad(&rule.filters, rules.works, rules.otherwise) {
            return Some((format!("spec.rules[{index}].filters"), filter));
        }
        let backend = rule
            .backends
            .iter()
            .find_map(|backend| bad(&backend.filters, backends.works, backends.otherwise));
        backend.map(|filter| (format!("spec.rules[{index}].backendRefs[].filters"), filter))
    })?;
    Some((
        Reason::UnsupportedFilter,
        format!(
            "{} leaves the whole route out because of {filter} in {place}",
            ask.profile.mesh.in_words()
        ),
    ))
}
