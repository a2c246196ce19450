//! One page of a list, and the objects in it.

use meshroute::{
    kind::Kind,
    lower::{Lowered, lower},
    name::ObjectName,
};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A list as the API server sends it, or a page of one.
#[derive(Debug, Deserialize)]
pub(super) struct Page<'a> {
    #[serde(default)]
    pub(super) metadata: Metadata,
    /// Null where a list is empty and the server old.
    #[serde(borrow, default)]
    items: Option<Vec<&'a RawValue>>,
}

/// `metadata` of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Metadata {
    /// Where the next page starts; empty on the last.
    #[serde(rename = "continue")]
    pub(super) next: String,
    /// The version of the whole list.
    pub(super) resource_version: String,
}

/// An object that was read, or could not be.
#[derive(Debug)]
pub(super) struct Item {
    /// Its name.
    pub(super) name: ObjectName,
    /// What it is.
    pub(super) lowered: Lowered,
}

impl Page<'_> {
    /// How many objects are on it.
    pub(super) fn len(&self) -> usize {
        self.items.as_ref().map_or(0, Vec::len)
    }

    /// The objects.
    pub(super) fn items(&self, kind: Kind) -> impl Iterator<Item = Item> {
        self.items.iter().flatten().map(move |raw| item(kind, raw.get()))
    }
}

/// Reads an object.
pub(super) fn item(kind: Kind, json: &str) -> Item {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let lowered = lower(kind, &mut deserializer, "");
    let name = match &lowered.object {
        Some(object) => object.name(),
        None => named(json),
    };
    Item { name, lowered }
}

/// The name of an object of which nothing else is known.
fn named(json: &str) -> ObjectName {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Metadata {
        namespace: String,
        name: String,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Named {
        metadata: Metadata,
    }
    let Named { metadata: Metadata { namespace, name } } =
        serde_json::from_str(json).unwrap_or_default();
    ObjectName { namespace, name }
}
