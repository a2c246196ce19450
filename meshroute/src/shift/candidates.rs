//! Which rules can be meant, and which are.

use std::collections::BTreeSet;

use crate::{
    name::{RouteId, RouteKind},
    split::{Seen, Split, SplitRule},
};

use super::{
    BackendShift, RuleShift, Target, Trouble, Way,
    names::{self, label},
    weights::shares,
};

/// A rule that could be written.
#[derive(Debug, Clone)]
pub(super) struct Candidate<'s, 'a> {
    pub(super) rule: &'s SplitRule<'a>,
    /// A split that it is a part of.
    pub(super) split: &'s Split<'a>,
    /// All ports that it serves.
    ports: Vec<u16>,
}

impl Candidate<'_, '_> {
    /// The weights of now.
    pub(super) fn old(&self) -> Vec<u32> {
        names::weights(self.rule)
    }

    /// The change to these weights.
    pub(super) fn change(&self, new: &[u32]) -> RuleShift {
        let backends = self.rule.rule.backends.iter().zip(&self.rule.backends).zip(new);
        let backends = backends.map(|((backend, share), new)| BackendShift {
            reference: share.reference.clone(),
            old: backend.weight.clone(),
            new: *new,
        });
        RuleShift {
            index: self.rule.id.rule_index,
            rule: self.rule.rule.clone(),
            backends: backends.collect(),
        }
    }
}

/// The rules of one route that are meant, by their index; at least one.
pub(super) fn meant<'s, 'a>(
    splits: &'s [Split<'a>],
    target: &Target,
) -> Result<Vec<Candidate<'s, 'a>>, Trouble> {
    let (of_route, rule) = named(target);
    let all = candidates(splits);
    let mut found: Vec<Candidate<'s, 'a>> = all
        .into_iter()
        .filter(|it| of_route.is_none_or(|name| is_named(&it.rule.id.route, name)))
        .filter(|it| target.port.is_none_or(|port| it.ports.contains(&port)))
        .collect();
    let is_read_only = |it: &Candidate<'_, '_>| it.rule.id.route.kind == RouteKind::LinkerdHttp;
    let first_read_only = found.iter().find(|it| is_read_only(it)).map(|it| &it.rule.id.route);
    found.retain(|it| !is_read_only(it));
    if let (Some(route), true) = (first_read_only, found.is_empty()) {
        return Err(Trouble::refused(format!(
            "{route} is read and never written: only Linkerd serves this kind; change it with kubectl edit, or make it a route of gateway.networking.k8s.io"
        )));
    }
    found.sort_by(|a, b| {
        (&a.rule.id.route, a.rule.id.rule_index).cmp(&(&b.rule.id.route, b.rule.id.rule_index))
    });
    let routes: BTreeSet<&RouteId> = found.iter().map(|it| &it.rule.id.route).collect();
    if routes.is_empty() {
        return Err(nothing(splits, target, of_route, rule));
    }
    if routes.len() > 1 {
        let names: Vec<String> = routes.iter().map(ToString::to_string).collect();
        let trouble = Trouble::usage(format!(
            "{} routes have rules with several backends ({}), and one is written at a time",
            routes.len(),
            names.join(", ")
        ));
        let way = |route: &&RouteId| Way::flag("--route", route_flag(route, &routes));
        return Err(trouble.ways(routes.iter().map(way)));
    }
    let found = match rule {
        Some(rule) => vec![of_name(rule, found, splits)?],
        None if target.all_rules => found,
        None => together(found)?,
    };
    let others: BTreeSet<u16> = found
        .iter()
        .flat_map(|it| &it.ports)
        .copied()
        .filter(|it| Some(*it) != target.port)
        .collect();
    if target.port.is_some() && !others.is_empty() && !target.all_ports {
        let names: Vec<String> = found.iter().map(|it| label(it.rule)).collect();
        let ports: Vec<String> = others.iter().map(ToString::to_string).collect();
        let trouble = Trouble::usage(format!(
            "rule {} also serves port {}: its weights change for all of them or for none",
            names.join(", "),
            ports.join(", ")
        ));
        return Err(trouble.way(Way::switch("--all-ports")));
    }
    Ok(found)
}

/// The route and the rule that are named: RULE is `ROUTE/RULE` where several routes are shown.
fn named(target: &Target) -> (Option<&str>, Option<&str>) {
    let rule = target.rule.as_deref();
    match rule.and_then(|rule| rule.rsplit_once('/')) {
        Some((route, rule)) => (target.route.as_deref().or(Some(route)), Some(rule)),
        None => (target.route.as_deref(), rule),
    }
}

