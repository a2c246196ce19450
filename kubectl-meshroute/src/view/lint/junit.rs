//! Findings as test results: an object is a test case, which fails by what makes the command fail.

use super::{Checked, Placed, Report, relative};

/// A suite for each file, in the order in which they were read.
pub(super) fn junit(report: &Report) -> String {
    let suites: Vec<Suite> = suites(report);
    let sum = |of: fn(&Suite) -> usize| suites.iter().map(of).sum::<usize>();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text.push_str(&format!(
        "<testsuites name=\"meshroute lint\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n",
        sum(|it| it.tests),
        sum(|it| it.failures),
        sum(|it| it.errors)
    ));
    for Suite { file, tests, failures, errors, cases } in &suites {
        text.push_str(&format!(
            "  <testsuite name=\"{}\" tests=\"{tests}\" failures=\"{failures}\" \
             errors=\"{errors}\">\n{cases}  </testsuite>\n",
            escape(relative(file))
        ));
    }
    text + "</testsuites>\n"
}

struct Suite<'r> {
    file: &'r str,
    tests: usize,
    failures: usize,
    errors: usize,
    cases: String,
}

impl<'r> Suite<'r> {
    /// Adds a case; its findings are those that fail.
    fn case(&mut self, name: &str, line: usize, failing: &[&Placed]) {
        self.tests += 1;
        self.open(name, line);
        if failing.is_empty() {
            self.cases.push_str("/>\n");
            return;
        }
        self.failures += 1;
        // The first of the worst.
        let worst = failing.iter().rev().map(|it| &it.finding).max_by_key(|it| it.level);
        let (message, kind) = worst.map_or(("", ""), |it| (it.message.as_str(), it.lint.code));
        // Many readers show one failure of a case, and the first line of it.
        let text: String = failing.iter().map(|it| line_of(it)).collect();
        self.cases.push_str(&format!(
            ">\n      <failure message=\"{}\" type=\"{kind}\">{}</failure>\n    </testcase>\n",
            escape(message),
            escape(&text)
        ));
    }

    fn open(&mut self, name: &str, line: usize) {
        let (name, file) = (escape(name), escape(relative(self.file)));
        self.cases.push_str(&format!(
            "    <testcase name=\"{name}\" classname=\"{file}\" file=\"{file}\" line=\"{line}\""
        ));
    }
}

fn suites(report: &Report) -> Vec<Suite<'_>> {
    let fails = |placed: &&Placed| report.fails(placed);
    let mut suites: Vec<Suite<'_>> = Vec::new();
    let mut at = |file| match suites.iter().position(|suite: &Suite<'_>| suite.file == file) {
        Some(place) => place,
        None => {
            suites.push(Suite { file, tests: 0, failures: 0, errors: 0, cases: String::new() });
            suites.len() - 1
        }
    };
    let files: Vec<(usize, &str)> =
        report.names.iter().map(|name| (at(name.as_str()), name.as_str())).collect();
    for (place, file) in files {
        let suite = &mut suites[place];
        for (number, object) in report.objects.iter().enumerate() {
            let Checked { file: of, line, thing } = object;
            if of == file {
                let own = report.findings.iter().filter(|it| it.object == Some(number));
                let failing: Vec<&Placed> = own.filter(fails).collect();
                suite.case(&thing.to_string(), *line, &failing);
            }
        }
        let loose = report.findings.iter().filter(|it| it.object.is_none() && it.file == file);
        for placed in loose {
            let failing: &[&Placed] = if report.fails(placed) { &[placed] } else { &[] };
            let line = placed.mark.line;
            suite.case(&format!("document in line {line}"), line, failing);
        }
        for (of, line) in report.unread.iter().filter_map(|place| place.rsplit_once(':')) {
            if of == file {
                suite.tests += 1;
                suite.errors += 1;
                suite.open(&format!("document in line {line}"), line.parse().unwrap_or_default());
                suite.cases.push_str(
                    ">\n      <error message=\"a Helm template, not checked\"/>\n    </testcase>\n",
                );
            }
        }
    }
    suites
}

/// `FILE:LINE:COLUMN: LEVEL CODE: MESSAGE`.
fn line_of(placed: &Placed) -> String {
    let (mark, finding) = (&placed.mark, &placed.finding);
    let place = format!("{}:{}:{}", relative(&placed.file), mark.line, mark.column);
    format!("{place}: {} {}: {}\n", finding.level, finding.lint.code, finding.message)
}

/// Text in XML, in a value or between tags. Control characters cannot be in XML 1.0 at all; in a
/// value, a reader would make blanks of line breaks.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            '\u{fffe}' | '\u{ffff}' => {}
            other if other.is_control() => {}
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn text_ends_no_element_and_no_value() {
        assert_eq!(escape("a<b>\"'&]]>"), "a&lt;b&gt;&quot;&apos;&amp;]]&gt;");
        assert_eq!(escape("a\u{0}\u{1b}[2J\u{ffff}ü\n"), "a[2Jü&#10;");
    }
}
