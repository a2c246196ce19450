//! Findings for people: the place, the line that it is in, and the way out.

use anstyle::{AnsiColor, Style};
use meshroute::lint::Level;
use unicode_width::UnicodeWidthStr;

use super::{Excerpt, Placed, Report};
use crate::{Look, command::Mark, view::clean};

/// The findings, and a line that counts them.
pub(super) fn text(report: &Report, look: Look) -> String {
    let mut text = String::new();
    for placed in report.shown() {
        write_finding(&mut text, placed, look);
    }
    text + &summary(report)
}

fn write_finding(text: &mut String, placed: &Placed, look: Look) {
    let Placed { finding, file, mark, line, thing: _, object: _, swaps: _ } = placed;
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
    let place = match mark {
        Some(mark) => format!("{file}:{}:{}", mark.line, mark.column),
        None => placed.in_object(),
    };
    add(format!(
        "{}: {style}{} {}{style:#}: {}",
        clean(&place),
        finding.level,
        finding.lint.code,
        clean(&finding.message)
    ));
    let margin = " ".repeat(MARGIN);
    if let Some(mark) = mark {
        add(format!("{:>MARGIN$} | {}", mark.line, shown(&line.text)));
        let (indent, carets) = under(line, *mark);
        add(format!("{margin} | {indent}{style}{carets}{style:#}"));
    }
    if let Some(fix) = &finding.fix {
        add(format!("{margin} fix: {}", clean(&fix.hint)));
    }
}

/// How wide the numbers of lines are.
const MARGIN: usize = 6;

/// The blanks before what is marked in a line, and the carets below it.
fn under(line: &Excerpt, mark: Mark) -> (String, String) {
    let mut characters = line.text.chars();
    let column = mark.column.saturating_sub(line.cut + 1);
    let before: String = characters.by_ref().take(column).collect();
    let marked: String = characters.take(mark.end - mark.column).collect();
    (" ".repeat(shown(&before).width()), "^".repeat(shown(&marked).width().max(1)))
}

/// A tab is as wide as the terminal has it; one blank keeps the caret in its column.
fn shown(text: &str) -> String {
    clean(&text.replace('\t', " "))
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
    if !report.unread.is_empty() {
        parts.push(format!("{} not checked", report.unread.len()));
    }
    if report.known > 0 {
        parts.push(format!("{} in the baseline", report.known));
    }
    let looked_at = match report.is_live {
        true => counted(report.objects.len(), "route"),
        false => counted(report.names.len(), "file"),
    };
    format!("{looked_at}: {}\n", parts.join(", "))
}
