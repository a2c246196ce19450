//! Which routes are in effect on a port, for a client; and why the others that name the Service are
//! not.

use std::{
    cmp::{Ordering, Reverse},
    collections::BTreeSet,
};

use jiff::Timestamp;

use crate::{
    cluster::{ServiceKind, ServicePort},
    name::{GATEWAY_GROUP, ObjectName, RouteKind},
    profile::{Consumers, Kinds, Parents, Ports, Selector, Unsupported},
    route::{Filter, Parent, Route},
    split::{
        answer::{Inert, Reason, Role},
        ask::Ask,
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
    let consumers = consumers(ask, &routes);
    routes = for_client(ask, routes, &mut inert);
    routes = of_one_kind(ask, routes, &mut inert);
    let ages_known = routes.iter().all(|attached| attached.route.created.is_some());
    routes = by_port(ask, routes, &mut inert, ages_known);
    inert.retain(|inert| !routes.iter().any(|attached| attached.route.id == inert.route));
    inert.sort_by(|a: &Inert, b: &Inert| a.route.cmp(&b.route));
    inert.dedup_by(|a, b| a.route == b.route);
    Attachment { attached: routes, inert, consumers, overridden, ages_known }
}

fn keep<'a>(
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
    let group = fact.groups.contains(&parent.group.as_str());
    let kind =
        *parent.kind == "Service" || (fact.any_case && parent.kind.eq_ignore_ascii_case("Service"));
    if group && kind {
        return Refers::ToService;
    }
    let mesh = ask.profile.mesh;
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
            format!("the Service is {why}, which {} does not take as a parent", ask.profile.mesh),
        ));
    }
    if let Err(message) = waypoint::namespace(ask) {
        return Some((Reason::NoWaypoint, message));
    }
    let kind = ask.profile.overridden_by.value?;
    let host = format!("{}.{}.svc.cluster.local", service.name.name, service.name.namespace);
    let other =
        ask.cluster.overrides().find(|other| other.kind == kind && other.hosts.contains(&host))?;
    Some((Reason::Overridden, format!("{} {} takes the Service over", kind.kind(), other.name)))
}

fn kind_is_read(ask: &Ask<'_>, kind: RouteKind) -> WhyNot {
    let read = ask.fact("kinds of route", &ask.profile.reads).contains(&kind);
    (!read).then(|| (Reason::NotAttached, format!("{} does not read {kind}", ask.profile.mesh)))
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
    let bad = |filters: &[Filter], works: &[Filter], otherwise| {
        let bad = filters.iter().find(|filter| !works.contains(filter))?;
        (otherwise == Unsupported::DropsRoute).then(|| bad.kind().to_owned())
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
        format!("{} leaves the whole route out because of {filter} in {place}", ask.profile.mesh),
    ))
}

/// The namespaces whose clients have routes of their own, where that is a thing.
fn consumers<'a>(ask: &Ask<'a>, routes: &[Attached<'a>]) -> BTreeSet<&'a str> {
    match ask.profile.consumers.value {
        Consumers::Replace | Consumers::Merge => {
            let others = routes.iter().filter(|attached| attached.role == Role::Consumer);
            others.map(|attached| attached.route.id.name.namespace.as_str()).collect()
        }
        Consumers::Reject | Consumers::WaypointNamespace | Consumers::AllNamespaces => {
            BTreeSet::new()
        }
    }
}

/// The routes for the client that is asked about. GEP-1294, "Namespace boundaries".
fn for_client<'a>(
    ask: &Ask<'a>,
    mut routes: Vec<Attached<'a>>,
    inert: &mut Vec<Inert>,
) -> Vec<Attached<'a>> {
    let mesh = ask.profile.mesh;
    let is_clients = |attached: &Attached<'_>| {
        ask.question.from == Some(attached.route.id.name.namespace.as_str())
    };
    if routes.iter().all(|attached| attached.role == Role::Producer) {
        return if ask.profile.consumers.value == Consumers::AllNamespaces {
            everyone(routes)
        } else {
            routes
        };
    }
    match ask.fact("routes of other namespaces", &ask.profile.consumers) {
        Consumers::Merge => {
            routes.retain(|attached| attached.role == Role::Producer || is_clients(attached));
            routes
        }
        Consumers::Replace => {
            routes.retain(|attached| attached.role == Role::Producer || is_clients(attached));
            if !routes.iter().any(|attached| attached.role == Role::Consumer) {
                return routes;
            }
            keep(routes, inert, |attached| {
                let from = ask.question.from.unwrap_or_default();
                (attached.role == Role::Producer).then(|| {
                    (
                        Reason::Replaced,
                        format!("routes of namespace {from} replace it for clients there"),
                    )
                })
            })
        }
        Consumers::Reject => keep(routes, inert, |attached| {
            (attached.role == Role::Consumer).then(|| {
                (
                    Reason::NotAttached,
                    format!("{mesh} takes routes of the Service's own namespace only"),
                )
            })
        }),
        Consumers::WaypointNamespace => {
            let waypoint = waypoint::namespace(ask).ok().flatten();
            for attached in routes.iter_mut().filter(|attached| attached.role == Role::Consumer) {
                if waypoint.as_ref() == Some(&attached.route.id.name.namespace) {
                    attached.role = Role::Everyone;
                }
            }
            keep(routes, inert, |attached| {
                let why = || {
                    format!(
                        "{mesh} takes routes of the Service's namespace and of its waypoint's only"
                    )
                };
                (attached.role == Role::Consumer).then(|| (Reason::NotAttached, why()))
            })
        }
        Consumers::AllNamespaces => everyone(routes),
    }
}

