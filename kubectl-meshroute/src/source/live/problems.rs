//! What is wrong with objects of a cluster, kept until somebody asks about them.

use std::collections::BTreeMap;

use meshroute::{
    kind::Kind,
    lower::Problem,
    name::{ObjectName, RouteId},
};

/// The problems of objects.
#[derive(Debug, Default)]
pub(super) struct Problems(BTreeMap<(Kind, ObjectName), Noted>);

#[derive(Debug)]
struct Noted {
    messages: Vec<String>,
    is_read: bool,
}

impl Problems {
    /// Takes note of what is wrong with an object, which may be nothing now.
    pub(super) fn note(
        &mut self,
        kind: Kind,
        name: &ObjectName,
        problems: &[Problem],
        is_read: bool,
    ) {
        let key = (kind, name.clone());
        if problems.is_empty() {
            self.0.remove(&key);
            return;
        }
        let messages = problems.iter().map(|problem| {
            let path = problem.path.to_string();
            let place = if path.is_empty() { path } else { format!("{path}: ") };
            let end = if is_read { "" } else { "; this object is left out" };
            format!("{} {name}: {place}{}{end}", kind.name(), problem.message)
        });
        self.0.insert(key, Noted { messages: messages.collect(), is_read });
    }

    /// Those of objects that were left out, and of these routes, each once.
    pub(super) fn take(&mut self, concerns: &impl Fn(&RouteId) -> bool) -> Vec<String> {
        let matter = |kind: &Kind, name: &ObjectName, noted: &Noted| match kind {
            Kind::Route(kind) if noted.is_read => {
                concerns(&RouteId { kind: *kind, name: name.clone() })
            }
            _ => true,
        };
        let mut messages = Vec::new();
        for ((kind, name), noted) in &mut self.0 {
            if matter(kind, name, noted) {
                messages.append(&mut noted.messages);
            }
        }
        messages
    }
}
