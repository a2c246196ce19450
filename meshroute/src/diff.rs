//! What changes for requests between two answers about a Service: traffic, not text.
//!
//! [`between`] takes the splits before and after and says which requests end otherwise. Each answer
//! is a list of matches that are tried in order. A request has one place in both lists, so all
//! requests fall into cells, one for each pair of places; a cell counts if a request can be in it
//! (`witness`), and is a change if its two fates differ. Cells are put together where one match
//! says it (`cells`).

mod cells;
mod fate;
mod places;
mod sample;
mod witness;

pub use fate::{Destination, Fate};

use crate::{
    ratio::Ratio,
    route::Match,
    split::{RuleId, Split, SplitRule},
};

/// What changes on ports that behave alike.
#[derive(Debug, Clone)]
pub struct Change<'a> {
    /// The ports.
    pub ports: Vec<u16>,
    /// The requests that end otherwise: of several regions that a request fits, the first is its
    /// own.
    pub regions: Vec<Region<'a>>,
}

/// Requests that end otherwise, all in the same way.
#[derive(Debug, Clone)]
pub struct Region<'a> {
    /// Which requests: those of any of these.
    pub requests: Vec<Requests>,
    /// But not these, for which nothing changes.
    pub except: Vec<Requests>,
    /// Whether there are such requests for certain; regular expressions may leave that open.
    pub is_certain: bool,
    /// Where they ended.
    pub before: Ending<'a>,
    /// Where they end now.
    pub after: Ending<'a>,
}

/// Requests that fulfil some matches at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requests {
    /// The matches; several only where one cannot say it, as two regular expressions for a path.
    pub all: Vec<Match>,
}

/// Where requests end, and by which rule.
#[derive(Debug, Clone)]
pub struct Ending<'a> {
    /// The rule that takes them; none where no rule does.
    pub rule: Option<&'a SplitRule<'a>>,
    /// Their fate; none where the Service, or its port, is not there.
    pub fate: Option<Fate>,
}

/// What one destination gets of the requests of a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The destination.
    pub to: Destination,
    /// What it got.
    pub before: Ratio,
    /// What it gets.
    pub after: Ratio,
}

impl Move {
    /// By how much its share changes.
    pub fn distance(&self) -> Ratio {
        self.before.distance(self.after)
    }
}

impl Change<'_> {
    /// Whether another change is the same, for the same reasons.
    pub fn is_same(&self, other: &Self) -> bool {
        self.ports == other.ports && are_same(&self.regions, &other.regions)
    }
}

fn are_same(a: &[Region<'_>], b: &[Region<'_>]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_same(b))
}

impl Region<'_> {
    /// What each destination got and gets: those of before, then those that are new.
    pub fn moves(&self) -> Vec<Move> {
        let share = |ending: &Ending<'_>, to: &Destination| {
            ending.fate.as_ref().map_or(Ratio::ZERO, |fate| fate.share(to))
        };
        let fates = [&self.before.fate, &self.after.fate];
        let mut moves: Vec<Move> = Vec::new();
        for (to, _) in fates.into_iter().flatten().flat_map(Fate::shares) {
            if !moves.iter().any(|it| it.to == *to) {
                let (before, after) = (share(&self.before, to), share(&self.after, to));
                moves.push(Move { to: to.clone(), before, after });
            }
        }
        moves
    }

    /// Whether some of them fail now, and none did before.
    pub fn starts_to_fail(&self) -> bool {
        let fails = |ending: &Ending<'_>| ending.fate.as_ref().map(Fate::fails);
        match (fails(&self.before), fails(&self.after)) {
            (Some(true), _) | (_, Some(false)) | (None, None) => false,
            (Some(false) | None, Some(true)) | (Some(false), None) => true,
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        fn rule<'r>(ending: &'r Ending<'_>) -> Option<&'r RuleId> {
            ending.rule.map(|rule| &rule.id)
        }
        self.requests == other.requests
            && self.except == other.except
            && self.is_certain == other.is_certain
            && (rule(&self.before), &self.before.fate) == (rule(&other.before), &other.before.fate)
            && (rule(&self.after), &self.after.fate) == (rule(&other.after), &other.after.fate)
    }
}

/// What changes for the clients of a Service, given the splits of all its ports before and after:
/// one [`Change`] for the ports with the same changes, and none where nothing changes. A port that
/// only one side has was, or is, not there.
///
/// ```
/// use meshroute::{cluster::{Cluster, Object}, diff, kind::Kind, lower::lower, name::RouteKind};
/// use meshroute::{profile::Mesh, split::{Question, splits}};
/// use serde_json::json;
///
/// let cluster = |weights: [u32; 2]| {
///     let mut cluster = Cluster::default();
///     let service = json!({"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}});
///     let route = json!({"metadata": {"name": "web"}, "spec": {
///         "parentRefs": [{"group": "", "kind": "Service", "name": "web"}],
///         "rules": [{"backendRefs": [{"name": "web", "port": 80, "weight": weights[0]},
///                                    {"name": "gone", "port": 80, "weight": weights[1]}]}]}});
///     for (kind, object) in [(Kind::Service, service), (Kind::Route(RouteKind::Http), route)] {
///         cluster.insert(lower(kind, &object, "shop").object.expect("it is well-formed"));
///     }
///     cluster
/// };
/// let changes = |before: &Cluster, after: &Cluster| {
///     let [before, after] = [before, after].map(|cluster| {
///         let service = cluster.services().next().expect("it is there");
///         let question = Question { service, port: None, from: None, host: None };
///         splits(cluster, Mesh::Spec.profile(), &question)
///     });
///     let changes = diff::between(&before, &after);
///     changes.iter().flat_map(|change| change.regions[0].moves())
///         .map(|it| format!("{} -> {}", it.before, it.after)).collect::<Vec<_>>()
/// };
/// assert_eq!(changes(&cluster([90, 10]), &cluster([9, 1])), Vec::<String>::new());
/// assert_eq!(changes(&cluster([90, 10]), &cluster([50, 50])), ["9/10 -> 1/2", "1/10 -> 1/2"]);
/// ```
pub fn between<'a>(before: &'a [Split<'a>], after: &'a [Split<'a>]) -> Vec<Change<'a>> {
    let mut ports: Vec<u16> = Vec::new();
    for port in before.iter().chain(after).flat_map(|split| &split.ports) {
        if !ports.contains(port) {
            ports.push(*port);
        }
    }
    let mut changes: Vec<Change<'a>> = Vec::new();
    for port in ports {
        let places = |splits: &'a [Split<'a>]| {
            places::of(splits.iter().find(|split| split.ports.contains(&port)), port)
        };
        let regions = cells::regions(&places(before), &places(after));
        let is_same = |change: &Change<'_>| are_same(&change.regions, &regions);
        if regions.is_empty() {
            continue;
        }
        match changes.iter_mut().find(|change| is_same(change)) {
            Some(change) => change.ports.push(port),
            None => changes.push(Change { ports: vec![port], regions }),
        }
    }
    changes
}

#[cfg(test)]
mod tests;
