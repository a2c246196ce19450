//! The words that tables and lines are made of.

use std::collections::BTreeSet;

use meshroute::{
    cluster::{Known, Ready},
    matching,
    name::ObjectName,
    profile::Mesh,
    route::{Match, PathMatch, ValueKind, ValueMatch},
    split::{
        Exception, Inert, Owned, RankedMatch, Reference, RuleId, Seen, Shadowed, Split, SplitRule,
        UndefinedOrder,
    },
};

/// The text without control characters: what comes from a cluster must not steer a terminal.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .map(|character| if character.is_control() { '\u{fffd}' } else { character })
        .collect()
}

/// A name, without the namespace of the Service that is talked about.
pub(super) fn short(name: &ObjectName, service: &ObjectName) -> String {
    if name.namespace == service.namespace { clean(&name.name) } else { clean(&name.to_string()) }
}

/// The Service and its ports: `shop/reviews:9080`.
pub(super) fn service(split: &Split<'_>) -> String {
    let ports: Vec<String> = split.ports.iter().map(ToString::to_string).collect();
    format!("{}:{}", split.service, ports.join(","))
}

/// The conditions of a match: `GET prefix /api, header x-beta=1`.
pub(super) fn matched(matched: &Match) -> String {
    let parts = conditions(matched);
    if parts.is_empty() { "any".into() } else { clean(&parts.join(", ")) }
}

/// The conditions of a match, one by one; none where it takes everything.
pub(super) fn conditions(matched: &Match) -> Vec<String> {
    let mut words = Vec::new();
    words.extend(matched.method.clone());
    match (&matched.grpc, &matched.path) {
        (Some(grpc), _) => {
            let kind = if grpc.kind == ValueKind::Exact { "" } else { "~" };
            let part = |part: &Option<String>| part.clone().unwrap_or_else(|| "*".into());
            words.push(format!("grpc {kind}{}/{}", part(&grpc.service), part(&grpc.method)));
        }
        (None, path) if *path == PathMatch::any() => {}
        (None, PathMatch::Prefix(value)) => words.push(format!("prefix {value}")),
        (None, PathMatch::Exact(value)) => words.push(format!("exact {value}")),
        (None, PathMatch::Regex(value)) => words.push(format!("regex {value}")),
        (None, PathMatch::Unknown { kind, value }) => words.push(format!("{kind} {value}")),
    }
    let mut parts = vec![words.join(" ")];
    parts.retain(|part| !part.is_empty());
    parts.extend(matched.headers.iter().map(|header| value("header", header)));
    parts.extend(matched.query.iter().map(|query| value("query", query)));
    parts
}

fn value(what: &str, condition: &ValueMatch) -> String {
    let sign = match &condition.kind {
        ValueKind::Exact => "=",
        ValueKind::Regex => "~",
        ValueKind::Unknown(_) => "?",
    };
    format!("{what} {}{sign}{}", condition.name, condition.value)
}

/// The name of a rule, else its index; with its route where several are shown.
pub(super) fn rule(rule: &SplitRule<'_>, split: &Split<'_>) -> String {
    let name = rule.rule.name.clone().unwrap_or_else(|| rule.id.rule_index.to_string());
    let several = split.rules.iter().any(|other| other.id.route != rule.id.route);
    if several {
        format!("{}/{}", short(&rule.id.route.name, split.service), clean(&name))
    } else {
        clean(&name)
    }
}

/// A rule with matches that are tried one after the other.
pub(super) struct Step<'a> {
    /// The rule.
    pub(super) rule: &'a SplitRule<'a>,
    /// The matches.
    pub(super) matches: Vec<&'a RankedMatch>,
    /// Whether other matches of the rule come earlier.
    pub(super) again: bool,
}

/// The rules in the order in which they are tried. A rule comes again where a match of another one
/// stands between two of its own and could take the requests of the later.
pub(super) fn steps<'a>(split: &'a Split<'a>) -> Vec<Step<'a>> {
    let of_rule = |rule: &'a SplitRule<'a>| rule.matches.iter().map(move |matched| (matched, rule));
    let mut matches: Vec<_> = split.rules.iter().flat_map(of_rule).collect();
    matches.sort_by_key(|(matched, _)| matched.rank);
    let mut steps: Vec<Step<'a>> = Vec::new();
    for (matched, rule) in matches {
        let earlier = steps.iter().rposition(|step| step.rule.id == rule.id);
        let between = earlier.map_or(&[][..], |earlier| &steps[earlier + 1..]);
        let meets = |other: &&RankedMatch| matching::overlap(&other.matched, &matched.matched);
        match earlier {
            Some(earlier) if !between.iter().flat_map(|step| &step.matches).any(meets) => {
                steps[earlier].matches.push(matched);
            }
            _ => steps.push(Step { rule, matches: vec![matched], again: earlier.is_some() }),
        }
    }
    steps
}

/// A backend's name: with its kind where it is no Service.
pub(super) fn backend(reference: &Reference, service: &ObjectName) -> String {
    let name = short(&reference.name, service);
    if reference.group.is_empty() && reference.kind == "Service" {
        name
    } else {
        let group = if reference.group.is_empty() {
            String::new()
        } else {
            format!(".{}", reference.group)
        };
        clean(&format!("{}{group}/{name}", reference.kind))
    }
}

/// `2/3`, or `?` where nobody said.
pub(super) fn ready(ready: Known<Ready>) -> String {
    match ready {
        Known::Known(Ready { ready, total }) => format!("{ready}/{total}"),
        Known::Unknown => "?".into(),
    }
}

