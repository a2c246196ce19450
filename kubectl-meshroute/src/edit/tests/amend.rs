//! Changes of any field: what can be written is, and what cannot is refused by itself.

use serde_json::{Value, json};

use super::super::{Amendment, Group, Put, amend};
use crate::yaml::{self, Step};

/// Puts a value into a field below these fields, as a group of its own.
fn put<'p>(way: &[&'p str], value: Value) -> Group<'p> {
    vec![change(way, Put::Value(value))]
}

fn change<'p>(way: &[&'p str], put: Put) -> Amendment<'p> {
    let (field, before) = way.split_last().expect("a way leads somewhere");
    let steps = before.iter().map(|name| Step::Field(name)).collect();
    Amendment { document: 0, steps, field, put }
}

/// The text after these groups of changes, and which of them are refused.
fn amended(text: &str, groups: &[Group<'_>]) -> (String, Vec<usize>) {
    let documents = yaml::documents(text.as_bytes());
    let documents: Vec<_> = documents.iter().filter_map(|it| it.as_ref().ok()).collect();
    let amended = amend(text.as_bytes(), &documents, groups);
    let refused = amended.refused.iter().enumerate().filter(|(_, why)| why.is_some());
    let text = String::from_utf8(amended.text).expect("it is text");
    (text, refused.map(|(place, _)| place).collect())
}

#[track_caller]
fn becomes(before: &str, groups: &[Group<'_>], after: &str, refused: &[usize]) {
    assert_eq!(amended(before, groups), (after.to_owned(), refused.to_vec()), "{before:?}");
}

#[test]
fn values_keep_the_quotes_of_what_they_replace() {
    for (old, new) in [("a", "Service"), ("'a'", "'Service'"), ("\"a\"", "\"Service\"")] {
        let text = |value: &str| format!("a: 1 # '\nk: {value} # c\n");
        becomes(&text(old), &[put(&["k"], "Service".into())], &text(new), &[]);
    }
    becomes("k: a", &[put(&["k"], "".into())], "k: \"\"", &[]);
    becomes("j: 'x'\nk: a", &[put(&["k"], "".into())], "j: 'x'\nk: ''", &[]);
    becomes("k:\n", &[put(&["k"], "on".into())], "k: \"on\"\n", &[]);
    becomes("k: 'x'\n", &[put(&["k"], "it's".into())], "k: 'it''s'\n", &[]);
    becomes("k: |\n  a\n", &[put(&["k"], "b".into())], "k: |\n  a\n", &[0]);
}

#[test]
fn names_keep_their_quotes_and_take_no_other() {
    let name = |way| vec![change(way, Put::Name("k".into()))];
    becomes("a:\n  x : 1 # c\n", &[name(&["a", "x"])], "a:\n  k : 1 # c\n", &[]);
    becomes("{'x': 1}", &[name(&["x"])], "{'k': 1}", &[]);
    becomes("{x: 1, k: 2}", &[name(&["x"])], "{x: 1, k: 2}", &[0]);
    // The name is as good as a field of its own, and goes first.
    becomes("x: 1\n", &[put(&["k"], json!(2)), name(&["x"])], "k: 1\n", &[0]);
}

#[test]
fn one_change_that_cannot_be_written_costs_no_other() {
    let text = "a: {w: &x 1, v: 1}\nb: {w: *x}\nc:\n- w: 1\nd: {w: 1}\n";
    let groups = [
        put(&["a", "w"], json!(2)),
        put(&["a", "v"], json!(2)),
        put(&["gone", "w"], json!(2)),
        put(&["c", "w"], json!(2)),
        put(&["d", "w"], json!(2)),
    ];
    let after = "a: {w: &x 1, v: 2}\nb: {w: *x}\nc:\n- w: 1\nd: {w: 2}\n";
    becomes(text, &groups, after, &[0, 2, 3]);
    // An alias is replaced by what it is to be, and the two together are one change.
    let apart = "a: {w: &x 1, v: 1}\nb: {w: 2}\nc:\n- w: 1\nd: {w: 1}\n";
    becomes(text, &[put(&["b", "w"], json!(2))], apart, &[]);
    let both =
        vec![change(&["a", "w"], Put::Value(json!(2))), change(&["b", "w"], Put::Value(json!(2)))];
    becomes(text, &[both], "a: {w: &x 2, v: 1}\nb: {w: 2}\nc:\n- w: 1\nd: {w: 1}\n", &[]);
}

#[test]
fn a_group_is_made_whole_or_not_at_all() {
    let text = "a: {w: 1}\nb: &b {w: 1}\nc: *b\n";
    let group =
        vec![change(&["a", "w"], Put::Value(json!(2))), change(&["c", "w"], Put::Value(json!(2)))];
    becomes(text, &[group], text, &[0]);
}

#[test]
fn an_anchor_and_its_aliases_change_together() {
    let text = "a: &a {w: 1}\nb: *a\nc: {<<: *a, x: 1}\n";
    becomes(text, &[put(&["a", "n"], json!(1))], text, &[0]);
    let all = ["a", "b"].map(|name| put(&[name, "w"], json!(2)));
    becomes(text, &all, text, &[0, 1]);
    let all = [&["a", "w"], &["b", "w"], &["c", "w"]].map(|way| put(way, json!(2)));
    let after = "a: &a {w: 2}\nb: *a\nc: {<<: *a, x: 1, w: 2}\n";
    becomes(text, &all, after, &[]);
}

#[test]
fn the_same_change_twice_is_one() {
    let twice = [put(&["a", "w"], json!(2)), put(&["a", "w"], json!(2))];
    becomes("a: {x: 1}", &twice, "a: {x: 1, w: 2}", &[]);
    becomes("a: {w: 1}", &twice, "a: {w: 2}", &[]);
    let other = [put(&["a", "w"], json!(2)), put(&["a", "w"], json!(3))];
    becomes("a: {w: 1}", &other, "a: {w: 1}", &[0, 1]);
}

#[test]
fn documents_are_changed_one_by_one() {
    let text = "\u{feff}a: {w: 1} # b\r\n---\r\n# c\r\na:\r\n  w: 1\r\n...\r\n---\r\n\r\n";
    let mut second = change(&["a", "v"], Put::Value(json!([{"x": {"k": "z"}}])));
    second.document = 1;
    let after = "\u{feff}a: {w: 2} # b\r\n---\r\n# c\r\na:\r\n  w: 1\r\n  v:\r\n  - x:\r\n      k: z\r\n...\r\n---\r\n\r\n";
    becomes(text, &[put(&["a", "w"], json!(2)), vec![second]], after, &[]);
}