fn everyone(mut routes: Vec<Attached<'_>>) -> Vec<Attached<'_>> {
    routes.iter_mut().for_each(|attached| attached.role = Role::Everyone);
    routes
}

/// HTTPRoutes beside GRPCRoutes. GEP-1294, "Route types".
fn of_one_kind<'a>(
    ask: &Ask<'a>,
    routes: Vec<Attached<'a>>,
    inert: &mut Vec<Inert>,
) -> Vec<Attached<'a>> {
    let is_grpc = |attached: &Attached<'_>| attached.route.id.kind == RouteKind::Grpc;
    let kinds = ask.profile.kinds.value;
    let routes = match kinds {
        Kinds::Merged => return routes,
        Kinds::GrpcOnly => routes,
        Kinds::PerParent => keep(routes, inert, |attached| {
            if is_grpc(attached) {
                return None;
            }
            let other = grpc_with_parent(ask, attached.parent)?;
            Some((Reason::Conflicted, format!("GRPCRoute {other} has the same parentRef")))
        }),
    };
    let Some(grpc) = routes
        .iter()
        .find(|attached| is_grpc(attached))
        .map(|attached| attached.route.id.name.clone())
    else {
        return routes;
    };
    ask.fact("HTTPRoutes beside GRPCRoutes", &ask.profile.kinds);
    keep(routes, inert, |attached| {
        (!is_grpc(attached))
            .then(|| (Reason::Conflicted, format!("GRPCRoute {grpc} has the Service and port")))
    })
}

/// A GRPCRoute of any namespace with this parentRef.
fn grpc_with_parent<'a>(ask: &Ask<'a>, parent: &Parent) -> Option<&'a ObjectName> {
    let mut routes =
        ask.cluster.routes_of_parent(&parent.name).filter(|route| route.id.kind == RouteKind::Grpc);
    let same = |other: &Parent| {
        other.name == parent.name
            && other.port == parent.port
            && matches!(refers(ask, other), Refers::ToService)
    };
    routes.find(|route| route.parents.iter().any(same)).map(|route| &route.id.name)
}

/// Routes with a port beside routes without.
fn by_port<'a>(
    ask: &Ask<'a>,
    mut routes: Vec<Attached<'a>>,
    inert: &mut Vec<Inert>,
    ages_known: bool,
) -> Vec<Attached<'a>> {
    match ask.profile.ports.value {
        Ports::Union => {
            routes.dedup_by(|a, b| a.route.id == b.route.id);
            routes
        }
        Ports::OldestGroup => {
            let Some(first) = groups(&routes).into_iter().next() else { return routes };
            ask.fact("ports of parentRefs", &ask.profile.ports);
            let which = |has_port| if has_port { "with the port" } else { "without a port" };
            let how = if ages_known {
                "the oldest of them is older"
            } else {
                "ages are not known, so by name"
            };
            keep(routes, inert, |attached| {
                (GroupId::of(attached) != first.id).then(|| {
                    (
                        Reason::LosingPortGroup,
                        format!("the routes {} win, {how}", which(first.id.has_port)),
                    )
                })
            })
        }
        Ports::Concatenated => {
            for (index, group) in groups(&routes).iter().enumerate() {
                for attached in
                    routes.iter_mut().filter(|attached| GroupId::of(attached) == group.id)
                {
                    attached.group = index;
                }
            }
            routes
        }
    }
}

/// Routes of one namespace that name the port, or that do not.
#[derive(Debug, PartialEq, Eq)]
struct GroupId<'a> {
    namespace: &'a str,
    everyone: bool,
    has_port: bool,
}

impl<'a> GroupId<'a> {
    fn of(attached: &Attached<'a>) -> Self {
        Self {
            namespace: &attached.route.id.name.namespace,
            everyone: attached.role == Role::Everyone,
            has_port: attached.parent.port.is_some(),
        }
    }
}

struct Group<'a> {
    id: GroupId<'a>,
    oldest: Age,
    first_name: &'a ObjectName,
}

/// The groups in the order in which they win: the waypoint's namespace, then the one with the
/// oldest route, at equal age the one with a port. Where ages are not known, names decide.
fn groups<'a>(routes: &[Attached<'a>]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for attached in routes {
        let (id, age, name) = (GroupId::of(attached), age(attached.route), &attached.route.id.name);
        match groups.iter_mut().find(|group| group.id == id) {
            Some(group) => {
                group.oldest = group.oldest.min(age);
                group.first_name = group.first_name.min(name);
            }
            None => groups.push(Group { id, oldest: age, first_name: name }),
        }
    }
    groups.sort_by(|a, b| {
        let names = if a.oldest.0 { a.first_name.cmp(b.first_name) } else { Ordering::Equal };
        let by_age =
            Reverse(a.id.everyone).cmp(&Reverse(b.id.everyone)).then(a.oldest.cmp(&b.oldest));
        by_age.then(names).then_with(|| Reverse(a.id.has_port).cmp(&Reverse(b.id.has_port)))
    });
    groups
}

/// Whether the age is unknown, and the age. A route of unknown age counts as newer than every
/// other: it is one that is yet to be applied.
pub(super) type Age = (bool, Option<Timestamp>);

/// The [`Age`] of a route.
pub(super) fn age(route: &Route) -> Age {
    (route.created.is_none(), route.created)
}
