//! How two routes of a Service stand to each other.

use crate::{
    lint::{
        Subject,
        spelling::{Spelled, spelled},
        subject::Meant,
    },
    matching,
    profile::Profile,
    route::{Backend, Filter, Parent, Route, Rule},
};

/// Whether another route attaches to the Service of this parent, on a port that both are for.
pub(super) fn attaches_too(profile: &Profile, other: &Route, parent: &Parent) -> bool {
    other.parents.iter().any(|it| {
        it.name == parent.name
            && share_a_port(it, parent)
            && profile.parent_ref.value.is_service(&it.group, &it.kind)
    })
}

/// Whether another route is of the same namespace and API, for the same Service, and on a port that
/// both are for.
pub(super) fn is_beside(subject: &Subject<'_>, meant: &Meant<'_>, other: &Route) -> bool {
    other.id.kind == subject.route.id.kind
        && other.id.name.namespace == subject.namespace()
        && other.parents.iter().any(|it| {
            it.name == meant.parent.name
                && share_a_port(it, meant.parent)
                && matches!(spelled(it), Some(Spelled::Right | Spelled::CoreGroup))
        })
}

/// Whether some rule of the route takes every request. A GRPCRoute without rules takes none, and
/// leaves none over for a rule to be missing.
pub(super) fn has_catch_all(route: &Route) -> bool {
    route.rules.is_empty()
        || route.rules.iter().any(|rule| rule.matches.iter().any(matching::takes_everything))
}

/// Whether two rules send requests to the same backends in the same proportions, and answer by
/// themselves alike.
pub(super) fn sends_alike(a: &Rule, b: &Rule) -> bool {
    let kinds = |rule: &Rule| rule.filters.iter().map(Filter::kind).collect::<Vec<_>>();
    kinds(a) == kinds(b) && have_same_backends(a, b) && split_alike(a, b)
}

/// Whether both rules name the same backends.
pub(super) fn have_same_backends(a: &Rule, b: &Rule) -> bool {
    let within = |a: &Rule, b: &Rule| {
        a.backends.iter().all(|it| b.backends.iter().any(|other| key(other) == key(it)))
    };
    a.backends.len() == b.backends.len() && within(a, b) && within(b, a)
}

/// Whether both rules, which name the same backends, give them the same shares.
pub(super) fn split_alike(a: &Rule, b: &Rule) -> bool {
    let sum = |rule: &Rule| -> u64 { rule.backends.iter().map(|it| u64::from(*it.weight)).sum() };
    let weight = |rule: &Rule, of: &Backend| -> u64 {
        let same = rule.backends.iter().filter(|it| key(it) == key(of));
        same.map(|it| u64::from(*it.weight)).sum()
    };
    a.backends.iter().all(|it| weight(a, it) * sum(b) == weight(b, it) * sum(a))
}

fn key(backend: &Backend) -> (&Option<String>, &str, Option<u16>) {
    (&backend.namespace, &backend.name, backend.port)
}

fn share_a_port(a: &Parent, b: &Parent) -> bool {
    match (a.port, b.port) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    }
}
