//! What changes of a text, line by line, as `diff -u` prints it.

use anstyle::{AnsiColor, Style};
use meshroute::name::RouteId;
use serde_json::{Value, json};
use similar::TextDiff;

use super::to_yaml;
use crate::exit::Failure;

/// The lines around a change that are shown with it.
const CONTEXT: usize = 3;

/// The difference of two texts of these names; empty where there is none.
pub(crate) fn unified(names: (&str, &str), before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    diff.unified_diff().context_radius(CONTEXT).header(names.0, names.1).to_string()
}

/// The difference of two states of a route, in what users write of it.
pub(crate) fn difference(
    route: &RouteId,
    before: &Value,
    after: &Value,
) -> Result<String, Failure> {
    let name = super::shift::resource(route);
    let (before, after) = (to_yaml(&written(before))?, to_yaml(&written(after))?);
    Ok(unified((&name, &format!("{name} (dry run)")), &before, &after))
}

/// The lines with those in colour that go and that come.
pub(super) fn painted(lines: &str) -> String {
    let style = |line: &str| {
        let colour = match line.as_bytes() {
            [b'-', b'-', b'-', b' ', ..] | [b'+', b'+', b'+', b' ', ..] => return None,
            [b'-', ..] => AnsiColor::Red,
            [b'+', ..] => AnsiColor::Green,
            [b'@', b'@', ..] => AnsiColor::Cyan,
            _ => return None,
        };
        Some(Style::new().fg_color(Some(colour.into())))
    };
    let mut text = String::with_capacity(lines.len());
    for line in lines.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\r', '\n']);
        match style(bare) {
            Some(style) => {
                text.push_str(&format!("{style}{bare}{style:#}{}", &line[bare.len()..]));
            }
            None => text.push_str(line),
        }
    }
    text
}

/// The part of an object that is not the server's own.
fn written(object: &Value) -> Value {
    let metadata = &object["metadata"];
    let mut kept = json!({});
    for field in ["name", "namespace", "labels", "annotations"] {
        if !metadata[field].is_null() {
            kept[field] = metadata[field].clone();
        }
    }
    let (api_version, kind) = (&object["apiVersion"], &object["kind"]);
    json!({"apiVersion": api_version, "kind": kind, "metadata": kept, "spec": object["spec"]})
}
