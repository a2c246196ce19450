//! Which Services a comparison is about, and whose clients.

use std::collections::BTreeSet;

use meshroute::{
    cluster::{Cluster, Known, Part},
    kind::Kind,
    name::{ObjectName, RouteId},
};

use crate::{args, command::services::means_a_service};

/// The Services that routes name as parents, before or after.
pub(super) struct Scope<'a> {
    /// All of them.
    pub(super) routed: BTreeSet<&'a ObjectName>,
    /// Those that can differ.
    pub(super) touched: BTreeSet<&'a ObjectName>,
    clusters: [&'a Cluster; 2],
    files: Option<&'a Cluster>,
}

impl<'a> Scope<'a> {
    /// Finds the Services that the command line lets in; where `files` are laid over a cluster, only
    /// those differ that they have to do with.
    pub(super) fn new(
        args: &args::Diff,
        before: &'a Cluster,
        after: &'a Cluster,
        files: Option<&'a Cluster>,
    ) -> Self {
        let is_within = |name: &&ObjectName| {
            args.source.named_namespace().is_none_or(|within| within == name.namespace)
        };
        let routed: BTreeSet<&ObjectName> =
            [before, after].into_iter().flat_map(parents).filter(is_within).collect();
        let mut touched = routed.clone();
        if let Some(files) = files.filter(|files| !files.is_about_many()) {
            let theirs = touched_by(files, before, after);
            touched.retain(|name| theirs.contains(name));
        }
        Self { touched, routed, clusters: [before, after], files }
    }

    /// The namespaces whose clients have routes of their own for a Service.
    pub(super) fn consumers(&self, service: &ObjectName) -> BTreeSet<&'a str> {
        let routes = self.clusters.into_iter().flat_map(|it| it.routes_of_parent(service));
        let namespaces = routes.map(|route| route.id.name.namespace.as_str());
        namespaces.filter(|namespace| *namespace != service.namespace).collect()
    }

    /// The Services that have to be known before anything can be said.
    pub(super) fn wanted(&self, can_read: impl Fn(&Part) -> bool) -> BTreeSet<Part> {
        // Which Services of files are new shows only when one knows those that are there.
        let written = self.files.into_iter().flat_map(Cluster::services).map(|it| &it.name);
        let names = self.touched.iter().copied().chain(written);
        names.map(|name| Part::object(Kind::Service, name)).filter(can_read).collect()
    }

    /// The routes that the comparison is about.
    pub(super) fn routes(&self) -> BTreeSet<RouteId> {
        let of = |cluster: &'a Cluster| {
            self.touched.iter().flat_map(move |name| cluster.routes_of_parent(name))
        };
        self.clusters.into_iter().flat_map(of).map(|route| route.id.clone()).collect()
    }

    /// What is wrong with routes whose parent Service is nowhere.
    pub(super) fn orphans(&self) -> Vec<String> {
        let [_, after] = self.clusters;
        let mut orphans = Vec::new();
        for name in &self.touched {
            let is_nowhere = |it: &Cluster| it.service(name) == Known::Known(None);
            let mut routes = after.routes_of_parent(name);
            if let Some(route) = routes.next()
                && self.clusters.into_iter().all(is_nowhere)
            {
                orphans.push(format!("{}: its parent Service {name} not found", route.id));
            }
        }
        orphans
    }
}

/// The Services that applying some objects can change: the parents of their routes and of those that
/// they replace, and of routes to their Services and EndpointSlices.
fn touched_by<'a>(
    files: &'a Cluster,
    before: &'a Cluster,
    after: &'a Cluster,
) -> BTreeSet<&'a ObjectName> {
    let mut touched: BTreeSet<&ObjectName> = parents(files).collect();
    let routes: BTreeSet<&RouteId> = files.routes().map(|route| &route.id).collect();
    let replaced = before.routes().filter(|route| routes.contains(&route.id));
    touched.extend(replaced.flat_map(|route| &route.parents).map(|parent| &parent.name));
    let services: Vec<&ObjectName> =
        files.services().map(|it| &it.name).chain(files.sliced()).collect();
    for name in services {
        touched.insert(name);
        let routes = [before, after].into_iter().flat_map(|it| it.routes_to_backend(name));
        touched.extend(routes.flat_map(|route| &route.parents).map(|parent| &parent.name));
    }
    touched
}

/// The Services that the routes of a cluster have as parents.
fn parents(cluster: &Cluster) -> impl Iterator<Item = &ObjectName> {
    let parents = cluster.routes().flat_map(|route| &route.parents);
    parents.filter(|parent| means_a_service(parent)).map(|parent| &parent.name)
}
