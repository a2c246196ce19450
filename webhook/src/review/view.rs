//! What is known of a cluster while a review is judged.

use std::collections::BTreeSet;

use meshroute::{
    cluster::{Cluster, Part},
    profile::Mesh,
};

/// What is known of a cluster while a review is judged.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Its objects.
    pub cluster: &'a Cluster,
    /// The meshes that they show; none while they are not all here, and any mesh may be in use.
    pub meshes: &'a [Mesh],
    /// How far the objects can be relied on.
    pub held: Held,
    /// What was found since, where the view lacks it.
    pub found: &'a BTreeSet<Part>,
}

/// How far the objects of a view can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// They are what somebody put together: nobody keeps them up to date.
    Fixed,
    /// They are still being read for the first time.
    Syncing,
    /// They are those of a moment ago.
    Synced,
    /// They are those of some time ago.
    Stale,
}

static NOTHING: BTreeSet<Part> = BTreeSet::new();

impl<'a> View<'a> {
    /// A view that nobody keeps up to date.
    pub fn fixed(cluster: &'a Cluster) -> Self {
        Self { cluster, meshes: &[], held: Held::Fixed, found: &NOTHING }
    }
}

impl Held {
    /// What it is called in the audit log; nothing where nobody expects a cluster.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Fixed => None,
            Self::Syncing => Some("syncing"),
            Self::Synced => Some("synced"),
            Self::Stale => Some("stale"),
        }
    }

    /// Whether lints about other objects can be answered.
    pub(super) fn is_reliable(self) -> bool {
        match self {
            Self::Fixed | Self::Synced => true,
            Self::Syncing | Self::Stale => false,
        }
    }
}
