//! The JSON of `diff`, and in which region a request is.

use std::fmt;

use serde::Deserialize;

use crate::{
    answer::{Answer, Match, ObjectName},
    fate::{Destination, Fate},
    ratio::Ratio,
    request::{Matcher, Request},
};

/// All that changes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Diff {
    /// How many Services are routed.
    pub services: usize,
    /// How many of them change.
    pub changed: usize,
    /// The changes.
    pub items: Vec<Change>,
}

/// What changes on some ports of a Service.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The Service.
    pub service: ObjectName,
    /// The ports.
    pub ports: Vec<u16>,
    /// Whose clients see it; none is all but `not_from_namespaces`.
    pub from_namespace: Option<String>,
    /// Whose clients do not.
    pub not_from_namespaces: Vec<String>,
    /// The requests that end otherwise, the first region of a request being its own.
    pub regions: Vec<Region>,
}

/// Requests that end otherwise.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Region {
    requests: Vec<Requests>,
    except: Vec<Requests>,
    /// Whether there are such requests for certain.
    pub certain: bool,
    before: Option<Ending>,
    after: Option<Ending>,
}

#[derive(Debug, Deserialize)]
struct Requests {
    all: Vec<Match>,
}

#[derive(Debug, Deserialize)]
struct Ending {
    shares: Vec<Share>,
}

#[derive(Debug, Deserialize)]
struct Share {
    backend: Option<Backend>,
    answer: Option<Answer>,
    share: Ratio,
}

#[derive(Debug, Deserialize)]
struct Backend {
    namespace: String,
    name: String,
    port: Option<u16>,
}

/// A region in a form that takes requests.
#[derive(Debug)]
pub struct Taker {
    requests: Vec<Vec<Matcher>>,
    except: Vec<Vec<Matcher>>,
    /// The fates before and after.
    pub fates: [Fate; 2],
}

impl Region {
    /// Makes it take requests to a port.
    ///
    /// # Errors
    ///
    /// Returns a word that the contract does not have, or that the Service is not there.
    pub fn taker(&self, port: u16) -> Result<Taker, String> {
        let matchers = |requests: &[Requests]| -> Result<Vec<Vec<Matcher>>, String> {
            let all = |it: &Requests| it.all.iter().map(Match::matcher).collect();
            requests.iter().map(all).collect()
        };
        let fate = |ending: &Option<Ending>| {
            let ending = ending.as_ref().ok_or("the Service is not there")?;
            let shares = ending.shares.iter().map(|it| Ok((it.destination(port)?, it.share)));
            shares.collect::<Result<Vec<_>, String>>().map(Fate::shares)
        };
        Ok(Taker {
            requests: matchers(&self.requests)?,
            except: matchers(&self.except)?,
            fates: [fate(&self.before)?, fate(&self.after)?],
        })
    }
}

impl Share {
    /// A backend without a port has the one that was dialled.
    fn destination(&self, dialled: u16) -> Result<Destination, String> {
        match (&self.backend, &self.answer) {
            (Some(Backend { namespace, name, port }), None) => {
                Ok(Destination::backend(namespace, name, port.or(Some(dialled))))
            }
            (None, Some(answer)) => Destination::answered(answer),
            _ => Err("a share is neither a backend's nor an answer's".to_owned()),
        }
    }
}

impl Taker {
    /// Returns the matches that say which requests are in the region.
    pub fn matchers(&self) -> impl Iterator<Item = &Matcher> {
        self.requests.iter().flatten()
    }

    /// Returns whether the request fits what is said of the region, exceptions left out.
    #[must_use]
    pub fn fits(&self, request: &Request) -> bool {
        any(&self.requests, request)
    }

    /// Returns whether nothing changes for the request although it fits.
    #[must_use]
    pub fn excepts(&self, request: &Request) -> bool {
        any(&self.except, request)
    }
}

fn any(requests: &[Vec<Matcher>], request: &Request) -> bool {
    requests.iter().any(|all| all.iter().all(|it| it.takes(request)))
}

impl fmt::Display for Taker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [before, after] = &self.fates;
        write!(f, "{:?} except {:?}: {before} -> {after}", self.requests, self.except)
    }
}
