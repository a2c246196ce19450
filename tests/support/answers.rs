//! What an API server answers about routes that nobody stores.

use std::{collections::BTreeSet, fmt};

use regex::Regex;

use crate::{control_plane::ControlPlane, manifests, tools::Tool};

/// Its answer about all routes of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It takes them.
    Takes,
    /// It refuses one, for this reason.
    Refuses(String),
    /// It was not asked: they are of a kind whose definition is not installed.
    Unknown,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Takes => f.write_str("takes it"),
            Self::Refuses(reason) => write!(f, "refuses {reason}"),
            Self::Unknown => f.write_str("has no such kind"),
        }
    }
}

/// A server that is asked, and what was made in it so that it answers.
#[derive(Debug)]
pub struct Server<'a> {
    cluster: &'a ControlPlane,
    namespaces: BTreeSet<String>,
}

impl<'a> Server<'a> {
    /// Nothing is made in it yet.
    #[must_use]
    pub fn new(cluster: &'a ControlPlane) -> Self {
        Self { cluster, namespaces: BTreeSet::new() }
    }

    /// Asks about the routes of a text, each by itself; the first refusal counts.
    pub fn ask(&mut self, text: &str) -> Answer {
        let namespace = Regex::new(r"\bnamespace: ([a-z0-9-]+)").expect("a pattern");
        for found in namespace.captures_iter(text) {
            if self.namespaces.insert(found[1].to_owned()) {
                // Another test may have made it.
                let _ = self.cluster.kubectl(&["create", "namespace", &found[1]], "");
            }
        }
        manifests::documents(text)
            .filter(|document| manifests::is_route(document))
            .map(|route| self.cluster.kubectl(&["create", "--dry-run=server", "-f", "-"], route))
            .find(|outcome| outcome.code != 0)
            .map_or(Answer::Takes, |outcome| reason(&outcome.stderr))
    }
}

/// The version of Kubernetes that answers.
#[must_use]
pub fn kubernetes() -> &'static str {
    Tool::ApiServer.version().trim_start_matches('v')
}

/// Makes one short text of what kubectl prints.
fn reason(stderr: &str) -> Answer {
    if stderr.contains("no matches for kind") {
        return Answer::Unknown;
    }
    if stderr.contains("error converting YAML to JSON") {
        return Answer::Refuses("what is no YAML".into());
    }
    let places = |what: &str, pattern: &str| {
        let pattern = Regex::new(pattern).expect("a pattern");
        let found: BTreeSet<String> =
            pattern.captures_iter(stderr).map(|found| format!("`{}`", &found[1])).collect();
        let found: Vec<String> = found.into_iter().collect();
        (!found.is_empty()).then(|| format!("{what}{}", found.join(", ")))
    };
    let found = places("the unknown field ", r#"unknown field "([^"]+)""#)
        .or_else(|| places("", r"(?m)(?:invalid: |^\* )((?:spec|metadata)[^:\s]*): "))
        .or_else(|| places("", r"into Go struct field \w+\.(\S+)"));
    Answer::Refuses(found.unwrap_or_else(|| panic!("not understood: {stderr}")))
}