/// Whether a route is meant by `NAME`, `NAMESPACE/NAME` or `KIND/NAME`.
pub fn is_named(route: &RouteId, name: &str) -> bool {
    let kind = route.kind.kind();
    let Some((before, name)) = name.rsplit_once('/') else { return route.name.name == name };
    let plural = format!("{kind}s");
    let is_kind = [kind, &plural].iter().any(|kind| before.eq_ignore_ascii_case(kind));
    let is_full = before.eq_ignore_ascii_case(&format!("{kind}.{}", route.kind.group()));
    route.name.name == name && (is_kind || is_full || route.name.namespace == before)
}

/// How `--route` names this one of several.
pub fn route_flag(route: &RouteId, all: &BTreeSet<&RouteId>) -> String {
    let namesakes = all.iter().filter(|other| other.name == route.name).count();
    if namesakes == 1 {
        return route.name.name.clone();
    }
    format!("{}/{}", route.kind.kind().to_ascii_lowercase(), route.name.name)
}

/// The rules that could be written, each once, with all ports that it serves.
fn candidates<'s, 'a>(splits: &'s [Split<'a>]) -> Vec<Candidate<'s, 'a>> {
    let mut found: Vec<Candidate<'s, 'a>> = Vec::new();
    for split in splits {
        for rule in split.rules.iter().filter(|rule| is_candidate(rule, split)) {
            match found.iter_mut().find(|other| other.rule.id == rule.id) {
                Some(other) => other.ports.extend(&split.ports),
                None => found.push(Candidate { rule, split, ports: split.ports.clone() }),
            }
        }
    }
    found
}

fn is_candidate(rule: &SplitRule<'_>, split: &Split<'_>) -> bool {
    let home = split.from.as_ref().unwrap_or(&split.service.namespace);
    let inherited = rule.inherited.as_ref().is_some_and(|it| it.fields.contains(&"backendRefs"));
    rule.rule.backends.len() > 1 && !inherited && rule.id.route.name.namespace == *home
}

