//! Findings as a Code Quality report, which GitLab shows in a merge request.

use meshroute::lint::Level;
use serde::Serialize;

use super::{Placed, Report, fingerprint, relative};

#[derive(Debug, Serialize)]
pub(super) struct Issue<'a> {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Debug, Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Debug, Serialize)]
struct Lines {
    begin: usize,
}

/// All that are shown: GitLab takes two of one fingerprint for one, so the file is part of it.
pub(super) fn document(report: &Report) -> Vec<Issue<'_>> {
    let prints = fingerprint::fingerprints(report, true);
    report.shown().zip(prints).map(|(placed, print)| issue(placed, print)).collect()
}

fn issue(placed: &Placed, fingerprint: String) -> Issue<'_> {
    let Placed { finding, file, mark, text: _, thing: _, object: _, swaps: _ } = placed;
    Issue {
        description: format!("{}: {}", finding.lint.code, finding.message),
        check_name: finding.lint.code,
        fingerprint,
        severity: match finding.level {
            Level::Error => "major",
            Level::Warning => "minor",
            Level::Info | Level::Off => "info",
        },
        location: Location { path: relative(file), lines: Lines { begin: mark.line } },
    }
}
