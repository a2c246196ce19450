//! What users call backends and rules.

use crate::{
    name::ObjectName,
    split::{Reference, SplitRule},
};

use super::{Trouble, Way};

/// The place of the backend that a user means.
pub(super) fn resolve(
    name: &str,
    service: &ObjectName,
    rule: &SplitRule<'_>,
) -> Result<usize, Trouble> {
    let references: Vec<&Reference> = rule.backends.iter().map(|share| &share.reference).collect();
    let (namespace, rest) = match name.split_once('/') {
        Some((namespace, rest)) => (Some(namespace), rest),
        None => (None, name),
    };
    let (base, port) = match rest.rsplit_once(':') {
        Some((base, port)) => match port.parse::<u16>() {
            Ok(port) => (base, Some(port)),
            Err(_) => (rest, None),
        },
        None => (rest, None),
    };
    let named = |wanted: &str| -> Vec<usize> {
        let fits = |reference: &Reference| {
            reference.name.name == wanted
                && namespace.is_none_or(|namespace| reference.name.namespace == namespace)
                && port.is_none_or(|port| reference.port == Some(port))
        };
        (0..references.len()).filter(|index| fits(references[*index])).collect()
    };
    let mut found = named(base);
    if found.is_empty() {
        found = named(&format!("{}-{base}", service.name));
    }
    match found.as_slice() {
        [index] => Ok(*index),
        [] => {
            let trouble = Trouble::usage(format!(
                "rule {} has no backend {name}; it has {}",
                label(rule),
                labels(service, rule).join(", ")
            ));
            Err(trouble.way(Way::weights(Vec::<String>::new())))
        }
        several => {
            let places: Vec<String> = several.iter().map(|index| (index + 1).to_string()).collect();
            let trouble = Trouble::usage(format!(
                "{name} is the backend at place {} of rule {}: write the weights by position; these are those of now",
                places.join(" and at place "),
                label(rule)
            ));
            Err(trouble.way(Way::weights([by_position(&weights(rule))])))
        }
    }
}

/// `90/10`.
pub fn by_position(weights: &[u32]) -> String {
    weights.iter().map(ToString::to_string).collect::<Vec<_>>().join("/")
}

/// The weights of now.
pub(super) fn weights(rule: &SplitRule<'_>) -> Vec<u32> {
    rule.rule.backends.iter().map(|backend| *backend.weight).collect()
}

/// What to call a rule: its name, else its index.
pub fn label(rule: &SplitRule<'_>) -> String {
    rule.rule.name.clone().unwrap_or_else(|| rule.id.rule_index.to_string())
}

/// What to call each backend of a rule so that nothing else is meant; its name alone, if it can be.
pub(super) fn labels(service: &ObjectName, rule: &SplitRule<'_>) -> Vec<String> {
    let references: Vec<&Reference> = rule.backends.iter().map(|share| &share.reference).collect();
    unique(service, &references)
}

/// As [`labels`], of references.
pub(super) fn unique(service: &ObjectName, references: &[&Reference]) -> Vec<String> {
    let once = |text: &dyn Fn(&Reference) -> String, reference: &Reference| {
        references.iter().filter(|other| text(other) == text(reference)).count() == 1
    };
    let name = |reference: &Reference| reference.name.name.clone();
    let full = |reference: &Reference| reference.name.to_string();
    let port = |reference: &Reference, name: String| match reference.port {
        Some(port) => format!("{name}:{port}"),
        None => name,
    };
    let name_port = |reference: &Reference| port(reference, name(reference));
    let full_port = |reference: &Reference| port(reference, full(reference));
    let of_one = |reference: &&Reference| {
        let at_home = reference.name.namespace == service.namespace;
        if once(&name, reference) && at_home {
            name(reference)
        } else if once(&full, reference) {
            full(reference)
        } else if once(&name_port, reference) && at_home {
            name_port(reference)
        } else {
            full_port(reference)
        }
    };
    references.iter().map(of_one).collect()
}
