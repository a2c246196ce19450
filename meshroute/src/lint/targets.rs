//! What sends requests somewhere, and the filters on the way, each with its place in the route.

use crate::{
    path::FieldPath,
    route::{Backend, Filter, Reference, Route},
};

/// Something that names an object to send requests to: a backend, or a mirror.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) group: &'a str,
    pub(super) kind: &'a str,
    pub(super) namespace: Option<&'a str>,
    pub(super) name: &'a str,
    pub(super) port: Option<u16>,
    /// The weight of a backend; a mirror has none.
    pub(super) weight: Option<u32>,
    pub(super) place: Place,
    /// Its place among all of them.
    pub(super) index: usize,
}

/// Where a [`Target`] stands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// In `backendRefs` of a rule.
    Backend(usize, usize),
    /// In a filter of a rule.
    RuleMirror(usize, usize),
    /// In a filter of a backend.
    BackendMirror(usize, usize, usize),
}

impl<'a> Target<'a> {
    fn of_backend(place: Place, backend: &'a Backend) -> Self {
        Self {
            group: &backend.group,
            kind: &backend.kind,
            namespace: backend.namespace.as_deref(),
            name: &backend.name,
            port: backend.port,
            weight: Some(*backend.weight),
            place,
            index: 0,
        }
    }

    fn of_mirror(place: Place, reference: &'a Reference) -> Self {
        Self {
            group: &reference.group,
            kind: &reference.kind,
            namespace: reference.namespace.as_deref(),
            name: &reference.name,
            port: reference.port,
            weight: None,
            place,
            index: 0,
        }
    }

    /// Where it stands.
    pub(super) fn path(&self) -> FieldPath {
        match self.place {
            Place::Backend(rule, backend) => at!["spec", "rules", rule, "backendRefs", backend],
            Place::RuleMirror(rule, filter) => {
                at!["spec", "rules", rule, "filters", filter, "requestMirror", "backendRef"]
            }
            Place::BackendMirror(rule, backend, filter) => at![
                "spec",
                "rules",
                rule,
                "backendRefs",
                backend,
                "filters",
                filter,
                "requestMirror",
                "backendRef"
            ],
        }
    }

    /// Where a field of it stands.
    pub(super) fn field(&self, name: &'static str) -> FieldPath {
        let mut path = self.path();
        path.push(name.into());
        path
    }

    /// Whether it names a Service, in a group that may be spelt out.
    pub(super) fn is_service(&self) -> bool {
        self.kind == "Service" && matches!(self.group, "" | "core")
    }

    /// Whether requests go there: a weight of 0 takes none.
    pub(super) fn is_used(&self) -> bool {
        self.weight != Some(0)
    }

    /// What it is called in a message.
    pub(super) fn noun(&self) -> &'static str {
        match self.place {
            Place::Backend(..) => "backend",
            Place::RuleMirror(..) | Place::BackendMirror(..) => "mirror",
        }
    }
}

/// The filters of rules and of backends, each with the place of its list.
pub(super) fn filters(route: &Route) -> impl Iterator<Item = Listed<'_>> {
    route.rules.iter().enumerate().flat_map(|(rule, it)| {
        let listed = move |backend| move |(index, filter)| Listed { rule, backend, index, filter };
        let own = it.filters.iter().enumerate().map(listed(None));
        let of_backends = it.backends.iter().enumerate().flat_map(move |(backend, it)| {
            it.filters.iter().enumerate().map(listed(Some(backend)))
        });
        own.chain(of_backends)
    })
}

/// All that names an object to send requests to: backends, then mirrors.
pub(super) fn targets<'a>(
    route: &'a Route,
    filters: &[Listed<'a>],
) -> impl Iterator<Item = Target<'a>> {
    let backends = route.rules.iter().enumerate().flat_map(|(rule, it)| {
        let places = it.backends.iter().enumerate();
        places.map(move |(index, backend)| Target::of_backend(Place::Backend(rule, index), backend))
    });
    let mirrors = filters.iter().filter_map(|listed| {
        let Filter::RequestMirror(mirror) = listed.filter else { return None };
        let place = match listed.backend {
            None => Place::RuleMirror(listed.rule, listed.index),
            Some(backend) => Place::BackendMirror(listed.rule, backend, listed.index),
        };
        Some(Target::of_mirror(place, &mirror.backend))
    });
    let all = backends.chain(mirrors).enumerate();
    all.map(|(index, target)| Target { index, ..target })
}

/// A filter, and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listed<'a> {
    pub(super) rule: usize,
    /// The backend that it belongs to; none where it is the rule's.
    pub(super) backend: Option<usize>,
    pub(super) index: usize,
    pub(super) filter: &'a Filter,
}

impl Listed<'_> {
    /// Where the filter stands.
    pub(super) fn path(&self) -> FieldPath {
        match self.backend {
            None => at!["spec", "rules", self.rule, "filters", self.index],
            Some(backend) => {
                at!["spec", "rules", self.rule, "backendRefs", backend, "filters", self.index]
            }
        }
    }

    /// Where a part of it stands.
    pub(super) fn part(&self, fields: &[&'static str]) -> FieldPath {
        let mut path = self.path();
        fields.iter().for_each(|field| path.push((*field).into()));
        path
    }
}
