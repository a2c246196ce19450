//! Whether rules that leave differences alone cover the weights of a route.

use crate::{
    cluster::{Fields, IgnoreRule, Known, Segment},
    owner::FIELD_MANAGER,
    route::Route,
};

/// How much of the weights of a route is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coverage {
    /// Every weight.
    All,
    /// Some, or what we cannot tell.
    Unclear,
    /// None.
    None,
}

/// How much of the weights the rules leave alone.
pub(super) fn coverage(rules: &[IgnoreRule], route: &Route) -> Coverage {
    if rules.is_empty() {
        return Coverage::None;
    }
    let mut open = weights(route);
    let all = open.len();
    let mut unclear = false;
    for rule in rules {
        let is_for = is_for(rule, route);
        if is_for == Known::Known(false) {
            continue;
        }
        let trusted = rule.managers.iter().any(|manager| manager == FIELD_MANAGER);
        let covers = |place: &Place| {
            trusted || rule.fields.iter().flatten().any(|fields| covers(fields, *place))
        };
        unclear |= rule.fields.iter().any(Option::is_none);
        match is_for {
            Known::Known(_) => open.retain(|place| !covers(place)),
            Known::Unknown => unclear |= open.iter().any(covers),
        }
    }
    if open.is_empty() && all > 0 {
        Coverage::All
    } else if unclear || open.len() < all {
        Coverage::Unclear
    } else {
        Coverage::None
    }
}

/// A weight, by the indexes of its rule and its backend.
type Place = (usize, usize);

/// The weights that somebody could want to change: those of rules with several backends, if there
/// are any.
fn weights(route: &Route) -> Vec<Place> {
    let several = route.rules.iter().any(|rule| rule.backends.len() > 1);
    let rules = route.rules.iter().enumerate();
    rules
        .filter(|(_, rule)| !several || rule.backends.len() > 1)
        .flat_map(|(rule, it)| (0..it.backends.len()).map(move |backend| (rule, backend)))
        .collect()
}

fn is_for(rule: &IgnoreRule, route: &Route) -> Known<bool> {
    let id = &route.id;
    let parts = [
        rule.group.takes(id.kind.group()),
        rule.kind.takes(id.kind.kind()),
        rule.namespace.takes(&id.name.namespace),
        rule.name.takes(&id.name.name),
    ];
    if parts.contains(&Known::Known(false)) {
        Known::Known(false)
    } else if rule.narrower || parts.contains(&Known::Unknown) {
        Known::Unknown
    } else {
        Known::Known(true)
    }
}

/// Whether the weight is one of the fields, or below one.
fn covers(fields: &Fields, (rule, backend): Place) -> bool {
    let takes_name = |segment: &Segment, name: &str| match segment {
        Segment::Field(own) => own == name,
        Segment::Index(_) | Segment::Each => false,
    };
    let takes_index = |segment: &Segment, index: usize| match segment {
        Segment::Index(own) => *own == index,
        Segment::Each => true,
        Segment::Field(_) => false,
    };
    let place = |depth: usize, segment: &Segment| match depth {
        0 => takes_name(segment, "spec"),
        1 => takes_name(segment, "rules"),
        2 => takes_index(segment, rule),
        3 => takes_name(segment, "backendRefs"),
        4 => takes_index(segment, backend),
        5 => takes_name(segment, "weight"),
        _ => false,
    };
    let mut segments = fields.0.iter().enumerate();
    !fields.0.is_empty() && segments.all(|(depth, segment)| place(depth, segment))
}
