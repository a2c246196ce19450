//! The objects by which tools write routes, found by name, or by the route.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    cluster::{Application, Canary, Cluster, FluxObject, Known, Part, Rollout},
    kind::Kind,
    name::{ObjectName, RouteId},
};

/// The objects of all tools.
#[derive(Debug, Clone, Default)]
pub(super) struct Writers {
    applications: BTreeMap<ObjectName, Application>,
    applications_by_name: HashMap<String, BTreeSet<ObjectName>>,
    rollouts: BTreeMap<ObjectName, Rollout>,
    rollouts_by_route: HashMap<RouteId, BTreeSet<ObjectName>>,
    kustomizations: BTreeMap<ObjectName, FluxObject>,
    helm_releases: BTreeMap<ObjectName, FluxObject>,
    canaries: BTreeMap<ObjectName, Canary>,
}

impl Writers {
    pub(super) fn insert_application(&mut self, application: Application) -> bool {
        let name = application.name.clone();
        self.applications_by_name.entry(name.name.clone()).or_default().insert(name.clone());
        self.applications.insert(name, application).is_some()
    }

    pub(super) fn insert_rollout(&mut self, rollout: Rollout) -> bool {
        let replaced = self.remove_rollout(&rollout.name);
        for route in &rollout.routes {
            let rollouts = self.rollouts_by_route.entry(route.clone()).or_default();
            rollouts.insert(rollout.name.clone());
        }
        self.rollouts.insert(rollout.name.clone(), rollout);
        replaced
    }

    pub(super) fn insert_kustomization(&mut self, kustomization: FluxObject) -> bool {
        self.kustomizations.insert(kustomization.name.clone(), kustomization).is_some()
    }

    pub(super) fn insert_helm_release(&mut self, release: FluxObject) -> bool {
        self.helm_releases.insert(release.name.clone(), release).is_some()
    }

    pub(super) fn insert_canary(&mut self, canary: Canary) -> bool {
        self.canaries.insert(canary.name.clone(), canary).is_some()
    }

    pub(super) fn remove_application(&mut self, name: &ObjectName) {
        self.applications.remove(name);
        if let Some(names) = self.applications_by_name.get_mut(&name.name) {
            names.remove(name);
        }
    }

    pub(super) fn remove_rollout(&mut self, name: &ObjectName) -> bool {
        let removed = self.rollouts.remove(name);
        for route in removed.iter().flat_map(|rollout| &rollout.routes) {
            if let Some(names) = self.rollouts_by_route.get_mut(route) {
                names.remove(name);
            }
        }
        removed.is_some()
    }

    pub(super) fn remove_kustomization(&mut self, name: &ObjectName) {
        self.kustomizations.remove(name);
    }

    pub(super) fn remove_helm_release(&mut self, name: &ObjectName) {
        self.helm_releases.remove(name);
    }

    pub(super) fn remove_canary(&mut self, name: &ObjectName) {
        self.canaries.remove(name);
    }

    /// The names of all objects of a tool's kind.
    pub(super) fn names(&self, kind: Kind) -> Box<dyn Iterator<Item = &ObjectName> + '_> {
        match kind {
            Kind::Application => Box::new(self.applications.keys()),
            Kind::Rollout => Box::new(self.rollouts.keys()),
            Kind::Kustomization => Box::new(self.kustomizations.keys()),
            Kind::HelmRelease => Box::new(self.helm_releases.keys()),
            Kind::Canary => Box::new(self.canaries.keys()),
            Kind::Route(_)
            | Kind::ReferenceGrant
            | Kind::Gateway
            | Kind::Service
            | Kind::Namespace
            | Kind::EndpointSlice
            | Kind::VirtualService
            | Kind::ServiceProfile
            | Kind::Crd => Box::new(std::iter::empty()),
        }
    }

    pub(super) fn has_applications(&self) -> bool {
        !self.applications.is_empty()
    }

    pub(super) fn has_rollouts(&self) -> bool {
        !self.rollouts.is_empty()
    }

    pub(super) fn has_kustomizations(&self) -> bool {
        !self.kustomizations.is_empty()
    }

    pub(super) fn has_helm_releases(&self) -> bool {
        !self.helm_releases.is_empty()
    }

    pub(super) fn has_canaries(&self) -> bool {
        !self.canaries.is_empty()
    }
}

impl Cluster {
    /// The Application of this name.
    pub fn application(&self, name: &ObjectName) -> Known<Option<&Application>> {
        self.found(Kind::Application, name, self.writers.applications.get(name))
    }

    /// The Applications of this name in any namespace; those that are here, where not all are
    /// known.
    pub fn applications_named(&self, name: &str) -> Known<Vec<&Application>> {
        let names = self.writers.applications_by_name.get(name).into_iter().flatten();
        let found: Vec<_> = names.map(|name| &self.writers.applications[name]).collect();
        if found.is_empty() && !self.knows(&Part::named(Kind::Application, name)) {
            return Known::Unknown;
        }
        Known::Known(found)
    }

    /// The Rollouts that name this route, as far as they are here.
    pub fn rollouts_of(&self, route: &RouteId) -> impl Iterator<Item = &Rollout> {
        let names = self.writers.rollouts_by_route.get(route);
        names.into_iter().flatten().map(|name| &self.writers.rollouts[name])
    }

    /// The Rollouts of this namespace.
    pub fn rollouts(&self, namespace: &str) -> Known<impl Iterator<Item = &Rollout>> {
        if !self.knows(&Part::namespace(Kind::Rollout, namespace)) {
            return Known::Unknown;
        }
        let from = ObjectName::new(namespace, "");
        let within = self.writers.rollouts.range(from..).map(|(_, rollout)| rollout);
        let namespace = namespace.to_owned();
        Known::Known(within.take_while(move |rollout| rollout.name.namespace == namespace))
    }

    /// The Kustomization of this name.
    pub fn kustomization(&self, name: &ObjectName) -> Known<Option<&FluxObject>> {
        self.found(Kind::Kustomization, name, self.writers.kustomizations.get(name))
    }

    /// The HelmRelease of this name.
    pub fn helm_release(&self, name: &ObjectName) -> Known<Option<&FluxObject>> {
        self.found(Kind::HelmRelease, name, self.writers.helm_releases.get(name))
    }

    /// The Canary of this name.
    pub fn canary(&self, name: &ObjectName) -> Known<Option<&Canary>> {
        self.found(Kind::Canary, name, self.writers.canaries.get(name))
    }

    /// The object, if it is here; whether it does not exist, if that is known.
    fn found<'a, T>(
        &self,
        kind: Kind,
        name: &ObjectName,
        object: Option<&'a T>,
    ) -> Known<Option<&'a T>> {
        match object {
            None if !self.knows(&Part::object(kind, name)) => Known::Unknown,
            object => Known::Known(object),
        }
    }
}
