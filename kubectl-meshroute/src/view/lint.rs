//! Findings, for people and for programs.

mod json;
mod text;

use meshroute::lint::{Finding, Level};

use crate::{Look, args::LintFormat, command::Mark, exit::Failure, view};

/// All that a run has found.
#[derive(Debug)]
pub(crate) struct Report {
    /// How many files were looked at.
    pub(crate) files: usize,
    /// The findings, by file and line.
    pub(crate) findings: Vec<Placed>,
    /// Whether infos are shown.
    pub(crate) info: bool,
}

/// A finding, and where it stands.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) finding: Finding,
    /// The file, as the command line leads to it.
    pub(crate) file: String,
    pub(crate) mark: Mark,
    /// The text of its line.
    pub(crate) text: String,
    /// The object; none where a document cannot be read.
    pub(crate) thing: Option<Thing>,
}

/// What an object is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Thing {
    pub(crate) group: String,
    pub(crate) kind: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl Placed {
    pub(crate) fn new(finding: Finding, file: &str, mark: Mark, thing: Option<Thing>) -> Self {
        Self { finding, file: file.to_owned(), mark, text: String::new(), thing }
    }
}

impl Report {
    /// Whether something is at this level or above it.
    pub(crate) fn has(&self, level: Level) -> bool {
        self.findings.iter().any(|it| it.finding.level >= level)
    }

    /// Those that are shown.
    fn shown(&self) -> impl Iterator<Item = &Placed> {
        let least = if self.info { Level::Info } else { Level::Warning };
        self.findings.iter().filter(move |it| it.finding.level >= least)
    }

    /// How many are of a level.
    fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|it| it.finding.level == level).count()
    }

    /// How many of those that are shown can be mended by themselves.
    fn fixable(&self) -> usize {
        let fixes = self.shown().filter_map(|it| it.finding.fix.as_ref());
        fixes.filter(|fix| !fix.edits.is_empty()).count()
    }
}

/// Prints findings.
pub(crate) fn lint(report: &Report, format: LintFormat, look: Look) -> Result<String, Failure> {
    match format {
        LintFormat::Text => Ok(text::text(report, look)),
        LintFormat::Json => view::to_json(&json::document(report)),
    }
}
