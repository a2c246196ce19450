//! Sets weights in manifests, and changes nothing but the bytes of these numbers.
//!
//! A manifest in Git is read by people: its comments, quotes, anchors and line endings are theirs.
//! So nothing is printed anew. The tree of a text tells where each value is written, and a weight
//! replaces those bytes, or is put behind the last key of its backend.
//!
//! That one place of the text can be more than one value of the tree, an anchor and its aliases,
//! is left to [`check`]: the edited text is read again, and must be the tree that was read but for
//! the weights that were asked for. Nothing is written before all of it holds.

mod amend;
mod change;
mod check;
mod find;
mod insert;
mod kustomize;
mod refuse;
mod style;
#[cfg(test)]
mod tests;
mod write;

use std::{borrow::Cow, fmt};

use meshroute::name::RouteId;

pub(crate) use self::{
    amend::{Amendment, Group, Put, Refused, amend},
    find::objects,
    insert::insert,
    style::Style,
};
use self::{
    change::Change,
    find::{Target, Written},
};
pub(crate) use self::{
    kustomize::advice,
    refuse::{left, signed, whole},
    write::{replace, write},
};
use crate::{
    exit::Failure,
    source::{Input, Origin},
    yaml::{self, Document},
};

/// A weight to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Weight {
    /// The route that holds it.
    pub(crate) route: RouteId,
    /// The rule, from 0, as it stands in the route.
    pub(crate) rule: usize,
    /// The backend, from 0, as it stands in the rule.
    pub(crate) backend: usize,
    /// The weight that was read; none is the default, 1.
    pub(crate) old: Option<u32>,
    /// The weight to write.
    pub(crate) new: u32,
}

/// A text with its weights set; without places it is as it was.
#[derive(Debug)]
pub(crate) struct Edited<'i> {
    /// The text as it was read.
    pub(crate) input: &'i Input,
    /// The text to write.
    pub(crate) text: Cow<'i, [u8]>,
    /// What is changed, in the order of the weights.
    pub(crate) places: Vec<Place>,
}

/// One weight that is changed; written `FILE:LINE  BACKEND  weight OLD → NEW`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The text that holds it.
    pub(crate) origin: Origin,
    /// The line, from 1, in the text as it was read; of a weight that is inserted, its backend's.
    pub(crate) line: usize,
    /// The name of the backend.
    pub(crate) backend: String,
    /// The weight that is written there; none if none is.
    pub(crate) old: Option<u32>,
    /// The weight to write.
    pub(crate) new: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, line, backend, old, new } = self;
        write!(f, "{origin}:{line}  {backend}  weight ")?;
        match old {
            Some(old) => write!(f, "{old} → {new}"),
            None => write!(f, "absent → {new}"),
        }
    }
}

/// Refuses texts that cannot be edited, whatever is to be set in them.
pub(crate) fn check(inputs: &[Input]) -> Result<(), Failure> {
    inputs.iter().try_for_each(|input| find::filled_in(input, &documents(input)?))
}

/// Returns where these texts hold a route: the text, and the line, from 1.
pub(crate) fn homes<'i>(
    inputs: &'i [Input],
    default_namespace: &str,
    route: &RouteId,
) -> Result<Vec<(&'i Origin, usize)>, Failure> {
    let mut homes = Vec::new();
    for input in inputs {
        let lines = find::lines(&documents(input)?, default_namespace, route);
        homes.extend(lines.into_iter().map(|line| (&input.origin, line)));
    }
    Ok(homes)
}

/// Returns all texts with these weights set, the unchanged ones as well. Objects without a
/// namespace are in `default_namespace`.
pub(crate) fn edits<'i>(
    inputs: &'i [Input],
    default_namespace: &str,
    weights: &[Weight],
) -> Result<Vec<Edited<'i>>, Failure> {
    let mut texts = Vec::with_capacity(inputs.len());
    for input in inputs {
        texts.push(documents(input)?);
    }
    let mut targets = Vec::with_capacity(weights.len());
    for weight in weights {
        targets.push(find::target(inputs, &texts, default_namespace, weight)?);
    }
    let mut edited = Vec::with_capacity(inputs.len());
    for (idx, (input, documents)) in inputs.iter().zip(&texts).enumerate() {
        let here: Vec<&Target<'_, '_>> = targets.iter().filter(|it| it.input == idx).collect();
        edited.push(one(input, documents, &here)?);
    }
    Ok(edited)
}

fn documents(input: &Input) -> Result<Vec<Document<'_>>, Failure> {
    let documents: Result<Vec<Document<'_>>, yaml::Error> =
        yaml::documents(&input.text).into_iter().collect();
    documents.map_err(|error| refuse::unreadable(input, &error))
}

/// Sets the weights of one text.
fn one<'i>(
    input: &'i Input,
    documents: &[Document<'_>],
    targets: &[&Target<'_, '_>],
) -> Result<Edited<'i>, Failure> {
    let changing: Vec<&Target<'_, '_>> =
        targets.iter().filter(|it| it.is_changing()).copied().collect();
    let places = changing.iter().map(|it| it.place(&input.origin)).collect();
    if changing.is_empty() {
        return Ok(Edited { input, text: Cow::Borrowed(&input.text), places });
    }
    // An alias follows its anchor. Where that is not enough, it is replaced.
    let follows = changing.iter().any(|it| it.follows());
    if follows
        && let Some(text) = attempt(input, changing.iter().filter(|it| !it.follows()).copied())?
        && check::difference(documents, &text, targets).is_none()
    {
        return Ok(Edited { input, text: Cow::Owned(text), places });
    }
    let Some(text) = attempt(input, changing.iter().copied())? else {
        return Err(refuse::two_weights(input, &changing));
    };
    match check::difference(documents, &text, targets) {
        None => Ok(Edited { input, text: Cow::Owned(text), places }),
        Some(difference) => Err(refuse::other(input, &changing, &difference)),
    }
}

/// Returns the text with these weights set; none if two of them belong to the same place.
fn attempt<'t>(
    input: &Input,
    targets: impl Iterator<Item = &'t Target<'t, 't>>,
) -> Result<Option<Vec<u8>>, Failure> {
    let mut changes: Vec<Vec<Change>> = Vec::new();
    for target in targets {
        let number = target.new.to_string();
        let change = match target.written {
            Written::Here { key, value } => vec![change::replace(&input.text, key, value, &number)],
            Written::Nowhere => {
                let style = Style::of(&input.text, target.backend);
                let entry = (find::WEIGHT, &target.new.into());
                insert(&input.text, target.backend, style, &[entry])
                    .ok_or_else(|| refuse::no_room(input, target))?
            }
        };
        if !changes.contains(&change) {
            changes.push(change);
        }
    }
    Ok(change::apply(&input.text, changes))
}
