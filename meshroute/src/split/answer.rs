//! The answer, as values. Each output format has its own structures for it.

use std::{collections::BTreeSet, fmt};

use crate::{
    cluster::{Known, Part, Ready},
    name::{ObjectName, RouteId},
    owner::Owner,
    profile::Mesh,
    ratio::Ratio,
    route::{Match, Route, Rule},
};

/// What clients get that call a Service on some of its ports.
#[derive(Debug, Clone)]
pub struct Split<'a> {
    /// The Service.
    pub service: &'a ObjectName,
    /// The ports that this is true for.
    pub ports: Vec<u16>,
    /// The mesh.
    pub mesh: Mesh,
    /// The namespace of the clients, if one was asked about.
    pub from: Option<String>,
    /// The rules that requests can reach, by their lowest rank.
    pub rules: Vec<SplitRule<'a>>,
    /// What becomes of a request that no rule takes; none behind a rule that takes everything.
    pub unmatched: Option<Unmatched>,
    /// Matches whose mutual order nobody may rely on.
    pub undefined_order: Vec<UndefinedOrder>,
    /// Matches that no request can reach.
    pub shadowed: Vec<Shadowed>,
    /// Routes that name the Service and do nothing here.
    pub inert: Vec<Inert>,
    /// Who sees another split.
    pub exceptions: Vec<Exception>,
    /// Who else writes the routes in effect, by the rank of their first rule; nothing for a route
    /// that nobody else writes, as far as it shows.
    pub owners: Vec<Owned<'a>>,
    /// What about the mesh was assumed to come to this answer.
    pub assumed: Vec<&'static str>,
    /// What of the cluster this answer would have needed, and is not known.
    pub wanted: BTreeSet<Part>,
}

impl Split<'_> {
    /// Whether two ports behave alike. The port of the Service itself, where requests go straight
    /// to it, may differ.
    pub(super) fn is_same_answer(&self, other: &Self) -> bool {
        let masked = |unmatched: &Option<Unmatched>| {
            let mut unmatched = unmatched.clone();
            if let Some(Unmatched::Backend(share)) = &mut unmatched {
                share.reference.port = None;
            }
            unmatched
        };
        let same_rules = self.rules.len() == other.rules.len()
            && self.rules.iter().zip(&other.rules).all(|(a, b)| {
                a.id == b.id
                    && a.role == b.role
                    && a.matches == b.matches
                    && a.respond == b.respond
                    && a.backends == b.backends
            });
        same_rules
            && masked(&self.unmatched) == masked(&other.unmatched)
            && self.undefined_order == other.undefined_order
            && self.shadowed == other.shadowed
            && self.inert == other.inert
            && self.exceptions == other.exceptions
    }

    /// Lets this answer stand for the port of the other too.
    pub(super) fn take_port(&mut self, other: Self) {
        self.ports.extend(other.ports);
        self.wanted.extend(other.wanted);
        if let Some(Unmatched::Backend(share)) = &mut self.unmatched {
            share.reference.port = None;
        }
    }
}

/// A route, and who else writes it.
#[derive(Debug, Clone)]
pub struct Owned<'a> {
    /// The route.
    pub route: &'a RouteId,
    /// Who.
    pub owner: Owner,
}

/// Which rule of which route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleId {
    /// The route.
    pub route: RouteId,
    /// The index of the rule, from 0.
    pub rule_index: usize,
}

/// A rule that requests can reach.
#[derive(Debug, Clone)]
pub struct SplitRule<'a> {
    /// Which rule.
    pub id: RuleId,
    /// Whose route it is.
    pub role: Role,
    /// The route.
    pub route: &'a Route,
    /// The rule as it stands in the route.
    pub rule: &'a Rule,
    /// What it takes over from another rule.
    pub inherited: Option<Inherited>,
    /// Its matches that requests can reach, in the order in which they are tried.
    pub matches: Vec<RankedMatch>,
    /// Where its requests go.
    pub backends: Vec<Share>,
    /// The one fate of all its requests, if no backend gives it.
    pub respond: Option<Response>,
}

/// Whose route it is, seen from the Service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Of the Service's namespace.
    Producer,
    /// Of the client's namespace.
    Consumer,
    /// Of any namespace, for everyone.
    Everyone,
}

impl Role {
    /// As it is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Producer => "producer",
            Self::Consumer => "consumer",
            Self::Everyone => "everyone",
        }
    }
}

/// What a rule takes over from another one with the same matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inherited {
    /// The other rule.
    pub from: RuleId,
    /// The fields: `filters`, `backendRefs`.
    pub fields: Vec<&'static str>,
}

/// A match, and when it is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RankedMatch {
    /// Its place in the order over the whole Service, from 0.
    pub rank: usize,
    /// The conditions.
    pub matched: Match,
    /// Whether it was made of another one because the order depends on the request.
    pub derived: bool,
}

