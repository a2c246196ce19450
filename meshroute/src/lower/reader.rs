//! Walks an object with the place in hand, and collects problems.

use crate::{
    lower::{Gravity, Problem, What, near::near},
    name::ObjectName,
    path::{FieldPath, Step},
    wire::{Found, List, Metadata},
};

/// The place that is being read, and the problems so far.
pub(super) struct Reader {
    path: FieldPath,
    default_namespace: String,
    /// How many entries lists of these names may have.
    most: &'static [(&'static str, usize)],
    pub(super) problems: Vec<Problem>,
}

impl Reader {
    pub(super) fn new(default_namespace: &str) -> Self {
        Self {
            path: FieldPath::default(),
            default_namespace: default_namespace.into(),
            most: &[],
            problems: Vec::new(),
        }
    }

    /// Says how many entries lists of these names may have from here on.
    pub(super) fn limit(&mut self, most: &'static [(&'static str, usize)]) {
        self.most = most;
    }

    /// Reads with the place one step further.
    pub(super) fn at<T>(&mut self, step: Step, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step);
        let value = read(self);
        self.path.pop();
        value
    }

    /// As [`Reader::at`], for a field.
    pub(super) fn field<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Self) -> T) -> T {
        self.at(Step::Field(name.into()), read)
    }

    /// The value of a field, if it is there with the right shape.
    pub(super) fn take<T>(&mut self, name: &'static str, found: Found<T>) -> Option<T> {
        match found {
            Found::Absent => None,
            Found::Read(value) => Some(value),
            Found::Odd(message) => {
                self.field(name, |r| r.refuse(message));
                None
            }
        }
    }

    /// As [`Reader::take`]; that it is absent is a problem.
    pub(super) fn required<T>(&mut self, name: &'static str, found: Found<T>) -> Option<T> {
        if matches!(found, Found::Absent) {
            self.field(name, |r| r.refuse("required, and absent".into()));
        }
        self.take(name, found)
    }

    /// The object in a field, read with the place set to it.
    pub(super) fn object<T, U>(
        &mut self,
        name: &'static str,
        found: Found<T>,
        read: impl FnOnce(&mut Self, T) -> U,
    ) -> Option<U> {
        let value = self.take(name, found)?;
        Some(self.field(name, |r| read(r, value)))
    }

    /// The entries of a list, each read with the place set to it; none where it is absent.
    pub(super) fn list<T, U>(
        &mut self,
        name: &'static str,
        found: Found<List<T>>,
        mut read: impl FnMut(&mut Self, T) -> Option<U>,
    ) -> Vec<U> {
        let Some(entries) = self.entries(name, found) else { return Vec::new() };
        self.field(name, |r| {
            let mut read_entries = Vec::with_capacity(entries.len());
            for (index, entry) in entries.into_iter().enumerate() {
                read_entries.extend(r.at(Step::Index(index), |r| r.entry(entry, &mut read)));
            }
            read_entries
        })
    }

    /// As [`Reader::list`], where the places of the entries count: one that has something refused
    /// in it is empty.
    pub(super) fn places<T, U: Default>(
        &mut self,
        name: &'static str,
        found: Found<List<T>>,
        mut read: impl FnMut(&mut Self, T) -> Option<U>,
    ) -> Vec<U> {
        let Some(entries) = self.entries(name, found) else { return Vec::new() };
        self.field(name, |r| {
            // Collected, they would keep the room of what they were read from, which is much larger.
            let mut read_entries = Vec::with_capacity(entries.len());
            for (index, entry) in entries.into_iter().enumerate() {
                let before = r.problems.len();
                let value = r.at(Step::Index(index), |r| r.entry(entry, &mut read));
                let is_refused = r.problems[before..].iter().any(Problem::is_refused);
                read_entries.push(value.filter(|_| !is_refused).unwrap_or_default());
            }
            read_entries
        })
    }

    /// The entries of a list that has no more of them than it may have.
    fn entries<T>(&mut self, name: &'static str, found: Found<List<T>>) -> Option<List<T>> {
        let entries = self.take(name, found)?;
        let limit = self.most.iter().find(|(limited, _)| *limited == name);
        let Some((_, most)) = limit.filter(|(_, most)| entries.len() > *most) else {
            return Some(entries);
        };
        let message = format!("{} entries, where {most} are allowed", entries.len());
        self.field(name, |r| r.refuse(message));
        None
    }

    /// One entry of a list.
    fn entry<T, U>(
        &mut self,
        entry: Found<T>,
        read: impl FnOnce(&mut Self, T) -> Option<U>,
    ) -> Option<U> {
        match entry {
            Found::Read(value) => read(self, value),
            Found::Absent => {
                self.refuse("an entry is empty".into());
                None
            }
            Found::Odd(message) => {
                self.refuse(message);
                None
            }
        }
    }

    /// A number of a field, within its bounds.
    pub(super) fn number<T: TryFrom<i64>>(
        &mut self,
        name: &'static str,
        found: Found<i64>,
        bounds: std::ops::RangeInclusive<i64>,
    ) -> Option<T> {
        let number = self.take(name, found)?;
        let value = T::try_from(number).ok().filter(|_| bounds.contains(&number));
        if value.is_none() {
            let message = format!("{number} is outside {} to {}", bounds.start(), bounds.end());
            self.field(name, |r| r.refuse(message));
        }
        value
    }

    /// Namespace and name of the object.
    pub(super) fn name(
        &mut self,
        metadata: Found<Metadata>,
        namespaced: bool,
    ) -> Option<ObjectName> {
        let metadata = self.required("metadata", metadata)?;
        self.metadata_name(&metadata, namespaced)
    }

    /// As [`Reader::name`], where the metadata is wanted for more.
    pub(super) fn metadata_name(
        &mut self,
        metadata: &Metadata,
        namespaced: bool,
    ) -> Option<ObjectName> {
        self.object_name(metadata.name.clone(), metadata.namespace.clone(), namespaced)
    }

    /// As [`Reader::name`], of the two fields of the metadata.
    pub(super) fn object_name(
        &mut self,
        name: Found<String>,
        namespace: Found<String>,
        namespaced: bool,
    ) -> Option<ObjectName> {
        self.field("metadata", |r| {
            let name = r.required("name", name)?;
            let namespace =
                r.take("namespace", namespace).filter(|namespace| !namespace.is_empty());
            let namespace = namespace.unwrap_or_else(|| r.default_namespace.clone());
            Some(ObjectName { namespace: if namespaced { namespace } else { String::new() }, name })
        })
    }

    /// Notes that the API server refuses what stands at the place.
    pub(super) fn refuse(&mut self, message: String) {
        self.note(message, Gravity::Refused, What::Shape);
    }

    /// Notes that we do not know what stands at the place.
    pub(super) fn unknown(&mut self, message: String) {
        self.note(message, Gravity::Unknown, What::Value);
    }

    /// Notes fields that we do not know; `known` are those that could stand in their place.
    pub(super) fn unknown_fields(&mut self, names: Vec<String>, known: &'static [&'static str]) {
        for name in names {
            let near = near(&name, known);
            let message = "unknown field, passed over".to_owned();
            self.at(name.into(), |r| r.note(message, Gravity::Unknown, What::Field { near }));
        }
    }

    fn note(&mut self, message: String, gravity: Gravity, what: What) {
        self.problems.push(Problem { path: self.path.clone(), message, gravity, what });
    }
}
