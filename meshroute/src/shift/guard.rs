//! What speaks against a change of weights, and what else there is to know.

use crate::{
    cluster::{Cluster, Known, Ready},
    name::ObjectName,
    owner::Owner,
    profile::WrongPort,
    route::Parent,
    split::Share,
};

use super::{
    Shift,
    candidates::Candidate,
    names::{label, labels},
    weights::{leader, shares},
};

/// What speaks against a change of weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// Most of the requests move to another backend, and the weights are given by position, where
    /// it is easy to mix two up.
    MajorityMoves {
        /// The rule.
        rule: String,
        /// The backend that has most now.
        from: String,
        /// The one that gets most.
        to: String,
    },
    /// The share of a backend rises that cannot serve it.
    Raises {
        /// The rule.
        rule: String,
        /// The backend.
        backend: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// No backend would have a weight.
    AllZero {
        /// The rule.
        rule: String,
    },
    /// Somebody is certain to put the weights back, or to overwrite them.
    Reverts(Owner),
}

/// What else there is to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The share of a backend rises of which nobody said whether it is ready.
    ReadyUnknown {
        /// The backend.
        backend: String,
    },
    /// Somebody else writes the route as well, and is not certain to put weights back.
    Owned(Owner),
    /// The route has other parents, and what is changed is changed for their requests too.
    Shared {
        /// The parents, each with its kind.
        parents: Vec<String>,
    },
}

/// What there is to say of a change.
pub(super) fn of(
    cluster: &Cluster,
    shift: &Shift,
    meant: &[Candidate<'_, '_>],
    by_position: bool,
) -> (Vec<Guard>, Vec<Note>) {
    let mut guards = Vec::new();
    let mut notes = Vec::new();
    let mut unknown: Vec<String> = Vec::new();
    let changed = shift.rules.iter().zip(meant).filter(|(rule, _)| !rule.is_unchanged());
    for (change, candidate) in changed {
        let rule = label(candidate.rule);
        let names = labels(candidate.split.service, candidate.rule);
        let (old, new) = (change.before(), change.after());
        if new.iter().all(|weight| *weight == 0) {
            guards.push(Guard::AllZero { rule: rule.clone() });
        }
        if let (true, Some(from), Some(to)) = (by_position, leader(&old), leader(&new))
            && from != to
        {
            let (from, to) = (names[from].clone(), names[to].clone());
            guards.push(Guard::MajorityMoves { rule: rule.clone(), from, to });
        }
        let backends = candidate.rule.backends.iter().zip(&names).zip(raised(&old, &new));
        for ((share, name), _) in backends.filter(|(_, is_raised)| *is_raised) {
            match trouble(cluster, candidate, share) {
                Known::Known(Some(why)) => {
                    let (rule, backend) = (rule.clone(), name.clone());
                    guards.push(Guard::Raises { rule, backend, why });
                }
                Known::Known(None) => {}
                Known::Unknown if unknown.contains(name) => {}
                Known::Unknown => unknown.push(name.clone()),
            }
        }
    }
    notes.extend(unknown.into_iter().map(|backend| Note::ReadyUnknown { backend }));
    let parents = others(&meant[0].rule.route.parents, &shift.service);
    if !parents.is_empty() {
        notes.push(Note::Shared { parents });
    }
    match &shift.owner {
        Some(owner) if owner.reverts == Known::Known(true) => {
            guards.push(Guard::Reverts(owner.clone()));
        }
        Some(owner) => notes.push(Note::Owned(owner.clone())),
        None => {}
    }
    (guards, notes)
}

/// The parents of a route that are not this Service.
fn others(parents: &[Parent], service: &ObjectName) -> Vec<String> {
    let mut others: Vec<String> = Vec::new();
    for Parent { group: _, kind, name, port: _, section: _ } in parents {
        let other = format!("{} {name}", **kind);
        let is_own = **kind == "Service" && name == service;
        if !is_own && !others.contains(&other) {
            others.push(other);
        }
    }
    others
}

/// Whether a backend loses a share that it could not be given back.
pub(super) fn leaves_unready(
    cluster: &Cluster,
    shift: &Shift,
    meant: &[Candidate<'_, '_>],
) -> bool {
    shift.rules.iter().zip(meant).any(|(change, candidate)| {
        let lowered = raised(&change.after(), &change.before());
        let mut backends = candidate.rule.backends.iter().zip(lowered);
        backends.any(|(share, is_lowered)| {
            is_lowered && matches!(trouble(cluster, candidate, share), Known::Known(Some(_)))
        })
    })
}

/// Whose share is larger by the second weights.
fn raised(old: &[u32], new: &[u32]) -> Vec<bool> {
    let across = |a: u64, b: u64| u128::from(a) * u128::from(b);
    let before_and_after = shares(old).into_iter().zip(shares(new));
    before_and_after
        .map(|(old, new)| across(new.part(), old.whole()) > across(old.part(), new.whole()))
        .collect()
}

/// Why a backend cannot serve requests, if it is known not to.
fn trouble(
    cluster: &Cluster,
    candidate: &Candidate<'_, '_>,
    share: &Share,
) -> Known<Option<&'static str>> {
    let reference = &share.reference;
    let is_service = reference.kind == "Service";
    if is_service {
        match cluster.service(&reference.name) {
            Known::Known(None) => return Known::Known(Some("does not exist")),
            Known::Known(Some(service)) => {
                let has_port = service.ports.iter().any(|it| Some(it.port) == reference.port);
                let needs_port =
                    candidate.split.mesh.profile().wrong_port.value == WrongPort::Fails;
                if !has_port && needs_port {
                    return Known::Known(Some("does not have this port"));
                }
            }
            Known::Unknown => return Known::Unknown,
        }
    }
    match share.ready {
        Known::Known(Ready { ready: 0, .. }) => Known::Known(Some("has no ready endpoint")),
        Known::Known(Ready { .. }) => Known::Known(None),
        Known::Unknown => Known::Unknown,
    }
}

/// Why a backend that is not part of a route yet cannot serve requests, if it is known not to.
pub(super) fn trouble_of_service(
    cluster: &Cluster,
    name: &ObjectName,
    port: u16,
) -> Known<Option<&'static str>> {
    let service = match cluster.service(name) {
        Known::Known(Some(service)) => service,
        Known::Known(None) => return Known::Known(Some("does not exist")),
        Known::Unknown => return Known::Unknown,
    };
    let Some(port) = service.ports.iter().find(|it| it.port == port) else {
        return Known::Known(Some("does not have this port"));
    };
    match cluster.ready(name, &port.name) {
        Known::Known(Ready { ready: 0, .. }) => Known::Known(Some("has no ready endpoint")),
        Known::Known(Ready { .. }) => Known::Known(None),
        Known::Unknown => Known::Unknown,
    }
}
