//! The plugin's JSON, read leniently: fields that no test looks at may be anything.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Number, Value};

use crate::{
    ratio::Ratio,
    request::{Condition, Matcher, PathMatch},
};

/// One answer of `split`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Split {
    /// The version of the format.
    pub api_version: String,
    /// The mesh asked about.
    pub mesh: String,
    /// The namespace of the client.
    pub from_namespace: Option<String>,
    /// The Service asked about.
    pub service: ObjectName,
    /// Its ports with this answer.
    pub ports: Vec<u16>,
    /// The rules that requests can reach.
    pub rules: Vec<Rule>,
    /// What happens to a request that no rule takes; none behind a catch-all.
    pub unmatched: Option<Unmatched>,
    /// Groups of ranks that nobody may rely on.
    #[serde(default)]
    pub undefined_order: Vec<UndefinedOrder>,
    /// Matches that no request reaches.
    #[serde(default)]
    pub shadowed: Vec<Shadowed>,
    /// Routes that name the Service and do nothing.
    #[serde(default)]
    pub inert: Vec<Value>,
}

/// A namespace and a name.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectName {
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
}

/// A rule with the matches that are left of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// Its route; none where the mesh made the rule.
    pub route: Option<ObjectName>,
    /// Its index in the route.
    pub rule_index: Option<usize>,
    /// Its matches.
    pub matches: Vec<Match>,
    /// Its backends.
    pub backends: Vec<Backend>,
    /// The one fate of the whole rule, where no backend gives it.
    pub respond: Option<Answer>,
}

/// A match at its place in the order.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Match {
    /// When it is tried, 0 first; a shadowed match has none.
    #[serde(default)]
    pub rank: Option<usize>,
    /// Whether the plugin made it of another one.
    #[serde(default)]
    pub derived: bool,
    /// The path; none is any.
    pub path: Option<Path>,
    /// The method; none is any.
    pub method: Option<String>,
    /// A gRPC match; its path says the same.
    pub grpc: Option<Grpc>,
    /// Conditions on headers.
    #[serde(default)]
    pub headers: Vec<Named>,
    /// Conditions on query parameters.
    #[serde(default)]
    pub query_params: Vec<Named>,
}

/// A path match.
#[derive(Clone, Debug, Deserialize)]
pub struct Path {
    /// `Exact`, `PathPrefix` or `RegularExpression`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its value.
    pub value: String,
}

/// A gRPC match.
#[derive(Clone, Debug, Deserialize)]
pub struct Grpc {
    /// The service; none is any.
    pub service: Option<String>,
    /// The method; none is any.
    pub method: Option<String>,
}

/// A condition on a header or a query parameter.
#[derive(Clone, Debug, Deserialize)]
pub struct Named {
    /// `Exact` or `RegularExpression`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The header or parameter.
    pub name: String,
    /// Its value or pattern.
    pub value: String,
}

/// A backend of a rule.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Backend {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its port.
    pub port: Option<u16>,
    /// The ratio as written.
    pub share: Ratio,
    /// The part of the requests that ends here or in `answer`.
    pub effective: Ratio,
    /// `effective` as shown.
    pub percent: Number,
    /// What the mesh itself gives to that part.
    pub answer: Option<Answer>,
    /// The Service that this is another name for.
    #[serde(default)]
    pub alias_of: Option<ObjectName>,
}

/// What a mesh answers by itself.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
pub enum Answer {
    /// An HTTP status.
    Status(u16),
    /// `redirect` or `undefined`.
    Word(String),
}

/// The fate of requests that no rule takes: one of the two.
#[derive(Clone, Debug, Deserialize)]
pub struct Unmatched {
    /// The mesh answers.
    pub respond: Option<Answer>,
    /// A backend, the Service itself.
    pub backend: Option<Backend>,
}

/// Ranks whose mutual order is open.
#[derive(Clone, Debug, Deserialize)]
pub struct UndefinedOrder {
    /// The ranks.
    pub ranks: BTreeSet<usize>,
    /// Why.
    pub reason: String,
}

/// A match that no request reaches.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shadowed {
    /// Its route.
    pub route: ObjectName,
    /// Its rule.
    pub rule_index: usize,
    /// Itself, in the words of `matches`.
    #[serde(rename = "match")]
    pub found: Value,
    /// What takes its requests.
    pub by: ShadowedBy,
}

/// The rule that takes a shadowed match's requests.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShadowedBy {
    /// Its route.
    pub route: ObjectName,
    /// Its index.
    pub rule_index: usize,
}

#[derive(Deserialize)]
#[serde(tag = "kind")]
enum Document {
    Split(Box<Split>),
    SplitList { items: Vec<Split> },
}