/// What a backend is called, with every part filled in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// API group.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Namespace and name.
    pub name: ObjectName,
    /// Port; none for the port that was dialled, where several are meant.
    pub port: Option<u16>,
}

/// The part of a rule's requests that is meant for one backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The backend.
    pub reference: Reference,
    /// The weight; none for a backend that the mesh puts in by itself.
    pub weight: Option<u32>,
    /// The configured part.
    pub share: Ratio,
    /// The part whose fate is this backend or its answer.
    pub effective: Ratio,
    /// Its endpoints.
    pub ready: Known<Ready>,
    /// Whether the mesh puts it in by itself.
    pub implicit: bool,
    /// The Service that really gets the requests, if it is another one.
    pub alias_of: Option<ObjectName>,
    /// What becomes of it, in words.
    pub outcome: Outcome,
}

impl Share {
    /// What the mesh answers itself to this part.
    pub fn answer(&self) -> Option<Answer> {
        match &self.outcome {
            Outcome::Answered(response) => Some(response.answer),
            Outcome::Served
            | Outcome::Unknown(_)
            | Outcome::Nothing
            | Outcome::Moved(_)
            | Outcome::RuleAnswered => None,
        }
    }
}

/// What a mesh answers itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// An HTTP status.
    Status(u16),
    /// A redirect.
    Redirect,
    /// Nobody says.
    Undefined,
}

/// What a mesh answers itself, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Response {
    /// The answer.
    pub answer: Answer,
    /// Why, in words.
    pub why: &'static str,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "{status}"),
            Self::Redirect => f.write_str("redirect"),
            Self::Undefined => f.write_str("undefined"),
        }
    }
}

impl fmt::Display for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.answer {
            Answer::Redirect => write!(f, "{}", self.answer),
            Answer::Status(_) | Answer::Undefined => write!(f, "{}: {}", self.answer, self.why),
        }
    }
}

/// What becomes of a backend's share, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is served.
    Served,
    /// Nobody told us what decides it.
    Unknown(&'static str),
    /// There is none: the weight is 0.
    Nothing,
    /// The mesh answers it.
    Answered(Response),
    /// Others get it.
    Moved(&'static str),
    /// The whole rule is answered.
    RuleAnswered,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Served => f.write_str("ok"),
            Self::Unknown(what) => write!(f, "? {what}"),
            Self::Nothing | Self::RuleAnswered => f.write_str("-"),
            Self::Answered(response) => write!(f, "{response}"),
            Self::Moved(why) => write!(f, "moved to the others: {why}"),
        }
    }
}

/// What becomes of a request that no rule takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unmatched {
    /// The mesh answers it.
    Respond(Answer),
    /// The Service itself gets it.
    Backend(Box<Share>),
}

/// Matches whose mutual order nobody may rely on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndefinedOrder {
    /// Their ranks, which show one possible order.
    pub ranks: Vec<usize>,
    /// Why.
    pub reason: TieReason,
}

/// Why an order is undefined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TieReason {
    /// The mesh has none.
    Random,
    /// The older route goes first, and the ages are not known.
    AgeUnknown,
}

impl TieReason {
    /// As it is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::AgeUnknown => "age unknown",
        }
    }
}

/// A match that no request can reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shadowed {
    /// Whose match it is.
    pub rule: RuleId,
    /// The match.
    pub matched: Match,
    /// The rule that takes its requests.
    pub by: RuleId,
}

/// A route that names the Service and does nothing here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inert {
    /// The route.
    pub route: RouteId,
    /// Why.
    pub reason: Reason,
    /// Why, in a sentence.
    pub message: String,
}

/// Why a route does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Routes of the client's namespace replace it.
    Replaced,
    /// A route of another kind has the Service.
    Conflicted,
    /// Routes for the Service with another port, or none, win.
    LosingPortGroup,
    /// It has a filter that the mesh does not take.
    UnsupportedFilter,
    /// The mesh does not attach it.
    NotAttached,
    /// No waypoint stands before the Service.
    NoWaypoint,
    /// The port does not carry HTTP.
    NotHttpPort,
    /// It is for other hosts.
    Hostname,
    /// An object of the mesh's own takes the Service over.
    Overridden,
}

impl Reason {
    /// As it is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Replaced => "replaced",
            Self::Conflicted => "conflicted",
            Self::LosingPortGroup => "losing-port-group",
            Self::UnsupportedFilter => "unsupported-filter",
            Self::NotAttached => "not-attached",
            Self::NoWaypoint => "no-waypoint",
            Self::NotHttpPort => "not-http-port",
            Self::Hostname => "hostname",
            Self::Overridden => "overridden",
        }
    }
}

/// Somebody who sees another split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Who.
    pub from: Seen,
    /// What they get.
    pub message: String,
}

/// From where another split is seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seen {
    /// By the clients of a namespace.
    Namespace(String),
    /// Through a Gateway.
    Gateway(ObjectName),
    /// Through a route for another Service.
    Route(RouteId),
}
