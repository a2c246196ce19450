//! What reviews have to know of a cluster, kept up to date in place.
//!
//! Each kind is followed by a task of its own (`follow`): a kind that is not installed, that may not be read, or whose
//! objects we do not understand is no reason to know nothing of the others.

mod ask;
mod follow;
mod groups;
mod look;
mod survey;

pub use look::Looker;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use meshroute::{
    cluster::{Cluster, Part},
    kind::Kind,
    lower::Problem,
    name::{ObjectName, RouteId, RouteKind},
    profile::Mesh,
    served::Item,
};

use crate::{
    kubernetes::Kubernetes,
    log::Log,
    metrics::Metrics,
    review::{Held, Policy, View},
};
use ask::Server;

/// The kinds that are followed. Definitions are asked for now and then: `groups`.
const FOLLOWED: [Kind; 10] = [
    Kind::Route(RouteKind::Http),
    Kind::Route(RouteKind::Grpc),
    Kind::Route(RouteKind::LinkerdHttp),
    Kind::ReferenceGrant,
    Kind::Gateway,
    Kind::Service,
    Kind::Namespace,
    Kind::EndpointSlice,
    Kind::VirtualService,
    Kind::ServiceProfile,
];

/// How old news may be before nothing is said any more of other objects: a watch is renewed every minute, so that this is
/// one that was missed.
const FRESH: Duration = Duration::from_secs(90);

/// So many objects are put in at once: a review waits no longer than for these.
const AT_ONCE: usize = 50;

/// What is known of a cluster.
pub struct Cache {
    state: RwLock<State>,
    kinds: Mutex<BTreeMap<Kind, Source>>,
    /// Grows with every change of an object.
    changes: AtomicU64,
}

struct State {
    cluster: Cluster,
    /// The meshes that it shows; none until all was read once.
    meshes: Vec<Mesh>,
    /// What could not be read of routes; of most there is nothing.
    problems: HashMap<RouteId, Vec<Problem>>,
}

/// How far a kind is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// It is being read for the first time.
    Waiting,
    /// It was read, and is followed; when it was last heard of.
    Followed(Instant),
    /// The server does not have it; when it last said so.
    Absent(Instant),
    /// It may not be read, or cannot be.
    Unread,
}

/// A task that ends only with the process.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Default for Cache {
    fn default() -> Self {
        let state =
            State { cluster: Cluster::unread(), meshes: Vec::new(), problems: HashMap::new() };
        let kinds = FOLLOWED.into_iter().chain([Kind::Crd]).map(|kind| (kind, Source::Waiting));
        Self {
            state: RwLock::new(state),
            kinds: Mutex::new(kinds.collect()),
            changes: AtomicU64::new(0),
        }
    }
}

impl Cache {
    /// The tasks that keep it up to date, each with its name.
    pub fn tasks(
        self: &Arc<Self>,
        kubernetes: &Kubernetes,
        policy: &Policy,
        metrics: &Arc<Metrics>,
        log: &Log,
    ) -> Vec<(&'static str, Task)> {
        let server = Server::new(kubernetes.client.clone());
        let mut tasks: Vec<(&'static str, Task)> = Vec::new();
        for kind in FOLLOWED {
            let follower =
                follow::Follower::new(server.clone(), kind, Arc::clone(self), log.clone());
            tasks.push((kind.name(), Box::pin(follower.run())));
        }
        let groups = groups::keep(server, Arc::clone(self), log.clone());
        tasks.push((Kind::Crd.name(), Box::pin(groups)));
        let survey = survey::run(Arc::clone(self), policy.clone(), Arc::clone(metrics));
        tasks.push(("survey", Box::pin(survey)));
        tasks
    }

    /// Shows what is known; nothing changes meanwhile.
    pub fn see<T>(&self, found: &BTreeSet<Part>, judge: impl FnOnce(&View<'_>) -> T) -> T {
        let held = self.held();
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let view = View { cluster: &state.cluster, meshes: &state.meshes, held, found };
        judge(&view)
    }

    /// Whether everything that can be read was read once.
    pub fn is_synced(&self) -> bool {
        // With the meshes, which are found out right after.
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        !state.meshes.is_empty() && self.waits_for_none()
    }

    /// How long ago each kind was last heard of, but for those that may not be read.
    pub fn ages(&self) -> Vec<(Kind, Duration)> {
        let age = |(kind, source): (&Kind, &Source)| Some((*kind, source.heard()?.elapsed()));
        self.kinds().iter().filter_map(age).collect()
    }

    /// The kinds that cannot be read.
    pub fn unread(&self) -> Vec<Kind> {
        let kinds = self.kinds();
        kinds
            .iter()
            .filter(|(_, source)| **source == Source::Unread)
            .map(|(kind, _)| *kind)
            .collect()
    }

    fn held(&self) -> Held {
        let now = Instant::now();
        let kinds = self.kinds();
        let is_old = |source: &Source| {
            source.heard().is_some_and(|heard| now.saturating_duration_since(heard) > FRESH)
        };
        if kinds.values().any(|source| *source == Source::Waiting) {
            Held::Syncing
        } else if kinds.values().any(is_old) {
            Held::Stale
        } else {
            Held::Synced
        }
    }

    fn waits_for_none(&self) -> bool {
        self.kinds().values().all(|source| *source != Source::Waiting)
    }

    fn kinds(&self) -> MutexGuard<'_, BTreeMap<Kind, Source>> {
        self.kinds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is known, for as short a time as can be: reviews wait.
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner));
        self.changes.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes objects in; the names of all of them are added to `names`.
    fn put(&self, kind: Kind, items: impl Iterator<Item = Item>, names: &mut HashSet<ObjectName>) {
        let mut items = items.peekable();
        while items.peek().is_some() {
            let some: Vec<Item> = items.by_ref().take(AT_ONCE).collect();
            names.extend(some.iter().map(|item| item.name.clone()));
            self.change(|state| some.into_iter().for_each(|item| state.put(kind, item)));
        }
    }

