//! What rules take over from others with the same matches, in meshes that merge them field by
//! field.
//!
//! Kuma makes a MeshHTTPRoute of every route, merges the rules of all that apply by their list of
//! matches, and lets a field of the first win where it is set
//! (`pkg/plugins/policies/core/rules/merge`).

use std::{cmp::Ordering, collections::HashMap};

use crate::{
    name::RouteId,
    profile::{EqualRules, Key, Unsupported},
    route::{Backend, Filter, Match, Route},
    split::{
        answer::{Inherited, RuleId},
        ask::Ask,
        attach::{Attached, Attachment},
        fate, order,
    },
};

/// The filters and backends of a rule, its own or another's.
pub(super) struct Effective<'a> {
    pub(super) filters: &'a [Filter],
    pub(super) backends: &'a [Backend],
    /// The route that the backends stand in, which decides what their names mean.
    pub(super) backends_of: &'a Route,
    pub(super) inherited: Option<Inherited>,
}

/// The rules by their lists of matches, in the order in which their fields win; empty where nothing
/// is inherited. Lists are compared as lists: the same matches in another order are another rule.
pub(super) struct Rules<'a>(HashMap<&'a [Match], Vec<(&'a Route, usize)>>);

/// Orders the rules for [`Rules::of`].
pub(super) fn inherit<'a>(ask: &Ask<'a>, attachment: &Attachment<'a>) -> Rules<'a> {
    if ask.profile.equal_rules.value == EqualRules::First {
        return Rules(HashMap::new());
    }
    let mut routes: Vec<&Attached<'a>> = attachment.attached.iter().collect();
    routes.sort_by(|a, b| {
        let keys = [Key::Consumer, Key::MeshHttpRouteName];
        keys.iter()
            .map(|key| order::compare_routes(*key, ask, a, b))
            .fold(Ordering::Equal, Ordering::then)
    });
    let mut rules: HashMap<&[Match], Vec<(&Route, usize)>> = HashMap::new();
    for attached in routes {
        for (index, rule) in attached.route.rules.iter().enumerate() {
            rules.entry(&rule.matches).or_default().push((attached.route, index));
        }
    }
    Rules(rules)
}

impl<'a> Rules<'a> {
    /// What the rule does, with what it takes over.
    pub(super) fn of(&self, ask: &Ask<'a>, route: &'a Route, index: usize) -> Effective<'a> {
        let rule = &route.rules[index];
        let own = Effective {
            filters: &rule.filters,
            backends: &rule.backends,
            backends_of: route,
            inherited: None,
        };
        let same = self.0.get(rule.matches.as_slice()).map_or(&[][..], Vec::as_slice);
        let after_own = same.iter().skip_while(|(other, at)| other.id != route.id || *at != index);
        after_own.skip(1).fold(own, |mut effective, (other, index)| {
            let rule = &other.rules[*index];
            if !has_filters(ask, effective.filters) && has_filters(ask, &rule.filters) {
                effective.filters = &rule.filters;
                note(&mut effective.inherited, &other.id, *index, "filters");
            }
            if !has_backends(ask, effective.backends_of, effective.backends)
                && has_backends(ask, other, &rule.backends)
            {
                effective.backends = &rule.backends;
                effective.backends_of = other;
                note(&mut effective.inherited, &other.id, *index, "backendRefs");
            }
            effective
        })
    }
}

fn note(
    inherited: &mut Option<Inherited>,
    route: &RouteId,
    rule_index: usize,
    field: &'static str,
) {
    let from = RuleId { route: route.clone(), rule_index };
    match inherited {
        Some(inherited) if inherited.from == from => inherited.fields.push(field),
        // What the backends come from says more than what the filters come from.
        Some(_) if field == "filters" => {}
        _ => *inherited = Some(Inherited { from, fields: vec![field] }),
    }
}

fn has_filters(ask: &Ask<'_>, filters: &[Filter]) -> bool {
    let fact = ask.profile.rule_filters.value;
    filters
        .iter()
        .any(|filter| fact.otherwise != Unsupported::Ignored || fact.works.contains(&filter.kind()))
}

fn has_backends(ask: &Ask<'_>, route: &Route, backends: &[Backend]) -> bool {
    backends.iter().any(|backend| !fate::is_dropped(ask, route, backend))
}
