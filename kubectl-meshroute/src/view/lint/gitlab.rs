//! Findings as a Code Quality report, which GitLab shows in a merge request.

use meshroute::lint::Level;
use serde::Serialize;

use super::{Placed, Report, Thing, fingerprint, relative};

#[derive(Debug, Serialize)]
pub(super) struct Issue {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Debug, Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Debug, Serialize)]
struct Lines {
    begin: usize,
}

/// All that are shown: GitLab takes two of one fingerprint for one, so the file is part of it.
pub(super) fn document(report: &Report) -> Vec<Issue> {
    let prints = fingerprint::fingerprints(report, true);
    report.shown().zip(prints).map(|(placed, print)| issue(placed, print)).collect()
}

fn issue(placed: &Placed, fingerprint: String) -> Issue {
    let Placed { finding, file, mark, line: _, thing, object: _, swaps: _ } = placed;
    // A report has no place but lines of files: an object of a cluster stands for one.
    let (path, line, within) = match (mark, thing) {
        (Some(mark), _) => (relative(file).to_owned(), mark.line, String::new()),
        (None, thing) => {
            let path = thing.as_ref().map(Thing::address).unwrap_or_default();
            (path, 1, format!("{}: ", finding.path))
        }
    };
    Issue {
        description: format!("{}: {within}{}", finding.lint.code, finding.message),
        check_name: finding.lint.code,
        fingerprint,
        severity: match finding.level {
            Level::Error => "major",
            Level::Warning => "minor",
            Level::Info | Level::Off => "info",
        },
        location: Location { path, lines: Lines { begin: line } },
    }
}
