//! Where objects come from: files and folders, stdin, what kubectl makes of a kustomization, or a
//! cluster.

mod documents;
mod files;

use std::{collections::BTreeSet, io::Read, process::Command};

use meshroute::cluster::{Cluster, Part};

use crate::{args, connect, exit::Failure};

/// Objects, and where more of them come from.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// What was read so far.
    pub(crate) cluster: Cluster,
    /// The namespace that is meant where none is named.
    pub(crate) namespace: String,
    /// Whether a Service may be found in another namespace than that one.
    pub(crate) any_namespace: bool,
    /// What a user should know about the input, and that does not keep an answer back.
    warnings: Vec<String>,
    /// What is wrong with the input: an answer about the rest of it could be wrong.
    errors: Vec<String>,
}

impl Source {
    /// Whether this part could still be read. What files hold is read already.
    pub(crate) fn can_read(&self, _part: &Part) -> bool {
        false
    }

    /// Reads these parts.
    pub(crate) fn read(&mut self, _parts: &BTreeSet<Part>) -> Result<(), Failure> {
        Ok(())
    }

    /// What a user should know, and was not told yet.
    pub(crate) fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }
}

/// Opens what the command line names.
pub(crate) fn open(source: &args::Source, stdin: &mut dyn Read) -> Result<Source, Failure> {
    // Files are a whole cluster with no namespace to start from.
    let mut opened = Source {
        namespace: source.namespace().into(),
        any_namespace: !source.names_namespace(),
        ..Source::default()
    };
    if let Some(folder) = &source.kustomize {
        let text = kustomize(folder)?;
        documents::read(&format!("kustomize {folder}"), &text, &mut opened);
    } else if source.files.is_empty() {
        return ask(source);
    } else {
        for name in &source.files {
            files::read(name, source.recursive, stdin, &mut opened)?;
        }
    }
    if opened.errors.is_empty() {
        return Ok(opened);
    }
    // An answer that leaves out what cannot be read would be about another cluster.
    Err(Failure::no(opened.errors.join("\nerror: ")))
}

/// Asks a cluster; so far, only whether it is there.
fn ask(source: &args::Source) -> Result<Loaded, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::no(format!("cannot start: {error}")))?;
    runtime.block_on(async {
        let connection = connect::open(&source.connection, source.named_namespace()).await?;
        let version: Version = connection.read("/version").await?;
        Err(Failure::no(format!(
            "reading a cluster is not built yet: {} is Kubernetes {}, and namespace {} would be read; name files with -f FILE, -f DIR or -f -, or a kustomization with -k DIR",
            connection.server, version.git_version, connection.namespace
        )))
    })
}

/// What an API server says of itself.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    git_version: String,
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