/// The rule of this name, else of this index.
fn of_name<'s, 'a>(
    name: &str,
    found: Vec<Candidate<'s, 'a>>,
    splits: &[Split<'_>],
) -> Result<Candidate<'s, 'a>, Trouble> {
    let route = found[0].rule.route;
    let of_name: Vec<usize> = (0..route.rules.len())
        .filter(|index| route.rules[*index].name.as_deref() == Some(name))
        .collect();
    let index = match of_name.as_slice() {
        [] => name.parse().ok().filter(|index| *index < route.rules.len()),
        [index] => Some(*index),
        several => {
            let places: Vec<String> = several.iter().map(ToString::to_string).collect();
            let trouble = Trouble::usage(format!(
                "{} has {} rules of the name {name}, at the indexes {}",
                route.id,
                several.len(),
                places.join(", ")
            ));
            let writable = places.iter().filter(|place| {
                found.iter().any(|it| it.rule.id.rule_index.to_string() == **place)
            });
            return Err(trouble.ways(writable.map(|place| Way::flag("--rule", place))));
        }
    };
    let flags: Vec<String> = found.iter().map(rule_flag).collect();
    let at = |index: usize| found.iter().position(|it| it.rule.id.rule_index == index);
    if let Some(place) = index.and_then(at) {
        return found.into_iter().nth(place).ok_or_else(|| Trouble::usage("no such rule"));
    }
    let why = match index {
        None => "there is no such rule",
        Some(index) if route.rules[index].backends.len() < 2 => "it does not have several backends",
        Some(index) if splits.iter().any(|split| is_reached(split, &route.id, index)) => {
            "it does not serve what was asked for"
        }
        Some(_) => "no request reaches it",
    };
    let trouble = Trouble::usage(format!("rule {name} of {} cannot be shifted: {why}", route.id));
    Err(trouble.ways(flags.into_iter().map(|flag| Way::flag("--rule", flag))))
}

fn is_reached(split: &Split<'_>, route: &RouteId, index: usize) -> bool {
    split.rules.iter().any(|rule| rule.id.route == *route && rule.id.rule_index == index)
}

/// How `--rule` names a rule: by its name, if no other has it.
fn rule_flag(candidate: &Candidate<'_, '_>) -> String {
    let rules = &candidate.rule.route.rules;
    let name = candidate.rule.rule.name.as_ref();
    match name.filter(|name| rules.iter().filter(|it| it.name.as_ref() == Some(name)).count() == 1)
    {
        Some(name) => name.clone(),
        None => candidate.rule.id.rule_index.to_string(),
    }
}

/// Rules with the same backends and the same ratios move together; others have to be named.
fn together<'s, 'a>(found: Vec<Candidate<'s, 'a>>) -> Result<Vec<Candidate<'s, 'a>>, Trouble> {
    let first = &found[0];
    let same = |other: &Candidate<'_, '_>| {
        let references = other.rule.backends.iter().map(|share| &share.reference);
        references.eq(first.rule.backends.iter().map(|share| &share.reference))
            && shares(&other.old()) == shares(&first.old())
    };
    if found.iter().all(same) {
        return Ok(found);
    }
    let named: Vec<String> = found
        .iter()
        .map(|it| {
            let names = names::labels(it.split.service, it.rule);
            let pairs: Vec<String> = names
                .iter()
                .zip(it.old())
                .map(|(name, weight)| format!("{name}={weight}"))
                .collect();
            format!("{} ({})", rule_flag(it), pairs.join(" "))
        })
        .collect();
    let trouble = Trouble::usage(format!(
        "{} has {} rules with several backends, and they differ: {}",
        first.rule.id.route,
        found.len(),
        named.join(", ")
    ));
    let of_rule = found.iter().map(|it| Way::flag("--rule", rule_flag(it)));
    Err(trouble.ways(of_rule.chain([Way::switch("--all-rules")])))
}

/// Why no rule can be written.
fn nothing(
    splits: &[Split<'_>],
    target: &Target,
    route: Option<&str>,
    rule: Option<&str>,
) -> Trouble {
    let Some(first) = splits.first() else { return Trouble::usage("there is no such Service") };
    let service = first.service;
    let home = first.from.as_ref().unwrap_or(&service.namespace);
    let mut why = BTreeSet::new();
    for split in splits {
        for other in &split.rules {
            let id = &other.id;
            let name = format!("rule {} of {}", label(other), id.route);
            let is_other = route.is_some_and(|route| !is_named(&id.route, route))
                && is_candidate(other, split);
            why.insert(match other.rule.backends.len() {
                _ if is_other => format!("{name} is not of that route"),
                _ if id.route.name.namespace != *home => {
                    format!("{name} is in another namespace than {home}")
                }
                0 => format!("{name} has no backends of its own"),
                1 => format!("{name} has only one backend"),
                _ => format!("{name} serves other ports"),
            });
        }
        for shadowed in &split.shadowed {
            let rule = &shadowed.rule;
            why.insert(format!("no request reaches rule {} of {}", rule.rule_index, rule.route));
        }
        for inert in &split.inert {
            why.insert(format!("{} has no effect: {}", inert.route, inert.message));
        }
    }
    let mut what = format!("no rule of {service} has weights to shift");
    if let Some(port) = target.port {
        what.push_str(&format!(" for port {port}"));
    }
    let named = [("route", route), ("rule", rule)].into_iter();
    for (kind, name) in named.filter_map(|(kind, name)| Some((kind, name?))) {
        what.push_str(&format!(" in {kind} {name}"));
    }
    if why.is_empty() {
        let clients = clients(splits);
        let but = match clients.is_empty() {
            true => String::new(),
            false => format!(", except for clients in {}", clients.join(", ")),
        };
        return Trouble::usage(format!(
            "no route sends the requests to {service} anywhere else yet{but}"
        ))
        .ways(clients.iter().map(|namespace| Way::flag("--from-namespace", *namespace)))
        .way(Way::switch("--create"));
    }
    Trouble::usage(format!("{what}: {}", why.into_iter().collect::<Vec<_>>().join("; ")))
}

/// The namespaces whose clients have routes of their own.
fn clients<'s>(splits: &'s [Split<'_>]) -> Vec<&'s str> {
    let exceptions = splits.iter().flat_map(|split| &split.exceptions);
    let namespaces = exceptions.filter_map(|exception| match &exception.from {
        Seen::Namespace(namespace) => Some(namespace.as_str()),
        Seen::Gateway(_) | Seen::Route(_) => None,
    });
    let namespaces: BTreeSet<&str> = namespaces.collect();
    namespaces.into_iter().collect()
}
