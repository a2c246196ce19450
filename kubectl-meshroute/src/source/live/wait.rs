//! Waits for changes, and puts them into the view.

use std::{
    collections::{BTreeMap, BTreeSet},
    future,
    sync::Arc,
    time::Duration,
};

use meshroute::{cluster::Cluster, kind::Kind};
use tokio::{
    sync::mpsc::{self, Receiver, Sender},
    time::{Instant, sleep, timeout_at},
};

use super::{
    Live,
    list::{Collection, Server},
    problems::Problems,
    pulse::pulse,
    put,
    request::Request,
    signals::Signals,
    watch::{Change, watch},
};
use crate::exit::Failure;

/// What waiting has brought.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// Something in the view is another than before.
    Changed,
    /// The server is lost, for this reason; it is tried again.
    Lost(String),
    /// The server is there again.
    Back,
    /// The terminal has another size.
    Resized,
    /// Somebody wants an end.
    Interrupted,
}

/// The collections that were read, and the watches on them.
#[derive(Debug)]
pub(super) struct Watches {
    /// Whether something could not be read that an answer wants.
    pub(super) is_behind: bool,
    unwatched: BTreeMap<Request, Collection>,
    watched: BTreeSet<Request>,
    /// Those for whom the server is lost.
    lost: BTreeSet<Option<Request>>,
    sender: Sender<Change>,
    changes: Receiver<Change>,
    signals: Option<Signals>,
}

/// What happens together is shown together.
const TOGETHER: Duration = Duration::from_millis(40);
/// When to try again to read what could not be read.
const AGAIN: Duration = Duration::from_secs(1);

impl Default for Watches {
    fn default() -> Self {
        let (sender, changes) = mpsc::channel(1_024);
        Self {
            is_behind: false,
            unwatched: BTreeMap::new(),
            watched: BTreeSet::new(),
            lost: BTreeSet::new(),
            sender,
            changes,
            signals: None,
        }
    }
}

impl Watches {
    /// Takes note of a collection that was read.
    pub(super) fn remember(&mut self, request: Request, collection: Collection) {
        if !self.watched.contains(&request) {
            self.unwatched.insert(request, collection);
        }
    }

    /// Waits until somebody wants an end; before the first wait, a signal is the end by itself.
    pub(super) async fn interrupted(&mut self) {
        match &mut self.signals {
            // Whoever reads will draw anew anyway.
            Some(signals) => while signals.next().await != News::Interrupted {},
            None => future::pending().await,
        }
    }

    fn start(&mut self, server: &Arc<Server>) -> Result<(), Failure> {
        if self.signals.is_none() {
            let signals = Signals::new();
            self.signals = Some(
                signals
                    .map_err(|error| Failure::no(format!("cannot wait for signals: {error}")))?,
            );
            let (server, changes) = (Arc::clone(server), self.sender.clone());
            tokio::spawn(async move { pulse(&server, changes).await });
        }
        while let Some((request, collection)) = self.unwatched.pop_first() {
            self.watched.insert(request.clone());
            let (server, changes) = (Arc::clone(server), self.sender.clone());
            tokio::spawn(async move { watch(&server, request, collection, changes).await });
        }
        Ok(())
    }

    /// The next change, or what else there is to tell.
    async fn next(&mut self) -> Result<Change, News> {
        // A signal that comes between two calls waits for the next.
        let Self { changes, signals, is_behind, .. } = self;
        let signal = async {
            match signals {
                Some(signals) => signals.next().await,
                None => future::pending().await,
            }
        };
        tokio::select! {
            change = changes.recv() => change.ok_or(News::Interrupted),
            news = signal => Err(news),
            () = sleep(AGAIN), if *is_behind => Err(News::Changed),
        }
    }
}

impl Live {
    /// Waits until something has happened, and a moment longer for what belongs to it.
    pub(in crate::source) fn wait(&mut self, cluster: &mut Cluster) -> Result<News, Failure> {
        let Self { runtime, server, watches, problems, absent, .. } = self;
        runtime.block_on(async {
            watches.start(server)?;
            loop {
                let was_lost = !watches.lost.is_empty();
                let first = match watches.next().await {
                    Ok(change) => change,
                    Err(news) => return Ok(news),
                };
                let (mut changed, mut lost) = (false, None);
                let end = Instant::now() + TOGETHER;
                let mut next = Some(first);
                while let Some(change) = next {
                    match change {
                        Change::Lost(who, message) => {
                            watches.lost.insert(who);
                            lost = Some(message);
                        }
                        Change::Back(who) => {
                            watches.lost.remove(&who);
                        }
                        Change::Item(..) | Change::Gone(..) | Change::Again(..) => {
                            changed = true;
                            enter(change, cluster, problems, absent);
                        }
                    }
                    next = timeout_at(end, watches.changes.recv()).await.ok().flatten();
                }
                match (was_lost, watches.lost.is_empty()) {
                    (false, false) => return Ok(News::Lost(lost.unwrap_or_default())),
                    (true, true) => return Ok(News::Back),
                    _ if changed => return Ok(News::Changed),
                    _ => {}
                }
            }
        })
    }
}

/// Puts a change into the view.
fn enter(
    change: Change,
    cluster: &mut Cluster,
    problems: &mut Problems,
    absent: &mut BTreeSet<Kind>,
) {
    match change {
        Change::Item(kind, item) => {
            // The view finds slices by their Service, which may be another than before.
            if kind == Kind::EndpointSlice {
                cluster.remove(kind, &item.name);
            }
            put(kind, [*item], cluster, problems);
        }
        Change::Gone(kind, name) => {
            problems.forget(kind, &name);
            cluster.remove(kind, &name);
        }
        Change::Again(request, items) => {
            for part in request.parts() {
                problems.clear(&part);
                cluster.clear(&part);
            }
            match &items {
                Some(_) => absent.remove(&request.kind),
                None => absent.insert(request.kind),
            };
            put(request.kind, items.unwrap_or_default(), cluster, problems);
        }
        Change::Lost(..) | Change::Back(_) => {}
    }
}
