//! Asks an API server for a collection: whole, page by page, or for what changes in it.

use std::time::Duration;

use futures_util::{AsyncBufRead, AsyncBufReadExt as _};
use http::{Request, header::ACCEPT_ENCODING};
use kube::{Client, Error};
use meshroute::{
    kind::{Kind, Resource, escape},
    served::Page,
};
use tokio::time::timeout;

use crate::kubernetes;

/// How many objects a page has: so much is in memory at once beside the view.
const PAGE: usize = 200;

/// How long an answer may take that is no watch, and the head of one that is.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why something cannot be had.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The server has no such thing.
    Absent,
    /// The version that was asked for is forgotten.
    Expired,
    /// We may not, or the server cannot: asking again soon does not help.
    Refused(String),
    /// The server answers that it cannot at the moment.
    Answered(String),
    /// There was no answer.
    Lost(String),
}

/// A collection at a point in time.
#[derive(Debug)]
pub(super) struct Collection {
    pub(super) path: String,
    pub(super) resource_version: String,
}

/// An API server.
#[derive(Clone)]
pub(super) struct Server(Client);

impl Server {
    pub(super) fn new(client: Client) -> Self {
        Self(client)
    }

    /// Reads all of a kind, in the best version that the server has; each page is handed on as it comes.
    pub(super) async fn list(
        &self,
        kind: Kind,
        mut take: impl FnMut(&Page<'_>),
    ) -> Result<Collection, Trouble> {
        let resource = Resource::of(kind);
        for version in resource.versions {
            let path = resource.path(version, None);
            let read = match self.pages(&path, Some(PAGE), &mut take).await {
                // It took so long that its beginning is forgotten: as a whole, then.
                Err(Trouble::Expired) => self.pages(&path, None, &mut take).await,
                other => other,
            };
            match read {
                Ok(resource_version) => return Ok(Collection { path, resource_version }),
                Err(Trouble::Absent) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        Err(Trouble::Absent)
    }

    async fn pages(
        &self,
        path: &str,
        limit: Option<usize>,
        take: &mut impl FnMut(&Page<'_>),
    ) -> Result<String, Trouble> {
        let limit = limit.map_or_else(String::new, |limit| format!("?limit={limit}"));
        let mut next = String::new();
        loop {
            let text = self.text(&format!("{path}{limit}{next}")).await?;
            let page: Page<'_> = serde_json::from_str(&text)
                .map_err(|error| Trouble::Answered(format!("{path}: no list: {error}")))?;
            take(&page);
            if page.metadata.next.is_empty() {
                return Ok(page.metadata.resource_version);
            }
            next = format!("&continue={}", escape(&page.metadata.next));
        }
    }

    /// Opens a watch from where a collection was last heard of.
    pub(super) async fn watch(
        &self,
        collection: &Collection,
        seconds: u64,
    ) -> Result<impl AsyncBufRead + Unpin + use<>, Trouble> {
        let Collection { path, resource_version } = collection;
        let uri = format!(
            "{path}?watch=1&allowWatchBookmarks=true&timeoutSeconds={seconds}&resourceVersion={resource_version}"
        );
        // Since 1.37 each event may be compressed by itself, which decoders take for the end.
        let request = request(&uri, Some("identity"))?;
        let stream = patiently(self.0.request_stream(request)).await?;
        Ok(Box::pin(stream))
    }

    /// Reads what is at a path.
    pub(super) async fn text(&self, uri: &str) -> Result<String, Trouble> {
        patiently(self.0.request_text(request(uri, None)?)).await
    }
}

/// Reads the next line of a watch; none when it has ended.
pub(super) async fn line(
    watch: &mut (impl AsyncBufRead + Unpin),
    line: &mut Vec<u8>,
) -> Result<bool, Trouble> {
    line.clear();
    let read = watch.read_until(b'\n', line).await;
    // A line that is cut off is no event.
    read.map(|_| line.last() == Some(&b'\n')).map_err(|error| Trouble::Lost(error.to_string()))
}

fn request(uri: &str, encoding: Option<&'static str>) -> Result<Request<Vec<u8>>, Trouble> {
    let mut request = Request::get(uri);
    if let Some(encoding) = encoding {
        request = request.header(ACCEPT_ENCODING, encoding);
    }
    request.body(Vec::new()).map_err(|error| Trouble::Refused(format!("{uri}: {error}")))
}

async fn patiently<T>(asking: impl Future<Output = kube::Result<T>>) -> Result<T, Trouble> {
    match timeout(PATIENCE, asking).await {
        Ok(answer) => answer.map_err(|error| trouble(&error)),
        Err(_) => Err(Trouble::Lost(format!("no answer within {} s", PATIENCE.as_secs()))),
    }
}

fn trouble(error: &Error) -> Trouble {
    let Error::Api(status) = error else {
        return Trouble::Lost(kubernetes::cause(error));
    };
    let message = format!("{} ({})", status.message, status.code);
    match status.code {
        404 => Trouble::Absent,
        410 => Trouble::Expired,
        400..=499 if status.code != 429 => Trouble::Refused(message),
        _ => Trouble::Answered(message),
    }
}
