//! Findings as Markdown, for a comment on a pull request.

use super::{Placed, Report, help, relative, text};
use crate::view::cell::{code, escape};

/// A heading that counts, and a table.
pub(super) fn markdown(report: &Report) -> String {
    let mut text = format!("### meshroute: {}", text::summary(report));
    let mut rows = report.shown().map(row).peekable();
    if rows.peek().is_some() {
        text.push_str("\n| Level | Lint | Place | Object | Finding |\n|--|--|--|--|--|\n");
    }
    rows.for_each(|row| text.push_str(&row));
    let unread = report.unread.iter();
    let unread = unread.map(|it| format!("- ⚠ {}: {}\n", code(&it.place), it.why));
    let unread: String = unread.collect();
    if unread.is_empty() { text } else { format!("{text}\n{unread}") }
}

fn row(placed: &Placed) -> String {
    let Placed { finding, file, mark, line: _, thing, object: _, swaps: _ } = placed;
    let place = match mark {
        Some(mark) => format!("{}:{}", relative(file), mark.line),
        None => finding.path.to_string(),
    };
    let place = if place.is_empty() { "–".into() } else { code(&place) };
    let object = thing.as_ref().map_or_else(|| "–".into(), |thing| code(&thing.to_string()));
    let fix = finding.fix.as_ref().map(|fix| format!("; fix: {}", escape(&fix.hint)));
    format!(
        "| {} | [{}]({}) | {place} | {object} | {}{} |\n",
        finding.level,
        finding.lint.code,
        help(finding.lint),
        escape(&finding.message),
        fix.unwrap_or_default()
    )
}
