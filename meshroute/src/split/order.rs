//! The order in which matches are tried, what can never be reached in it, and where nobody may rely
//! on it.

use std::{
    cmp::{Ordering, Reverse},
    collections::{BTreeMap, HashMap},
};

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
    let several_groups = attachment.attached.iter().any(|attached| attached.group > 0);
    let ties = Ties { ask, keys, ages_known: attachment.ages_known, several_groups };
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
        Key::IstioUri => istio_uri(a).cmp(&istio_uri(b)),
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

/// istio, `pilot/pkg/config/kube/gateway/conversion.go`, `sortHTTPRoutes`, `getURIRank`,
/// `getURILength` and `createGRPCURIMatch`. A rule without matches goes after all that have some.
fn istio_uri(entry: &Entry<'_>) -> (u8, Reverse<usize>) {
    const NO_URI: u8 = 4;
    const NO_MATCH: u8 = 5;
    if !entry.attached.route.rules[entry.rule_index].has_matches {
        return (NO_MATCH, Reverse(0));
    }
    let Match { path, grpc, .. } = &entry.matched;
    let length = match (entry.attached.route.id.kind, path, grpc) {
        (RouteKind::Grpc, path, _) if path.takes_any() => return (NO_URI, Reverse(0)),
        (RouteKind::Grpc, PathMatch::Prefix(service), _) => service.len() + "/".len(),
        (_, PathMatch::Regex(_), Some(grpc)) => {
            let length = |part: &Option<String>, any: &str| part.as_deref().unwrap_or(any).len();
            "//".len() + length(&grpc.service, "[^/]+") + length(&grpc.method, ".+")
        }
        (_, path, _) => path.value().len(),
    };
    (class(path), Reverse(length))
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

/// A derived match is needed only before something that is tried among those that take whole paths
/// and would take its requests otherwise: such a match, or another derived one that is needed.
fn drop_needless_derived(entries: &mut Vec<Entry<'_>>) {
    if !entries.iter().any(|entry| entry.derived) {
        return;
    }
    let mut whole_path: Vec<Match> = Vec::new();
    let mut kept = Vec::with_capacity(entries.len());
    for entry in entries.drain(..).rev() {
        let meets = |other: &Match| matching::overlap(other, &entry.matched);
        if entry.derived && !whole_path.iter().any(meets) {
            continue;
        }
        if !matches!(entry.matched.path, PathMatch::Prefix(_)) {
            whole_path.push(entry.matched.clone());
        }
        kept.push(entry);
    }
    kept.reverse();
    *entries = kept;
}

/// Takes out what no request can reach: something before it, in every possible order, takes all of
/// its requests.
fn drop_shadowed<'a>(ties: &Ties<'_, 'a>, entries: Vec<Entry<'a>>, ordered: &mut Ordered<'a>) {
    let mut by: Vec<Option<usize>> = Vec::with_capacity(entries.len());
    let mut earlier = ByPath::default();
    for (index, entry) in entries.iter().enumerate() {
        let covers = |other: &usize| {
            let other = &entries[*other];
            matching::covers(&other.matched, &entry.matched) && ties.reason(other, entry).is_none()
        };
        let first = earlier.first_that_may_cover(&entry.matched.path, covers);
        by.push(first.map(|first| by[first].unwrap_or(first)));
        earlier.insert(index, &entry.matched.path);
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

/// Matches by their path, so that a Service with thousands of them is looked through once only.
#[derive(Default)]
struct ByPath {
    paths: HashMap<PathMatch, Vec<usize>>,
    regexes: Vec<usize>,
}

impl ByPath {
    fn insert(&mut self, index: usize, path: &PathMatch) {
        self.paths.entry(path.clone()).or_default().push(index);
        if matches!(path, PathMatch::Regex(_)) {
            self.regexes.push(index);
        }
    }

    /// The first match that passes, of those whose path can cover this one: the path itself, the
    /// prefixes of its elements, and regular expressions.
    fn first_that_may_cover(
        &self,
        path: &PathMatch,
        passes: impl Fn(&usize) -> bool,
    ) -> Option<usize> {
        let mut candidates = vec![path.clone(), PathMatch::any()];
        if let PathMatch::Exact(value) | PathMatch::Prefix(value) = path {
            candidates.push(PathMatch::Prefix(value.clone()));
            let ends = value.match_indices('/').map(|(end, _)| end).filter(|end| *end > 0);
            candidates.extend(ends.map(|end| PathMatch::Prefix(value[..end].into())));
        }
        let same_path = candidates.iter().filter_map(|path| self.paths.get(path));
        let lists = same_path.chain([&self.regexes]);
        lists.filter_map(|list| list.iter().find(|index| passes(index))).min().copied()
    }
}

/// Whether the order of two matches can be relied on.
struct Ties<'k, 'a> {
    ask: &'k Ask<'a>,
    keys: &'static [Key],
    ages_known: bool,
    several_groups: bool,
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

    /// Whether no match from `b` on can tie with `a`: in the order, what ties stands together.
    fn are_past(&self, a: &Entry<'_>, b: &Entry<'_>) -> bool {
        if self.keys.is_empty() || (self.several_groups && !self.ages_known) {
            return false;
        }
        let mut before_age = self.keys.iter().take_while(|key| **key != Key::Age);
        a.attached.group != b.attached.group
            || before_age.any(|key| compare_by(*key, self.ask, a, b).is_ne())
    }

    /// Groups of matches that one request can meet and whose order is undefined.
    fn groups(&self, entries: &[Entry<'_>]) -> Vec<UndefinedOrder> {
        let mut groups = Groups::new(entries.len());
        let mut reasons: Vec<Option<TieReason>> = vec![None; entries.len()];
        for (index, entry) in entries.iter().enumerate() {
            for (other_index, other) in entries.iter().enumerate().skip(index + 1) {
                if self.are_past(entry, other) {
                    break;
                }
                let Some(reason) = self.reason(entry, other) else { continue };
                if matching::overlap(&entry.matched, &other.matched) {
                    groups.join(index, other_index);
                    reasons[index] = Some(reason);
                    reasons[other_index] = Some(reason);
                }
            }
        }
        let mut undefined: BTreeMap<usize, UndefinedOrder> = BTreeMap::new();
        for (rank, reason) in reasons.into_iter().enumerate() {
            if let Some(reason) = reason {
                let order = UndefinedOrder { ranks: Vec::new(), reason };
                undefined.entry(groups.first(rank)).or_insert(order).ranks.push(rank);
            }
        }
        undefined.into_values().collect()
    }
}

/// Sets of numbers that were joined, each known by its smallest.
struct Groups(Vec<usize>);

impl Groups {
    fn new(length: usize) -> Self {
        Self((0..length).collect())
    }

    fn first(&mut self, mut number: usize) -> usize {
        while self.0[number] != number {
            self.0[number] = self.0[self.0[number]];
            number = self.0[number];
        }
        number
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.first(a), self.first(b));
        self.0[a.max(b)] = a.min(b);
    }
}
