//! Findings as workflow commands, which GitHub shows beside the lines of a pull request.

use meshroute::lint::Level;

use super::{Placed, Report, relative};
use crate::view::clean;

/// A line for each finding.
pub(super) fn github(report: &Report) -> String {
    report.shown().map(command).collect()
}

fn command(placed: &Placed) -> String {
    let Placed { finding, file, mark, line: _, thing: _, object: _, swaps: _ } = placed;
    let command = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info | Level::Off => "notice",
    };
    let title = format!("{} {}", finding.lint.code, finding.lint.name);
    let title = property(&title);
    let Some(mark) = mark else {
        let message = format!("{}: {}", placed.in_cluster(), finding.message);
        return format!("::{command} title={title}::{}\n", data(&message));
    };
    format!(
        "::{command} file={},line={line},col={},endLine={line},endColumn={},title={title}::{}\n",
        property(relative(file)),
        mark.column,
        mark.end,
        data(&finding.message),
        line = mark.line,
    )
}

/// A message: a line break would end the command, and `%` starts what stands for one.
fn data(text: &str) -> String {
    clean(&text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A"))
}

/// A value between commas, before the `::`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn what_would_end_a_command_is_escaped() {
        assert_eq!(data("50%: a,\r\nb\u{1b}"), "50%25: a,%0D%0Ab\u{fffd}");
        assert_eq!(property("a,b:c%\n"), "a%2Cb%3Ac%25%0A");
    }
}
