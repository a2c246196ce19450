//! What a scalar means to kubectl.
//!
//! Source: `resolve` of go-yaml v2 for plain scalars and tags, `convertToJSONableObject` of
//! sigs.k8s.io/yaml for keys, and Go's encoding/json for numbers.
//!
//! * Integers are read by Go's `strconv.ParseInt` with base 0 after all underscores are taken out:
//!   `010`, `0o10`, `0b1000` and `0_1_0` are 8. What is too large for 64 bits is a float.
//! * Words are YAML 1.1: `yes`, `on`, `y` and their opposites are booleans.
//! * Dates and base 60 (`1:30`) are strings.
//! * `!!str`, `!!int`, `!!float`, `!!bool`, `!!null`, `!!timestamp` and `!!binary` work on quoted
//!   scalars too; any other tag makes a string.

use std::borrow::Cow;

use serde_json as json;

use super::SurpriseKind;

/// The value of a scalar.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'a> {
    /// Nothing: `~`, `null` or no text at all.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer that is too large for [`Value::Int`].
    Uint(u64),
    /// A number that is not written as an integer. It may be whole, and is an integer in JSON then.
    Float(f64),
    /// A string.
    String(Cow<'a, str>),
}

impl<'a> Value<'a> {
    /// Returns the value as kubectl sends it to the cluster.
    pub(crate) fn to_json(&self) -> json::Value {
        match self {
            Self::Null => json::Value::Null,
            Self::Bool(bool) => json::Value::from(*bool),
            Self::Int(int) => json::Value::from(*int),
            Self::Uint(int) => json::Value::from(*int),
            Self::Float(float) => float_to_json(*float),
            Self::String(text) => json::Value::from(text.as_ref()),
        }
    }

    /// Returns the name of a map entry with this key, or what is wrong with the key.
    pub(super) fn into_name(self) -> Result<Cow<'a, str>, &'static str> {
        match self {
            Self::Null => Err("a key without a name: put a name before the `:`"),
            Self::Bool(bool) => Ok(Cow::Borrowed(if bool { "true" } else { "false" })),
            Self::Int(int) => Ok(Cow::Owned(int.to_string())),
            Self::Uint(_) => Err("a key that is too large for an integer: put it in quotes"),
            Self::Float(float) => Ok(Cow::Owned(float_name(float))),
            Self::String(text) => Ok(text),
        }
    }

    /// Returns whether JSON has such a value; encoding/json refuses infinity and the like.
    pub(super) fn has_json(&self) -> bool {
        !matches!(self, Self::Float(float) if !float.is_finite())
    }
}

/// Returns the value of a scalar that has no tag and no quotes, and how it surprises.
pub(super) fn plain(text: Cow<'_, str>) -> (Value<'_>, Option<SurpriseKind>) {
    match unquoted(&text) {
        Some(value) => {
            let surprise = surprise(&text, &value);
            (value, surprise)
        }
        None => (Value::String(text), None),
    }
}

/// Returns the value of a scalar with a tag, or what is wrong with it. `tag` is the tag without
/// the namespace of YAML; tags of other namespaces do not count, and are not given.
pub(super) fn tagged<'a>(text: Cow<'a, str>, tag: Option<&str>) -> Result<Value<'a>, String> {
    let Some(tag) = tag else {
        return Ok(Value::String(text));
    };
    let value = match tag {
        "binary" => return base64(&text).map(|text| Value::String(Cow::Owned(text))),
        "null" | "bool" | "int" | "float" => unquoted(&text),
        "timestamp" if is_date(&text) => return Ok(Value::String(text)),
        "timestamp" => None,
        _ => return Ok(Value::String(text)),
    };
    match (tag, value) {
        ("null", Some(value @ Value::Null))
        | ("bool", Some(value @ Value::Bool(_)))
        | ("int", Some(value @ (Value::Int(_) | Value::Uint(_))))
        | ("float", Some(value @ Value::Float(_))) => Ok(value),
        // The detour over the text is exact, and every integer is a float's text.
        ("float", Some(Value::Int(int))) => {
            int.to_string().parse().map(Value::Float).map_err(|err| format!("`{int}`: {err}"))
        }
        _ => Err(format!("the value is not what its tag `!!{tag}` says: delete the tag")),
    }
}

fn surprise(text: &str, value: &Value<'_>) -> Option<SurpriseKind> {
    match value {
        Value::Bool(_) => {
            let word = matches!(text.as_bytes(), [b't' | b'T' | b'f' | b'F', ..]);
            (!word).then_some(SurpriseKind::Boolean)
        }
        Value::Int(_) | Value::Uint(_) | Value::Float(_) => {
            let digits = text.trim_start_matches(['+', '-']).as_bytes();
            let zero = matches!(digits, [b'0', next, ..] if !matches!(next, b'.' | b'e' | b'E'));
            (zero || digits.contains(&b'_')).then_some(SurpriseKind::Number)
        }
        Value::Null | Value::String(_) => None,
    }
}

/// Returns the value of an unquoted scalar if it is no string.
fn unquoted(text: &str) -> Option<Value<'static>> {
    match text.as_bytes().first() {
        None | Some(b'~' | b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O') => {
            word(text)
        }
        Some(b'.') => word(text).or_else(|| float(&joined(text)?)),
        Some(b'+' | b'-' | b'0'..=b'9') => word(text).or_else(|| number(text)),
        Some(_) => None,
    }
}