    fn put_one(&self, kind: Kind, item: Item) {
        self.change(|state| state.put(kind, item));
    }

    fn remove(&self, kind: Kind, name: &ObjectName) {
        self.change(|state| state.remove(kind, name));
    }

    /// Takes note that a kind was read as a whole, and has these objects and no others.
    fn has_all(&self, kind: Kind, names: &HashSet<ObjectName>) {
        let part = Part::cluster(kind);
        let (held, is_known) = self
            .see(&BTreeSet::new(), |view| (view.cluster.names(kind), view.cluster.knows(&part)));
        let gone: Vec<ObjectName> = held.into_iter().filter(|name| !names.contains(name)).collect();
        for some in gone.chunks(AT_ONCE) {
            self.change(|state| some.iter().for_each(|name| state.remove(kind, name)));
        }
        if !is_known {
            self.change(|state| state.cluster.learn(part));
        }
        self.is(kind, Source::Followed(Instant::now()));
    }

    /// Takes note that the server does not have a kind.
    fn has_none(&self, kind: Kind) {
        self.has_all(kind, &HashSet::new());
        self.is(kind, Source::Absent(Instant::now()));
    }

    /// Takes note that a kind cannot be read: what was known of it may be wrong by now.
    fn cannot_read(&self, kind: Kind) {
        self.has_all(kind, &HashSet::new());
        self.change(|state| {
            state.cluster.clear(&Part::cluster(kind));
            state.cluster.unlearn(&Part::cluster(kind));
        });
        self.is(kind, Source::Unread);
    }

    /// Takes note that a kind was heard of, and all that is known of it holds.
    fn heard(&self, kind: Kind) {
        if let Some(Source::Followed(heard)) = self.kinds().get_mut(&kind) {
            *heard = Instant::now();
        }
    }

    fn is(&self, kind: Kind, source: Source) {
        self.kinds().insert(kind, source);
    }
}

impl Source {
    fn heard(&self) -> Option<Instant> {
        match self {
            Self::Followed(heard) | Self::Absent(heard) => Some(*heard),
            Self::Waiting | Self::Unread => None,
        }
    }
}

impl State {
    fn put(&mut self, kind: Kind, item: Item) {
        let Item { name, lowered } = item;
        if let Kind::Route(kind) = kind {
            let id = RouteId { kind, name: name.clone() };
            match lowered.problems.is_empty() {
                true => self.problems.remove(&id),
                false => self.problems.insert(id, lowered.problems),
            };
        }
        match lowered.object {
            Some(object) => {
                self.cluster.insert(object);
            }
            // It is not what it was before.
            None => self.cluster.remove(kind, &name),
        }
    }

    fn remove(&mut self, kind: Kind, name: &ObjectName) {
        if let Kind::Route(kind) = kind {
            self.problems.remove(&RouteId { kind, name: name.clone() });
        }
        self.cluster.remove(kind, name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn synced() -> Cache {
        let cache = Cache::default();
        for kind in FOLLOWED.into_iter().chain([Kind::Crd]) {
            assert_eq!(cache.held(), Held::Syncing, "before {kind:?}");
            cache.has_all(kind, &HashSet::new());
        }
        cache
    }

    #[test]
    fn old_news_of_one_kind_are_old() {
        let cache = synced();
        assert_eq!(cache.held(), Held::Synced);
        let Some(old) = Instant::now().checked_sub(FRESH + Duration::from_secs(1)) else { return };
        cache.is(Kind::Service, Source::Followed(old));
        assert_eq!(cache.held(), Held::Stale);
        cache.heard(Kind::Service);
        assert_eq!(cache.held(), Held::Synced);
        // What cannot be read is never heard of, and is known not to be known.
        cache.cannot_read(Kind::Service);
        assert_eq!((cache.held(), cache.unread()), (Held::Synced, vec![Kind::Service]));
    }

    #[test]
    fn what_is_as_it_was_is_no_change() {
        let cache = synced();
        let changes = || cache.changes.load(Ordering::Relaxed);
        let before = changes();
        cache.has_none(Kind::ServiceProfile);
        cache.heard(Kind::Service);
        assert_eq!(changes(), before);
        cache.cannot_read(Kind::ServiceProfile);
        assert!(changes() > before);
    }

    #[test]
    fn what_is_read_again_replaces_what_was_there() {
        let cache = synced();
        let read = |names: &[&str]| {
            let items = names.iter().map(|name| {
                let json = serde_json::json!({"metadata": {"namespace": "a", "name": name},
                    "spec": {"ports": [{"port": 80}]}});
                meshroute::served::item(Kind::Service, &json.to_string())
            });
            let mut names = HashSet::new();
            cache.put(Kind::Service, items, &mut names);
            cache.has_all(Kind::Service, &names);
            cache.see(&BTreeSet::new(), |view| view.cluster.names(Kind::Service))
        };
        assert_eq!(read(&["x", "y"]).len(), 2);
        assert_eq!(read(&["y"]), [ObjectName::new("a", "y")]);
        let unknown = || {
            cache.see(&BTreeSet::new(), |view| {
                view.cluster.service(&ObjectName::new("a", "x"))
                    == meshroute::cluster::Known::Unknown
            })
        };
        assert!(!unknown());
        cache.cannot_read(Kind::Service);
        assert!(unknown());
    }
}
