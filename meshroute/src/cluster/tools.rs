//! The objects by which tools write routes: what each of them does, and how it stands.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    cluster::{IgnoreRule, Known},
    name::{ObjectName, RouteId, RouteKind},
};

/// Argo CD's Application.
#[derive(Debug, Clone)]
pub struct Application {
    /// Its name.
    pub name: ObjectName,
    /// When it applies what Git holds.
    pub sync: Sync,
    /// Whether an annotation takes it out of Argo CD's hands.
    pub skipped: bool,
    /// Whether it may be for another cluster than this one.
    pub elsewhere: bool,
    /// Whether its last sync or comparison failed.
    pub failing: bool,
    /// The differences that it leaves alone.
    pub ignores: Vec<IgnoreRule>,
    /// The routes that it manages; true for one that Git no longer holds.
    pub routes: BTreeMap<RouteId, bool>,
}

/// When an Application applies what Git holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sync {
    /// When somebody says so.
    Manual,
    /// When Git changes.
    Automated,
    /// When Git changes, or the cluster.
    SelfHeal,
}

/// Argo Rollouts' Rollout, if it writes routes of Gateway API.
#[derive(Debug, Clone)]
pub struct Rollout {
    /// Its name.
    pub name: ObjectName,
    /// The routes that it names.
    pub routes: BTreeSet<RouteId>,
    /// The namespace and the kinds of the routes that it selects by labels.
    pub selects: BTreeSet<(String, RouteKind)>,
    /// The Services whose weights it writes: the new version's and the old one's.
    pub services: Option<(String, String)>,
    /// How many steps its canary has.
    pub steps: usize,
    /// How many of them are done.
    pub step: Option<i64>,
    /// The weight that it gave the new version.
    pub weight: Option<i64>,
    /// Progressing, Paused, Healthy or Degraded.
    pub phase: Option<String>,
    /// Whether the canary was given up.
    pub aborted: bool,
    /// Whether the controller refuses it.
    pub invalid: bool,
}

/// Flux's Kustomization or HelmRelease.
#[derive(Debug, Clone)]
pub struct FluxObject {
    /// Its name.
    pub name: ObjectName,
    /// Whether it is suspended.
    pub suspended: bool,
    /// How often it looks, as written.
    pub interval: Option<String>,
    /// Whether it is for another cluster than this one.
    pub elsewhere: bool,
    /// What it does about differences.
    pub drift: Drift,
    /// The differences that it leaves alone.
    pub ignores: Vec<IgnoreRule>,
    /// Whether its last run went well.
    pub ready: Known<bool>,
    /// The routes that it applied.
    pub routes: Known<BTreeSet<RouteId>>,
}

/// What is done about differences between what was applied and what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drift {
    /// They are put back.
    Corrected,
    /// They are reported.
    Reported,
    /// Nobody looks.
    Unseen,
}

/// Flagger's Canary.
#[derive(Debug, Clone)]
pub struct Canary {
    /// Its name.
    pub name: ObjectName,
    /// Whether it is suspended.
    pub suspended: bool,
    /// Where it stands: Initialized, Progressing, Succeeded, ….
    pub phase: Option<String>,
    /// The weight that it gave the new version.
    pub weight: Option<i64>,
}
