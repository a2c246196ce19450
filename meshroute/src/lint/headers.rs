//! What header filters do, action by action.

use crate::{
    lint::targets::Listed,
    path::FieldPath,
    route::{Filter, HeaderChanges},
};

/// One change of one header.
#[derive(Debug, Clone, Copy)]
pub(super) struct Action<'a> {
    /// The name of the header.
    pub(super) name: &'a str,
    /// `set`, `add` or `remove`.
    pub(super) field: &'static str,
    index: usize,
}

impl Action<'_> {
    /// Where it stands.
    pub(super) fn path(&self, listed: &Listed<'_>) -> FieldPath {
        let content = changes(listed.filter).map_or("", |(field, _)| field);
        let mut path = listed.part(&[content, self.field]);
        path.push(self.index.into());
        if self.field != "remove" {
            path.push("name".into());
        }
        path
    }
}

/// The changes of a header filter, and the field that they stand in.
pub(super) fn changes(filter: &Filter) -> Option<(&'static str, &HeaderChanges)> {
    match filter {
        Filter::RequestHeaderModifier(changes) => Some(("requestHeaderModifier", changes)),
        Filter::ResponseHeaderModifier(changes) => Some(("responseHeaderModifier", changes)),
        Filter::RequestMirror(_)
        | Filter::RequestRedirect(_)
        | Filter::UrlRewrite(_)
        | Filter::Cors
        | Filter::ExtensionRef
        | Filter::ExternalAuth
        | Filter::Unknown(_) => None,
    }
}

/// The actions of a filter, as they are written.
pub(super) fn actions<'a>(listed: &Listed<'a>) -> impl Iterator<Item = Action<'a>> + use<'a> {
    let changes = changes(listed.filter).map(|(_, changes)| changes);
    changes.into_iter().flat_map(|changes| {
        let pairs = |field, pairs: &'a [(String, String)]| {
            pairs.iter().enumerate().map(move |(index, (name, _))| Action { name, field, index })
        };
        let removed = changes.remove.iter().enumerate();
        let removed = removed.map(|(index, name)| Action { name, field: "remove", index });
        pairs("set", &changes.set).chain(pairs("add", &changes.add)).chain(removed)
    })
}
