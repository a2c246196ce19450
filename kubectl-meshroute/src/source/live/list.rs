//! Lists a collection, page by page, in the best version that the server has.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use http::StatusCode;
use meshroute::{
    cluster::Object,
    kind::{Kind, Resource, escape},
    name::RouteKind,
    served::{Item, Page, item},
};
use serde::Deserialize;
use tokio::{
    sync::{Mutex, Notify},
    time::{Instant, sleep},
};

use super::{progress::Progress, request::Request};
use crate::connect::{Connection, Reply, Trouble};

/// A server, and what it has.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) connection: Connection,
    /// How much was read so far.
    pub(super) progress: Progress,
    /// Wakes who waits for the server to come back, or for a connection that may be dead.
    pub(super) reconnect: Notify,
    /// The groups, and when the server was asked; none if it does not say.
    groups: Mutex<Option<(Instant, Option<Groups>)>>,
}

/// The groups of a server and their versions.
type Groups = Arc<BTreeMap<String, Vec<String>>>;

/// How long it counts which groups there are.
const FRESH: Duration = Duration::from_secs(5);

/// What came of a request.
#[derive(Debug)]
pub(super) enum Listed {
    /// The objects.
    Objects {
        /// Each of them.
        items: Vec<Item>,
        /// The collection in the version that was read.
        collection: Collection,
    },
    /// The server has no such kind.
    NotInstalled,
    /// The server has the kind in versions only that we do not read.
    OtherVersions(Vec<String>),
    /// We may not, or the server cannot.
    Refused(String),
}

/// A collection at a point in time.
#[derive(Debug, Clone)]
pub(super) struct Collection {
    /// Its path, with the query that selects from it.
    pub(super) path: String,
    /// The point in time.
    pub(super) resource_version: String,
}

/// How often a server may ask to come back, and how long it may make us wait each time.
const TRIES: usize = 5;
const LONGEST_WAIT: Duration = Duration::from_secs(5);

impl Collection {
    /// What a collection is of which the server has no kind.
    pub(super) fn absent() -> Self {
        Self { path: String::new(), resource_version: String::new() }
    }

    /// Whether the server had no such kind.
    pub(super) fn is_absent(&self) -> bool {
        self.path.is_empty()
    }
}

/// A page that cannot be had.
enum NoPage {
    /// The list that it belongs to has grown too old.
    Expired,
    /// There is no such collection.
    NotFound,
    /// We may not.
    Refused(String),
    /// Something else.
    Trouble(Trouble),
}

