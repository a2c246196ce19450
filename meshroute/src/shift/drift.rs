//! Whether a route still is what a change was planned on.

use crate::route::{Backend, Route};

use super::{RuleShift, Shift};

/// What has become of a rule since it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Drift {
    /// A weight is another one.
    Weight {
        /// The backend.
        backend: String,
        /// What was read.
        read: u32,
        /// What it is.
        now: u32,
    },
    /// The backends are others, or in another order.
    Backends {
        /// The index of the rule.
        rule: usize,
    },
    /// There is no such rule any more, or it takes other requests.
    Rule {
        /// The index of the rule.
        rule: usize,
    },
}

/// What has changed of what the plan rests on: names, weights, and which requests a rule takes.
pub fn drift(shift: &Shift, now: &Route) -> Vec<Drift> {
    shift.rules.iter().flat_map(|rule| of_rule(rule, now)).collect()
}

fn of_rule(read: &RuleShift, route: &Route) -> Vec<Drift> {
    let Some(now) = route.rules.get(read.index) else {
        return vec![Drift::Rule { rule: read.index }];
    };
    if now.name != read.rule.name || now.matches != read.rule.matches {
        return vec![Drift::Rule { rule: read.index }];
    }
    let same = |(a, b): (&Backend, &Backend)| {
        *a.group == *b.group
            && *a.kind == *b.kind
            && a.namespace == b.namespace
            && a.name == b.name
            && a.port == b.port
    };
    let pairs = || now.backends.iter().zip(&read.rule.backends);
    if now.backends.len() != read.rule.backends.len() || !pairs().all(same) {
        return vec![Drift::Backends { rule: read.index }];
    }
    let moved = pairs().filter(|(now, read)| *now.weight != *read.weight);
    let drift = moved.map(|(now, read)| Drift::Weight {
        backend: now.name.clone(),
        read: *read.weight,
        now: *now.weight,
    });
    drift.collect()
}
