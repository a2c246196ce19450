//! Label selectors, as `kubectl -l` reads them.

use meshroute::cluster::Labels;

/// Requirements on labels that all have to hold.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Selector(Vec<Requirement>);

#[derive(Debug, PartialEq, Eq)]
enum Requirement {
    Exists(String),
    Absent(String),
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
}

impl Selector {
    /// Reads a selector: `a=b,c!=d,e,!f,g in (h,i),j notin (k)` (Kubernetes, "Labels and
    /// Selectors").
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        pieces(text).into_iter().map(requirement).collect::<Result<_, _>>().map(Self)
    }

    /// Whether all requirements hold.
    pub(crate) fn takes(&self, labels: &Labels) -> bool {
        self.0.iter().all(|requirement| match requirement {
            Requirement::Exists(key) => labels.contains_key(key),
            Requirement::Absent(key) => !labels.contains_key(key),
            Requirement::In(key, values) => {
                labels.get(key).is_some_and(|value| values.contains(value))
            }
            // A label that is not there is not among the values.
            Requirement::NotIn(key, values) => {
                labels.get(key).is_none_or(|value| !values.contains(value))
            }
        })
    }
}

/// Cuts at the commas that are not within parentheses.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (index, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                pieces.push(text[start..index].trim());
                start = index + 1;
            }
            _ => {}
        }
    }
    pieces.push(text[start..].trim());
    pieces
}

fn requirement(piece: &str) -> Result<Requirement, String> {
    let broken = || {
        format!(
            "cannot read {piece:?} in the selector: write KEY=VALUE, KEY!=VALUE, KEY, !KEY or KEY in (A,B)"
        )
    };
    let key = |key: &str| {
        let key = key.trim();
        let allowed =
            |character: char| character.is_ascii_alphanumeric() || "-_./".contains(character);
        if key.is_empty() || !key.chars().all(allowed) { Err(broken()) } else { Ok(key.to_owned()) }
    };
    if let Some((name, value)) = piece.split_once("!=") {
        return Ok(Requirement::NotIn(key(name)?, vec![value.trim().into()]));
    }
    if let Some((name, value)) = piece.split_once('=') {
        return Ok(Requirement::In(key(name)?, vec![value.trim_start_matches('=').trim().into()]));
    }
    if let Some(list) = piece.strip_suffix(')') {
        let (head, values) = list.split_once('(').ok_or_else(broken)?;
        let values = values.split(',').map(|value| value.trim().to_owned()).collect();
        let (name, word) = head.trim().rsplit_once(char::is_whitespace).ok_or_else(broken)?;
        return match word {
            "in" => Ok(Requirement::In(key(name)?, values)),
            "notin" => Ok(Requirement::NotIn(key(name)?, values)),
            _ => Err(broken()),
        };
    }
    match piece.strip_prefix('!') {
        Some(name) => Ok(Requirement::Absent(key(name)?)),
        None => Ok(Requirement::Exists(key(piece)?)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn takes(selector: &str, labels: &[(&str, &str)]) -> bool {
        let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let labels = labels.collect::<BTreeMap<_, _>>().into();
        Selector::parse(selector).expect("the selector is well-formed").takes(&labels)
    }

    #[test]
    fn requirements_hold_together() {
        assert!(takes("app=web,tier!=db", &[("app", "web")]));
        assert!(!takes("app=web,tier!=db", &[("app", "web"), ("tier", "db")]));
        assert!(takes("app in (a, b),!gone", &[("app", "b")]));
        assert!(!takes("app notin (a,b)", &[("app", "a")]));
        assert!(takes("app==web", &[("app", "web")]));
        assert!(!takes("app", &[]));
    }

    #[test]
    fn what_is_no_selector_is_named() {
        for text in ["", "a b", "=x", "a in b)", "a or (b)"] {
            assert!(Selector::parse(text).is_err(), "{text:?}");
        }
    }
}
