//! Where objects come from: files and folders, stdin, or what kubectl makes of a kustomization.

mod documents;
mod files;

use std::{io::Read, process::Command};

use meshroute::cluster::Cluster;

use crate::{args, exit::Failure};

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// The view.
    pub(crate) cluster: Cluster,
    /// What a user should know about the input, and that does not keep an answer back.
    pub(crate) warnings: Vec<String>,
    /// What is wrong with the input: an answer about the rest of it could be wrong.
    pub(crate) errors: Vec<String>,
}

/// Reads what the command line names.
pub(crate) fn load(source: &args::Source, stdin: &mut dyn Read) -> Result<Loaded, Failure> {
    let mut loaded = Loaded::default();
    if let Some(folder) = &source.kustomize {
        let text = kustomize(folder)?;
        documents::read(&format!("kustomize {folder}"), &text, source.namespace(), &mut loaded);
    } else if source.files.is_empty() {
        return Err(Failure::usage(
            "this version reads files only: name some with -f FILE, -f DIR or -f -, or a kustomization with -k DIR",
        ));
    } else {
        for name in &source.files {
            files::read(name, source, stdin, &mut loaded)?;
        }
    }
    if loaded.errors.is_empty() {
        return Ok(loaded);
    }
    // An answer that leaves out what cannot be read would be about another cluster.
    Err(Failure::no(loaded.errors.join("\nerror: ")))
}

fn kustomize(folder: &str) -> Result<Vec<u8>, Failure> {
    let failed =
        |why: String| Failure::no(format!("cannot build {folder} with `kubectl kustomize`: {why}"));
    let output = Command::new("kubectl").args(["kustomize", folder]).output();
    let output = output.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => failed("kubectl is not on the PATH".into()),
        _ => failed(error.to_string()),
    })?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(failed(
            String::from_utf8_lossy(&output.stderr).trim().trim_start_matches("error: ").to_owned(),
        ))
    }
}
