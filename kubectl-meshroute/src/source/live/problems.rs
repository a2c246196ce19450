//! What is wrong with objects of a cluster, kept until somebody asks about them.

use std::collections::BTreeMap;

use meshroute::{
    cluster::Part,
    kind::Kind,
    lower::Problem,
    name::{ObjectName, RouteId},
};

/// The problems of objects.
#[derive(Debug, Default)]
pub(super) struct Problems(BTreeMap<(Kind, ObjectName), Noted>);

#[derive(Debug)]
struct Noted {
    problems: Vec<Problem>,
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
        self.0.insert(key, Noted { problems: problems.to_vec(), is_read });
    }

    /// What is wrong with an object.
    pub(super) fn of(&self, kind: Kind, name: &ObjectName) -> &[Problem] {
        self.0.get(&(kind, name.clone())).map_or(&[], |noted| &noted.problems)
    }

    /// Lets go of an object that is there no longer.
    pub(super) fn forget(&mut self, kind: Kind, name: &ObjectName) {
        self.0.remove(&(kind, name.clone()));
    }

    /// Lets go of the objects of a part, to take note of them anew.
    pub(super) fn clear(&mut self, part: &Part) {
        self.0.retain(|(kind, name), _| *kind != part.kind || !part.contains(name));
    }

    /// Those of objects that were left out, and of these routes.
    pub(super) fn all(&self, concerns: &impl Fn(&RouteId) -> bool) -> Vec<String> {
        let matters = |kind: &Kind, name: &ObjectName, noted: &Noted| match kind {
            Kind::Route(kind) if noted.is_read => {
                concerns(&RouteId { kind: *kind, name: name.clone() })
            }
            _ => true,
        };
        let noted = self.0.iter().filter(|((kind, name), noted)| matters(kind, name, noted));
        noted.flat_map(|((kind, name), noted)| noted.messages(*kind, name)).collect()
    }
}

impl Noted {
    fn messages(&self, kind: Kind, name: &ObjectName) -> impl Iterator<Item = String> {
        self.problems.iter().map(move |problem| {
            let path = problem.path.to_string();
            let place = if path.is_empty() { path } else { format!("{path}: ") };
            let end = if self.is_read { "" } else { "; this object is left out" };
            format!("{} {name}: {place}{}{end}", kind.name(), problem.message)
        })
    }
}
