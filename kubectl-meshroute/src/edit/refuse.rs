//! Says why a text is not edited, and what to do instead.

use super::{Weight, check::Difference, find::Target};
use crate::{
    exit::Failure,
    source::{Input, Origin},
    yaml::{self, Document, Kind, Node, Step, Value},
};

/// A document cannot be read.
pub(super) fn unreadable(input: &Input, error: &yaml::Error) -> Failure {
    let origin = &input.origin;
    if error.is_template() {
        return template(input, error.line());
    }
    let (line, column) = (error.line(), error.column());
    Failure::no(format!("{origin}:{line}:{column}: {}; nothing is edited", error.message()))
}

/// The text is a Helm template: its weights may come from the values of the chart.
fn template(input: &Input, line: usize) -> Failure {
    let values: Vec<String> =
        values(&input.text).iter().map(|(line, key)| format!("`{key}` (line {line})")).collect();
    let way_out = match values.as_slice() {
        [] => "edit the chart, or its values".to_owned(),
        [one] => format!("its weight comes from the value {one}: set that in the chart's values"),
        many => {
            format!(
                "its weights come from the values {}: set those in the chart's values",
                many.join(", ")
            )
        }
    };
    Failure::no(format!("{}:{line}: a Helm template, which is not edited; {way_out}", input.origin))
}

/// Returns the lines of weights that name values of a chart, and these values.
fn values(text: &[u8]) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    for (idx, line) in String::from_utf8_lossy(text).lines().enumerate() {
        let Some((before, value)) = line.split_once("weight") else { continue };
        let is_key = before.trim_end_matches(['"', '\'']).ends_with([' ', '\t', '{', ',', '-']);
        let value = value.trim_start_matches(['"', '\'']).trim_start();
        if !is_key || !value.starts_with(':') {
            continue;
        }
        let Some((_, key)) = value.split_once(".Values.") else { continue };
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
        let key = key.split(|c| !is_word(c)).next().unwrap_or_default();
        if !key.is_empty() && !found.iter().any(|(_, other)| other == key) {
            found.push((idx + 1, key.to_owned()));
        }
    }
    found
}

