//! Findings, for people and for programs.

mod fingerprint;
mod github;
mod gitlab;
mod json;
mod junit;
mod markdown;
mod sarif;
mod text;

use std::{borrow::Cow, fmt};

use meshroute::{
    lint::{Finding, Level, Lint},
    name::LINKERD_POLICY_GROUP,
};

use crate::{Look, args::LintFormat, command::Mark, exit::Failure, view};

/// All that a run has found.
#[derive(Debug)]
pub(crate) struct Report {
    /// The files that were looked at, in their order.
    pub(crate) names: Vec<String>,
    /// The file of the kustomization that the only text was built from: whatever looks for files
    /// finds nothing in the text.
    pub(crate) built_from: Option<String>,
    /// Whether the objects are those of a cluster: then nothing stands in a file.
    pub(crate) is_live: bool,
    /// The objects that were looked at, in their order.
    pub(crate) objects: Vec<Checked>,
    /// What could not be looked at.
    pub(crate) unread: Vec<Unread>,
    /// The findings, by file and line.
    pub(crate) findings: Vec<Placed>,
    /// How many more were found that a baseline knows.
    pub(crate) known: usize,
    /// How many infos were found that are not shown.
    pub(crate) hidden: usize,
    /// Whether infos are shown.
    pub(crate) info: bool,
    /// The lowest level that makes the command fail; none where nothing does.
    pub(crate) fail_on: Option<Level>,
}

/// Something that could not be looked at.
#[derive(Debug)]
pub(crate) struct Unread {
    /// `FILE:LINE`, or what it is in a cluster.
    pub(crate) place: String,
    pub(crate) why: Cow<'static, str>,
}

/// `a.yaml:3: a Helm template, not checked`.
impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.why)
    }
}

/// An object that was looked at.
#[derive(Debug)]
pub(crate) struct Checked {
    /// The file; empty where it is in a cluster.
    pub(crate) file: String,
    /// The line where it starts; none where it is in a cluster.
    pub(crate) line: Option<usize>,
    pub(crate) thing: Thing,
}

/// A finding, and where it stands.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) finding: Finding,
    /// The file, as the command line leads to it; empty where the object is in a cluster.
    pub(crate) file: String,
    /// The place in the file; none where the object is in a cluster.
    pub(crate) mark: Option<Mark>,
    /// Its line.
    pub(crate) line: Excerpt,
    /// The object; none where a document cannot be read.
    pub(crate) thing: Option<Thing>,
    /// The object, by its place in the report.
    pub(crate) object: Option<usize>,
    /// What its fix replaces in the file; nothing where that cannot be told.
    pub(crate) swaps: Vec<Swap>,
}

/// A line, or the part of a very long one that is around a place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Excerpt {
    pub(crate) text: String,
    /// How many characters less than in the line stand before that place.
    pub(crate) cut: usize,
}

/// A part of a file, and what comes in its place; places are lines and columns from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Swap {
    pub(crate) start: (usize, usize),
    /// The place after the last.
    pub(crate) end: (usize, usize),
    pub(crate) text: String,
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
    pub(crate) fn new(
        finding: Finding,
        file: &str,
        mark: Option<Mark>,
        thing: Option<Thing>,
    ) -> Self {
        let file = file.to_owned();
        Self {
            finding,
            file,
            mark,
            line: Excerpt::default(),
            thing,
            object: None,
            swaps: Vec::new(),
        }
    }

    /// The field of its object: `shop/HTTPRoute/web spec.rules[0]`.
    fn in_object(&self) -> String {
        let object = self.thing.as_ref().map(Thing::address).unwrap_or_default();
        format!("{object} {}", self.finding.path).trim_end().to_owned()
    }
}

impl Thing {
    /// `shop/HTTPRoute/web`; with the group where another has the same kind.
    fn address(&self) -> String {
        let group = match self.group.as_str() {
            LINKERD_POLICY_GROUP => format!(".{LINKERD_POLICY_GROUP}"),
            _ => String::new(),
        };
        format!("{}/{}{group}/{}", self.namespace, self.kind, self.name)
    }
}

/// `HTTPRoute shop/web`.
impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.kind, self.namespace, self.name)
    }
}

/// Where tools that know files look for a finding.
enum Spot<'r> {
    /// In this part of a line.
    Line(&'r str, Mark),
    /// In a file, which has no line for it.
    File(&'r str),
    /// In a cluster.
    Cluster,
}

impl Report {
    fn spot<'r>(&'r self, placed: &'r Placed) -> Spot<'r> {
        match (placed.mark, &self.built_from) {
            (None, _) => Spot::Cluster,
            (Some(_), Some(file)) => Spot::File(relative(file)),
            (Some(mark), None) => Spot::Line(relative(&placed.file), mark),
        }
    }

    /// Whether anything makes the command fail.
    pub(crate) fn has_failed(&self) -> bool {
        self.findings.iter().any(|it| self.fails(it))
    }

    /// Whether this makes the command fail.
    fn fails(&self, placed: &Placed) -> bool {
        self.fail_on.is_some_and(|level| placed.finding.level >= level)
    }

    /// Those that are shown.
    fn shown(&self) -> impl Iterator<Item = &Placed> {
        let least = if self.info { Level::Info } else { Level::Warning };
        self.findings.iter().filter(move |it| it.finding.level >= least)
    }

    /// How many are of a level.
    fn count(&self, level: Level) -> usize {
        let hidden = if level == Level::Info { self.hidden } else { 0 };
        hidden + self.findings.iter().filter(|it| it.finding.level == level).count()
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
        LintFormat::Sarif => view::to_json(&sarif::document(report)),
        LintFormat::Junit => Ok(junit::junit(report)),
        LintFormat::Github => Ok(github::github(report)),
        LintFormat::Gitlab => view::to_json(&gitlab::document(report)),
        LintFormat::Markdown => Ok(markdown::markdown(report)),
    }
}

/// The page about a lint.
fn help(lint: &Lint) -> String {
    format!("https://meshroute.dev/lints/{}", lint.code)
}

/// A path as tools have it that know files by where they are in a repository.
fn relative(file: &str) -> &str {
    file.strip_prefix("./").unwrap_or(file)
}
