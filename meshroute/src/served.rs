//! What an API server sends of a collection: pages of a list, and lines of a watch.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    kind::Kind,
    lower::{Lowered, lower},
    name::ObjectName,
};

/// A list as the API server sends it, or a page of one.
#[derive(Debug, Deserialize)]
pub struct Page<'a> {
    /// What it says of itself.
    #[serde(default)]
    pub metadata: Metadata,
    /// Null where a list is empty and the server old.
    #[serde(borrow, default)]
    items: Option<Vec<&'a RawValue>>,
}

/// `metadata` of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    /// Where the next page starts; empty on the last.
    #[serde(rename = "continue")]
    pub next: String,
    /// The version of the whole list.
    pub resource_version: String,
}

/// An object that was read, or could not be.
#[derive(Debug)]
pub struct Item {
    /// Its name.
    pub name: ObjectName,
    /// What it is.
    pub lowered: Lowered,
}

impl Page<'_> {
    /// How many objects are on it.
    pub fn count(&self) -> usize {
        self.items.as_ref().map_or(0, Vec::len)
    }

    /// The objects.
    pub fn items(&self, kind: Kind) -> impl Iterator<Item = Item> {
        self.items.iter().flatten().map(move |raw| item(kind, raw.get()))
    }
}

/// One line of a watch.
#[derive(Debug)]
pub enum Event {
    /// An object is new, or another one than before.
    Put(Box<Item>),
    /// An object is there no longer.
    Gone(ObjectName),
    /// Nothing but the version: a bookmark, or something that is not invented yet.
    Seen,
    /// The watch ends; 410 if what has happened since is forgotten.
    Failed {
        /// The HTTP status.
        code: u16,
        /// What the server says.
        message: String,
    },
}

/// Reads a line of a watch: what it says, and the version that the collection has then, if it is said.
///
/// # Errors
///
/// Says that it is no JSON of a watch.
pub fn event(kind: Kind, line: &[u8]) -> Result<(Event, String), serde_json::Error> {
    #[derive(Deserialize)]
    struct Line<'a> {
        #[serde(rename = "type")]
        kind: String,
        #[serde(borrow)]
        object: &'a RawValue,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Subject {
        metadata: Metadata,
        code: u16,
        message: String,
    }
    let line: Line<'_> = serde_json::from_slice(line)?;
    let json = line.object.get();
    // What has no such metadata is no object that is known by its name.
    let subject: Subject = serde_json::from_str(json).unwrap_or_default();
    let event = match line.kind.as_str() {
        "ADDED" | "MODIFIED" => Event::Put(Box::new(item(kind, json))),
        "DELETED" => Event::Gone(named(json)),
        "ERROR" => Event::Failed { code: subject.code, message: subject.message },
        _ => Event::Seen,
    };
    Ok((event, subject.metadata.resource_version))
}

/// Reads an object.
pub fn item(kind: Kind, json: &str) -> Item {
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
