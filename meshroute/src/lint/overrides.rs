//! Services that an object of the mesh's own takes over.

use crate::{
    cluster::OverrideKind,
    lint::{Findings, Subject},
    profile::Profile,
};

/// Reports the parents that an object of this kind takes over.
pub(super) fn taken_over(
    kind: OverrideKind,
    subject: &Subject<'_>,
    profile: &'static Profile,
    findings: &mut Findings<'_>,
) {
    if profile.overridden_by.value != Some(kind) {
        return;
    }
    for meant in subject.attached(profile) {
        let name = &meant.parent.name;
        let host = format!("{}.{}.svc.cluster.local", name.name, name.namespace);
        if let Some(other) = subject.cluster.override_of(kind, &host) {
            let message = format!(
                "{} {} takes Service {name} over, so this route does nothing",
                kind.kind(),
                other.name
            );
            let value = format!("{name} {}", other.name);
            findings.push(meant.field("name"), value, message);
        }
    }
}
