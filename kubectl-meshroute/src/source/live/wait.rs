//! Waits for changes, and puts them into the view.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use meshroute::cluster::Cluster;
use tokio::{
    sync::mpsc::{self, Receiver, Sender},
    time::{Instant, timeout_at},
};

use super::{
    Live,
    list::{Collection, Server},
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
    unwatched: Vec<(Request, Collection)>,
    /// The collections whose server is lost.
    lost: BTreeSet<Request>,
    sender: Sender<Change>,
    changes: Receiver<Change>,
    signals: Option<Signals>,
}

/// What happens together is shown together.
const TOGETHER: Duration = Duration::from_millis(40);

impl Default for Watches {
    fn default() -> Self {
        let (sender, changes) = mpsc::channel(1_024);
        Self { unwatched: Vec::new(), lost: BTreeSet::new(), sender, changes, signals: None }
    }
}

impl Watches {
    /// Takes note of a collection that was read.
    pub(super) fn remember(&mut self, request: Request, collection: Collection) {
        self.unwatched.push((request, collection));
    }

    fn start(&mut self, server: &Arc<Server>) {
        for (request, collection) in self.unwatched.drain(..) {
            let (server, changes) = (Arc::clone(server), self.sender.clone());
            tokio::spawn(async move { watch(&server, request, collection, changes).await });
        }
    }
}

impl Live {
    /// Waits until something has happened, and a moment longer for what belongs to it.
    pub(in crate::source) fn wait(&mut self, cluster: &mut Cluster) -> Result<News, Failure> {
        let Self { runtime, server, watches, problems, .. } = self;
        runtime.block_on(async {
            watches.start(server);
            // A signal that comes between two calls waits for the next.
            let signals =
                match &mut watches.signals {
                    Some(signals) => signals,
                    none => none.insert(Signals::new().map_err(|error| {
                        Failure::no(format!("cannot wait for signals: {error}"))
                    })?),
                };
            loop {
                let was_lost = !watches.lost.is_empty();
                let first = tokio::select! {
                    // The sender is ours, so the channel is never closed.
                    change = watches.changes.recv() => change,
                    news = signals.next() => return Ok(news),
                };
                let (mut changed, mut lost) = (false, None);
                let end = Instant::now() + TOGETHER;
                let mut next = first;
                while let Some(change) = next {
                    match change {
                        Change::Item(kind, item) => {
                            changed = true;
                            put(kind, [*item], cluster, problems);
                        }
                        Change::Gone(kind, name) => {
                            changed = true;
                            cluster.remove(kind, &name);
                        }
                        Change::Again(request, items) => {
                            changed = true;
                            request.parts().iter().for_each(|part| cluster.clear(part));
                            put(request.kind, items, cluster, problems);
                        }
                        Change::Lost(request, message) => {
                            watches.lost.insert(request);
                            lost = Some(message);
                        }
                        Change::Back(request) => {
                            watches.lost.remove(&request);
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
