//! Which of the routes that name the Service count for a client: those of the level that decides,
//! of the kind that decides, of the port group that decides.

use std::{
    cmp::{Ordering, Reverse},
    collections::BTreeSet,
};

use jiff::Timestamp;

use crate::{
    name::{ObjectName, RouteKind},
    profile::{Consumers, Kinds, Ports},
    route::{Parent, Route},
    split::{
        answer::{Inert, Reason, Role},
        ask::Ask,
        attach::{self, Attached, keep},
        waypoint,
    },
};

/// The namespaces whose clients have routes of their own, where that is a thing.
pub(super) fn consumers<'a>(ask: &Ask<'a>, routes: &[Attached<'a>]) -> BTreeSet<&'a str> {
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
pub(super) fn for_client<'a>(
    ask: &Ask<'a>,
    mut routes: Vec<Attached<'a>>,
    inert: &mut Vec<Inert>,
) -> Vec<Attached<'a>> {
    let mesh = ask.profile.mesh.in_words();
    let is_clients = |attached: &Attached<'_>| {
        ask.question.from == Some(attached.route.id.name.namespace.as_str())
    };
    // Without any, what the mesh does with them decides nothing, and nothing rests on it.
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
pub(super) fn of_one_kind<'a>(
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
            && attach::names_a_service(ask, other)
    };
    routes.find(|route| route.parents.iter().any(same)).map(|route| &route.id.name)
}

/// Routes with a port beside routes without.
pub(super) fn by_port<'a>(
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