fn word(text: &str) -> Option<Value<'static>> {
    let value = match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" => Value::Bool(true),
        "true" | "True" | "TRUE" | "on" | "On" | "ON" => Value::Bool(true),
        "n" | "N" | "no" | "No" | "NO" => Value::Bool(false),
        "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Value::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Value::Float(f64::NEG_INFINITY),
        _ => return None,
    };
    Some(value)
}

fn number(text: &str) -> Option<Value<'static>> {
    // Dates, addresses and hashes begin with a digit too; no number holds such a character.
    let spelled = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    if !text.bytes().all(|byte| spelled(byte) || byte == b'_') {
        return None;
    }
    let text = match text.contains('_') {
        true => Cow::Owned(text.replace('_', "")),
        false => Cow::Borrowed(text),
    };
    integer(&text).or_else(|| float(&text)).or_else(|| {
        // go-yaml tries once more behind `0b`, and there takes a sign: `0b-11` is -3.
        i64::from_str_radix(text.strip_prefix("0b")?, 2).ok().map(Value::Int)
    })
}

/// Reads an integer as Go does if the base is left to the text.
fn integer(text: &str) -> Option<Value<'static>> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (Some(b'-'), &text[1..]),
        b'+' => (Some(b'+'), &text[1..]),
        _ => (None, text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0'] => (10, digits),
        [b'0', b'x' | b'X', _, ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', _, ..] => (2, &digits[2..]),
        [b'0', ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    // `from_str_radix` would take a second sign.
    if !digits.as_bytes().first()?.is_ascii_alphanumeric() {
        return None;
    }
    let size = u64::from_str_radix(digits, radix).ok()?;
    match (sign, i64::try_from(size)) {
        (Some(b'-'), _) => 0_i64.checked_sub_unsigned(size).map(Value::Int),
        (_, Ok(int)) => Some(Value::Int(int)),
        (None, Err(_)) => Some(Value::Uint(size)),
        (Some(_), Err(_)) => None,
    }
}

/// Returns the text without underscores, which Go takes between two digits only.
fn joined(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('_') {
        return Some(Cow::Borrowed(text));
    }
    let mut parts = text.split('_').peekable();
    while let Some(part) = parts.next() {
        let next = parts.peek().map(|next| next.as_bytes());
        let between = part.as_bytes().last().is_some_and(u8::is_ascii_digit)
            && next.is_none_or(|next| next.first().is_some_and(u8::is_ascii_digit));
        if next.is_some() && !between {
            return None;
        }
    }
    Some(Cow::Owned(text.replace('_', "")))
}

/// Reads `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`; what is too large is no float.
fn float(text: &str) -> Option<Value<'static>> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            (mantissa, exponent.strip_prefix(['-', '+']).unwrap_or(exponent))
        }
        None => (unsigned, "0"),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let shaped = !(exponent.is_empty() || whole.is_empty() && part.is_empty());
    if !(shaped && digits(whole) && digits(part) && digits(exponent)) {
        return None;
    }
    let float: f64 = text.parse().ok()?;
    float.is_finite().then_some(Value::Float(float))
}

/// Returns the number that encoding/json writes; it writes whole floats without a point.
fn float_to_json(float: f64) -> json::Value {
    if float == 0.0 {
        return json::Value::from(0);
    }
    if float.fract() == 0.0 && float.abs() < INTEGERS {
        let text = format!("{float}");
        let int = text.parse::<i64>().map(json::Value::from);
        if let Ok(int) = int.or_else(|_| text.parse::<u64>().map(json::Value::from)) {
            return int;
        }
    }
    json::Value::from(float)
}

/// Returns the name that sigs.k8s.io/yaml gives to a key: `FormatFloat(float, 'g', -1, 32)`.
fn float_name(float: f64) -> String {
    // Go rounds the number to 32 bits here too.
    let short = float as f32;
    if short.is_nan() {
        return ".nan".to_owned();
    }
    if short.is_infinite() {
        return if short > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{short:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
        _ => format!("{short}"),
    }
}

fn is_date(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    digits == 4 && text.as_bytes().get(4) == Some(&b'-')
}

/// Decodes standard base64 with padding; line breaks do not count.
fn base64(text: &str) -> Result<String, String> {
    let invalid =
        || "the value is not base64, as its tag `!!binary` says: delete the tag".to_owned();
    let digits: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let padding = digits.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
    if !digits.len().is_multiple_of(4) {
        return Err(invalid());
    }
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3);
    let mut buffer = 0_u32;
    for (idx, digit) in digits[..digits.len() - padding].iter().enumerate() {
        let six = BASE64.iter().position(|it| it == digit).ok_or_else(invalid)?;
        buffer = buffer << 6 | u32::try_from(six).map_err(|_| invalid())?;
        if !idx.is_multiple_of(4) {
            let [.., byte] = (buffer >> (6 - idx % 4 * 2)).to_be_bytes();
            bytes.push(byte);
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The floats below this one that are whole fit a 64-bit integer.
const INTEGERS: f64 = 18_446_744_073_709_551_616.0;
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
