//! Writes a change into the files that it was read from.

use std::path::Path;

use meshroute::{
    owner::Tool,
    shift::{Guard, Note, Shift},
};

use super::{Change, back};
use crate::{
    args::DryRun,
    edit::{self, Edited, Weight},
    exit::Failure,
    source::{Input, Origin, Place, Source},
    view::{
        self, Output, clean,
        shift::{Fate, Told},
        unified::unified,
    },
};

/// Refuses what cannot be asked of files.
pub(super) fn check(change: &Change<'_>, place: &Place) -> Result<(), Failure> {
    if let Some(flag) = change.given.cluster_flag() {
        return Err(Failure::usage(format!(
            "{flag} is for a change in a cluster: leave it out, and say why in the commit"
        )));
    }
    if change.writing.dry_run == DryRun::Server {
        return Err(Failure::usage("files have no server to ask: --dry-run=client"));
    }
    if prints_texts(change, place) && *change.output != Output::Table {
        return Err(Failure::usage(
            "with -f - the changed manifests are the output: leave -o out, or add --dry-run=client",
        ));
    }
    Ok(())
}

/// What speaks against a change of files, and what else there is to know: whoever applies them is
/// no reason against it, and what is ready now says little about when they will be applied.
pub(super) fn guards(shift: &Shift) -> (Vec<Guard>, Vec<Note>) {
    let steers = |tool: Tool| match tool {
        Tool::ArgoRollouts | Tool::Flagger => true,
        Tool::ArgoCd | Tool::FluxKustomization | Tool::FluxHelm | Tool::Helm | Tool::Manager => {
            false
        }
    };
    let (mut guards, mut notes) = (Vec::new(), Vec::new());
    for guard in &shift.guards {
        match guard {
            Guard::Reverts(owner) if steers(owner.tool) => notes.push(Note::Owned(owner.clone())),
            Guard::Reverts(_) => {}
            Guard::MajorityMoves { .. } | Guard::Raises { .. } | Guard::AllZero { .. } => {
                guards.push(guard.clone());
            }
        }
    }
    for note in &shift.notes {
        match note {
            Note::Owned(owner) if steers(owner.tool) => notes.push(note.clone()),
            Note::Shared { .. } => notes.push(note.clone()),
            Note::Owned(_) | Note::ReadyUnknown { .. } => {}
        }
    }
    (guards, notes)
}

/// Writes it, and says what is to be told.
pub(super) fn write<'s>(
    change: &Change<'_>,
    source: &Source,
    inputs: &[Input],
    shift: &'s Shift,
) -> Result<Told<'s>, Failure> {
    let edited = edited(change, source, inputs, shift)?;
    let mut told = Told::new(shift, Fate::Written);
    let changes = shift.changes().map(|(rule, backend, ..)| (rule, backend));
    let places = edited
        .iter()
        .flat_map(|it| &it.places)
        .map(|place| view::shift::Place { file: place.origin.to_string(), line: place.line });
    told.places = changes.zip(places).collect();
    if change.writing.dry_run == DryRun::None {
        edit::write(&edited)?;
        let is_from_files = inputs.iter().all(|input| input.origin != Origin::Stdin);
        told.undo = if is_from_files { back::in_files(change, shift) } else { None };
        return Ok(told);
    }
    told.fate = Fate::Dry;
    for Edited { input, text, places } in &edited {
        if !places.is_empty() {
            let name = input.origin.to_string();
            let [before, after] = [&input.text, text.as_ref()].map(String::from_utf8_lossy);
            told.lines.push_str(&unified((&name, &name), &before, &after));
        }
    }
    Ok(told)
}

/// The text that came from stdin, with the weights of the change, where it is the answer.
pub(super) fn filtered(
    change: &Change<'_>,
    source: &Source,
    place: &Place,
    shift: &Shift,
) -> Result<Option<Vec<u8>>, Failure> {
    let Place::Files(inputs) = place else { return Ok(None) };
    if !prints_texts(change, place) {
        return Ok(None);
    }
    let edited = edited(change, source, inputs, shift)?;
    let from_stdin = edited.into_iter().filter(|it| it.input.origin == Origin::Stdin);
    Ok(Some(from_stdin.flat_map(|it| it.text.into_owned()).collect()))
}

/// Says which file behind a kustomization is to be edited.
pub(super) fn advice(
    change: &Change<'_>,
    source: &Source,
    folder: &Path,
    shift: &Shift,
) -> Failure {
    edit::advice(folder, &source.namespace, &weights(shift), |file| {
        clean(&change.given.about_file(change.verb, &change.about(change.words.to_vec()), file))
    })
}

fn edited<'i>(
    change: &Change<'_>,
    source: &Source,
    inputs: &'i [Input],
    shift: &Shift,
) -> Result<Vec<Edited<'i>>, Failure> {
    let homes = edit::homes(inputs, &source.namespace, &shift.route)?;
    if homes.len() > 1 && !shift.is_unchanged() {
        return Err(several(change, shift, &homes));
    }
    edit::edits(inputs, &source.namespace, &weights(shift))
}

/// A route that is there more than once: nobody knows which one is meant.
fn several(change: &Change<'_>, shift: &Shift, homes: &[(&Origin, usize)]) -> Failure {
    let places: Vec<String> =
        homes.iter().map(|(origin, line)| format!("{origin}:{line}")).collect();
    let mut message = clean(&format!(
        "{} is there {} times ({}), and one is written at a time",
        shift.route,
        homes.len(),
        places.join(", ")
    ));
    let words = change.about(change.words.to_vec());
    let alone = homes
        .iter()
        .filter(|(origin, _)| homes.iter().filter(|(other, _)| other == origin).count() == 1);
    for (origin, _) in alone {
        if let Origin::File(path) = origin {
            let file = path.display().to_string();
            let command = change.given.about_file(change.verb, &words, &file);
            message.push_str(&format!("\n  try: {}", clean(&command)));
        }
    }
    Failure::usage(message)
}

fn weights(shift: &Shift) -> Vec<Weight> {
    let changes = shift.changes();
    changes
        .map(|(rule, backend, old, new)| Weight {
            route: shift.route.clone(),
            rule,
            backend,
            old: Some(**old),
            new,
        })
        .collect()
}

/// Whether what is changed is to be printed.
fn prints_texts(change: &Change<'_>, place: &Place) -> bool {
    let Place::Files(inputs) = place else { return false };
    let is_filter = inputs.iter().any(|input| input.origin == Origin::Stdin);
    is_filter && change.writing.dry_run == DryRun::None
}
