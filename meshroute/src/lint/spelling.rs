//! How a parentRef names a Service, or nearly does.

use crate::{name::GATEWAY_GROUP, route::Parent};

/// The group of ServiceImport (Kubernetes Multi-Cluster Services API).
const IMPORTS: &str = "multicluster.x-k8s.io";

/// How a parentRef names a Service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelled {
    /// As the API has it.
    Right,
    /// In the group `core`.
    CoreGroup,
    /// In a group that has no such kind.
    WrongGroup,
    /// With a kind that is nearly `Service`.
    WrongKind,
    /// With the kind `Gateway` in the core group.
    CoreGateway,
    /// As a ServiceImport, which names no Service of this cluster.
    Import,
}

impl Spelled {
    /// Whether both name an object of the same kind, once the spelling is right.
    pub(super) fn is_same_kind(self, other: Self) -> bool {
        let is_service = |it| matches!(it, Self::Right | Self::CoreGroup);
        self == other || (is_service(self) && is_service(other))
    }
}

/// Groups that people write for the core group; none of them has a kind Service.
const WRONG_GROUPS: [&str; 4] = [GATEWAY_GROUP, "k8s.io", "networking.k8s.io", "kubernetes.io"];

/// Whether a group that is written for a Service has no such kind, for certain: groups without a
/// dot are those of Kubernetes, and `core/v1` is no group.
pub(super) fn is_wrong_group(group: &str) -> bool {
    WRONG_GROUPS.contains(&group) || !group.contains('.') || group.contains('/')
}

/// How a parentRef names a Service; none if it names something else.
pub(super) fn spelled(parent: &Parent) -> Option<Spelled> {
    spelling(&parent.group, &parent.kind)
}

/// As [`spelled`], of group and kind.
pub(super) fn spelling(group: &str, kind: &str) -> Option<Spelled> {
    let is_core = matches!(group, "" | "core");
    match kind {
        "Service" if group.is_empty() => return Some(Spelled::Right),
        "Service" if is_core => return Some(Spelled::CoreGroup),
        "Service" => return is_wrong_group(group).then_some(Spelled::WrongGroup),
        "Gateway" if is_core => return Some(Spelled::CoreGateway),
        "ServiceImport" => return (group == IMPORTS).then_some(Spelled::Import),
        _ => {}
    }
    let kind = kind.trim();
    let is_near = ["service", "services", "svc"].iter().any(|near| kind.eq_ignore_ascii_case(near));
    (is_near && (is_core || is_wrong_group(group))).then_some(Spelled::WrongKind)
}
