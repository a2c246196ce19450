//! A cluster, read in the parts that answers want.

mod list;
mod problems;
mod progress;
mod pulse;
mod request;
mod signals;
mod wait;
mod watch;
mod write;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures_util::future::join_all;
use meshroute::{
    cluster::{Cluster, Part},
    kind::{Kind, Resource},
    lower::Problem,
    name::{ObjectName, RouteId, RouteKind},
    served::Item,
};
use tokio::runtime::{Builder, Runtime};

pub(crate) use self::wait::News;
pub(crate) use self::write::{Manner, Stored, Written};
use self::{
    list::{Collection, Listed, Server},
    problems::Problems,
    request::{Request, requests},
    wait::Watches,
};
use crate::{args, connect, exit::Failure};

/// The kinds that any answer depends on, wherever their objects are.
const ALWAYS: [Kind; 8] = [
    Kind::Route(RouteKind::Http),
    Kind::Route(RouteKind::Grpc),
    Kind::Route(RouteKind::LinkerdHttp),
    Kind::Gateway,
    Kind::Namespace,
    Kind::VirtualService,
    Kind::ServiceProfile,
    Kind::Crd,
];

/// A cluster that is read.
#[derive(Debug)]
pub(crate) struct Live {
    runtime: Runtime,
    server: Arc<Server>,
    /// The namespaces to read where all cannot be read.
    home: BTreeSet<String>,
    asked: BTreeSet<Part>,
    refused: BTreeMap<Kind, Refusal>,
    /// The kinds that the server does not have.
    absent: BTreeSet<Kind>,
    problems: Problems,
    watches: Watches,
}

/// What may not be read of a kind.
#[derive(Debug)]
struct Refusal {
    /// What the server says.
    message: String,
    /// Whether some of its namespaces were read.
    elsewhere_only: bool,
}

impl Live {
    /// Opens a connection; nothing is read yet. Where not every namespace may be read, `clients` is
    /// of interest beside the one that is returned.
    pub(super) fn open(
        args: &args::Source,
        clients: Option<&str>,
    ) -> Result<(Self, String), Failure> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::no(format!("cannot start: {error}")))?;
        let connection =
            runtime.block_on(connect::open(&args.connection, args.named_namespace()))?;
        let namespace = connection.namespace.clone();
        let live = Self {
            runtime,
            server: Arc::new(Server::new(connection)),
            home: clients.into_iter().chain([namespace.as_str()]).map(Into::into).collect(),
            asked: BTreeSet::new(),
            refused: BTreeMap::new(),
            absent: BTreeSet::new(),
            problems: Problems::default(),
            watches: Watches::default(),
        };
        Ok((live, namespace))
    }

    /// Whether nobody asked for this part yet.
    pub(super) fn can_read(&self, part: &Part) -> bool {
        !self.asked.contains(part)
    }

    /// Reads parts into the view; with the first, all that any answer depends on.
    pub(super) fn read(
        &mut self,
        parts: &BTreeSet<Part>,
        cluster: &mut Cluster,
        warnings: &mut Vec<String>,
    ) -> Result<(), Failure> {
        let mut wanted = parts.clone();
        if self.asked.is_empty() {
            wanted.extend(ALWAYS.into_iter().map(Part::cluster));
        }
        self.asked.extend(wanted.iter().cloned());
        let read = self.read_all(wanted.clone(), cluster, warnings);
        if read.is_err() {
            self.asked.retain(|part| !wanted.contains(part));
        }
        self.watches.is_behind = matches!(read, Err(Failure::Lost(_)));
        read
    }

    fn read_all(
        &mut self,
        mut wanted: BTreeSet<Part>,
        cluster: &mut Cluster,
        warnings: &mut Vec<String>,
    ) -> Result<(), Failure> {
        if wanted.remove(&Part::cluster(Kind::Crd)) {
            let definitions = self.runtime.block_on(self.server.definitions())?;
            if let Some(definitions) = definitions {
                cluster.learn(Part::cluster(Kind::Crd));
                for definition in definitions {
                    cluster.insert(definition);
                }
            }
        }
        let mut pending = requests(&wanted);
        while !pending.is_empty() {
            let Self { runtime, server, watches, .. } = self;
            let lists = join_all(pending.iter().map(|request| server.list(request)));
            let answers = runtime.block_on(async {
                tokio::select! {
                    answers = server.progress.of(lists) => Ok(answers),
                    () = watches.interrupted() => Err(Failure::Interrupted),
                }
            })?;
            let mut narrower = BTreeSet::new();
            for (request, answer) in pending.into_iter().zip(answers) {
                match answer.map_err(|trouble| Failure::Lost(trouble.message().to_owned()))? {
                    Listed::Objects { items, collection } => {
                        put(request.kind, items, cluster, &mut self.problems);
                        learn(&request, cluster);
                        self.watches.remember(request, collection);
                    }
                    Listed::NotInstalled => {
                        self.absent.insert(request.kind);
                        // An API server older than this API has endpoints all the same.
                        if request.kind != Kind::EndpointSlice {
                            learn(&request, cluster);
                        }
                        self.watches.remember(request, Collection::absent());
                    }
                    Listed::OtherVersions(served) => {
                        warnings.push(other_versions(request.kind, &served));
                    }
                    Listed::Refused(message) => {
                        narrower.extend(self.refuse(&request, message)?);
                    }
                }
            }
            pending = narrower;
        }
        Ok(())
    }
}

