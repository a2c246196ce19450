//! Reads a route as it is stored, and writes it.

use std::time::Duration;

use http::{Method, StatusCode};
use meshroute::{
    cluster::Object,
    kind::{Kind, Resource, escape},
    lower::lower,
    name::RouteId,
    route::Route,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Live;
use crate::{
    connect::{Reply, Trouble},
    exit::Failure,
    history,
};

/// A route as it is stored.
#[derive(Debug)]
pub(crate) struct Stored {
    /// The version of the API that it was read in.
    version: &'static str,
    /// All of it.
    pub(crate) object: Value,
    /// What we read of it.
    pub(crate) route: Route,
}

/// What came of a write.
#[derive(Debug)]
pub(crate) enum Written {
    /// It was done; this is the object now.
    Done(Value),
    /// Something that it relies on is not so any more: nothing was written.
    Stale,
    /// Nobody has answered, for this reason: it may have been done or not, or be done later.
    Unanswered(String),
}

/// What came of sending a body.
enum Sent {
    Answered(Reply),
    Unanswered(String),
}

/// How a write is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner<'a> {
    /// The field manager.
    pub(crate) manager: &'a str,
    /// Whether the server only says what it would do.
    pub(crate) dry: bool,
}

/// How often a server may ask to come back, and how long it may make us wait each time.
const TRIES: usize = 5;
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// What an API server answers where a `test` of a JSON Patch does not hold: it says no more.
const TEST_FAILED: &str = "the server rejected our request due to an error in our request";

impl Live {
    /// The route as it is stored; none if it is not there.
    pub(crate) fn stored(&self, id: &RouteId) -> Result<Option<Stored>, Failure> {
        #[derive(Deserialize)]
        struct List {
            items: Vec<Value>,
        }
        let kind = Kind::Route(id.kind);
        let resource = Resource::of(kind);
        for version in resource.versions {
            let path = resource.path(version, Some(&id.name.namespace));
            // Who may list need not be allowed to get.
            let selector = escape(&format!("metadata.name={}", id.name.name));
            let path = format!("{path}?fieldSelector={selector}");
            let reply = self.runtime.block_on(self.server.patiently(&path));
            let reply = reply.map_err(|trouble| match trouble {
                Trouble::Unreachable(why) | Trouble::TooSlow(why) => Failure::Lost(why),
                trouble => trouble.into(),
            })?;
            if reply.status == StatusCode::NOT_FOUND {
                continue;
            }
            if is_away(reply.status) {
                return Err(Failure::Lost(self.server.connection.refusal(&reply).to_string()));
            }
            let List { items } = self.server.connection.json(&reply)?;
            let Some(object) = items.into_iter().next() else { continue };
            let lowered = lower(kind, &object, "");
            return match lowered.object {
                Some(Object::Route(route)) => Ok(Some(Stored { version, object, route })),
                _ => Err(Failure::no(format!("{id} cannot be read"))),
            };
        }
        Ok(None)
    }

    /// Sends a JSON Patch for a route that was read.
    pub(crate) fn patch(
        &self,
        stored: &Stored,
        patch: &Value,
        manner: Manner<'_>,
    ) -> Result<Written, Failure> {
        let id = &stored.route.id;
        let resource = Resource::of(Kind::Route(id.kind));
        let path = resource.path(stored.version, Some(&id.name.namespace));
        let path = format!("{path}/{}{}", escape(&id.name.name), query(manner));
        let reply = match self.write(Method::PATCH, &path, "application/json-patch+json", patch)? {
            Sent::Answered(reply) => reply,
            Sent::Unanswered(why) => return Ok(Written::Unanswered(why)),
        };
        // The server has tried by itself, and others were faster each time.
        if reply.status == StatusCode::CONFLICT {
            return Ok(Written::Stale);
        }
        if reply.status == StatusCode::UNPROCESSABLE_ENTITY {
            let trouble = self.server.connection.refusal(&reply);
            if trouble.message().contains(TEST_FAILED) {
                return Ok(Written::Stale);
            }
        }
        Ok(Written::Done(self.server.connection.json(&reply)?))
    }

