//! What lints say of the routes of a split, below it.

use meshroute::{
    lint::Finding,
    name::RouteId,
    path::{FieldPath, Step},
    split::Split,
};

use super::words::{clean, short};

/// What a lint says of a route.
#[derive(Debug)]
pub(crate) struct Noted {
    pub(crate) route: RouteId,
    pub(crate) finding: Finding,
}

impl Noted {
    /// `warning MR033: … (web spec.rules[0])`, with this name for the route.
    pub(super) fn line(&self, route: &str) -> String {
        let Self { route: _, finding } = self;
        let place = format!("{route} {}", finding.path);
        let (level, code) = (finding.level, finding.lint.code);
        clean(&format!("{level} {code}: {} ({})", finding.message, place.trim_end()))
    }
}

/// What lints say of the routes of splits.
#[derive(Debug)]
pub(crate) struct Findings<'a> {
    /// Of each split, in their order; nothing where nobody looked.
    pub(crate) of_splits: &'a [Vec<Noted>],
    /// The command that tells all.
    pub(crate) all: String,
}

impl Findings<'_> {
    /// Those of a split.
    pub(super) fn of(&self, index: usize) -> &[Noted] {
        self.of_splits.get(index).map_or(&[], Vec::as_slice)
    }
}

/// How many findings a split shows; of more, only their number.
const FINDINGS: usize = 3;

/// What lints say of the routes of a split and the split does not show by itself, a line each; where
/// there are many, how to see `all`.
pub(super) fn lines(findings: &[Noted], split: &Split<'_>, all: &str) -> Vec<String> {
    let more: Vec<&Noted> = findings.iter().filter(|noted| !is_shown(noted, split)).collect();
    if more.len() > FINDINGS {
        return vec![clean(&format!("{} findings: {all}", more.len()))];
    }
    more.iter().map(|noted| noted.line(&short(&noted.route.name, split.service))).collect()
}

/// Whether it is about a backend whose result says what is wrong.
fn is_shown(noted: &Noted, split: &Split<'_>) -> bool {
    let Some((rule, backend)) = backend_of(&noted.finding.path) else { return false };
    let mut rules = split.rules.iter();
    let shown = rules.find(|it| it.id.route == noted.route && it.id.rule_index == rule);
    let share = shown.and_then(|rule| rule.backends.get(backend));
    share.is_some_and(|share| share.answer().is_some())
}

/// The rule and the backend that a path leads to, or into.
pub(crate) fn backend_of(path: &FieldPath) -> Option<(usize, usize)> {
    match path.steps() {
        [
            _,
            Step::Field(rules),
            Step::Index(rule),
            Step::Field(backends),
            Step::Index(backend),
            ..,
        ] if rules == "rules" && backends == "backendRefs" => Some((*rule, *backend)),
        _ => None,
    }
}
