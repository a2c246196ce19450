//! Findings as test results: an object is a test case, which fails by what makes the command fail.

use std::collections::BTreeMap;

use super::{Checked, Placed, Report, Unread, relative};

/// A suite for each file, in the order in which they were read; of a cluster, for each namespace.
pub(super) fn junit(report: &Report) -> String {
    let suites = if report.is_live { of_cluster(report) } else { of_files(report) };
    let sum = |of: fn(&Suite) -> usize| suites.iter().map(of).sum::<usize>();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text.push_str(&format!(
        "<testsuites name=\"meshroute lint\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n",
        sum(|it| it.tests),
        sum(|it| it.failures),
        sum(|it| it.errors)
    ));
    for Suite { name, tests, failures, errors, cases } in &suites {
        text.push_str(&format!(
            "  <testsuite name=\"{}\" tests=\"{tests}\" failures=\"{failures}\" \
             errors=\"{errors}\">\n{cases}  </testsuite>\n",
            escape(relative(name))
        ));
    }
    text + "</testsuites>\n"
}

#[derive(Default)]
struct Suite<'r> {
    /// A file, or a namespace.
    name: &'r str,
    tests: usize,
    failures: usize,
    errors: usize,
    cases: String,
}

impl<'r> Suite<'r> {
    /// Adds a case; its findings are those that fail.
    fn case(&mut self, name: &str, line: Option<usize>, failing: &[&Placed]) {
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

    /// Adds a case that could not be looked at.
    fn unread(&mut self, name: &str, line: Option<usize>, why: &str) {
        self.tests += 1;
        self.errors += 1;
        self.open(name, line);
        self.cases
            .push_str(&format!(">\n      <error message=\"{}\"/>\n    </testcase>\n", escape(why)));
    }

    fn open(&mut self, name: &str, line: Option<usize>) {
        let (name, suite) = (escape(name), escape(relative(self.name)));
        let place = line.map(|line| format!(" file=\"{suite}\" line=\"{line}\""));
        let place = place.unwrap_or_default();
        self.cases.push_str(&format!("    <testcase name=\"{name}\" classname=\"{suite}\"{place}"));
    }
}

/// The findings of an object that make the command fail.
fn failing(report: &Report, number: usize) -> Vec<&Placed> {
    let own = report.findings.iter().filter(|it| it.object == Some(number));
    own.filter(|placed| report.fails(placed)).collect()
}

fn of_cluster(report: &Report) -> Vec<Suite<'_>> {
    let mut suites: BTreeMap<&str, Suite<'_>> = BTreeMap::new();
    for (number, Checked { thing, .. }) in report.objects.iter().enumerate() {
        let name = thing.namespace.as_str();
        let suite = suites.entry(name).or_insert_with(|| Suite { name, ..Suite::default() });
        suite.case(&thing.to_string(), None, &failing(report, number));
    }
    let mut suites: Vec<Suite<'_>> = suites.into_values().collect();
    if !report.unread.is_empty() {
        let mut suite = Suite { name: "cluster", ..Suite::default() };
        report.unread.iter().for_each(|it| suite.unread(&it.place, None, &it.why));
        suites.push(suite);
    }
    suites
}

fn of_files(report: &Report) -> Vec<Suite<'_>> {
    let mut suites: Vec<Suite<'_>> = Vec::new();
    let mut at = |name| match suites.iter().position(|suite: &Suite<'_>| suite.name == name) {
        Some(place) => place,
        None => {
            suites.push(Suite { name, ..Suite::default() });
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
                // A line of what was built is in no file.
                let line = line.filter(|_| report.built_from.is_none());
                suite.case(&thing.to_string(), line, &failing(report, number));
            }
        }
        let loose = report.findings.iter().filter(|it| it.object.is_none() && it.file == file);
        for placed in loose {
            let failing: &[&Placed] = if report.fails(placed) { &[placed] } else { &[] };
            let line = placed.mark.map(|mark| mark.line);
            suite.case(&document(line), line, failing);
        }
        for Unread { place, why } in &report.unread {
            let Some((of, line)) = place.rsplit_once(':') else { continue };
            if of == file {
                let line = line.parse().ok();
                suite.unread(&document(line), line, why);
            }
        }
    }
    suites
}

/// What a document is called that holds no object.
fn document(line: Option<usize>) -> String {
    format!("document in line {}", line.unwrap_or_default())
}

/// `FILE:LINE:COLUMN: LEVEL CODE: MESSAGE`.
fn line_of(placed: &Placed) -> String {
    let finding = &placed.finding;
    let place = match placed.mark {
        Some(mark) => format!("{}:{}:{}", relative(&placed.file), mark.line, mark.column),
        None => placed.in_object(),
    };
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