    /// Makes a route, which is stale where there is one already.
    pub(crate) fn create(
        &self,
        id: &RouteId,
        object: &Value,
        manner: Manner<'_>,
    ) -> Result<Written, Failure> {
        let resource = Resource::of(Kind::Route(id.kind));
        let mut reply = None;
        for version in resource.versions {
            let mut object = object.clone();
            object["apiVersion"] = json!(format!("{}/{version}", resource.group));
            let path = resource.path(version, Some(&id.name.namespace));
            let path = format!("{path}{}", query(manner));
            let answer = match self.write(Method::POST, &path, "application/json", &object)? {
                Sent::Answered(reply) => reply,
                Sent::Unanswered(why) => return Ok(Written::Unanswered(why)),
            };
            let is_missing = answer.status == StatusCode::NOT_FOUND;
            reply = Some(answer);
            if !is_missing {
                break;
            }
        }
        match reply {
            Some(reply) if reply.status == StatusCode::CONFLICT => Ok(Written::Stale),
            Some(reply) => Ok(Written::Done(self.server.connection.json(&reply)?)),
            None => Err(Failure::no(format!("{id} has no version that we know"))),
        }
    }

    /// Who we are to the server, as far as it says that, or else the kubeconfig.
    pub(crate) fn who(&self) -> String {
        #[derive(Deserialize)]
        struct Info {
            username: String,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Status {
            user_info: Info,
        }
        #[derive(Deserialize)]
        struct Review {
            status: Status,
        }
        let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
        let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
        let body = review.to_string().into_bytes();
        let connection = &self.server.connection;
        let asked =
            self.runtime.block_on(connection.send(Method::POST, path, "application/json", body));
        let review = asked.and_then(|reply| connection.json::<Review>(&reply));
        match review {
            Ok(review) => review.status.user_info.username,
            // `user alice of /home/alice/.kube/config`: where it is from is nobody's business.
            Err(_) => {
                let login = connection.login();
                login.split(" of ").next().unwrap_or(login).to_owned()
            }
        }
    }

    /// Lets time pass.
    pub(crate) fn pause(&self, time: Duration) {
        self.runtime.block_on(async { tokio::time::sleep(time).await });
    }

    /// Sends a body; again only where the server says that it has not looked at it.
    fn write(
        &self,
        method: Method,
        path: &str,
        content_type: &'static str,
        body: &Value,
    ) -> Result<Sent, Failure> {
        let connection = &self.server.connection;
        let body = history::escaped(&body.to_string()).into_bytes();
        let mut tries = 0;
        loop {
            let sent = connection.send(method.clone(), path, content_type, body.clone());
            let reply = match self.runtime.block_on(sent) {
                Ok(reply) => reply,
                Err(Trouble::Unreachable(why) | Trouble::TooSlow(why)) => {
                    return Ok(Sent::Unanswered(why));
                }
                Err(trouble) => return Err(trouble.into()),
            };
            tries += 1;
            match (reply.status, reply.retry_after) {
                (StatusCode::TOO_MANY_REQUESTS, Some(wait)) if tries < TRIES => {
                    self.pause(wait.min(LONGEST_WAIT));
                }
                // Somebody else than the server that was asked may say so.
                (status, _) if is_away(status) => {
                    return Ok(Sent::Unanswered(connection.refusal(&reply).to_string()));
                }
                _ => return Ok(Sent::Answered(reply)),
            }
        }
    }
}

/// Whether an answer leaves open what the server has done: it, or a gateway on the way, has given
/// up waiting.
fn is_away(status: StatusCode) -> bool {
    [StatusCode::BAD_GATEWAY, StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT]
        .contains(&status)
}

fn query(manner: Manner<'_>) -> String {
    let dry = if manner.dry { "&dryRun=All" } else { "" };
    format!("?fieldManager={}{dry}", escape(manner.manager))
}
