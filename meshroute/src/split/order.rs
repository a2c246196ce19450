//! The order in which matches are tried, what can never be reached in it, and where nobody may rely
//! on it.

use std::cmp::{Ordering, Reverse};

use crate::{
    matching,
    name::RouteKind,
    profile::{Hostnames, Key, Kinds, Repeated},
    route::{Match, PathMatch, Route},
    split::{
        answer::{Inert, Reason, Role, RuleId, Shadowed, TieReason, UndefinedOrder},
        ask::Ask,
        attach::{Attached, Attachment},
        levels::age,
    },
};

/// One match of one rule of a route in effect.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) attached: Attached<'a>,
    pub(super) rule_index: usize,
    pub(super) matched: Match,
    /// Made of a prefix, for the requests to the prefix itself.
    pub(super) derived: bool,
    host: HostRank,
}

impl Entry<'_> {
    pub(super) fn rule_id(&self) -> RuleId {
        RuleId { route: self.attached.route.id.clone(), rule_index: self.rule_index }
    }

    fn is_of_same_route(&self, other: &Self) -> bool {
        self.attached.route.id == other.attached.route.id
    }
}

/// How well a hostname fits: not at all wanted, a wildcard, exact; then its length.
type HostRank = (u8, usize);

/// The matches in order.
#[derive(Debug, Default)]
pub(super) struct Ordered<'a> {
    /// Those that requests can reach.
    pub(super) entries: Vec<Entry<'a>>,
    pub(super) shadowed: Vec<Shadowed>,
    pub(super) undefined: Vec<UndefinedOrder>,
    /// Routes for other hosts.
    pub(super) inert: Vec<Inert>,
}

/// Orders the matches of the routes in effect.
pub(super) fn order<'a>(ask: &Ask<'a>, attachment: &Attachment<'a>) -> Ordered<'a> {
    let mut ordered = Ordered::default();
    let keys = keys(ask, attachment);
    let mut entries = Vec::new();
    for attached in &attachment.attached {
        match host_rank(ask, attached.route) {
            Some(host) => entries.extend(entries_of(ask, attached, host)),
            None => ordered.inert.push(Inert {
                route: attached.route.id.clone(),
                reason: Reason::Hostname,
                message: format!(
                    "it is for {}, and {} is dialled",
                    attached.route.hostnames.join(", "),
                    ask.host()
                ),
            }),
        }
    }
    if keys.contains(&Key::MatchedLength) {
        derive_exact(&mut entries);
    }
    entries.sort_by(|a, b| compare(ask, keys, a, b));
    drop_needless_derived(&mut entries);
    let ties = Ties { ask, keys, ages_known: attachment.ages_known };
    drop_shadowed(&ties, entries, &mut ordered);
    ordered.undefined = ties.groups(&ordered.entries);
    ordered
}

fn keys(ask: &Ask<'_>, attachment: &Attachment<'_>) -> &'static [Key] {
    let grpc = |attached: &Attached<'_>| attached.route.id.kind == RouteKind::Grpc;
    let grpc_only =
        ask.profile.kinds.value != Kinds::Merged && attachment.attached.iter().all(grpc);
    let order = if grpc_only { &ask.profile.grpc_order } else { &ask.profile.order };
    if attachment.attached.is_empty() { order.value } else { ask.fact("order of matches", order) }
}

fn entries_of<'a>(ask: &Ask<'a>, attached: &Attached<'a>, host: HostRank) -> Vec<Entry<'a>> {
    let repeated = ask.profile.repeated_header.value;
    let rules = attached.route.rules.iter().enumerate();
    let matches = rules.flat_map(|(rule_index, rule)| {
        rule.matches.iter().map(move |matched| (rule_index, matched))
    });
    let entries = matches.map(|(rule_index, matched)| {
        let mut matched = matched.clone();
        if repeated == Repeated::First && matched.headers.len() > 1 {
            matched.headers = matching::first_of_each_name(&matched.headers);
        }
        Entry { attached: *attached, rule_index, matched, derived: false, host }
    });
    entries.collect()
}

/// How well the route's hostnames fit the dialled host; `None` if none does.
///
/// Linkerd, `linkerd/http/route/src/http/match/host.rs`: an exact name before a wildcard, a longer
/// one before a shorter.
fn host_rank(ask: &Ask<'_>, route: &Route) -> Option<HostRank> {
    if route.hostnames.is_empty()
        || ask.fact("hostnames", &ask.profile.hostnames) == Hostnames::Ignored
    {
        return Some((0, 0));
    }
    let dialled = ask.host().to_ascii_lowercase();
    let dialled = dialled.trim_end_matches('.');
    let rank = |hostname: &String| {
        let hostname = hostname.to_ascii_lowercase();
        match hostname.strip_prefix('*') {
            Some(suffix) => {
                (suffix.starts_with('.') && dialled.ends_with(suffix)).then_some((1, suffix.len()))
            }
            None => (hostname == dialled).then_some((2, hostname.len())),
        }
    };
    route.hostnames.iter().filter_map(rank).max()
}

