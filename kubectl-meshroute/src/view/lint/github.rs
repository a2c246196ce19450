//! Findings as workflow commands, which GitHub shows beside the lines of a pull request.

use meshroute::lint::Level;

use super::{Placed, Report, Spot};
use crate::{command::Mark, view::clean};

/// A line for each finding.
pub(super) fn github(report: &Report) -> String {
    report.shown().map(|placed| command(placed, report.spot(placed))).collect()
}

fn command(placed: &Placed, spot: Spot<'_>) -> String {
    let finding = &placed.finding;
    let command = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info | Level::Off => "notice",
    };
    let title = property(&format!("{} {}", finding.lint.code, finding.lint.name));
    let (place, before) = match spot {
        Spot::Line(file, mark) => {
            let Mark { line, column, end, at: _ } = mark;
            let file = property(file);
            (
                format!("file={file},line={line},col={column},endLine={line},endColumn={end},"),
                String::new(),
            )
        }
        Spot::File(file) => {
            (format!("file={},", property(file)), format!("{}: ", placed.in_object()))
        }
        Spot::Cluster => (String::new(), format!("{}: ", placed.in_object())),
    };
    let message = data(&format!("{before}{}", finding.message));
    format!("::{command} {place}title={title}::{message}\n")
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
