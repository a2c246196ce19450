//! What a route says of the tools that write it.

use crate::name::ObjectName;

/// What a route says of the tools that write it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signs {
    /// Argo Rollouts: a canary is under way.
    pub canary_under_way: bool,
    /// Flagger: the Canary that it belongs to.
    pub canary: Option<String>,
    /// Argo CD: the tracking id of an Application.
    pub tracking_id: Option<String>,
    /// Argo CD, and many a chart: the label of an instance.
    pub instance: Option<String>,
    /// Flux: the Kustomization that applied it.
    pub kustomization: Option<ObjectName>,
    /// Flux: what the Kustomization is told of it.
    pub applied: Applied,
    /// Flux: the HelmRelease that applied it.
    pub helm_release: Option<ObjectName>,
    /// Flux: whether the HelmRelease is told not to compare it.
    pub uncompared: bool,
    /// Helm: the release that it belongs to.
    pub release: Option<ObjectName>,
    /// Ours: whether its weights are to be whole percentages.
    pub percent: bool,
    /// Ours: which findings are known and accepted, as written.
    pub ignore: Option<String>,
    /// kubectl: what it applied last, before any default.
    pub last_applied: Option<String>,
    /// Linkerd: which of its annotations for retries are there.
    pub linkerd_retries: Vec<&'static str>,
    /// The field managers of its rules.
    pub managers: Vec<String>,
}

/// What a Kustomization is told of an object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Applied {
    /// Nothing: it applies it.
    #[default]
    Always,
    /// To apply it where it is absent; counts only if the Kustomization itself holds the word.
    IfAbsent,
    /// To leave it alone.
    Never,
}
