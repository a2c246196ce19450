//! Follows a collection: what appears, changes and goes, across the end of connections.

use std::time::Duration;

use http::StatusCode;
use meshroute::{
    kind::Kind,
    name::ObjectName,
    served::{self, Event, Item},
};
use tokio::{
    sync::mpsc::Sender,
    time::{Instant, sleep, timeout},
};

use super::{
    list::{Collection, Listed, Server},
    request::Request,
};
use crate::connect::Trouble;

/// What has happened.
#[derive(Debug)]
pub(super) enum Change {
    /// An object is new, or another one than before.
    Item(Kind, Box<Item>),
    /// An object is there no longer.
    Gone(Kind, ObjectName),
    /// The whole collection was read again; none where the server has no such kind any more.
    Again(Request, Option<Vec<Item>>),
    /// The server cannot be reached, or not be understood, for whoever asks for this; it is tried
    /// again.
    Lost(Option<Request>, String),
    /// The server is there again.
    Back(Option<Request>),
}

/// Why a watch has ended.
enum End {
    /// As all do, some day.
    Closed,
    /// What has happened since is forgotten.
    Expired,
    /// We may not watch.
    Refused,
    /// Something else.
    Trouble(Trouble),
}

/// How long the server shall keep a watch up.
const WATCH_SECONDS: u32 = 300;
/// How long a watch may be silent. An API server sends a bookmark every minute
/// (`k8s.io/apiserver/pkg/storage/cacher`, `defaultBookmarkFrequency`), so that silence is a
/// connection that nobody holds the other end of.
const SILENCE: Duration = Duration::from_secs(90);
/// How often a collection is read that may not be watched.
const POLL: Duration = Duration::from_secs(5);
/// How often a server is asked for a kind that it does not have.
const ABSENT: Duration = Duration::from_secs(10);
/// How long to wait before the next try, at first and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(8));

/// Follows a collection until nobody listens.
pub(super) async fn watch(
    server: &Server,
    request: Request,
    mut collection: Collection,
    changes: Sender<Change>,
) {
    let mut retry = RETRY.0;
    let mut is_lost = false;
    let mut may_watch = true;
    while !changes.is_closed() {
        let started = Instant::now();
        let is_watched = may_watch && !collection.resource_version.is_empty();
        let mut end = if is_watched {
            follow(server, &request, &mut collection, &changes, &mut is_lost).await
        } else {
            sleep(if collection.is_absent() { ABSENT } else { POLL }).await;
            End::Expired
        };
        if matches!(end, End::Expired) {
            end = match again(server, &request, &mut collection, &changes).await {
                Ok(()) => End::Closed,
                Err(trouble) => End::Trouble(trouble),
            };
        }
        // Where nobody listens any more, the loop ends.
        match end {
            End::Refused => {
                may_watch = false;
                continue;
            }
            End::Closed | End::Expired => {
                if std::mem::take(&mut is_lost) {
                    let _ = changes.send(Change::Back(Some(request.clone()))).await;
                }
            }
            End::Trouble(trouble) => {
                is_lost = true;
                let message = trouble.message().to_owned();
                let _ = changes.send(Change::Lost(Some(request.clone()), message)).await;
            }
        }
        if is_watched {
            if started.elapsed() > RETRY.1 {
                retry = RETRY.0;
            }
            // A server that ends every watch at once is not asked without a pause.
            let _ = timeout(retry, server.reconnect.notified()).await;
            retry = (retry * 2).min(RETRY.1);
        }
    }
}

/// Reads the whole collection again.
async fn again(
    server: &Server,
    request: &Request,
    collection: &mut Collection,
    changes: &Sender<Change>,
) -> Result<(), Trouble> {
    let items = match server.list(request).await? {
        Listed::Objects { items, collection: read } => {
            *collection = read;
            Some(items)
        }
        Listed::NotInstalled | Listed::OtherVersions(_) if collection.is_absent() => return Ok(()),
        Listed::NotInstalled | Listed::OtherVersions(_) => {
            *collection = Collection::absent();
            None
        }
        // What was allowed before is shown as it was then.
        Listed::Refused(message) => return Err(Trouble::Rubbish(message)),
    };
    // Nobody listens any more: the caller will see.
    let _ = changes.send(Change::Again(request.clone(), items)).await;
    Ok(())
}

/// Follows one connection.
async fn follow(
    server: &Server,
    request: &Request,
    collection: &mut Collection,
    changes: &Sender<Change>,
    is_lost: &mut bool,
) -> End {
    let path = format!(
        "{}&watch=1&allowWatchBookmarks=true&timeoutSeconds={WATCH_SECONDS}&resourceVersion={}",
        super::list::unlimited(&collection.path),
        collection.resource_version
    );
    let mut chunks = match server.connection.stream(&path).await {
        Ok(chunks) => chunks,
        Err(trouble @ Trouble::Answered { status, .. }) => match status {
            // A kind that is there no longer is not found.
            StatusCode::GONE | StatusCode::NOT_FOUND => return End::Expired,
            StatusCode::FORBIDDEN => return End::Refused,
            _ => return End::Trouble(trouble),
        },
        Err(trouble) => return End::Trouble(trouble),
    };
    if std::mem::take(is_lost) && changes.send(Change::Back(Some(request.clone()))).await.is_err() {
        return End::Closed;
    }
    let mut text = Vec::new();
    loop {
        let chunk = tokio::select! {
            chunk = timeout(SILENCE, chunks.next()) => chunk,
            () = server.reconnect.notified() => return End::Closed,
        };
        let chunk = match chunk {
            Ok(Ok(Some(chunk))) => chunk,
            Ok(Ok(None)) | Err(_) => return End::Closed,
            Ok(Err(trouble)) => return End::Trouble(trouble),
        };
        text.extend_from_slice(&chunk);
        let mut start = 0;
        while let Some(length) = text[start..].iter().position(|byte| *byte == b'\n') {
            let line = &text[start..start + length];
            start += length + 1;
            match event(request.kind, line, collection) {
                Ok(Some(change)) => {
                    if changes.send(change).await.is_err() {
                        return End::Closed;
                    }
                }
                Ok(None) => {}
                Err(end) => return end,
            }
        }
        text.drain(..start);
    }
}

fn event(kind: Kind, line: &[u8], collection: &mut Collection) -> Result<Option<Change>, End> {
    if line.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let rubbish = |error: &dyn std::fmt::Display| {
        End::Trouble(Trouble::Rubbish(format!("cannot read what the watch says: {error}")))
    };
    let (event, version) = served::event(kind, line).map_err(|error| rubbish(&error))?;
    if !version.is_empty() && !matches!(event, Event::Failed { .. }) {
        collection.resource_version = version;
    }
    match event {
        Event::Put(item) => Ok(Some(Change::Item(kind, item))),
        Event::Gone(name) => Ok(Some(Change::Gone(kind, name))),
        Event::Seen => Ok(None),
        Event::Failed { code: 410, .. } => Err(End::Expired),
        Event::Failed { message, .. } => Err(rubbish(&message)),
    }
}
