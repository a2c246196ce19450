//! One live look at what the view lacks, before anybody is told that it is not there.
//!
//! A Service and a route for it are often applied together; the watch brings the Service a moment after the review.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;
use kube::Client;
use meshroute::{
    cluster::{Part, Within},
    kind::{Kind, Resource},
    name::ObjectName,
    served::Page,
};
use tokio::time::{Instant, timeout_at};

use super::{Cache, ask::Server};
use crate::kubernetes::Kubernetes;

/// How long a look may take: whoever applies waits for it.
const LONGEST: Duration = Duration::from_millis(300);
/// How many things are looked for in one review.
const MOST: usize = 4;
/// How many looks there are a second, and at once: reviews must not become requests to the API server one by one.
const A_SECOND: f64 = 20.0;

/// Who looks.
pub struct Looker {
    server: Server,
    cache: Arc<Cache>,
    allowance: Mutex<Allowance>,
}

/// How many looks may be had at this moment.
struct Allowance {
    left: f64,
    then: Instant,
}

impl Allowance {
    fn take(&mut self, now: Instant) -> bool {
        let more = (now - self.then).as_secs_f64() * A_SECOND;
        (self.left, self.then) = ((self.left + more).min(A_SECOND), now);
        let is_allowed = self.left >= 1.0;
        if is_allowed {
            self.left -= 1.0;
        }
        is_allowed
    }
}

impl Looker {
    /// Looks at this API server for what this cache lacks.
    pub fn new(kubernetes: &Kubernetes, cache: Arc<Cache>) -> Self {
        let client: Client = kubernetes.client.clone();
        let allowance = Mutex::new(Allowance { left: A_SECOND, then: Instant::now() });
        Self { server: Server::new(client), cache, allowance }
    }

    /// Returns those of the parts that are there all the same, as far as that is found out in time.
    pub async fn look(&self, parts: &BTreeSet<Part>, deadline: Instant) -> BTreeSet<Part> {
        let until = deadline.min(Instant::now() + LONGEST);
        let allowed = parts.iter().take(MOST).take_while(|_| self.is_allowed());
        let looks = allowed.map(|part| async move {
            let is_there = timeout_at(until, self.is_there(part)).await.unwrap_or(false);
            is_there.then(|| part.clone())
        });
        join_all(looks).await.into_iter().flatten().collect()
    }

    fn is_allowed(&self) -> bool {
        let mut allowance = self.allowance.lock().unwrap_or_else(PoisonError::into_inner);
        allowance.take(Instant::now())
    }

    async fn is_there(&self, part: &Part) -> bool {
        let resource = Resource::of(part.kind);
        match &part.within {
            Within::Object(ObjectName { namespace, name }) => {
                let path = resource.path(resource.versions[0], Some(namespace));
                self.server.text(&format!("{path}/{}", meshroute::kind::escape(name))).await.is_ok()
            }
            Within::Namespace(namespace) => self.has_more(part.kind, namespace).await,
            Within::Cluster | Within::Named(_) => false,
        }
    }

    /// Whether a namespace has objects of a kind that the view lacks.
    async fn has_more(&self, kind: Kind, namespace: &str) -> bool {
        let resource = Resource::of(kind);
        for version in resource.versions {
            let path = resource.path(version, Some(namespace));
            let Ok(text) = self.server.text(&path).await else { continue };
            let Ok(page) = serde_json::from_str::<Page<'_>>(&text) else { return false };
            let held: BTreeSet<ObjectName> = self
                .cache
                .see(&BTreeSet::new(), |view| view.cluster.names(kind))
                .into_iter()
                .collect();
            return page.items(kind).any(|item| !held.contains(&item.name));
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_server_is_asked_so_often_and_no_oftener() {
        let mut now = Instant::now();
        let mut allowance = Allowance { left: A_SECOND, then: now };
        let mut taken = |now: Instant| (0..100).filter(|_| allowance.take(now)).count();
        assert_eq!(taken(now), 20, "at once");
        now += Duration::from_millis(501);
        assert_eq!(taken(now), 10, "after half a second");
        now += Duration::from_secs(3600);
        assert_eq!(taken(now), 20, "they do not pile up");
    }
}
