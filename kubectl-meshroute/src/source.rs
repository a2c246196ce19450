//! Where objects come from: files and folders, stdin, what kubectl makes of a kustomization, or a
//! cluster.

mod documents;
mod excluded;
mod files;
mod git;
mod kustomize;
mod live;
mod private;
mod since;

use std::{
    collections::BTreeSet,
    fmt,
    io::Read,
    path::{Path, PathBuf},
};

use meshroute::{
    cluster::{Cluster, Part},
    lower::Problem,
    name::RouteId,
};

pub(crate) use self::excluded::Excluded;
pub(crate) use self::live::Live;
pub(crate) use self::live::{Manner, News, Stored, Written};
pub(crate) use self::since::{Since, since};
use crate::{args, edit, exit::Failure};

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
    /// The cluster that is asked; none where files stand for one.
    live: Option<Live>,
}

/// The texts that the command line names.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    /// In the order in which they are read.
    pub(crate) texts: Vec<Input>,
    /// What a user should know about them.
    pub(crate) warnings: Vec<String>,
    /// The files of folders that cannot be read.
    pub(crate) unread: Vec<Unreadable>,
}

/// A file that cannot be read, and why.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) name: String,
    pub(crate) why: String,
}

/// Where a change of what was read is written.
#[derive(Debug)]
pub(crate) enum Place {
    /// To the cluster.
    Cluster,
    /// Into these texts.
    Files(Vec<Input>),
    /// Nowhere: it is made of the files of this folder.
    Kustomization(PathBuf),
}

/// Texts with their names, and what a user should know about them.
#[derive(Default)]
pub(crate) struct Texts {
    pub(crate) named: Vec<(String, Vec<u8>)>,
    /// The file of the kustomization that they were built from, if they were.
    pub(crate) built_from: Option<PathBuf>,
    pub(crate) warnings: Vec<String>,
    /// The files of folders that cannot be read.
    pub(crate) unread: Vec<Unreadable>,
}

/// A text of manifests.
#[derive(Debug)]
pub(crate) struct Input {
    /// Where it comes from.
    pub(crate) origin: Origin,
    /// Its bytes.
    pub(crate) text: Vec<u8>,
}