/// No text holds the route.
pub(super) fn no_route(texts: &[Vec<Document<'_>>], weight: &Weight) -> Failure {
    let encrypted = texts.iter().flatten().any(|document| document.root.entry("sops").is_some());
    let hint = match encrypted {
        true => "; some files are encrypted with SOPS, and may hold it",
        false => "",
    };
    Failure::no(format!("{} is not in these files{hint}", weight.route))
}

/// SOPS signs all values of a file, so that none can be changed without it.
pub(super) fn encrypted(
    origin: &Origin,
    root: &Node<'_>,
    object: &[Step<'_>],
) -> Result<(), Failure> {
    signed(origin, root, object).map_or(Ok(()), |why| Err(Failure::no(why)))
}

/// The same as a text; none if the object is not encrypted.
pub(crate) fn signed(origin: &Origin, root: &Node<'_>, object: &[Step<'_>]) -> Option<String> {
    let whole = root.entry("sops");
    let own = root.at(object).and_then(|object| object.entry("sops"));
    let (key, _) = whole.or(own)?;
    Some(format!(
        "{origin}:{}: encrypted with SOPS, which would refuse the file after an edit: use \
         `sops {origin}`",
        key.line()
    ))
}

/// The route does not have the backend.
pub(super) fn no_backend(origin: &Origin, line: usize, weight: &Weight) -> Failure {
    let Weight { route, rule, backend, .. } = weight;
    Failure::refused(format!(
        "{origin}:{line}: {route} has no backend spec.rules[{rule}].backendRefs[{backend}] here: \
         the file has changed since it was read"
    ))
}

/// The weight is not the one that was read.
pub(super) fn changed(origin: &Origin, target: &Target<'_, '_>, read: u32) -> Failure {
    let is = target.old.map_or("absent".to_owned(), |old| old.to_string());
    Failure::refused(format!(
        "{origin}:{}: the weight of {} is {is}, and {read} when it was read: run the command again",
        target.line,
        target.name()
    ))
}

/// The weight is no number that the API server takes.
pub(super) fn no_number(input: &Input, line: usize, backend: &str, value: &Node<'_>) -> Failure {
    let origin = &input.origin;
    let written = String::from_utf8_lossy(input.text.get(value.span.clone()).unwrap_or_default());
    let string = match &value.kind {
        Kind::Scalar(scalar) => match &scalar.value {
            Value::String(text) => Some(text),
            _ => None,
        },
        Kind::List(_) | Kind::Map(_) => None,
    };
    let what = match string {
        Some(text) if text.contains("{{") => return template(input, line),
        Some(text) if text.starts_with("ENC[") => {
            format!("is encrypted: use `sops {origin}`")
        }
        Some(text) if text.starts_with('$') => {
            format!("is {text}, which something fills in later: set it there")
        }
        Some(_) => {
            format!("is the string {written}, which the API server refuses: write a number")
        }
        None => format!("is {written}, which the API server refuses: write a whole number"),
    };
    Failure::no(format!("{origin}:{line}: the weight of {backend} {what}"))
}

/// A merge below a weight replaces it, and other readers than kubectl disagree.
pub(super) fn overridden(origin: &Origin, line: usize) -> Failure {
    Failure::no(format!(
        "{origin}:{line}: `<<` replaces the weight that this backend has: delete one of the two"
    ))
}

/// A key cannot be put into the backend.
pub(super) fn no_room(input: &Input, target: &Target<'_, '_>) -> Failure {
    let why = match target.is_shared {
        true => {
            "is an alias, and a weight at its anchor would be one of all its aliases: write the \
             backend out"
        }
        false => "has no room for a weight: put it in braces",
    };
    let (origin, line, name) = (&input.origin, target.line, target.name());
    Failure::no(format!("{origin}:{line}: the backend {name} {why}"))
}

/// Two weights are the same bytes.
pub(super) fn two_weights(input: &Input, targets: &[&Target<'_, '_>]) -> Failure {
    let shared: Vec<String> = targets
        .iter()
        .filter(|it| it.is_shared)
        .map(|it| format!("{} ({})", it.name(), it.new))
        .collect();
    let line = targets.iter().find(|it| it.is_shared).map_or(1, |it| it.line);
    Failure::no(format!(
        "{}:{line}: an anchor is one weight for several backends, which are to differ: {}; write \
         them out",
        input.origin,
        shared.join(", ")
    ))
}

/// Something else would change.
pub(super) fn other(
    input: &Input,
    targets: &[&Target<'_, '_>],
    difference: &Difference,
) -> Failure {
    let origin = &input.origin;
    let Difference { path, line } = difference;
    let target = targets.iter().find(|it| it.is_shared);
    let Some(target) = target else {
        return Failure::no(format!(
            "internal error: {origin}:{line}: the edit would change {path}; nothing is written, so \
             edit the weights by hand and report the file"
        ));
    };
    Failure::no(format!(
        "{origin}:{}: the weight of {} hangs on an anchor, a merge or a tag, and {path} (line \
         {line}) would change as well: write it out",
        target.line,
        target.name()
    ))
}

/// Why a text is left as it is, whatever is to be mended in it; none if it can be edited.
pub(crate) fn whole<'d, 't>(
    origin: &Origin,
    documents: &'d [Result<Document<'t>, yaml::Error>],
) -> Result<Vec<&'d Document<'t>>, String> {
    let mut read = Vec::with_capacity(documents.len());
    for document in documents {
        match document {
            Ok(document) => read.push(document),
            Err(error) if error.is_template() => return Err(left(origin, error.line())),
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                let why = error.message();
                return Err(format!("{origin}:{line}:{column}: {why}; the file stays as it is"));
            }
        }
    }
    Ok(read)
}

/// Says that a template is left as it is.
pub(crate) fn left(origin: &Origin, line: usize) -> String {
    format!("{origin}:{line}: a Helm template, which stays as it is: edit it by hand")
}
