//! Findings for people: the place, the line that it is in, and the way out.

use anstyle::{AnsiColor, Style};
use meshroute::lint::Level;
use unicode_width::UnicodeWidthStr;

use super::{Placed, Report};
use crate::{Look, view::clean};

/// The findings, and a line that counts them.
pub(super) fn text(report: &Report, look: Look) -> String {
    let mut text = String::new();
    for placed in report.shown() {
        write_finding(&mut text, placed, look);
    }
    text + &summary(report)
}

fn write_finding(text: &mut String, placed: &Placed, look: Look) {
    let Placed { finding, file, mark, text: line, thing: _, object: _, swaps: _ } = placed;
    let style = match (look.colour, finding.level) {
        (false, _) => Style::new(),
        (true, Level::Error) => Style::new().bold().fg_color(Some(AnsiColor::Red.into())),
        (true, Level::Warning) => Style::new().bold().fg_color(Some(AnsiColor::Yellow.into())),
        (true, Level::Info | Level::Off) => Style::new().fg_color(Some(AnsiColor::Cyan.into())),
    };
    let mut add = |line: String| {
        text.push_str(line.trim_end());
        text.push('\n');
    };
    add(format!(
        "{}:{}:{}: {style}{} {}{style:#}: {}",
        clean(file),
        mark.line,
        mark.column,
        finding.level,
        finding.lint.code,
        clean(&finding.message)
    ));
    let number = format!("{:>6}", mark.line);
    let margin = " ".repeat(number.len());
    let before: String = line.chars().take(mark.column.saturating_sub(1)).collect();
    let marked: String = line.chars().skip(mark.column - 1).take(mark.end - mark.column).collect();
    // A tab is as wide as the terminal has it; one blank keeps the caret in its column.
    let shown = |text: &str| clean(&text.replace('\t', " "));
    let carets = "^".repeat(shown(&marked).width().max(1));
    add(format!("{number} | {}", shown(line)));
    let indent = " ".repeat(shown(&before).width());
    add(format!("{margin} | {indent}{style}{carets}{style:#}"));
    if let Some(fix) = &finding.fix {
        add(format!("{margin} fix: {}", clean(&fix.hint)));
    }
}

/// `2 files: 1 error, 1 warning, 1 fixable`.
pub(super) fn summary(report: &Report) -> String {
    let counted = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    };
    let infos = report.count(Level::Info);
    let mut parts: Vec<String> = [(Level::Error, "error"), (Level::Warning, "warning")]
        .into_iter()
        .map(|(level, what)| (report.count(level), what))
        .chain(report.info.then_some((infos, "info")))
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| counted(count, what))
        .collect();
    if parts.is_empty() {
        parts.push("nothing found".into());
    }
    if report.fixable() > 0 {
        parts.push(format!("{} fixable", report.fixable()));
    }
    if !report.info && infos > 0 {
        parts.push(format!("{} with --info", counted(infos, "info")));
    }
    if report.known > 0 {
        parts.push(format!("{} in the baseline", report.known));
    }
    format!("{}: {}\n", counted(report.names.len(), "file"), parts.join(", "))
}
