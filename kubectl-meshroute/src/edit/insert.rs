//! Inserts entries behind the last one of a map, in the style that the map is written in.

use std::ops::Range;

use serde_json as json;

use super::{
    change::{Change, holds, insertion, is_blank},
    style::Style,
};
use crate::yaml::{self, Key, Kind, Node, Value};

/// Returns the changes that put these entries behind the last one of a map, in the style of their
/// document. None if the map is none, is an alias, whose text stands elsewhere, or is a pair in
/// brackets, `[a: b]`, which has no room for another.
pub(crate) fn insert(
    text: &[u8],
    map: &Node<'_>,
    style: Style,
    entries: &[(&str, &json::Value)],
) -> Option<Vec<Change>> {
    let Kind::Map(all) = &map.kind else { return None };
    if text.get(map.span.start)? == &b'*' {
        return None;
    }
    let inside = |(key, value): &&(Key<'_>, Node<'_>)| {
        holds(&map.span, &key.span) && holds(&map.span, &value.span)
    };
    // What `<<` brings in stands in the text of its anchor, unless it is written out there.
    let written: Vec<&(Key<'_>, Node<'_>)> = all.iter().filter(inside).collect();
    let own: Vec<Entry> =
        written.iter().filter(|(key, _)| !key.merged).map(|it| Entry::of(&it.0, &it.1)).collect();
    if text[map.span.start] != b'{' {
        if is_pair(text, map) {
            return None;
        }
        return Some(vec![block(text, map, &own, style, entries)]);
    }
    let known = written.iter().map(|(key, value)| key.span.end.max(value.span.end)).max();
    Some(flow(text, &map.span, known, &own, style, entries))
}

/// Whether something stands behind the map in its line, as it does in brackets only.
fn is_pair(text: &[u8], map: &Node<'_>) -> bool {
    let used = text[map.span.start..map.span.end].trim_ascii_end().len();
    let at = map.span.start + used;
    let colon = at + blanks(text, at);
    let at = if text.get(colon) == Some(&b':') { colon + 1 } else { at };
    let rest = &text[at + blanks(text, at)..];
    matches!(rest.first(), Some(b',' | b']' | b'}'))
}

/// Where an entry is written.
struct Entry {
    key: Range<usize>,
    /// Nothing if there is no value.
    value: Option<Range<usize>>,
}

impl Entry {
    fn of(key: &Key<'_>, value: &Node<'_>) -> Self {
        let empty =
            matches!(&value.kind, Kind::Scalar(scalar) if scalar.style == yaml::Style::Empty);
        Self { key: key.span.clone(), value: (!empty).then(|| value.span.clone()) }
    }

    fn end(&self) -> usize {
        self.value.as_ref().map_or(self.key.end, |value| value.end)
    }
}

/// Inserts lines behind the line in which the map ends; a comment there belongs to that line, and
/// the lines below it to what follows.
fn block(
    text: &[u8],
    map: &Node<'_>,
    own: &[Entry],
    style: Style,
    entries: &[(&str, &json::Value)],
) -> Change {
    let used = text[map.span.start..map.span.end].trim_ascii_end().len();
    let end = match keeps_breaks(map) {
        // The place of a block scalar may reach into the indentation of the next line.
        true => line_start(text, map.span.end),
        false => line_end(text, map.span.start + used),
    };
    // The first key may stand behind a dash: what is above or below a dash is a space.
    let first = line_start(text, map.span.start);
    let before = text[first..map.span.start].strip_prefix(BOM);
    let before = before.unwrap_or(&text[first..map.span.start]);
    let indent: String =
        before.iter().map(|byte| if *byte == b'\t' { '\t' } else { ' ' }).collect();
    let quote = quote(text, own);
    let lines = |ending: &str| {
        let entries = entries.iter().map(|(name, value)| {
            let value = style.block(value, &indent, ending);
            format!("{indent}{quote}{name}{quote}:{value}")
        });
        entries.collect::<Vec<_>>().join(ending)
    };
    match ending(&text[..end]) {
        Some(ending) => insertion(end, lines(ending) + ending),
        // The file does not end with a line break, and goes on not to.
        None => {
            let last = text[..end].iter().rposition(|byte| matches!(byte, b'\n' | b'\r'));
            let ending = last.and_then(|at| ending(&text[..=at])).unwrap_or("\n");
            insertion(end, format!("{ending}{}", lines(ending)))
        }
    }
}

/// Inserts before the `}`; `known` is where the last value ends that is known by its place.
fn flow(
    text: &[u8],
    map: &Range<usize>,
    known: Option<usize>,
    own: &[Entry],
    style: Style,
    entries: &[(&str, &json::Value)],
) -> Vec<Change> {
    let close = map.end - 1;
    let end = content_end(text, known.unwrap_or(map.start + 1), close);
    let quote = if own.is_empty() && style.json { "\"" } else { quote(text, own) };
    let colon = colon(text, own, quote);
    let comma = comma(text, map, own, colon);
    // Below, a value is in one line.
    let within = if colon == ":" { "," } else { ", " };
    let texts: Vec<String> = entries
        .iter()
        .map(|(name, value)| {
            let value = style.flow(value, quote != "\"", colon, within);
            format!("{quote}{name}{quote}{colon}{value}")
        })
        .collect();
    let joined = texts.join(&comma);
    if end == map.start + 1 {
        return vec![insertion(end, joined)];
    }
    let next = end + blanks(text, end);
    let trails = text[next] == b',';
    let after = if trails { next + 1 } else { end };
    let rest = after + blanks(text, after);
    // Whole objects may be in one line, so its end is looked for only where it is near.
    let at = if text[rest] == b'#' { line_break(text, rest) } else { rest };
    let lonely = at < close && matches!(text[rest], b'#' | b'\n' | b'\r');
    match comma.strip_prefix(',') {
        // A comment behind the last value stays behind it.
        Some(apart) if apart.contains(['\n', '\r']) && lonely => {
            if trails {
                vec![insertion(at, format!("{apart}{joined},"))]
            } else if at == end {
                vec![insertion(at, format!(",{apart}{joined}"))]
            } else {
                vec![insertion(end, ",".to_owned()), insertion(at, format!("{apart}{joined}"))]
            }
        }
        _ => {
            // Some readers take `a:,` for a word.
            let space = if text[end - 1] == b':' { " " } else { "" };
            vec![insertion(end, format!("{space}{comma}{joined}"))]
        }
    }
}

