//! One admission review: bytes in, bytes out.
//!
//! Nothing here knows of connections, clocks or clusters that change: the same bytes, judged by the same policy and the
//! same view of a cluster, give the same bytes.

mod envelope;
mod judge;
mod mutate;
mod response;
mod say;
mod strict;
mod validate;
mod view;

use std::collections::BTreeSet;

use jiff::civil::Date;
use meshroute::{
    cluster::Part,
    lint::{self, Finding, Level},
    profile::Mesh,
};

use crate::args::Enforce;
use envelope::{Request, Work};
use judge::{Bench, Judged, Written};
use response::Response;
pub use view::{Held, View};

/// Which question is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Whether a route may be stored: `/validate`.
    Validate,
    /// What is to be filled in before: `/mutate`.
    Mutate,
}

/// What the reviews are judged by.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// The meshes in use.
    pub meshes: InUse,
    /// What an error does to a write.
    pub enforce: Enforce,
    /// What the annotation `meshroute.dev/ignore` may silence.
    pub ignore: lint::Ignore,
    /// Levels that somebody chose.
    pub levels: lint::Levels,
    /// What somebody said of the definitions that routes are stored by.
    pub api: lint::Told,
}

/// The meshes by which routes are judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum InUse {
    /// These.
    Named(Vec<Mesh>),
    /// Those that the view shows, narrowed to the one that the place of a Service shows.
    #[default]
    Shown,
}

/// The answer to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// What kind of text the body is: `application/json`, or `text/plain` where there was no review.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
    /// What became of the write.
    pub verdict: Verdict,
    /// The findings that denied it or were said, by place.
    pub findings: Vec<Said>,
    /// What of the cluster findings rest on that is not there: with it, there may be fewer.
    pub absent: BTreeSet<Part>,
    /// What was asked about, for the log: each a short line.
    pub about: About,
}

/// A finding that denied a write or was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The code of the lint.
    pub code: &'static str,
    /// How bad it is, whatever is enforced.
    pub level: Level,
    /// Where in the object.
    pub path: String,
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on.
    Admitted,
    /// It does not.
    Denied,
    /// It was no review: nothing is known of a write.
    Refused,
}

impl Verdict {
    /// What it is called in metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Admitted => "admitted",
            Self::Denied => "denied",
            Self::Refused => "refused",
        }
    }
}

/// What a review was about; empty where it could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The id of the request.
    pub uid: String,
    /// `CREATE`, `UPDATE` and so on.
    pub operation: String,
    /// `HTTPRoute`.
    pub kind: String,
    /// The namespace.
    pub namespace: String,
    /// The name; empty while the API server has not chosen it.
    pub name: String,
    /// Whether nothing is written.
    pub dry_run: bool,
}

/// A request that was read, and is yet to be judged.
///
/// Reading takes the most of the time of a large one, and needs no view of the cluster.
pub struct Review<'a> {
    question: Question,
    request: Request<'a>,
    work: Work<'a>,
}

/// Answers one request, whatever its bytes are.
pub fn answer(
    question: Question,
    body: &[u8],
    policy: &Policy,
    view: &View<'_>,
    today: Option<Date>,
) -> Answer {
    read(question, body, |review| review.answer(policy, view, today))
}

/// Reads a request, and has it judged; what is none is refused.
pub fn read(question: Question, body: &[u8], judge: impl FnOnce(&Review<'_>) -> Answer) -> Answer {
    let json = match envelope::json(body) {
        Ok(json) => json,
        Err(problem) => return refused(About::default(), &problem),
    };
    let request = match envelope::read(&json) {
        Ok(request) => request,
        Err(problem) => return refused(About::default(), &problem),
    };
    match request.work() {
        Ok(work) => judge(&Review { question, request, work }),
        Err(problem) => refused(about(&request), &problem),
    }
}

impl Review<'_> {
    /// Answers it.
    pub fn answer(&self, policy: &Policy, view: &View<'_>, today: Option<Date>) -> Answer {
        let Self { question, request, work } = self;
        let mut judged = Judged::default();
        let response = match (work, question) {
            (Work::Nothing, _) | (Work::UnknownVersion, Question::Mutate) => Response::allowed(),
            (Work::UnknownVersion, Question::Validate) => {
                Response { warnings: vec![unknown(request)], ..Response::allowed() }
            }
            (Work::Route { object, .. }, Question::Mutate) => {
                mutate::respond(view.cluster, &object.lowered)
            }
            (Work::Route { kind, object, old }, Question::Validate) => {
                let bench = Bench::new(policy, view, today);
                let old = || old.map(|old| Written::read(*kind, old, &request.namespace));
                judged = bench.findings(object, old);
                validate::respond(request, &judged.findings, policy.enforce, view.held)
            }
        };
        Answer {
            status: 200,
            content_type: "application/json",
            body: response.body(&request.uid),
            verdict: if response.allowed { Verdict::Admitted } else { Verdict::Denied },
            findings: judged.findings.iter().map(said).collect(),
            absent: judged.absent,
            about: about(request),
        }
    }
}

/// No review, so no verdict: the API server does what its configuration says for that.
fn refused(about: About, problem: &str) -> Answer {
    Answer {
        status: 400,
        content_type: "text/plain; charset=utf-8",
        body: (say::line(problem, PROBLEM) + "\n").into_bytes(),
        verdict: Verdict::Refused,
        findings: Vec::new(),
        absent: BTreeSet::new(),
        about,
    }
}

fn unknown(request: &Request<'_>) -> String {
    let (group, version) = (request.group(), request.version());
    let text = format!(
        "{} {group}/{version} is not known to meshroute {}, and was not checked",
        request.kind.kind,
        env!("CARGO_PKG_VERSION")
    );
    say::line(&text, PROBLEM)
}

fn said(finding: &Finding) -> Said {
    Said { code: finding.lint.code, level: finding.level, path: finding.path.to_string() }
}

fn about(request: &Request<'_>) -> About {
    let word = |text: &str| say::line(text, NAME);
    About {
        uid: word(&request.uid),
        operation: word(&request.operation),
        kind: word(&request.kind.kind),
        namespace: word(&request.namespace),
        name: word(&request.name),
        dry_run: request.dry_run == Some(true),
    }
}

/// How long the text is that says what is wrong with a request.
const PROBLEM: usize = 256;
/// How long names are that are logged.
const NAME: usize = 253;

#[cfg(test)]
mod tests;