impl Server {
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            connection,
            progress: Progress::default(),
            reconnect: Notify::new(),
            groups: Mutex::new(None),
        }
    }

    /// Lists what a request asks for.
    pub(super) async fn list(&self, request: &Request) -> Result<Listed, Trouble> {
        let resource = Resource::of(request.kind);
        let mut versions: Vec<&str> = resource.versions.to_vec();
        if !resource.group.is_empty()
            && let Some(groups) = self.groups().await?
        {
            let Some(served) = groups.get(resource.group) else { return Ok(Listed::NotInstalled) };
            versions.retain(|version| served.iter().any(|other| other == version));
            if versions.is_empty() {
                // The group's other kinds may be younger than the group.
                let is_oldest = request.kind == Kind::Route(RouteKind::Http);
                let served = served.clone();
                return Ok(if is_oldest {
                    Listed::OtherVersions(served)
                } else {
                    Listed::NotInstalled
                });
            }
        }
        for version in versions {
            let path = request.path(version);
            match self.pages(request, &path).await {
                Ok((items, resource_version)) => {
                    let collection = Collection { path, resource_version };
                    return Ok(Listed::Objects { items, collection });
                }
                // The group has this version, and the kind is in another one of it, or in none.
                Err(NoPage::NotFound) => {}
                Err(NoPage::Refused(message)) => return Ok(Listed::Refused(message)),
                Err(NoPage::Expired) => {
                    return Err(Trouble::Rubbish(
                        "the API server says twice that a list has expired while it was being read"
                            .into(),
                    ));
                }
                // A broken conversion webhook of one kind is no reason to know nothing of the others.
                Err(NoPage::Trouble(Trouble::Answered { message, .. }))
                    if request.kind != Kind::Route(RouteKind::Http) =>
                {
                    return Ok(Listed::Refused(message));
                }
                Err(NoPage::Trouble(trouble)) => return Err(trouble),
            }
        }
        Ok(Listed::NotInstalled)
    }

    /// The groups that the server has, as objects of the view; none if it does not say.
    pub(super) async fn definitions(&self) -> Result<Option<Vec<Object>>, Trouble> {
        let groups = self.groups().await?;
        let object = |group: &String| Object::Crd { group: group.clone(), gateway_api: None };
        Ok(groups.map(|groups| groups.keys().map(object).collect()))
    }

    async fn groups(&self) -> Result<Option<Groups>, Trouble> {
        #[derive(Deserialize)]
        struct Version {
            version: String,
        }
        #[derive(Deserialize)]
        struct Group {
            name: String,
            versions: Vec<Version>,
        }
        #[derive(Deserialize)]
        struct All {
            groups: Vec<Group>,
        }
        // Whoever comes second waits here, and takes what the first has learnt.
        let mut known = self.groups.lock().await;
        if let Some((when, groups)) = &*known
            && when.elapsed() < FRESH
        {
            return Ok(groups.clone());
        }
        let reply = self.patiently("/apis").await?;
        let groups = if reply.status == StatusCode::FORBIDDEN {
            None
        } else {
            let All { groups } = self.connection.json(&reply)?;
            let named = groups.into_iter().map(|group| {
                (group.name, group.versions.into_iter().map(|it| it.version).collect())
            });
            Some(Arc::new(named.collect()))
        };
        *known = Some((Instant::now(), groups.clone()));
        Ok(groups)
    }

    /// All pages of a list. One that takes so long that its version is forgotten is read again,
    /// as a whole, as client-go does (`tools/pager`, `FullListIfExpired`).
    async fn pages(&self, request: &Request, path: &str) -> Result<(Vec<Item>, String), NoPage> {
        match self.chunked(request, path).await {
            Err(NoPage::Expired) => self.chunked(request, &unlimited(path)).await,
            other => other,
        }
    }

    async fn chunked(&self, request: &Request, path: &str) -> Result<(Vec<Item>, String), NoPage> {
        let mut items = Vec::new();
        let mut reply = self.page(path).await?;
        if request.is_for_one() {
            let text = self.text(&reply)?;
            return Ok((vec![item(request.kind, text)], String::new()));
        }
        loop {
            let page: Page<'_> = self.connection.json(&reply).map_err(NoPage::Trouble)?;
            self.progress.add(page.count());
            if page.metadata.next.is_empty() {
                items.extend(page.items(request.kind));
                return Ok((items, page.metadata.resource_version));
            }
            let next = format!("{path}&continue={}", escape(&page.metadata.next));
            // The server makes the next page while we read this one.
            let (next, ()) = tokio::join!(self.page(&next), async {
                tokio::task::yield_now().await;
                items.extend(page.items(request.kind));
            });
            reply = next?;
        }
    }

    /// Sends one GET, and again after a while where the server asks for that: it has too much to do
    /// (`k8s.io/apiserver/pkg/server/filters/priority-and-fairness.go`), or is about to end.
    pub(super) async fn patiently(&self, path: &str) -> Result<Reply, Trouble> {
        let mut tries = 0;
        loop {
            let reply = self.connection.get(path).await?;
            tries += 1;
            match reply.retry_after {
                Some(wait) if !reply.status.is_success() && tries < TRIES => {
                    sleep(wait.min(LONGEST_WAIT)).await;
                }
                _ => return Ok(reply),
            }
        }
    }

    async fn page(&self, path: &str) -> Result<Reply, NoPage> {
        let reply = self.patiently(path).await.map_err(NoPage::Trouble)?;
        match reply.status {
            StatusCode::OK => Ok(reply),
            StatusCode::GONE => Err(NoPage::Expired),
            StatusCode::NOT_FOUND => Err(NoPage::NotFound),
            StatusCode::FORBIDDEN => {
                Err(NoPage::Refused(self.connection.refusal(&reply).message().to_owned()))
            }
            _ => Err(NoPage::Trouble(self.connection.refusal(&reply))),
        }
    }

    fn text<'r>(&self, reply: &'r Reply) -> Result<&'r str, NoPage> {
        std::str::from_utf8(&reply.body)
            .map_err(|_| NoPage::Trouble(Trouble::Rubbish("the answer is not UTF-8".into())))
    }
}

/// The path of a list without a limit.
pub(super) fn unlimited(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let kept: Vec<&str> = query.split('&').filter(|it| !it.starts_with("limit=")).collect();
    format!("{path}?{}", kept.join("&"))
}