fn compare(ask: &Ask<'_>, keys: &[Key], a: &Entry<'_>, b: &Entry<'_>) -> Ordering {
    let by_keys =
        || keys.iter().map(|key| compare_by(*key, ask, a, b)).find(|ordering| ordering.is_ne());
    let groups = a.attached.group.cmp(&b.attached.group);
    // Where a mesh has no order, one possible order: by name, and within a route as it is written.
    let names =
        || a.attached.route.id.cmp(&b.attached.route.id).then(a.rule_index.cmp(&b.rule_index));
    groups.then_with(|| by_keys().unwrap_or_else(names))
}

fn compare_by(key: Key, ask: &Ask<'_>, a: &Entry<'_>, b: &Entry<'_>) -> Ordering {
    let longer = |a: usize, b: usize| b.cmp(&a);
    let (left, right) = (&a.matched, &b.matched);
    match key {
        Key::HostnameMatch => b.host.cmp(&a.host),
        Key::PathClass => class(&left.path).cmp(&class(&right.path)),
        Key::PathLength => {
            longer(left.path.value().chars().count(), right.path.value().chars().count())
        }
        Key::MatchedLength => matched_length(&left.path).cmp(&matched_length(&right.path)),
        Key::Method => Reverse(left.method.is_some()).cmp(&Reverse(right.method.is_some())),
        Key::Headers => longer(left.headers.len(), right.headers.len()),
        Key::Query => longer(left.query.len(), right.query.len()),
        Key::GrpcService => longer(grpc_length(left, 0), grpc_length(right, 0)),
        Key::GrpcMethod => longer(grpc_length(left, 1), grpc_length(right, 1)),
        Key::Rule => a.rule_index.cmp(&b.rule_index),
        Key::Consumer | Key::Age | Key::Namespace | Key::Name | Key::MeshHttpRouteName => {
            compare_routes(key, ask, &a.attached, &b.attached)
        }
    }
}

/// Compares by a key that looks at the routes only.
pub(super) fn compare_routes(
    key: Key,
    ask: &Ask<'_>,
    a: &Attached<'_>,
    b: &Attached<'_>,
) -> Ordering {
    let (left, right) = (&a.route.id.name, &b.route.id.name);
    match key {
        Key::Consumer => Reverse(a.role == Role::Consumer).cmp(&Reverse(b.role == Role::Consumer)),
        Key::Age => age(a.route).cmp(&age(b.route)),
        Key::Namespace => left.namespace.cmp(&right.namespace),
        Key::Name => left.name.cmp(&right.name),
        Key::MeshHttpRouteName => {
            mesh_http_route_name(ask, a.route).cmp(&mesh_http_route_name(ask, b.route))
        }
        _ => Ordering::Equal,
    }
}

/// Kuma, `pkg/plugins/runtime/k8s/controllers/gatewayapi`: `ROUTE-NAMESPACE-SERVICE.NAMESPACE`.
fn mesh_http_route_name(ask: &Ask<'_>, route: &Route) -> String {
    let (route, service) = (&route.id.name, &ask.question.service.name);
    format!("{}-{}-{}.{}", route.name, route.namespace, service.name, service.namespace)
}

fn class(path: &PathMatch) -> u8 {
    match path {
        PathMatch::Exact(_) => 0,
        PathMatch::Prefix(_) => 1,
        PathMatch::Regex(_) => 2,
        PathMatch::Unknown { .. } => 3,
    }
}

/// What takes the whole path is never shorter than a prefix of it, and as long only where the
/// prefix is the whole path, which [`derive_exact`] splits off.
fn matched_length(path: &PathMatch) -> (bool, Reverse<usize>) {
    match path {
        PathMatch::Prefix(prefix) => (true, Reverse(prefix.len())),
        PathMatch::Exact(_) | PathMatch::Regex(_) | PathMatch::Unknown { .. } => {
            (false, Reverse(0))
        }
    }
}

fn grpc_length(matched: &Match, part: usize) -> usize {
    let parts = matched.grpc.as_ref().map(|grpc| [&grpc.service, &grpc.method]);
    parts.and_then(|parts| parts[part].as_ref()).map_or(0, |text| text.chars().count())
}

