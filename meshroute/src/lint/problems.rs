//! What reading an object has shown: findings, and the places that were refused.

use crate::{
    lint::{
        Edit, Finding, Fix, Level,
        text::{MR056, MR902, MR905},
        weights::MR055,
    },
    lower::{Gravity, Problem, What},
    path::{FieldPath, Step},
};

/// What reading an object has shown.
#[derive(Debug, Default)]
pub struct Read {
    /// What is wrong with what was read.
    pub findings: Vec<Finding>,
    /// The entries of lists, and other places, that are empty in the draft of the object.
    refused: Vec<FieldPath>,
}

impl Read {
    /// What these problems show.
    pub fn of(problems: &[Problem]) -> Self {
        // Parents under another name are as good as unread.
        let is_empty = |problem: &&Problem| problem.is_refused() || hides_parents(problem);
        let refused = problems.iter().filter(is_empty);
        Self {
            findings: problems.iter().map(finding).collect(),
            refused: refused.map(|problem| part(&problem.path)).collect(),
        }
    }

    /// The same, of an object that the API server has read: a field that it has kept it knows, and
    /// is newer than we are.
    pub(super) fn once_stored(mut self) -> Self {
        let fields = self.findings.iter_mut().filter(|finding| finding.lint.code == MR056.code);
        fields.for_each(|finding| finding.level = finding.level.min(Level::Warning));
        self
    }

    /// Whether the API server refuses any of it.
    pub(super) fn has_refused(&self) -> bool {
        !self.refused.is_empty()
    }

    /// Whether what stands there was read as it is written, with all that is below it.
    pub(super) fn is_whole(&self, path: &FieldPath) -> bool {
        let path = path.steps();
        self.refused.iter().map(FieldPath::steps).all(|refused| {
            // One of them within the other.
            path.iter().zip(refused).any(|(step, other)| step != other)
        })
    }
}

/// Whether it is a field whose name is a slip of `parentRefs`.
fn hides_parents(problem: &Problem) -> bool {
    match (problem.what, problem.path.steps()) {
        (What::Field { .. }, [_, Step::Field(name)]) => concerns_parents(name),
        _ => false,
    }
}

/// Whether a field of `spec` is, or is meant to be, `parentRefs`.
pub fn concerns_parents(field: &str) -> bool {
    field.to_ascii_lowercase().starts_with("parentref")
}

/// The part of an object that one refused value leaves empty: `spec.rules[0]`.
fn part(path: &FieldPath) -> FieldPath {
    path.steps().iter().take(3).cloned().collect()
}

fn finding(problem: &Problem) -> Finding {
    let Problem { path, message, gravity, what } = problem;
    let last = path.steps().last();
    let name = last.map_or_else(String::new, |step| match step {
        Step::Field(name) => name.clone().into_owned(),
        Step::Index(index) => index.to_string(),
    });
    match (what, gravity) {
        (What::Field { near: Some(near) }, _) => {
            let message = format!("unknown field {name}: is {near} meant? The API server drops it");
            // One thing is no list of them, so that another name alone does not mend it.
            let is_plural = near.starts_with(name.as_str());
            let rename = Edit::Rename(path.clone(), (*near).into());
            Finding {
                fix: Some(Fix {
                    hint: format!("write {near}"),
                    edits: if is_plural { Vec::new() } else { vec![rename] },
                }),
                ..MR056.finding(path.clone(), name, message)
            }
        }
        (What::Field { near: None }, _) => {
            let message =
                format!("unknown field {name}: the API server drops what it does not know");
            at_most(Level::Warning, MR056.finding(path.clone(), name, message))
        }
        (What::Value, _) | (What::Shape, Gravity::Unknown) => {
            at_most(Level::Warning, MR056.finding(path.clone(), message, message))
        }
        (What::Shape, Gravity::Refused) if name == "weight" => {
            let message = format!("{message}: a weight is a whole number from 0 to 1000000");
            MR055.finding(path.clone(), message.clone(), message)
        }
        (What::Shape, Gravity::Refused) if is_no_text(message) => {
            let message = format!("{message}: put it in quotes");
            MR905.finding(path.clone(), message.clone(), message)
        }
        (What::Shape, Gravity::Refused) => {
            let place = path.to_string();
            let colon = if place.is_empty() { "" } else { ": " };
            let message = format!("{place}{colon}{message}; the API server refuses this object");
            MR902.finding(path.clone(), message.clone(), message)
        }
    }
}

/// Whether a boolean or a number stands where a text is wanted.
fn is_no_text(message: &str) -> bool {
    message
        .strip_prefix("expected a string, found the ")
        .is_some_and(|found| found.starts_with("boolean ") || found.starts_with("number "))
}

fn at_most(level: Level, finding: Finding) -> Finding {
    Finding { level: finding.level.min(level), ..finding }
}
