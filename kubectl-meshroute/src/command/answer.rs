//! The splits that a command is about, computed from what the source has read, and read again until
//! nothing is missing that the source can give.

use std::collections::{BTreeMap, BTreeSet};

use meshroute::{
    cluster::{Cluster, Part, Service},
    detect::Meshes,
    profile::Mesh,
    split::{Question, Split, splits},
};

use crate::{
    args,
    command::services::{Asked, Missing},
    exit::Failure,
    source::Source,
};

/// Splits, and what a user should know about them.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    /// What it is computed from.
    pub(crate) cluster: &'a Cluster,
    /// One [`Split`] after the other; a Service with ports that behave differently has several.
    pub(crate) splits: Vec<Split<'a>>,
    /// What they rest on.
    pub(crate) warnings: Vec<String>,
    /// What to say where there are none.
    pub(crate) nothing: Option<String>,
}

/// Answers from a source, and hands the answer to `then` as soon as nothing is missing that the
/// source can give.
pub(super) fn settled<T>(
    source: &mut Source,
    asked: &Asked,
    args: &args::Question,
    then: impl FnOnce(&Answer<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    loop {
        let (wanted, failure) = match answer(&source.cluster, asked, args) {
            Ok(answer) => {
                let wanted = answer.splits.iter().flat_map(|split| &split.wanted);
                let wanted: BTreeSet<Part> =
                    wanted.filter(|part| source.can_read(part)).cloned().collect();
                if wanted.is_empty() {
                    return then(&answer);
                }
                (wanted, None)
            }
            Err(Missing { failure, wanted }) => {
                let wanted = wanted.filter(|part| source.can_read(part));
                match wanted {
                    Some(part) => (BTreeSet::from([part]), None),
                    None => (BTreeSet::new(), Some(failure)),
                }
            }
        };
        if let Some(failure) = failure {
            return Err(failure);
        }
        source.read(&wanted)?;
    }
}

fn answer<'a>(
    cluster: &'a Cluster,
    asked: &Asked,
    args: &'a args::Question,
) -> Result<Answer<'a>, Missing> {
    let services = asked.services(cluster)?;
    let named_mesh: Option<Mesh> = args.mesh.parse().ok();
    let meshes = Meshes::of(cluster);
    let warnings = asked.orphans(cluster).into_iter().collect();
    let mut answer = Answer { cluster, splits: Vec::new(), warnings, nothing: None };
    let mut undecided = BTreeMap::new();
    let mut assumed = BTreeSet::new();
    for service in services {
        let mesh = named_mesh.unwrap_or_else(|| detected(&meshes, service, &mut undecided));
        let question = Question {
            service,
            port: args.port,
            from: args.from_namespace.as_deref(),
            host: args.host.as_deref(),
        };
        let splits = splits(cluster, mesh.profile(), &question);
        let assumptions = splits.iter().flat_map(|split| &split.assumed);
        assumed.extend(assumptions.map(|about| (mesh, *about)));
        answer.splits.extend(splits);
    }
    answer.warnings.extend(undecided.into_values());
    answer.warnings.extend(assumptions(&assumed));
    if answer.splits.is_empty() {
        answer.nothing = Some(asked.nothing(cluster));
    }
    Ok(answer)
}

/// The mesh that the Service is in, as far as the objects show.
pub(super) fn detected(
    meshes: &Meshes<'_>,
    service: &Service,
    undecided: &mut BTreeMap<Vec<Mesh>, String>,
) -> Mesh {
    let detected = meshes.mesh_of(service);
    if !detected.undecided.is_empty() {
        let names: Vec<&str> = detected.undecided.iter().map(|mesh| mesh.name()).collect();
        let message = format!(
            "several meshes show ({}) and nothing says which one {} is in: computed by the specification; --mesh decides",
            names.join(", "),
            service.name
        );
        undecided.entry(detected.undecided).or_insert(message);
    }
    detected.mesh
}

pub(super) fn assumptions(assumed: &BTreeSet<(Mesh, &'static str)>) -> Vec<String> {
    let mut by_mesh: BTreeMap<Mesh, Vec<&str>> = BTreeMap::new();
    for (mesh, about) in assumed {
        by_mesh.entry(*mesh).or_default().push(about);
    }
    let said = by_mesh.into_iter().map(|(mesh, about)| {
        format!(
            "{mesh}: this rests on assumptions, not on a run of the mesh ({})",
            about.join(", ")
        )
    });
    said.collect()
}