/// Returns where the last thing ends that is neither a blank, a comma nor a comment.
fn content_end(text: &[u8], from: usize, close: usize) -> usize {
    let (mut end, mut at) = (from, from);
    while at < close {
        match text[at] {
            b'#' if at == from || text[at - 1].is_ascii_whitespace() => at = line_break(text, at),
            b',' => at += 1,
            byte if byte.is_ascii_whitespace() => at += 1,
            _ => {
                at += 1;
                end = at;
            }
        }
    }
    end
}

/// Returns the quote that all keys have.
fn quote(text: &[u8], own: &[Entry]) -> &'static str {
    let all = |quote| !own.is_empty() && own.iter().all(|it| text[it.key.start] == quote);
    match (all(b'"'), all(b'\'')) {
        (true, _) => "\"",
        (_, true) => "'",
        (false, false) => "",
    }
}

/// Returns what stands between a key and its value.
fn colon(text: &[u8], own: &[Entry], quote: &str) -> &'static str {
    let last = own.last().and_then(|it| Some(&text[it.key.end..it.value.as_ref()?.start]));
    // Only a quoted key may have its value right behind the colon.
    if quote == "\"" && last == Some(b":") { ":" } else { ": " }
}

/// Returns what stands between two entries: a comma, and blanks or a line break.
fn comma(text: &[u8], map: &Range<usize>, own: &[Entry], colon: &str) -> String {
    let plain = if colon == ":" { "," } else { ", " };
    let Some(last) = own.last() else { return plain.to_owned() };
    let before = match own.len().checked_sub(2).and_then(|idx| own.get(idx)) {
        Some(other) => &text[other.end()..last.key.start],
        None => &text[map.start + 1..last.key.start],
    };
    let broken = before.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
    let is_leading = own.len() > 1 && before.trim_ascii().starts_with(b",");
    match broken {
        Some(at) => {
            let first = line_start(text, last.key.start);
            let line = &text[first..last.key.start];
            let ending = ending(&before[..=at + usize::from(before[at..].starts_with(b"\r\n"))]);
            let ending = ending.unwrap_or("\n");
            // Some write the comma in front of the next key.
            if is_leading && line.trim_ascii() == b"," {
                return format!("{ending}{}", String::from_utf8_lossy(line));
            }
            let indent = line.iter().take_while(|byte| is_blank(**byte)).count();
            format!(",{ending}{}", String::from_utf8_lossy(&line[..indent]))
        }
        None if own.len() > 1 && before.trim_ascii() == b"," => {
            String::from_utf8_lossy(before).into_owned()
        }
        None => plain.to_owned(),
    }
}

/// Whether the map ends with a block scalar to whose text the empty lines below it belong.
fn keeps_breaks(node: &Node<'_>) -> bool {
    let last = match &node.kind {
        Kind::Scalar(scalar) => {
            return scalar.style == yaml::Style::Block
                && matches!(&scalar.value, Value::String(text) if text.ends_with("\n\n"));
        }
        Kind::List(items) => items.iter().rfind(|it| holds(&node.span, &it.span)),
        Kind::Map(entries) => {
            let values = entries.iter().map(|(_, value)| value);
            values.filter(|it| holds(&node.span, &it.span)).max_by_key(|it| it.span.end)
        }
    };
    last.is_some_and(keeps_breaks)
}

fn blanks(text: &[u8], at: usize) -> usize {
    text[at..].iter().take_while(|byte| is_blank(**byte)).count()
}

pub(super) fn line_start(text: &[u8], at: usize) -> usize {
    text[..at].iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map_or(0, |it| it + 1)
}

/// Returns where the line break of a line is, or the end of the text.
fn line_break(text: &[u8], at: usize) -> usize {
    let length = text[at..].iter().position(|byte| matches!(byte, b'\n' | b'\r'));
    length.map_or(text.len(), |length| at + length)
}

/// Returns where the next line starts.
fn line_end(text: &[u8], at: usize) -> usize {
    let at = line_break(text, at);
    match text[at..] {
        [b'\r', b'\n', ..] => at + 2,
        [_, ..] => at + 1,
        [] => at,
    }
}

/// Returns the line break that a text ends with.
fn ending(text: &[u8]) -> Option<&'static str> {
    match text {
        [.., b'\r', b'\n'] => Some("\r\n"),
        [.., b'\n'] => Some("\n"),
        [.., b'\r'] => Some("\r"),
        _ => None,
    }
}

const BOM: &[u8] = "\u{feff}".as_bytes();
