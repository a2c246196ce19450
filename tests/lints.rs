//! Every lint finds its own mistake, at its place, and nothing else.

use std::collections::BTreeSet;

use meshroute::lint::{ALL, Lint};
use meshroute_tests::findings::{self, Finding};

#[test]
fn bad_examples_show_their_mistake_at_its_place_and_no_other() {
    let mut problems = Vec::new();
    for lint in ALL {
        let found = findings_of(lint.bad);
        let expected: BTreeSet<u64> = marked(lint);
        let own: BTreeSet<u64> = found
            .iter()
            .filter(|finding| finding.code == lint.code)
            .map(|finding| finding.line)
            .collect();
        if own != expected {
            problems.push(format!("{}: found in lines {own:?}, not {expected:?}", lint.code));
        }
        let others = found.iter().filter(|it| it.code != lint.code && it.level != "info");
        problems.extend(others.map(|it| format!("{}: its bad example: {it:?}", lint.code)));
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn good_examples_have_nothing_wrong() {
    let mut problems = Vec::new();
    for lint in ALL {
        let found = findings_of(lint.good);
        let wrong = found.iter().filter(|it| it.code == lint.code || it.level != "info");
        problems.extend(wrong.map(|it| format!("{}: its good example: {it:?}", lint.code)));
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn messages_are_one_short_line() {
    let mut problems = Vec::new();
    for lint in ALL {
        for finding in findings_of(lint.bad) {
            let length = finding.message.chars().count();
            if length > 140 || finding.message.contains('\n') {
                problems.push(format!("{}: {length}: {}", finding.code, finding.message));
            }
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

/// What the command says of an example, with the flags that its first line names.
fn findings_of(example: &str) -> Vec<Finding> {
    let flags: Vec<&str> = findings::flags(example).collect();
    findings::of(example, &flags)
}

/// The lines that end in the code of the lint.
fn marked(lint: &Lint) -> BTreeSet<u64> {
    let mark = format!("# {}", lint.code);
    let lines = (1..).zip(lint.bad.lines());
    lines.filter(|(_, line)| line.ends_with(&mark)).map(|(number, _)| number).collect()
}
