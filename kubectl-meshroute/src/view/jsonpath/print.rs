//! Prints values as Go prints them: scalars as `fmt.Print` does, lists and objects as `encoding/json` does.

use serde_json::{Map, Value};

use super::item::Item;

/// Appends the item, a string as it is.
pub(super) fn item(item: Item<'_>, out: &mut String) {
    match item {
        Item::Nothing => out.push_str("<no value>"),
        Item::Null => out.push_str("null"),
        Item::Bool(it) => out.push_str(if it { "true" } else { "false" }),
        Item::Int(it) => out.push_str(&it.to_string()),
        Item::Float(it) => out.push_str(&float(it)),
        Item::Text(it) => out.push_str(it),
        Item::List(it) => json_list(it, out),
        Item::Object(it) => json_object(it, out),
    }
}

/// Go's `%v`: the fewest digits that read back the same, with an exponent below 1e-4 and from 1e6 on.
fn float(float: f64) -> String {
    with_exponent(float, -4, 6)
}

/// Appends the value as JSON without spaces; only strings and floats differ from [`item`].
fn json(value: &Value, out: &mut String) {
    match Item::new(value) {
        Item::Text(it) => to_json(it, out),
        Item::Float(it) => out.push_str(&json_float(it)),
        other => item(other, out),
    }
}

fn json_list(list: &[Value], out: &mut String) {
    out.push('[');
    for (idx, value) in list.iter().enumerate() {
        if idx > 0 {
            out.push(',');
        }
        json(value, out);
    }
    out.push(']');
}

fn json_object(object: &Map<String, Value>, out: &mut String) {
    out.push('{');
    for (idx, (key, value)) in object.iter().enumerate() {
        if idx > 0 {
            out.push(',');
        }
        to_json(key, out);
        out.push(':');
        json(value, out);
    }
    out.push('}');
}

/// `encoding/json` also escapes what is special in HTML, and the two line separators of Unicode.
fn to_json(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// `encoding/json`: an exponent below 1e-6 and from 1e21 on, of one digit where one is enough.
fn json_float(float: f64) -> String {
    with_exponent(float, -6, 21).replace("e-0", "e-")
}

/// Prints with the exponent of Go, `e+06` or `e-07`, if it is not at least `low` and below `high`.
fn with_exponent(float: f64, low: i32, high: i32) -> String {
    let scientific = shortest(float);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let places = usize::try_from(exponent.unsigned_abs()).unwrap_or(0);
    if !(low..high).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{places:02}");
    }
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |it| ("-", it));
    let digits = mantissa.replace('.', "");
    if exponent < 0 {
        return format!("{sign}{:0>width$}", digits, width = digits.len() + places)
            .replacen('0', "0.", 1);
    }
    match digits.split_at_checked(places + 1) {
        Some((whole, "")) => format!("{sign}{whole}"),
        Some((whole, fraction)) => format!("{sign}{whole}.{fraction}"),
        None => format!("{sign}{digits:0<width$}", width = places + 1),
    }
}

/// Returns the fewest digits that read back the same, as `1.5e-7`.
///
/// Between two that are equally near, Go takes the even one and Rust does not, except for a given precision.
fn shortest(float: f64) -> String {
    let digits = format!("{float:e}");
    let (mantissa, _) = digits.split_once('e').unwrap_or((&digits, ""));
    let precision = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let even = format!("{float:.precision$e}");
    if even.parse() == Ok(float) { even } else { digits }
}
