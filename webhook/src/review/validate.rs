//! `/validate`: from findings to a verdict, and the words for it.

use std::collections::BTreeMap;

use meshroute::lint::{Finding, Level};

use crate::{
    args::Enforce,
    review::{
        Held,
        envelope::Request,
        response::{Cause, Details, Response, Status},
        say,
    },
};

/// How long a line of the message may be.
const LINE: usize = 320;
/// How long the place of a finding may be.
const PLACE: usize = 160;
/// How long a name may be that is repeated.
const NAME: usize = 253;
/// How many bytes the message may take, and as many the causes: the whole answer stays below 16 KiB.
const BUDGET: usize = 4500;

/// Answers what these findings speak for.
pub(super) fn respond(
    request: &Request<'_>,
    findings: &[Finding],
    enforce: Enforce,
    held: Held,
) -> Response {
    let errors: Vec<&Finding> = of_level(findings, Level::Error).collect();
    let warnings: Vec<&Finding> = of_level(findings, Level::Warning).collect();
    let is_denied = !errors.is_empty() && enforce == Enforce::Deny;
    let said: Vec<&Finding> = match is_denied {
        true => warnings.clone(),
        false => errors.iter().chain(&warnings).copied().collect(),
    };
    Response {
        allowed: !is_denied,
        status: is_denied.then(|| denial(request, &errors, &warnings)),
        warnings: say::warnings(said.into_iter().map(|it| line(it, say::WARNING)), |others| {
            format!("{others} more: kubectl meshroute lint -n {}", request.namespace)
        }),
        audit_annotations: annotations(&errors, &warnings, is_denied, held),
        ..Response::default()
    }
}

fn of_level(findings: &[Finding], level: Level) -> impl Iterator<Item = &Finding> {
    findings.iter().filter(move |finding| finding.level == level)
}

/// Why it is denied: all findings in the message, for those who show that, and as causes, which kubectl shows.
fn denial(request: &Request<'_>, errors: &[&Finding], warnings: &[&Finding]) -> Status {
    let mut lines = Vec::new();
    let mut left = BUDGET;
    let all: Vec<&Finding> = errors.iter().chain(warnings).copied().collect();
    for finding in &all {
        let line = line(finding, LINE);
        let Some(rest) = left.checked_sub(say::size(&line)) else { break };
        left = rest;
        lines.push(line);
    }
    if lines.len() < all.len() {
        lines.push(format!("{} more", all.len() - lines.len()));
    }
    let mut counts = vec![say::counted(errors.len(), "error")];
    if !warnings.is_empty() {
        counts.push(say::counted(warnings.len(), "warning"));
    }
    // One line where one is enough, as most logs want it.
    let message = match lines.as_slice() {
        [line] => line.clone(),
        lines => format!("{}:\n{}", counts.join(", "), lines.join("\n")),
    };
    Status {
        status: "Failure",
        code: 422,
        reason: "Invalid",
        message: format!("{message}\n{}", explain(errors)),
        details: Details {
            group: request.group().to_owned(),
            kind: request.kind.kind.clone().into_owned(),
            name: say::line(&request.name, NAME),
            causes: causes(errors),
        },
    }
}

/// The errors as causes.
fn causes(errors: &[&Finding]) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut left = BUDGET;
    for finding in errors {
        let message = format!("{}: {}", finding.lint.code, words(finding));
        let cause = Cause {
            reason: "FieldValueInvalid",
            message: say::line(&message, LINE),
            field: say::line(&finding.path.to_string(), PLACE),
        };
        // With what stands around the texts.
        let size = say::size(&cause.message) + say::size(&cause.field) + 64;
        let Some(rest) = left.checked_sub(size) else { break };
        left = rest;
        causes.push(cause);
    }
    if causes.len() < errors.len() {
        let message = format!("{} more", say::counted(errors.len() - causes.len(), "error"));
        causes.push(Cause { reason: "FieldValueInvalid", message, field: "spec".into() });
    }
    causes
}

/// What the audit log keeps: codes, and nothing that a user wrote.
fn annotations(
    errors: &[&Finding],
    warnings: &[&Finding],
    is_denied: bool,
    held: Held,
) -> BTreeMap<&'static str, String> {
    let codes = |findings: &[&Finding]| {
        let mut codes: Vec<&str> = findings.iter().map(|finding| finding.lint.code).collect();
        codes.sort_unstable();
        codes.dedup();
        codes.join(",")
    };
    let verdict = if is_denied { "denied" } else { "admitted" };
    let mut annotations = BTreeMap::from([
        ("verdict", verdict.to_owned()),
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
    ]);
    if let Some(held) = held.name() {
        annotations.insert("cache", held.to_owned());
    }
    for (key, findings) in [("errors", errors), ("warnings", warnings)] {
        if !findings.is_empty() {
            annotations.insert(key, codes(findings));
        }
    }
    annotations
}

/// `MR050 (error) spec.rules[0].backendRefs: every weight is 0, …`.
fn line(finding: &Finding, most: usize) -> String {
    let level = if finding.level == Level::Error { " (error)" } else { "" };
    let code = finding.lint.code;
    let place = say::line(&finding.path.to_string(), PLACE);
    let line = match place.is_empty() {
        true => format!("{code}{level}: {}", words(finding)),
        false => format!("{code}{level} {place}: {}", words(finding)),
    };
    say::line(&line, most)
}

/// What is wrong, and the way out.
fn words(finding: &Finding) -> String {
    match &finding.fix {
        // Most messages end with it.
        Some(fix) if !finding.message.contains(&fix.hint) => {
            format!("{}; {}", finding.message, fix.hint)
        }
        Some(_) | None => finding.message.clone(),
    }
}

/// How to learn more.
fn explain(errors: &[&Finding]) -> String {
    let code = errors.first().map_or("CODE", |finding| finding.lint.code);
    format!("more about it: kubectl meshroute explain {code}")
}
