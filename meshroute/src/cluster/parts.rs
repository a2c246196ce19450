//! Which parts of a cluster are known.

use std::collections::{BTreeSet, HashSet};

use crate::{kind::Kind, name::ObjectName};

/// Objects of one kind, in one part of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part {
    /// The kind.
    pub kind: Kind,
    /// Where.
    pub within: Within,
}

/// A part of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Within {
    /// All of it.
    Cluster,
    /// A namespace.
    Namespace(String),
    /// The object of this name; of EndpointSlices, those of the Service of this name.
    Object(ObjectName),
    /// The objects of this name in any namespace.
    Named(String),
}

impl Part {
    /// All objects of a kind.
    pub fn cluster(kind: Kind) -> Self {
        Self { kind, within: Within::Cluster }
    }

    /// The objects of a kind in a namespace.
    pub fn namespace(kind: Kind, namespace: impl Into<String>) -> Self {
        Self { kind, within: Within::Namespace(namespace.into()) }
    }

    /// The object of this name, or the EndpointSlices of the Service of this name.
    pub fn object(kind: Kind, name: &ObjectName) -> Self {
        Self { kind, within: Within::Object(name.clone()) }
    }

    /// Whether an object of this name lies in it; for EndpointSlices, a Service of this name.
    pub fn contains(&self, name: &ObjectName) -> bool {
        match &self.within {
            Within::Cluster => true,
            Within::Namespace(namespace) => *namespace == name.namespace,
            Within::Object(object) => object == name,
            Within::Named(wanted) => *wanted == name.name,
        }
    }

    /// The objects of a kind and of this name in any namespace.
    pub fn named(kind: Kind, name: impl Into<String>) -> Self {
        Self { kind, within: Within::Named(name.into()) }
    }
}

/// A set of parts, which holds what lies within one of them too.
#[derive(Debug, Clone, Default)]
pub(super) struct Parts {
    /// The kinds that are known everywhere.
    all: BTreeSet<Kind>,
    /// The others.
    some: HashSet<Part>,
}

impl Parts {
    pub(super) fn insert(&mut self, part: Part) {
        match part.within {
            Within::Cluster => self.all.insert(part.kind),
            Within::Namespace(_) | Within::Object(_) | Within::Named(_) => self.some.insert(part),
        };
    }

    /// Whether all objects of a kind are in it.
    pub(super) fn has_all(&self, kind: Kind) -> bool {
        self.all.contains(&kind)
    }

    pub(super) fn remove(&mut self, part: &Part) {
        match part.within {
            Within::Cluster => self.all.remove(&part.kind),
            Within::Namespace(_) | Within::Object(_) | Within::Named(_) => self.some.remove(part),
        };
    }

    /// Whether it was put in, just so.
    pub(super) fn has(&self, part: &Part) -> bool {
        match part.within {
            Within::Cluster => self.has_all(part.kind),
            Within::Namespace(_) | Within::Object(_) | Within::Named(_) => self.some.contains(part),
        }
    }

    pub(super) fn contains(&self, part: &Part) -> bool {
        let around = |within| self.some.contains(&Part { kind: part.kind, within });
        self.has_all(part.kind)
            || self.some.contains(part)
            || match &part.within {
                Within::Object(name) => {
                    around(Within::Namespace(name.namespace.clone()))
                        || around(Within::Named(name.name.clone()))
                }
                Within::Cluster | Within::Namespace(_) | Within::Named(_) => false,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_within_a_known_part_is_known() {
        let mut parts = Parts::default();
        parts.insert(Part::namespace(Kind::Service, "a"));
        let web = ObjectName::new("a", "web");
        assert!(parts.contains(&Part::object(Kind::Service, &web)));
        assert!(!parts.contains(&Part::object(Kind::EndpointSlice, &web)));
        assert!(!parts.contains(&Part::namespace(Kind::Service, "b")));
        assert!(!parts.contains(&Part::cluster(Kind::Service)));
        parts.insert(Part::named(Kind::Service, "db"));
        assert!(parts.contains(&Part::object(Kind::Service, &ObjectName::new("b", "db"))));
        parts.insert(Part::cluster(Kind::Service));
        assert!(parts.contains(&Part::namespace(Kind::Service, "b")));
    }
}
