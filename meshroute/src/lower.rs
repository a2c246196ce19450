//! From JSON to the model: every default of the API is applied here, and here only.
//!
//! Lowering never fails. What cannot be read is a [`Problem`] with its place; what we do not know
//! is named and kept out of the answer, never guessed.

mod filters;
mod ignore;
mod near;
mod others;
mod reader;
mod route;
mod signs;
mod tools;

use serde::de::{Deserialize, Deserializer};

use crate::{cluster::Object, kind::Kind, path::FieldPath, wire::Found};
use reader::Reader;

/// What reading an object gave.
#[derive(Debug, Default)]
pub struct Lowered {
    /// The object; none if its kind decides nothing here, or if the API server would refuse it.
    pub object: Option<Object>,
    /// What could be read of an object that the API server would refuse: each parent, hostname and
    /// rule that has something refused in it is empty, so that the others keep their places. It is
    /// never stored, so nothing but lints may look at it.
    pub draft: Option<Object>,
    /// What could not be read, or is not known.
    pub problems: Vec<Problem>,
}

/// Something in an object that could not be read, or that we do not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub path: FieldPath,
    /// What.
    pub message: String,
    /// What follows from it.
    pub gravity: Gravity,
    /// What it is about.
    pub what: What,
}

impl Problem {
    /// Whether the API server refuses the object for it.
    pub fn is_refused(&self) -> bool {
        self.gravity == Gravity::Refused
    }
}

/// What a [`Problem`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A value of the wrong shape or size, or one that is missing.
    Shape,
    /// A value that we do not know.
    Value,
    /// A field that we do not know.
    Field {
        /// The field that was probably meant.
        near: Option<&'static str>,
    },
}

/// What follows from a [`Problem`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gravity {
    /// The API server refuses the object.
    Refused,
    /// We do not know it: it is shown, or passed over, and the answer may miss something.
    Unknown,
}

/// Reads an object of this kind. Objects without a namespace are in `namespace`, as kubectl would
/// apply them.
///
/// ```
/// use meshroute::{cluster::Object, kind::Kind, lower::lower};
/// let json = serde_json::json!({"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}});
/// let lowered = lower(Kind::Service, &json, "shop");
/// assert!(matches!(lowered.object, Some(Object::Service(service)) if service.name.to_string() == "shop/web"));
/// ```
pub fn lower<'de, D: Deserializer<'de>>(kind: Kind, object: D, namespace: &str) -> Lowered {
    let mut reader = Reader::new(namespace);
    let r = &mut reader;
    let object = match kind {
        Kind::Route(kind) => read(r, object, |r, route| r.route(kind, route)),
        Kind::ReferenceGrant => read(r, object, Reader::reference_grant),
        Kind::Gateway => read(r, object, Reader::gateway),
        Kind::Service => read(r, object, Reader::service),
        Kind::Namespace => read(r, object, Reader::namespace),
        Kind::EndpointSlice => read(r, object, Reader::endpoint_slice),
        Kind::VirtualService => read(r, object, Reader::virtual_service),
        Kind::ServiceProfile => read(r, object, Reader::service_profile),
        Kind::Crd => read(r, object, Reader::crd),
        Kind::Application => read(r, object, Reader::application),
        Kind::Rollout => read(r, object, Reader::rollout),
        Kind::Kustomization => read(r, object, Reader::kustomization),
        Kind::HelmRelease => read(r, object, Reader::helm_release),
        Kind::Canary => read(r, object, Reader::canary),
    };
    let problems = reader.problems;
    if problems.iter().any(Problem::is_refused) {
        return Lowered { object: None, draft: object, problems };
    }
    Lowered { object, draft: None, problems }
}

fn read<'de, D, W>(
    reader: &mut Reader,
    object: D,
    then: impl FnOnce(&mut Reader, W) -> Option<Object>,
) -> Option<Object>
where
    D: Deserializer<'de>,
    Found<W>: Deserialize<'de>,
{
    match Found::<W>::deserialize(object) {
        Ok(Found::Read(wire)) => then(reader, wire),
        Ok(Found::Absent) => None,
        Ok(Found::Odd(message)) => {
            reader.refuse(message);
            None
        }
        Err(error) => {
            reader.refuse(format!("cannot be read: {error}"));
            None
        }
    }
}