/// The first line about a split: the Service, the mesh, whose view it is, the routes in effect, and
/// who else writes them.
pub(super) fn heading(split: &Split<'_>) -> String {
    let mut parts = vec![format!("Service {}", service(split)), format!("mesh {}", split.mesh)];
    parts.extend(split.from.as_ref().map(|from| format!("from namespace {from}")));
    parts.push(routes(split));
    parts.extend(owners(split));
    clean(&parts.join("  "))
}

/// `route reviews (accepted)`.
pub(super) fn routes(split: &Split<'_>) -> String {
    let names = route_names(split);
    match names.as_slice() {
        [] => "no route in effect".into(),
        [name] => format!("route {name}"),
        several => format!("routes {}", several.join(", ")),
    }
}

/// `owner Argo CD/shop (self-heal)`; with the route of each where not all are of one owner.
fn owners(split: &Split<'_>) -> Option<String> {
    let first = &split.owners.first()?.owner;
    let same = split.owners.iter().all(|owned| owned.owner == *first);
    let routes: BTreeSet<_> = split.owners.iter().map(|owned| owned.route).collect();
    if same && split.rules.iter().all(|rule| routes.contains(&rule.id.route)) {
        return Some(format!("owner {first}"));
    }
    let of_route = |owned: &Owned<'_>| {
        format!("of {}: {}", short(&owned.route.name, split.service), owned.owner)
    };
    let said: Vec<String> = split.owners.iter().map(of_route).collect();
    Some(format!("owner {}", said.join(", ")))
}

/// The owners of the routes in effect, each once; `-` without any.
pub(super) fn owner_names(split: &Split<'_>) -> String {
    let mut seen = BTreeSet::new();
    let names = split.owners.iter().map(|owned| clean(&owned.owner.to_string()));
    let names: Vec<String> = names.filter(|name| seen.insert(name.clone())).collect();
    if names.is_empty() { "-".into() } else { names.join(", ") }
}

/// The routes in effect, each once, with what the mesh says of them.
pub(super) fn route_names(split: &Split<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for rule in &split.rules {
        let status = match accepted(rule, split) {
            Some(true) => " (accepted)",
            Some(false) => " (not accepted)",
            None => "",
        };
        let name = format!("{}{status}", short(&rule.id.route.name, split.service));
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// What the mesh's controller says of the route and this Service; by the specification, any
/// controller.
fn accepted(rule: &SplitRule<'_>, split: &Split<'_>) -> Option<bool> {
    let controllers = split.mesh.profile().controllers;
    let of_mesh = |name: &str| split.mesh == Mesh::Spec || controllers.contains(&name);
    let mut statuses = rule.route.statuses.iter();
    statuses.find(|status| status.parent == *split.service && of_mesh(&status.controller))?.accepted
}

/// What else there is to say about a split, a line each.
pub(super) fn remarks(split: &Split<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if !split.exceptions.is_empty() {
        let said: Vec<String> = split.exceptions.iter().map(exception).collect();
        lines.push(format!("except: {}", said.join("; ")));
    }
    lines.extend(split.undefined_order.iter().map(|undefined| undefined_order(undefined, split)));
    lines.extend(split.shadowed.iter().map(|shadowed| shadow(shadowed, split)));
    lines.extend(split.inert.iter().map(|inert| no_effect(inert, split)));
    lines.extend(split.rules.iter().filter_map(|other| {
        let inherited = other.inherited.as_ref()?;
        Some(format!(
            "rule {} takes {} from rule {}",
            rule(other, split),
            inherited.fields.join(" and "),
            rule_id(&inherited.from, split)
        ))
    }));
    lines.iter().map(|line| clean(line)).collect()
}

fn exception(exception: &Exception) -> String {
    let from = match &exception.from {
        Seen::Namespace(name) => format!("from namespace {name}"),
        Seen::Gateway(name) => format!("Gateway {name}"),
        Seen::Route(id) => id.to_string(),
    };
    format!("{from}: {}", exception.message)
}

fn undefined_order(undefined: &UndefinedOrder, split: &Split<'_>) -> String {
    let matches = split
        .rules
        .iter()
        .flat_map(|other| other.matches.iter().map(move |matched| (matched.rank, other)));
    let mut names: Vec<String> = matches
        .filter(|(rank, _)| undefined.ranks.contains(rank))
        .map(|(_, other)| rule(other, split))
        .collect();
    names.dedup();
    let why = match undefined.reason {
        meshroute::split::TieReason::Random => {
            format!("{} tries them in no fixed order", split.mesh)
        }
        meshroute::split::TieReason::AgeUnknown => {
            "the oldest route goes first, and the ages are not known".into()
        }
    };
    format!("order not defined: rules {}: {why}; shown is one possible order", names.join(", "))
}

fn shadow(shadowed: &Shadowed, split: &Split<'_>) -> String {
    let what = matched(&shadowed.matched);
    format!(
        "never reached: {what} of rule {}, behind rule {}",
        rule_id(&shadowed.rule, split),
        rule_id(&shadowed.by, split)
    )
}

fn no_effect(inert: &Inert, split: &Split<'_>) -> String {
    format!(
        "no effect: {} {}: {}",
        inert.route.kind,
        short(&inert.route.name, split.service),
        inert.message
    )
}

/// `reviews/0`, for a rule that may not be shown.
fn rule_id(id: &RuleId, split: &Split<'_>) -> String {
    format!("{}/{}", short(&id.route.name, split.service), id.rule_index)
}
