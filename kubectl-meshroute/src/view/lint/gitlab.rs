//! Findings as a Code Quality report, which GitLab shows in a merge request.

use meshroute::lint::Level;
use serde::Serialize;

use super::{Placed, Report, Spot, Thing, fingerprint};

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
    report
        .shown()
        .zip(prints)
        .map(|(placed, print)| issue(placed, report.spot(placed), print))
        .collect()
}

fn issue(placed: &Placed, spot: Spot<'_>, fingerprint: String) -> Issue {
    let finding = &placed.finding;
    // A report has no place but lines of files: an object of a cluster stands for one.
    let (path, line, within) = match spot {
        Spot::Line(file, mark) => (file.to_owned(), mark.line, String::new()),
        Spot::File(file) => (file.to_owned(), 1, format!("{}: ", placed.in_object())),
        Spot::Cluster => {
            let path = placed.thing.as_ref().map(Thing::address).unwrap_or_default();
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