impl Live {
    /// Takes note that we may not, and says what to ask for instead.
    fn refuse(&mut self, request: &Request, message: String) -> Result<BTreeSet<Request>, Failure> {
        let is_wide = request.is_for_all();
        // Nothing can be said of a Service whose own routes are not known.
        if request.kind == Kind::Route(RouteKind::Http) && !is_wide {
            return Err(Failure::no(message));
        }
        self.refused.entry(request.kind).or_insert(Refusal { message, elsewhere_only: is_wide });
        if !is_wide {
            if let Some(refusal) = self.refused.get_mut(&request.kind) {
                refusal.elsewhere_only = false;
            }
            return Ok(BTreeSet::new());
        }
        let home = self.home.iter();
        Ok(match request.kind {
            Kind::Namespace => {
                let parts =
                    home.map(|name| Part::object(Kind::Namespace, &ObjectName::new("", name)));
                requests(&parts.collect())
            }
            _ if !Resource::of(request.kind).namespaced => BTreeSet::new(),
            kind => home.map(|namespace| Request::all(kind, Some(namespace.clone()))).collect(),
        })
    }

    /// What is wrong with a route.
    pub(super) fn problems(&self, id: &RouteId) -> &[Problem] {
        self.problems.of(Kind::Route(id.kind), &id.name)
    }

    /// What is wrong with objects, and what we may not read.
    pub(super) fn warnings(&self, concerns: &impl Fn(&RouteId) -> bool) -> Vec<String> {
        let mut warnings: Vec<String> =
            self.absent.iter().filter_map(|kind| not_installed(*kind)).map(Into::into).collect();
        warnings.extend(self.problems.all(concerns));
        warnings.extend(self.refusals());
        warnings
    }

    /// What we may not read, in a sentence, if there is anything.
    fn refusals(&self) -> Option<String> {
        let (_, first) = self.refused.first_key_value()?;
        let home: Vec<&str> = self.home.iter().map(String::as_str).collect();
        let kinds = self.refused.iter().map(|(kind, refusal)| {
            let resource = Resource::of(*kind);
            let mut name = resource.plural.to_owned();
            if *kind == Kind::Route(RouteKind::LinkerdHttp) {
                name = format!("{name}.{}", resource.group);
            }
            if refusal.elsewhere_only && resource.namespaced {
                name.push_str(&format!(" outside {}", home.join(", ")));
            }
            format!("{name} ({})", affected(*kind))
        });
        let kinds: Vec<String> = kinds.collect();
        Some(format!(
            "not everything can be read here, and what depends on it is unknown or missing: {}; the API server says: {}",
            kinds.join(", "),
            first.message
        ))
    }
}

/// What is lost where the server does not have a kind, if anybody would miss it.
fn not_installed(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::EndpointSlice => Some(
            "this API server does not serve EndpointSlices of discovery.k8s.io/v1 (Kubernetes 1.21): READY is unknown",
        ),
        Kind::Route(RouteKind::Http) => {
            Some("Gateway API is not installed here: this API server serves no HTTPRoutes")
        }
        Kind::Route(RouteKind::Grpc | RouteKind::LinkerdHttp)
        | Kind::ReferenceGrant
        | Kind::Gateway
        | Kind::Service
        | Kind::Namespace
        | Kind::VirtualService
        | Kind::ServiceProfile
        | Kind::Application
        | Kind::Rollout
        | Kind::Kustomization
        | Kind::HelmRelease
        | Kind::Canary
        | Kind::Crd => None,
    }
}

/// What depends on a kind, in a word.
fn affected(kind: Kind) -> &'static str {
    match kind {
        Kind::Route(_) => "routes of other owners",
        Kind::ReferenceGrant => "permissions across namespaces",
        Kind::Gateway => "waypoints, ways past the split",
        Kind::Service => "backends",
        Kind::Namespace => "mesh",
        Kind::EndpointSlice => "READY",
        Kind::VirtualService | Kind::ServiceProfile => "what overrides routes",
        Kind::Crd => "version of the Gateway API",
        Kind::Application
        | Kind::Rollout
        | Kind::Kustomization
        | Kind::HelmRelease
        | Kind::Canary => "owner",
    }
}

/// Puts what was read into the view.
fn put(
    kind: Kind,
    items: impl IntoIterator<Item = Item>,
    cluster: &mut Cluster,
    problems: &mut Problems,
) {
    for Item { name, lowered } in items {
        problems.note(kind, &name, &lowered.problems, lowered.object.is_some());
        match lowered.object {
            Some(object) => {
                cluster.insert(object);
            }
            None => cluster.remove(kind, &name),
        }
    }
}

fn learn(request: &Request, cluster: &mut Cluster) {
    request.parts().into_iter().for_each(|part| cluster.learn(part));
}

fn other_versions(kind: Kind, served: &[String]) -> String {
    let resource = Resource::of(kind);
    format!(
        "this API server serves {} only as {}, and {} is needed: they are not read",
        resource.plural,
        served.join(", "),
        resource.versions.join(" or ")
    )
}
