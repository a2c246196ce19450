//! The two sides of a comparison with a Git ref: the same paths, then and now.

use std::{fs, io, path::Path};

use crate::{
    args,
    exit::Failure,
    source::{Inputs, Source, files, git, kustomize, of_inputs, of_texts},
};

/// What was there, and what is.
pub(crate) struct Since {
    /// The objects at the ref.
    pub(crate) then: Source,
    /// The objects of the working tree.
    pub(crate) now: Source,
    /// What is there on one side only.
    pub(crate) notes: Vec<String>,
}

/// The paths that are on one side only: what was added or removed as a whole is empty on the other.
#[derive(Default)]
struct Missing {
    then: Vec<String>,
    now: Vec<String>,
}

/// Reads the files, or else the kustomization, of the command line as they are at the ref, and as
/// they are now.
pub(crate) fn since(source: &args::Source, reference: &str) -> Result<Since, Failure> {
    match &source.kustomize {
        Some(folder) => of_kustomization(folder, reference, source.namespace()),
        None => of_files(source, reference),
    }
}

fn of_files(source: &args::Source, reference: &str) -> Result<Since, Failure> {
    let namespace = source.namespace();
    let mut then = Source { namespace: namespace.into(), ..Source::default() };
    let mut now = Inputs::default();
    let mut missing = Missing::default();
    for name in &source.files {
        if is_elsewhere(name) {
            return Err(Failure::usage(format!("{name} is in no repository: --base needs files")));
        }
        let was_there = git::read(reference, name, source.recursive, &mut then)?;
        let is_there = is_there(Path::new(name));
        missing.note(name, was_there, is_there).map_err(|()| {
            Failure::no(format!("{name} is not there, neither now nor at {reference}"))
        })?;
        if is_there {
            files::read(name, source.recursive, None, &mut io::empty(), &mut now)?;
        }
    }
    let (then, now) = (then.whole()?, of_inputs(namespace, &now)?);
    Ok(Since { then, now, notes: missing.notes(reference) })
}

fn of_kustomization(folder: &str, reference: &str, namespace: &str) -> Result<Since, Failure> {
    if is_elsewhere(folder) {
        return Err(Failure::usage(format!("{folder} is in no repository: --base needs a folder")));
    }
    // First what is here: it takes no tree to see that this cannot be built.
    let is_there = kustomize::is_one(Path::new(folder));
    let now = if is_there { Some(kustomize::build(folder)?) } else { None };
    let mut tree = git::tree(reference, folder)?;
    let was_there = kustomize::is_one(&tree.folder);
    let mut missing = Missing::default();
    missing.note(folder, was_there, is_there).map_err(|()| {
        Failure::no(format!(
            "{folder} holds no kustomization, neither now nor at {reference}: -k names a folder with a kustomization.yaml"
        ))
    })?;
    let name = format!("{reference}:{folder}");
    let then = if was_there { Some(kustomize::build_in(&mut tree, &name)?) } else { None };
    drop(tree);
    let read = |name: &str, text: &Option<Vec<u8>>| {
        let texts = text.iter().map(|text| (format!("kustomize {name}"), text.as_slice()));
        of_texts(namespace, Vec::new(), texts)
    };
    let (then, now) = (read(&name, &then)?, read(folder, &now)?);
    Ok(Since { then, now, notes: missing.notes(reference) })
}

/// Whether a name leads out of every repository.
fn is_elsewhere(name: &str) -> bool {
    name == "-" || name.starts_with("https://") || name.starts_with("http://")
}

/// Whether something has this name; whatever cannot be looked at is for the reader to tell of.
fn is_there(path: &Path) -> bool {
    let is_missing = |error: io::Error| {
        matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
    };
    !fs::symlink_metadata(path).is_err_and(is_missing)
}

impl Missing {
    /// Takes note of a path, which has to be on one side at least.
    fn note(&mut self, name: &str, was_there: bool, is_there: bool) -> Result<(), ()> {
        match (was_there, is_there) {
            (true, true) => {}
            (true, false) => self.now.push(name.into()),
            (false, true) => self.then.push(name.into()),
            (false, false) => return Err(()),
        }
        Ok(())
    }

    fn notes(&self, reference: &str) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.then.is_empty() {
            notes
                .push(format!("not yet at {reference}, and empty there: {}", self.then.join(", ")));
        }
        if !self.now.is_empty() {
            notes.push(format!("only at {reference}, and empty now: {}", self.now.join(", ")));
        }
        notes
    }
}
