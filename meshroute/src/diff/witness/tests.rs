//! Requests that are there, and requests that are not.

use super::{Certainty, Patterns, exists};
use crate::route::{Match, PathMatch, ValueKind, ValueMatch};

/// `POST prefix /a, header x=1, header y~[ab], query q=1`.
fn matched(text: &str) -> Match {
    let mut matched =
        Match { path: PathMatch::any(), method: None, grpc: None, headers: vec![], query: vec![] };
    for part in text.split(", ") {
        let words: Vec<&str> = part.split(' ').collect();
        match words.as_slice() {
            ["prefix", path] => matched.path = PathMatch::Prefix((*path).into()),
            ["exact", path] => matched.path = PathMatch::Exact((*path).into()),
            ["regex", path] => matched.path = PathMatch::Regex((*path).into()),
            ["odd", path] => {
                matched.path = PathMatch::Unknown { kind: "Odd".into(), value: (*path).into() };
            }
            [what @ ("header" | "query"), condition] => {
                let (kind, (name, value)) = match condition.split_once('=') {
                    Some(parts) => (ValueKind::Exact, parts),
                    None => (ValueKind::Regex, condition.split_once('~').expect("a sign")),
                };
                let condition = ValueMatch { kind, name: name.into(), value: value.into() };
                match *what {
                    "header" => matched.headers.push(condition),
                    _ => matched.query.push(condition),
                }
            }
            [method] if *method != "any" => matched.method = Some((*method).into()),
            _ => {}
        }
    }
    matched
}

fn found(required: &[&str], others: &[&str]) -> Option<Certainty> {
    let [required, others] =
        [required, others].map(|texts| texts.iter().map(|text| matched(text)).collect::<Vec<_>>());
    let all = |matches: &'_ [Match]| -> Vec<Match> { matches.to_vec() };
    let (required, others) = (all(&required), all(&others));
    exists(
        &Patterns::default(),
        &required.iter().collect::<Vec<_>>(),
        &others.iter().collect::<Vec<_>>(),
    )
}

const CERTAIN: Option<Certainty> = Some(Certainty::Certain);
const POSSIBLE: Option<Certainty> = Some(Certainty::Possible);

#[test]
fn whoever_asks_for_more_leaves_something() {
    assert_eq!(found(&["any"], &["prefix /a", "exact /", "GET", "header x=1"]), CERTAIN);
    assert_eq!(found(&["prefix /a"], &["prefix /a/b", "exact /a", "exact /a/"]), CERTAIN);
    assert_eq!(found(&["prefix /a", "header x=1"], &["prefix /a, header x=2", "POST"]), CERTAIN);
    assert_eq!(found(&["exact /a", "GET"], &["exact /a, POST"]), CERTAIN);
    assert_eq!(found(&["any"], &["prefix /~", "prefix /~~"]), CERTAIN);
    assert_eq!(found(&["GET", "POST"], &[]), None);
}

#[test]
fn several_that_ask_for_less_leave_nothing_together() {
    assert_eq!(found(&["header x=1"], &["prefix /a", "header x=1"]), None);
    assert_eq!(found(&["exact /a", "header x=1"], &["prefix /a, header X=1"]), None);
    assert_eq!(found(&["header x~[12]"], &["header x=1", "header x=2"]), None);
    assert_eq!(found(&["header x~[123]"], &["header x=1", "header x=2"]), CERTAIN);
    assert_eq!(found(&["header x~[12]", "header y~[12]"], &["header x=1", "header y=1"]), CERTAIN);
    assert_eq!(
        found(
            &["header x~[12]", "header y~[12]"],
            &["header x=1", "header y=1", "header x=2, header y=2"]
        ),
        None
    );
}

#[test]
fn expressions_decide_where_texts_are_known() {
    assert_eq!(found(&["regex /items/[0-9]+"], &["prefix /items"]), None);
    assert_eq!(found(&["prefix /items"], &["regex /items/[0-9]+"]), CERTAIN);
    assert_eq!(found(&["prefix /api"], &["regex /api/.*", "exact /api"]), None);
    assert_eq!(found(&["prefix /a", "regex .*[.]json"], &["exact /a"]), CERTAIN);
    assert_eq!(found(&["regex /a/.*", "prefix /b"], &[]), None);
    assert_eq!(found(&["header x~[a-z]+", "header x=7"], &[]), None);
    assert_eq!(found(&["header x~[a-z]+", "header x~.*7"], &[]), POSSIBLE);
    assert_eq!(found(&["regex (["], &["prefix /a"]), POSSIBLE);
    // Of expressions that are not read, the texts that all begin with something else are left out.
    assert_eq!(found(&["regex /a/(?i)x", "prefix /b"], &[]), None);
    assert_eq!(found(&["regex /a/x|(?i)/b/x", "prefix /b"], &[]), POSSIBLE);
    assert_eq!(found(&["regex /ab*(?i)c/x", "prefix /ac"], &[]), POSSIBLE);
    assert_eq!(found(&["odd /a"], &["odd /a"]), None);
    assert_eq!(found(&["any"], &["odd /a"]), CERTAIN);
}