/// Splits the requests to a prefix itself off: for these, the prefix is as long as an exact match
/// or a regular expression.
fn derive_exact(entries: &mut Vec<Entry<'_>>) {
    for index in 0..entries.len() {
        let entry = &entries[index];
        if let PathMatch::Prefix(prefix) = &entry.matched.path {
            let matched = Match { path: PathMatch::Exact(prefix.clone()), ..entry.matched.clone() };
            entries.push(Entry { matched, derived: true, ..*entry });
        }
    }
}

/// A derived match is needed only before something that takes whole paths and would take its
/// requests otherwise.
fn drop_needless_derived(entries: &mut Vec<Entry<'_>>) {
    if !entries.iter().any(|entry| entry.derived) {
        return;
    }
    let whole: Vec<(usize, Match)> = entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| !entry.derived && !matches!(entry.matched.path, PathMatch::Prefix(_)))
        .map(|(index, entry)| (index, entry.matched.clone()))
        .collect();
    let mut index = 0;
    entries.retain(|entry| {
        let place = index;
        index += 1;
        !entry.derived
            || whole.iter().any(|(other, matched)| {
                *other > place && matching::overlap(matched, &entry.matched)
            })
    });
}

/// Takes out what no request can reach: something before it, in every possible order, takes all of
/// its requests.
fn drop_shadowed<'a>(ties: &Ties<'_, 'a>, entries: Vec<Entry<'a>>, ordered: &mut Ordered<'a>) {
    let mut by: Vec<Option<usize>> = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let earlier = entries[..index].iter().enumerate();
        let mut covering = earlier.filter(|(_, other)| {
            matching::covers(&other.matched, &entry.matched) && ties.reason(other, entry).is_none()
        });
        let first = covering.next().map(|(first, _)| by[first].unwrap_or(first));
        by.push(first);
    }
    let rules: Vec<RuleId> = entries.iter().map(Entry::rule_id).collect();
    for (index, entry) in entries.into_iter().enumerate() {
        match by[index] {
            None => ordered.entries.push(entry),
            Some(_) if entry.derived => {}
            Some(by) => ordered.shadowed.push(Shadowed {
                rule: rules[index].clone(),
                matched: entry.matched,
                by: rules[by].clone(),
            }),
        }
    }
}

/// Whether the order of two matches can be relied on.
struct Ties<'k, 'a> {
    ask: &'k Ask<'a>,
    keys: &'static [Key],
    ages_known: bool,
}

impl Ties<'_, '_> {
    /// Why the order of two matches is undefined, if it is.
    fn reason(&self, a: &Entry<'_>, b: &Entry<'_>) -> Option<TieReason> {
        if a.is_of_same_route(b) {
            return None;
        }
        if self.keys.is_empty() {
            return Some(TieReason::Random);
        }
        if a.attached.group != b.attached.group {
            let waypoints =
                (a.attached.role == Role::Everyone) != (b.attached.role == Role::Everyone);
            return (!self.ages_known && !waypoints).then_some(TieReason::AgeUnknown);
        }
        for key in self.keys {
            match key {
                Key::Age
                    if a.attached.route.created.is_none() || b.attached.route.created.is_none() =>
                {
                    return Some(TieReason::AgeUnknown);
                }
                // The place in a route orders the rules of one route only.
                Key::Rule => return Some(TieReason::Random),
                key if compare_by(*key, self.ask, a, b).is_ne() => return None,
                _ => {}
            }
        }
        None
    }

    /// Groups of matches that one request can meet and whose order is undefined.
    fn groups(&self, entries: &[Entry<'_>]) -> Vec<UndefinedOrder> {
        let mut group_of: Vec<usize> = (0..entries.len()).collect();
        let mut reasons: Vec<Option<TieReason>> = vec![None; entries.len()];
        for (index, entry) in entries.iter().enumerate() {
            for (other_index, other) in entries.iter().enumerate().skip(index + 1) {
                let Some(reason) = self.reason(entry, other) else { continue };
                if matching::overlap(&entry.matched, &other.matched) {
                    let (from, to) = (group_of[other_index], group_of[index]);
                    group_of
                        .iter_mut()
                        .filter(|group| **group == from)
                        .for_each(|group| *group = to);
                    reasons[index] = Some(reason);
                    reasons[other_index] = Some(reason);
                }
            }
        }
        let mut undefined: Vec<UndefinedOrder> = Vec::new();
        for group in 0..entries.len() {
            let ranks: Vec<usize> =
                (0..entries.len()).filter(|index| group_of[*index] == group).collect();
            if let (true, Some(reason)) =
                (ranks.len() > 1, ranks.iter().find_map(|rank| reasons[*rank]))
            {
                undefined.push(UndefinedOrder { ranks, reason });
            }
        }
        undefined.sort_by(|a, b| a.ranks.cmp(&b.ranks));
        undefined
    }
}
