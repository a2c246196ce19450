//! The two sides of a comparison, and where more of them comes from.

use std::{collections::BTreeSet, io::Read};

use meshroute::cluster::{Cluster, Part};

use crate::{
    args,
    exit::Failure,
    source::{self, Source},
};

/// What is compared.
pub(super) struct Sides {
    before: Source,
    after: After,
}

/// What comes after.
enum After {
    /// Another set of objects.
    Other(Box<Source>),
    /// The same objects under another mesh.
    Same,
}

/// Opens what the command line names.
pub(super) fn open(args: &args::Diff, stdin: &mut dyn Read) -> Result<Sides, Failure> {
    let from_files = !args.source.files.is_empty() || args.source.kustomize.is_some();
    let mut written =
        |files: &[String]| source::written(&args.source, files, args.source.namespace(), stdin);
    match args.sides.as_slice() {
        [old, new] => {
            let before = written(std::slice::from_ref(old))?;
            let after = written(std::slice::from_ref(new))?;
            Ok(Sides { before, after: After::Other(Box::new(after)) })
        }
        _ if from_files && args.mesh.len() > 1 => {
            Ok(Sides { before: written(&args.source.files)?, after: After::Same })
        }
        _ => Err(Failure::usage("nothing to compare: name OLD and NEW, or -f DIR with --mesh a,b")),
    }
}

impl Sides {
    /// Reads what any comparison needs.
    pub(super) fn start(&mut self) -> Result<(), Failure> {
        self.read(&BTreeSet::new())
    }

    /// The cluster after, where it has to be made of two.
    pub(super) fn laid(&self) -> Option<Cluster> {
        None
    }

    /// The objects before and after.
    pub(super) fn clusters<'s>(&'s self, laid: Option<&'s Cluster>) -> (&'s Cluster, &'s Cluster) {
        let before = &self.before.cluster;
        let after = match &self.after {
            After::Other(source) => &source.cluster,
            After::Same => before,
        };
        (before, laid.unwrap_or(after))
    }

    /// The objects that are laid over a cluster.
    pub(super) fn files(&self) -> Option<&Cluster> {
        None
    }

    /// Whether this part could still be read.
    pub(super) fn can_read(&self, part: &Part) -> bool {
        self.before.can_read(part)
    }

    /// Reads these parts.
    pub(super) fn read(&mut self, parts: &BTreeSet<Part>) -> Result<(), Failure> {
        self.before.read(parts)
    }

    /// What a user should know of the input, each thing once.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut warnings = self.before.warnings(|_| true);
        if let After::Other(source) = &self.after {
            warnings.extend(source.warnings(|_| true));
        }
        warnings
    }
}