/// Reads the answer for one port.
///
/// # Errors
///
/// Returns what cannot be read, or that there is not exactly one answer for the port.
pub fn read(stdout: &str, port: u16) -> Result<Split, String> {
    let document: Document =
        serde_json::from_str(stdout).map_err(|err| format!("unreadable JSON: {err}: {stdout}"))?;
    let splits = match document {
        Document::Split(split) => vec![*split],
        Document::SplitList { items } => items,
    };
    let count = splits.len();
    let mut fitting = splits.into_iter().filter(|it| it.ports.contains(&port));
    match (fitting.next(), fitting.next()) {
        (Some(split), None) => Ok(split),
        _ => Err(format!("not exactly one of {count} answers is for port {port}")),
    }
}

impl Split {
    /// Returns the promises of the contract that this answer breaks.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let ordered = self.ordered();
        let mut ranks: Vec<_> = ordered.iter().filter_map(|(it, _)| it.rank).collect();
        if ranks.len() < ordered.len() {
            problems.push("a match has no rank".to_owned());
        }
        let first_ranks: Vec<_> =
            self.rules.iter().map(|rule| rule.matches.iter().map(|it| it.rank).min()).collect();
        if first_ranks.contains(&None) {
            problems.push("a rule has no matches".to_owned());
        }
        if !first_ranks.is_sorted() {
            problems.push("rules are not ordered by their lowest rank".to_owned());
        }
        ranks.sort_unstable();
        if ranks.iter().copied().ne(0..ranks.len()) {
            problems.push(format!("ranks have gaps or come twice: {ranks:?}"));
        }
        for (idx, rule) in self.rules.iter().enumerate() {
            problems.extend(rule.problem().map(|problem| format!("rules[{idx}]: {problem}")));
        }
        let known = 0..ranks.len();
        for group in &self.undefined_order {
            if group.ranks.len() < 2 || !group.ranks.iter().all(|rank| known.contains(rank)) {
                problems.push(format!("undefinedOrder names no two ranks: {:?}", group.ranks));
            }
        }
        if self.api_version != "meshroute.dev/v1" {
            problems.push(format!("apiVersion is {}", self.api_version));
        }
        if self.rules.is_empty() && self.unmatched.is_none() {
            problems.push("neither rules nor unmatched".to_owned());
        }
        problems
    }

    /// Returns all matches in the order in which they are tried, each with its rule.
    #[must_use]
    pub fn ordered(&self) -> Vec<(&Match, &Rule)> {
        let mut matches: Vec<_> = self
            .rules
            .iter()
            .flat_map(|rule| rule.matches.iter().map(move |it| (it, rule)))
            .collect();
        matches.sort_by_key(|(it, _)| it.rank);
        matches
    }
}

impl Shadowed {
    /// Returns whether a match of the same rule takes the requests.
    #[must_use]
    pub fn is_by_own_rule(&self) -> bool {
        self.route == self.by.route && self.rule_index == self.by.rule_index
    }
}

impl Rule {
    fn problem(&self) -> Option<String> {
        let sum = |part: fn(&Backend) -> Ratio| self.backends.iter().map(part).sum::<Ratio>();
        let (share, effective) = (sum(|it| it.share), sum(|it| it.effective));
        let expected = if self.respond.is_some() { Ratio::ZERO } else { Ratio::ONE };
        if effective != expected {
            return Some(format!("effective adds up to {effective}, not {expected}"));
        }
        if !share.is_zero() && share != Ratio::ONE {
            return Some(format!("share adds up to {share}"));
        }
        if self.backends.iter().any(|it| it.share.is_negative() || it.effective.is_negative()) {
            return Some("a share is negative".to_owned());
        }
        self.percent_problem(expected)
    }

    /// Holds the percentages to `effective`: less than a tenth off, and 0 only where it is 0.
    fn percent_problem(&self, whole: Ratio) -> Option<String> {
        let mut sum = Ratio::ZERO;
        for backend in &self.backends {
            let shown = &backend.percent;
            let Some(percent) = Ratio::parse(&shown.to_string()) else {
                return Some(format!("percent is {shown}"));
            };
            let exact = backend.effective.over(Ratio::new(1, 100));
            let is_close = (percent - exact).is_within(Ratio::new(1, 10));
            if !is_close || percent.is_zero() != exact.is_zero() {
                return Some(format!("percent is {shown}, effective {}", backend.effective));
            }
            sum = sum + percent;
        }
        (sum != whole.over(Ratio::new(1, 100))).then(|| format!("percent adds up to {sum}"))
    }
}

impl Match {
    /// Returns the match in a form that takes requests.
    ///
    /// # Errors
    ///
    /// Returns a type that the contract does not have, or a regular expression that is none.
    pub fn matcher(&self) -> Result<Matcher, String> {
        let path = match (&self.path, &self.grpc) {
            (Some(path), _) => PathMatch::new(&path.kind, &path.value)?,
            (None, Some(grpc)) => return Err(format!("a gRPC match without a path: {grpc:?}")),
            (None, None) => PathMatch::any(),
        };
        let conditions = |named: &[Named]| {
            named.iter().map(|it| Condition::new(&it.kind, &it.name, &it.value)).collect()
        };
        let headers: Result<Vec<_>, _> = conditions(&self.headers);
        let query = conditions(&self.query_params)?;
        Ok(Matcher { path, method: self.method.clone(), headers: headers?, query })
    }
}