/// Where a text comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Standard input.
    Stdin,
    /// A file, named as the command line leads to it.
    File(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdin => f.write_str("stdin"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

impl Source {
    /// The source, if nothing is wrong with it: an answer that leaves out what cannot be read would
    /// be about another cluster.
    fn whole(self) -> Result<Self, Failure> {
        if self.errors.is_empty() {
            return Ok(self);
        }
        Err(Failure::no(self.errors.join("\nerror: ")))
    }

    /// Whether files stand for a cluster.
    pub(crate) fn is_files(&self) -> bool {
        self.live.is_none()
    }

    /// Whether this part could still be read. What files hold is read already.
    pub(crate) fn can_read(&self, part: &Part) -> bool {
        self.live.as_ref().is_some_and(|live| live.can_read(part))
    }

    /// Reads these parts.
    pub(crate) fn read(&mut self, parts: &BTreeSet<Part>) -> Result<(), Failure> {
        match &mut self.live {
            Some(live) => live.read(parts, &mut self.cluster, &mut self.warnings),
            None => Ok(()),
        }
    }

    /// Waits until something has changed in what was read.
    pub(crate) fn wait(&mut self) -> Result<News, Failure> {
        match &mut self.live {
            Some(live) => live.wait(&mut self.cluster),
            None => Err(Failure::usage("files are not watched: -w is for a cluster")),
        }
    }

    /// The cluster, to be written.
    pub(crate) fn writable(&self) -> Result<&Live, Failure> {
        self.live.as_ref().ok_or_else(|| {
            Failure::usage("this is about a cluster, not about files: leave -f and -k out")
        })
    }

    /// What is wrong with a route of a cluster; with those of files, nothing gets this far.
    pub(crate) fn problems(&self, route: &RouteId) -> &[Problem] {
        self.live.as_ref().map_or(&[], |live| live.problems(route))
    }

    /// What a user should know; of what is wrong with routes, only what concerns the answer.
    pub(crate) fn warnings(&self, concerns: impl Fn(&RouteId) -> bool) -> Vec<String> {
        let live = self.live.iter().flat_map(|live| live.warnings(&concerns));
        self.warnings.iter().cloned().chain(live).collect()
    }
}

/// Opens what the command line names; an answer will be about clients of this namespace.
pub(crate) fn open(
    source: &args::Source,
    clients: Option<&str>,
    stdin: &mut dyn Read,
) -> Result<Source, Failure> {
    if source.kustomize.is_none() && source.files.is_empty() {
        return live(source, clients);
    }
    // Files are a whole cluster with no namespace to start from.
    let opened = written(source, &source.files, source.namespace(), stdin)?;
    Ok(Source { any_namespace: !source.names_namespace(), ..opened })
}

/// Opens what the command line names, to change weights there.
pub(crate) fn open_to_write(
    source: &args::Source,
    clients: Option<&str>,
    stdin: &mut dyn Read,
) -> Result<(Source, Place), Failure> {
    if let Some(folder) = &source.kustomize {
        return Ok((open(source, clients, stdin)?, Place::Kustomization(folder.into())));
    }
    if source.files.is_empty() {
        return Ok((live(source, clients)?, Place::Cluster));
    }
    let inputs = inputs(&source.files, source.recursive, stdin)?;
    // A text that cannot be edited says why, which is more than that it cannot be read.
    edit::check(&inputs.texts)?;
    let opened = of_inputs(source.namespace(), &inputs)?;
    let opened = Source { any_namespace: !source.names_namespace(), ..opened };
    Ok((opened, Place::Files(inputs.texts)))
}

/// Opens a cluster.
pub(crate) fn live(source: &args::Source, clients: Option<&str>) -> Result<Source, Failure> {
    let (live, namespace) = Live::open(source, clients)?;
    let cluster = Cluster::unread();
    Ok(Source { cluster, namespace, live: Some(live), ..Source::default() })
}

/// Reads these files, or else the kustomization; `namespace` is that of objects that name none.
pub(crate) fn written(
    source: &args::Source,
    files: &[String],
    namespace: &str,
    stdin: &mut dyn Read,
) -> Result<Source, Failure> {
    match &source.kustomize {
        Some(folder) if files.is_empty() => {
            let text = kustomize::build(folder)?;
            of_texts(namespace, Vec::new(), [(format!("kustomize {folder}"), text.as_slice())])
        }
        _ => of_inputs(namespace, &inputs(files, source.recursive, stdin)?),
    }
}

/// Reads the texts of files, without a look at what is in them.
pub(crate) fn inputs(
    files: &[String],
    recursive: bool,
    stdin: &mut dyn Read,
) -> Result<Inputs, Failure> {
    let inputs = inputs_but(None, files, recursive, stdin)?;
    match inputs.unread.first() {
        None => Ok(inputs),
        Some(Unreadable { name, why }) => Err(Failure::no(format!("cannot read {name}: {why}"))),
    }
}

/// As [`inputs`], without those that are not to be looked at, and with a note of those that cannot
/// be read.
pub(crate) fn inputs_but(
    excluded: Option<&Excluded>,
    files: &[String],
    recursive: bool,
    stdin: &mut dyn Read,
) -> Result<Inputs, Failure> {
    let mut inputs = Inputs::default();
    for name in files {
        files::read(name, recursive, excluded, stdin, &mut inputs)?;
    }
    Ok(inputs)
}

/// The texts of files, or of a kustomization, each with its name; and what a user should know.
pub(crate) fn texts(
    kustomization: Option<&str>,
    files: &[String],
    recursive: bool,
    excluded: Option<&Excluded>,
    stdin: &mut dyn Read,
) -> Result<Texts, Failure> {
    if let Some(folder) = kustomization {
        let named = vec![(format!("kustomize {folder}"), kustomize::build(folder)?)];
        let built_from = kustomize::file(Path::new(folder));
        return Ok(Texts { named, built_from, ..Texts::default() });
    }
    if files.is_empty() {
        return Err(Failure::usage("name files or folders, - for stdin, or -k DIR"));
    }
    let Inputs { texts, warnings, unread } = inputs_but(excluded, files, recursive, stdin)?;
    let named = texts.into_iter().map(|input| (input.origin.to_string(), input.text));
    Ok(Texts { named: named.collect(), built_from: None, warnings, unread })
}

/// Reads the objects of these texts.
pub(crate) fn of_inputs(namespace: &str, inputs: &Inputs) -> Result<Source, Failure> {
    let texts = inputs.texts.iter().map(|it| (it.origin.to_string(), it.text.as_slice()));
    of_texts(namespace, inputs.warnings.clone(), texts)
}

fn of_texts<'t>(
    namespace: &str,
    warnings: Vec<String>,
    texts: impl IntoIterator<Item = (String, &'t [u8])>,
) -> Result<Source, Failure> {
    let mut opened = Source { namespace: namespace.into(), warnings, ..Source::default() };
    for (origin, text) in texts {
        documents::read(&origin, text, &mut opened);
    }
    opened.whole()
}
