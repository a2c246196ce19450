//! Follows a kind: reads all of it, then what changes, across the end of connections and of API servers.

use std::{
    collections::HashSet,
    iter,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use meshroute::{
    kind::Kind,
    served::{self, Event},
};
use tokio::time::{sleep, timeout};

use super::{
    Cache, FOLLOWED,
    ask::{Collection, Server, Trouble, line},
};
use crate::log::{Level, Log};

/// How long the server keeps a watch up, at least: it sends a bookmark before it ends one, and the next is asked for, so
/// that a kind of which nothing changes is heard of all the same.
const WATCH: u64 = 50;

/// How long a watch may be silent beyond that: then nobody holds the other end any more.
const SILENCE: Duration = Duration::from_secs(15);

/// How long to wait before the next try, at first and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// How often is asked for a kind that is not there, or may not be read.
const RARELY: Duration = Duration::from_secs(30);

/// How many answers in a row that the server cannot are taken for its last word.
const ENOUGH: u32 = 5;

/// These, but for those that break who reads them: one object must not end the process, and each one after it.
fn unbroken<T>(mut items: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
    iter::from_fn(move || {
        loop {
            // The hook for panics tells of it.
            if let Ok(item) = catch_unwind(AssertUnwindSafe(|| items.next())) {
                return item;
            }
        }
    })
}

/// Who follows a kind.
pub(super) struct Follower {
    server: Server,
    kind: Kind,
    cache: Arc<Cache>,
    log: Log,
    /// The time between tries.
    retry: Duration,
    /// Tries in a row that the server answered without success.
    failures: u32,
    /// What was said of the trouble that there is.
    told: Option<String>,
}

impl Follower {
    pub(super) fn new(server: Server, kind: Kind, cache: Arc<Cache>, log: Log) -> Self {
        Self { server, kind, cache, log, retry: RETRY.0, failures: 0, told: None }
    }

    /// Follows it for ever.
    pub(super) async fn run(mut self) {
        loop {
            let trouble = match self.list().await {
                Ok(collection) => self.watches(collection).await,
                Err(trouble) => trouble,
            };
            match trouble {
                Trouble::Expired => self.pause().await,
                Trouble::Absent => {
                    self.works();
                    self.cache.has_none(self.kind);
                    sleep(RARELY).await;
                }
                Trouble::Refused(message) => {
                    self.tell(message);
                    self.cache.cannot_read(self.kind);
                    sleep(RARELY).await;
                }
                Trouble::Answered(message) => {
                    self.tell(message);
                    self.failures += 1;
                    if self.failures >= ENOUGH {
                        // What breaks one kind must not keep the others waiting.
                        self.cache.cannot_read(self.kind);
                    }
                    self.pause().await;
                }
                Trouble::Lost(message) => {
                    self.tell(message);
                    self.pause().await;
                }
            }
        }
    }

    /// Reads all of it.
    async fn list(&mut self) -> Result<Collection, Trouble> {
        let mut names = HashSet::new();
        let Self { server, kind, cache, .. } = self;
        let collection = server
            .list(*kind, |page| cache.put(*kind, unbroken(page.items(*kind)), &mut names))
            .await?;
        cache.has_all(*kind, &names);
        self.works();
        Ok(collection)
    }

    /// Follows what changes, until all has to be read again.
    async fn watches(&mut self, mut collection: Collection) -> Trouble {
        let mut failures = 0;
        loop {
            let start = Instant::now();
            match self.watch(&mut collection).await {
                Ok(()) => failures = 0,
                Err(Trouble::Lost(message)) => self.tell(message),
                Err(Trouble::Answered(message)) => {
                    self.tell(message);
                    failures += 1;
                    if failures >= ENOUGH {
                        // Perhaps it is our version that the server cannot do with, as after a restore of its data.
                        return Trouble::Expired;
                    }
                }
                Err(other) => return other,
            }
            if start.elapsed() < RETRY.1 {
                self.pause().await;
            }
        }
    }

    /// Follows one connection to its end.
    async fn watch(&mut self, collection: &mut Collection) -> Result<(), Trouble> {
        // So that not all kinds are renewed at the same moment.
        let place = FOLLOWED.iter().position(|kind| *kind == self.kind).unwrap_or(0);
        let seconds = WATCH + u64::try_from(place).unwrap_or(0);
        let mut watch = self.server.watch(collection, seconds).await?;
        self.works();
        self.cache.heard(self.kind);
        let silence = Duration::from_secs(seconds) + SILENCE;
        let mut text = Vec::new();
        loop {
            match timeout(silence, line(&mut watch, &mut text)).await {
                Ok(Ok(true)) => {}
                Ok(Ok(false)) => return Ok(()),
                Ok(Err(trouble)) => return Err(trouble),
                Err(_) => return Err(Trouble::Lost("a watch went silent".into())),
            }
            if text.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let read = unbroken(iter::once_with(|| served::event(self.kind, &text))).next();
            // What breaks us is passed over: the version before it does.
            let Some(read) = read else { continue };
            let (event, version) =
                read.map_err(|error| Trouble::Answered(format!("no event of a watch: {error}")))?;
            match event {
                Event::Put(item) => self.cache.put_one(self.kind, *item),
                Event::Gone(name) => self.cache.remove(self.kind, &name),
                Event::Seen => {}
                Event::Failed { code: 410, .. } => return Err(Trouble::Expired),
                Event::Failed { message, code } => {
                    return Err(Trouble::Answered(format!("{message} ({code})")));
                }
            }
            if !version.is_empty() {
                collection.resource_version = version;
            }
            self.cache.heard(self.kind);
        }
    }

    async fn pause(&mut self) {
        sleep(self.retry).await;
        self.retry = (self.retry * 2).min(RETRY.1);
    }

    /// Says what is wrong: once, however often it is tried again.
    fn tell(&mut self, message: String) {
        if self.told.is_none() {
            let fields = [("kind", self.kind.name()), ("error", message.as_str())];
            self.log.line(Level::Warning, "cannot follow", &fields);
            self.told = Some(message);
        }
    }

    /// Takes note that it works, again.
    fn works(&mut self) {
        (self.retry, self.failures) = (RETRY.0, 0);
        if self.told.take().is_some() {
            self.log.line(Level::Info, "followed again", &[("kind", self.kind.name())]);
        }
    }
}
