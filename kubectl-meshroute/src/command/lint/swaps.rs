//! From the changes that would mend an object to the parts of the text to replace.
//!
//! Only where the text can be told for certain: what an alias repeats or a merge brings in stands
//! for more than one value, and is left to whoever wrote it.

use meshroute::{
    lint::Edit,
    path::{self, FieldPath},
};
use serde_json::Value;

use crate::{
    command::lint::place::Lines,
    edit::{self, Style},
    view::lint::Swap,
    yaml::{self, Key, Kind, Node, Step},
};

/// The parts of the text that the edits replace; nothing if one of them cannot be told.
pub(super) fn swaps(lines: &Lines<'_>, object: &Node<'_>, edits: &[Edit]) -> Vec<Swap> {
    let mut swaps = Vec::new();
    for edit in edits {
        match swaps_of(lines, object, edit) {
            Some(more) => swaps.extend(more),
            None => return Vec::new(),
        }
    }
    swaps.sort_by_key(|swap| (swap.start, swap.end));
    // Readers differ in the order of what is put into one place.
    let is_apart = |pair: &[Swap]| pair[0].start < pair[1].start && pair[0].end <= pair[1].start;
    if swaps.windows(2).all(is_apart) { swaps } else { Vec::new() }
}

fn swaps_of(lines: &Lines<'_>, object: &Node<'_>, edit: &Edit) -> Option<Vec<Swap>> {
    match edit {
        Edit::Text(path, text) => set(lines, object, path, &text.as_str().into()),
        Edit::Number(path, number) => set(lines, object, path, &(*number).into()),
        Edit::Rename(path, name) => {
            let (map, field) = field(object, path)?;
            let (key, _) = map.entry(field)?;
            if map.pinned || !is_own(map, key) {
                return None;
            }
            let is_quoted = matches!(lines.bytes(&key.span).first(), Some(b'"' | b'\''));
            let name = Style::of(lines.all(), object).text(name, !is_quoted);
            Some(vec![lines.swap(key.span.clone(), name)])
        }
        // What goes with a field, its comments and its line, is a matter of taste.
        Edit::Remove(_) => None,
    }
}

fn set(lines: &Lines<'_>, object: &Node<'_>, path: &FieldPath, new: &Value) -> Option<Vec<Swap>> {
    let (map, field) = field(object, path)?;
    if map.pinned {
        return None;
    }
    let style = Style::of(lines.all(), object);
    let Some((key, value)) = map.entry(field) else {
        let changes = edit::insert(lines.all(), map, style, &[(field, new)])?;
        let swaps = changes.into_iter().map(|change| lines.swap(change.span, change.text));
        return Some(swaps.collect());
    };
    if value.pinned || !is_own(map, key) {
        return None;
    }
    let Kind::Scalar(scalar) = &value.kind else { return None };
    let may_be_plain = match scalar.style {
        yaml::Style::Plain => true,
        yaml::Style::SingleQuoted | yaml::Style::DoubleQuoted => false,
        yaml::Style::Block | yaml::Style::Empty | yaml::Style::Alias => return None,
    };
    Some(vec![lines.swap(value.span.clone(), style.flow(new, may_be_plain, ": ", ", "))])
}

/// The map that a path leads into, and the name of the field in it.
fn field<'n, 'a, 'p>(object: &'n Node<'a>, path: &'p FieldPath) -> Option<(&'n Node<'a>, &'p str)> {
    let (last, before) = path.steps().split_last()?;
    let steps: Vec<Step<'_>> = before
        .iter()
        .map(|step| match step {
            path::Step::Field(name) => Step::Field(name),
            path::Step::Index(index) => Step::Index(*index),
        })
        .collect();
    let map = object.at(&steps)?;
    match (last, &map.kind) {
        (path::Step::Field(name), Kind::Map(_)) => Some((map, name)),
        _ => None,
    }
}

/// Whether an entry stands in the map itself.
fn is_own(map: &Node<'_>, key: &Key<'_>) -> bool {
    !key.merged && map.span.start <= key.span.start && key.span.end <= map.span.end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    fn mended(text: &str, edits: &[Edit]) -> Option<String> {
        let documents = yaml::documents(text.as_bytes());
        let document = documents[0].as_ref().expect("it is YAML");
        let swaps = swaps(&Lines::of(text.as_bytes()), &document.root, edits);
        let offset = |(line, column): (usize, usize)| {
            let before: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
            let characters = text[before..].chars().take(column - 1);
            before + characters.map(char::len_utf8).sum::<usize>()
        };
        let mut new = text.to_owned();
        for swap in swaps.iter().rev() {
            new.replace_range(offset(swap.start)..offset(swap.end), &swap.text);
        }
        (!swaps.is_empty()).then_some(new)
    }

    fn path(names: &[&'static str]) -> FieldPath {
        names.iter().map(|name| path::Step::from(*name)).collect()
    }

    #[test]
    fn what_is_certain_is_told() {
        let set = |text: &str, name: &'static str, value: &str| {
            mended(text, &[Edit::Text(path(&["a", name]), value.into())])
        };
        assert_eq!(
            set("a:\n  ä: service # x\n", "ä", "Svc").as_deref(),
            Some("a:\n  ä: Svc # x\n")
        );
        assert_eq!(
            set("a:\n  b: 1\nc: 2\n", "g", "").as_deref(),
            Some("a:\n  b: 1\n  g: \"\"\nc: 2\n")
        );
        assert_eq!(set("a:\n  b: 1", "g", "on").as_deref(), Some("a:\n  b: 1\n  g: \"on\""));
        let json = set("{\"a\": {\"b\": \"ü\"}}", "g", "x");
        assert_eq!(json.as_deref(), Some("{\"a\": {\"b\": \"ü\", \"g\": \"x\"}}"));
        let rename = mended("a: {'b': 1}\n", &[Edit::Rename(path(&["a", "b"]), "c".into())]);
        assert_eq!(rename.as_deref(), Some("a: {\"c\": 1}\n"));
    }

    #[test]
    fn what_stands_for_more_is_not() {
        let number = [Edit::Number(path(&["a", "w"]), 1)];
        assert_eq!(mended("b: &x {w: 2}\na: *x\n", &number), None);
        assert_eq!(mended("b: &x {w: 2}\na: {<<: *x}\n", &number), None);
        assert_eq!(mended("a: {w: 2}\n", &[Edit::Remove(path(&["a", "w"]))]), None);
    }
}
