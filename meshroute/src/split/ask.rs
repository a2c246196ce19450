//! What every step needs at hand: the view, the mesh, the question; and which assumptions were
//! used, and what of the cluster was wanted and not known.

use std::{cell::RefCell, collections::BTreeSet};

use crate::{
    cluster::{Cluster, Known, Namespace, Part, Ready, Service},
    kind::Kind,
    name::{ObjectName, RouteId},
    profile::{Evidence, Fact, Profile},
    split::Question,
};

/// One question to one view under one profile.
pub(super) struct Ask<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) profile: &'static Profile,
    pub(super) question: Question<'a>,
    assumed: RefCell<Vec<&'static str>>,
    wanted: RefCell<BTreeSet<Part>>,
}

impl<'a> Ask<'a> {
    pub(super) fn new(
        cluster: &'a Cluster,
        profile: &'static Profile,
        question: &Question<'a>,
    ) -> Self {
        Self {
            cluster,
            profile,
            question: *question,
            assumed: RefCell::default(),
            wanted: RefCell::default(),
        }
    }

    /// The same question for a client of another namespace.
    pub(super) fn from(&self, namespace: Option<&'a str>) -> Self {
        Self::new(self.cluster, self.profile, &Question { from: namespace, ..self.question })
    }

    /// The value of a fact that decides something now; remembers it where it is assumed.
    pub(super) fn fact<T: Copy>(&self, about: &'static str, fact: &Fact<T>) -> T {
        if fact.evidence == Evidence::Assumed {
            let mut assumed = self.assumed.borrow_mut();
            if !assumed.contains(&about) {
                assumed.push(about);
            }
        }
        fact.value
    }

    pub(super) fn take_assumed(&self) -> Vec<&'static str> {
        self.assumed.take()
    }

    /// The Service of this name; wanted if it is not known.
    pub(super) fn service(&self, name: &ObjectName) -> Known<Option<&'a Service>> {
        self.or_wanted(self.cluster.service(name), || Part::object(Kind::Service, name))
    }

    /// How many endpoints of the Service serve this port; wanted if they are not known.
    pub(super) fn ready(&self, service: &ObjectName, port_name: &str) -> Known<Ready> {
        let ready = self.cluster.ready(service, port_name);
        self.or_wanted(ready, || Part::object(Kind::EndpointSlice, service))
    }

    /// Whether a ReferenceGrant permits it; wanted if they are not known.
    pub(super) fn granted(&self, from: &RouteId, service: &ObjectName) -> Known<bool> {
        let granted = self.cluster.granted(from, service);
        self.or_wanted(granted, || Part::namespace(Kind::ReferenceGrant, &service.namespace))
    }

    fn or_wanted<T>(&self, known: Known<T>, part: impl FnOnce() -> Part) -> Known<T> {
        if matches!(known, Known::Unknown) {
            self.wanted.borrow_mut().insert(part());
        }
        known
    }

    pub(super) fn take_wanted(&self) -> BTreeSet<Part> {
        self.wanted.take()
    }

    /// The namespace of the Service, if it is known.
    pub(super) fn service_namespace(&self) -> Option<&'a Namespace> {
        match self.cluster.namespace(&self.question.service.name.namespace) {
            Known::Known(namespace) => namespace,
            Known::Unknown => None,
        }
    }

    /// The host that is dialled.
    pub(super) fn host(&self) -> String {
        let name = &self.question.service.name;
        self.question.host.map_or_else(
            || format!("{}.{}.svc.cluster.local", name.name, name.namespace),
            ToOwned::to_owned,
        )
    }
}
