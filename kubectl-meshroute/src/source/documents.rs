//! From the documents of a text to the objects of a view, with the place of whatever is wrong.

use meshroute::{
    kind::Kind,
    lower::{Gravity, Problem, lower},
    path,
};

use crate::{
    source::Source,
    yaml::{self, Node, Step, Surprise, SurpriseKind, Value},
};

/// Reads a text; `origin` names it in messages.
pub(super) fn read(origin: &str, text: &[u8], source: &mut Source) {
    for document in yaml::documents(text) {
        match document {
            Ok(document) => {
                // What reads otherwise than it looks matters only in objects that decide something.
                if object(origin, &document.root, source) {
                    source
                        .warnings
                        .extend(document.surprises.iter().map(|it| surprise(origin, it)));
                }
            }
            Err(error) => source.errors.push(format!(
                "{origin}:{}:{}: {}",
                error.line(),
                error.column(),
                error.message()
            )),
        }
    }
}

/// Takes an object in, and says whether it decides something about splits.
fn object(origin: &str, node: &Node<'_>, source: &mut Source) -> bool {
    let line = node.line();
    let (Some(api_version), Some(kind)) = (text(node, "apiVersion"), text(node, "kind")) else {
        source.warnings.push(format!(
            "{origin}:{line}: passed over: no apiVersion and kind, so no object of a cluster"
        ));
        return false;
    };
    // `kubectl get -o yaml` prints a List, the API server a HTTPRouteList.
    if kind.ends_with("List") {
        if let Some(yaml::Kind::List(items)) =
            node.at(&[Step::Field("items")]).map(|items| &items.kind)
        {
            return items.iter().map(|item| object(origin, item, source)).fold(false, |a, b| a | b);
        }
        return false;
    }
    let Some(wanted) = Kind::of(api_version, kind) else { return false };
    let lowered = lower(wanted, node, &source.namespace);
    let name = node
        .at(&[Step::Field("metadata")])
        .and_then(|metadata| text(metadata, "name"))
        .unwrap_or("without a name");
    for problem in lowered.problems {
        let line = line_of(node, &problem);
        let what = format!("{origin}:{line}: {kind} {name}: {}", said(&problem));
        match problem.gravity {
            Gravity::Refused => {
                source.errors.push(format!("{what}; the API server refuses this object"))
            }
            Gravity::Unknown => source.warnings.push(what),
        }
    }
    if let Some(object) = lowered.object
        && source.cluster.insert(object)
    {
        source
            .warnings
            .push(format!("{origin}:{line}: {kind} {name} is there twice: this one counts"));
    }
    true
}

fn surprise(origin: &str, surprise: &Surprise) -> String {
    let what = match surprise.kind {
        SurpriseKind::DuplicateKey => "this key is there twice: kubectl takes the last",
        SurpriseKind::MergeOverrides => "`<<` replaces a key that is written above it",
        SurpriseKind::Number => "this number reads otherwise than it looks: write it in decimal",
        SurpriseKind::Boolean => "this word is a boolean: put a text in quotes",
        SurpriseKind::Unread => "what follows here is never read: the document has ended above",
    };
    format!("{origin}:{}: {what}", surprise.line)
}

fn said(problem: &Problem) -> String {
    let path = problem.path.to_string();
    if path.is_empty() { problem.message.clone() } else { format!("{path}: {}", problem.message) }
}

/// The line of the deepest part of the place that is written.
fn line_of(node: &Node<'_>, problem: &Problem) -> usize {
    let steps: Vec<Step<'_>> = problem
        .path
        .steps()
        .iter()
        .map(|step| match step {
            path::Step::Field(name) => Step::Field(name),
            path::Step::Index(index) => Step::Index(*index),
        })
        .collect();
    let written = (0..=steps.len()).rev().find_map(|length| {
        let (last, before) = steps[..length].split_last()?;
        let within = node.at(before)?;
        match last {
            // A key stands in the line that a reader looks for, even if its value begins further
            // down.
            Step::Field(name) => within.entry(name).map(|(key, _)| key.line()),
            Step::Index(_) => within.at(&[*last]).map(Node::line),
        }
    });
    written.unwrap_or_else(|| node.line())
}

/// The text of a field.
fn text<'n>(node: &'n Node<'_>, field: &str) -> Option<&'n str> {
    match &node.entry(field)?.1.kind {
        yaml::Kind::Scalar(scalar) => match &scalar.value {
            Value::String(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}
