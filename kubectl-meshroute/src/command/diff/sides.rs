//! The two sides of a comparison, and where more of them comes from.

use std::{collections::BTreeSet, io::Read};

use meshroute::{
    cluster::{Cluster, Part, Within},
    kind::Kind,
    name::RouteId,
};

use crate::{
    args,
    exit::Failure,
    source::{self, Since, Source},
};

/// What is compared.
pub(super) struct Sides {
    before: Source,
    after: After,
    /// What there is to say of them that is no warning.
    pub(super) notes: Vec<String>,
}

/// What comes after.
enum After {
    /// Another set of objects.
    Other(Box<Source>),
    /// The same objects under another mesh.
    Same,
    /// These objects laid over those before.
    Over(Box<Source>),
}

/// Opens what the command line names.
pub(super) fn open(args: &args::Diff, stdin: &mut dyn Read) -> Result<Sides, Failure> {
    let from = &args.source;
    let mut written =
        |files: &[String], namespace: &str| source::written(from, files, namespace, stdin);
    let live = || source::live(from, args.from_namespace.as_deref());
    let has_files = !from.files.is_empty() || from.kustomize.is_some();
    let two_meshes = args.mesh.len() > 1;
    let mut notes = Vec::new();
    let (before, after) = match (args.old.as_ref().zip(args.new.as_ref()), &args.base) {
        (Some((old, new)), _) if old == "-" && new == "-" => {
            return Err(Failure::usage(
                "stdin is one side only: name a file or a folder for the other",
            ));
        }
        (Some((old, new)), _) => {
            let before = written(std::slice::from_ref(old), from.namespace())?;
            let after = written(std::slice::from_ref(new), from.namespace())?;
            (before, After::Other(Box::new(after)))
        }
        (_, Some(base)) if has_files => {
            let Since { then, now, notes: said } = source::since(from, base)?;
            notes = said;
            (then, After::Other(Box::new(now)))
        }
        (_, Some(base)) => {
            return Err(Failure::usage(format!(
                "nothing to compare with {base}: name manifests with -f, or a kustomization with -k"
            )));
        }
        _ if has_files && two_meshes => (written(&from.files, from.namespace())?, After::Same),
        _ if two_meshes => (live()?, After::Same),
        _ if has_files => {
            let before = live()?;
            let after = written(&from.files, &before.namespace)?;
            notes.push(
                "compared with the cluster: what it has and the files do not hold stays as it is"
                    .into(),
            );
            (before, After::Over(Box::new(after)))
        }
        _ => {
            return Err(Failure::usage(
                "nothing to compare: name OLD and NEW, or -f DIR with --base GITREF, or -f DIR alone to compare with the cluster, or two meshes",
            ));
        }
    };
    Ok(Sides { before, after, notes })
}

impl Sides {
    /// Reads what any comparison needs.
    pub(super) fn start(&mut self) -> Result<(), Failure> {
        self.read(&BTreeSet::new())
    }

    /// The cluster after, where it has to be made of two.
    pub(super) fn laid(&self) -> Option<Cluster> {
        let files = self.files()?;
        let mut laid = self.before.cluster.clone();
        laid.lay_over(files);
        Some(laid)
    }

    /// The objects before and after.
    pub(super) fn clusters<'s>(&'s self, laid: Option<&'s Cluster>) -> (&'s Cluster, &'s Cluster) {
        let before = &self.before.cluster;
        let after = match &self.after {
            After::Other(source) => &source.cluster,
            After::Same | After::Over(_) => laid.unwrap_or(before),
        };
        (before, after)
    }

    /// The objects that are laid over a cluster.
    pub(super) fn files(&self) -> Option<&Cluster> {
        match &self.after {
            After::Over(source) => Some(&source.cluster),
            After::Other(_) | After::Same => None,
        }
    }

    /// Whether this part could still be read. A Service that is yet to be made has no endpoints to
    /// be read.
    pub(super) fn can_read(&self, part: &Part) -> bool {
        let is_to_come = match (&part.kind, &part.within, self.files()) {
            (Kind::EndpointSlice, Within::Object(name), Some(files)) => {
                !files.lacks(name) && self.before.cluster.lacks(name)
            }
            _ => false,
        };
        !is_to_come && self.before.can_read(part)
    }

    /// Reads these parts.
    pub(super) fn read(&mut self, parts: &BTreeSet<Part>) -> Result<(), Failure> {
        self.before.read(parts)
    }

    /// What a user should know of the input; of what is wrong with routes of a cluster, only what
    /// concerns the answer.
    pub(super) fn warnings(&self, concerns: impl Fn(&RouteId) -> bool) -> Vec<String> {
        let mut warnings = self.before.warnings(concerns);
        match &self.after {
            After::Other(source) | After::Over(source) => {
                warnings.extend(source.warnings(|_| true));
            }
            After::Same => {}
        }
        warnings
    }
}
