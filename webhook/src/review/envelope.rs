//! The AdmissionReview that asks, as far as an answer depends on it (`k8s.io/api/admission/v1`, `types.go`).

use std::borrow::Cow;

use meshroute::name::RouteKind;
use serde::{Deserialize, de::IgnoredAny};

use crate::review::{
    judge::Written,
    strict::{Json, Value},
};

/// The version of reviews that is spoken.
pub(super) const API_VERSION: &str = "admission.k8s.io/v1";
/// The kind of reviews.
pub(super) const KIND: &str = "AdmissionReview";

/// An id is a UUID; what is much longer was made by somebody else.
const LONGEST_UID: usize = 128;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Review<'a> {
    #[serde(borrow, default)]
    api_version: Cow<'a, str>,
    #[serde(borrow, default)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    request: Option<Request<'a>>,
}

/// What is asked.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request<'a> {
    #[serde(borrow, default)]
    pub(super) uid: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) kind: Kind<'a>,
    #[serde(borrow, default)]
    sub_resource: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) name: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) namespace: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) operation: Cow<'a, str>,
    #[serde(default)]
    pub(super) dry_run: Option<bool>,
    #[serde(skip)]
    object: Option<Value<'a>>,
    #[serde(skip)]
    old_object: Option<Value<'a>>,
}

/// Group, version and kind.
#[derive(Deserialize, Default)]
pub(super) struct Kind<'a> {
    #[serde(borrow, default)]
    group: Cow<'a, str>,
    #[serde(borrow, default)]
    version: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) kind: Cow<'a, str>,
}

/// What of a request is to be looked at.
pub(super) enum Work<'a> {
    /// Nothing: it is none of ours.
    Nothing,
    /// A version of a route that we do not know.
    UnknownVersion,
    /// This route.
    Route { kind: RouteKind, object: Box<Written<'a>>, old: Option<Value<'a>> },
}

/// The beginning of an object.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head<'a> {
    #[serde(borrow, default)]
    api_version: Cow<'a, str>,
    #[serde(borrow, default)]
    kind: Cow<'a, str>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    deletion_timestamp: Option<IgnoredAny>,
}

/// Reads the bytes of a body; says what is wrong with them.
pub(super) fn json(body: &[u8]) -> Result<Json<'_>, String> {
    let text = std::str::from_utf8(body).map_err(|_| "the body is no UTF-8".to_owned())?;
    Json::of(text).map_err(|error| format!("the body cannot be read: {error}"))
}

/// Reads a review; says what is wrong with it.
pub(super) fn read<'a>(json: &'a Json<'a>) -> Result<Request<'a>, String> {
    let review = Review::deserialize(json.value())
        .map_err(|error| format!("the body is no {KIND} of {API_VERSION}: {error}"))?;
    if review.api_version != API_VERSION || review.kind != KIND {
        let Review { api_version, kind, .. } = review;
        return Err(format!("expected {KIND} of {API_VERSION}, found {kind:?} of {api_version:?}"));
    }
    let mut request = review.request.ok_or("request is missing")?;
    let within = json.value().get("request");
    request.object = within.and_then(|request| request.get("object"));
    request.old_object = within.and_then(|request| request.get("oldObject"));
    match request.uid.len() {
        0 => Err("request.uid is missing".into()),
        length if length > LONGEST_UID => Err("request.uid is too long".into()),
        _ => Ok(request),
    }
}

impl<'a> Request<'a> {
    /// What there is to look at; says what is wrong with the request.
    pub(super) fn work(&self) -> Result<Work<'a>, String> {
        let is_update = match &*self.operation {
            "CREATE" => false,
            "UPDATE" => true,
            // Nothing is stored by these.
            "DELETE" | "CONNECT" => return Ok(Work::Nothing),
            other => return Err(format!("request.operation is {other:?}")),
        };
        if self.kind.kind.is_empty() {
            return Err("request.kind is missing".into());
        }
        let object = self.object.ok_or("request.object is missing")?;
        self.head("request.object", object)?;
        let old = match self.old_object {
            Some(old) if is_update => Some((old, self.head("request.oldObject", old)?)),
            None if is_update => return Err("request.oldObject is missing".into()),
            _ => None,
        };
        if !self.sub_resource.is_empty() {
            return Ok(Work::Nothing);
        }
        let Some(kind) = RouteKind::of(&self.kind.group, &self.kind.kind) else {
            return Ok(Work::Nothing);
        };
        if !versions(kind).contains(&&*self.kind.version) {
            return Ok(Work::UnknownVersion);
        }
        // Only the stored object tells: nobody but the API server writes that there.
        if old.as_ref().is_some_and(|(_, head)| head.is_deleted()) {
            return Ok(Work::Nothing);
        }
        let object = Box::new(Written::read(kind, object, &self.namespace));
        Ok(Work::Route { kind, object, old: old.map(|(old, _)| old) })
    }

    /// Reads the beginning of an object, which is of the kind that the request names.
    fn head(&self, place: &str, object: Value<'a>) -> Result<Head<'a>, String> {
        let head = Head::deserialize(object)
            .map_err(|error| format!("{place} cannot be read: {error}"))?;
        let group_version = match &*self.kind.group {
            "" => self.kind.version.clone(),
            group => format!("{group}/{}", self.kind.version).into(),
        };
        if head.kind != self.kind.kind || head.api_version != group_version {
            return Err(format!(
                "{place} is {:?} of {:?}, and request.kind is {:?} of {group_version:?}",
                head.kind, head.api_version, self.kind.kind
            ));
        }
        Ok(head)
    }

    /// The group of the kind.
    pub(super) fn group(&self) -> &str {
        &self.kind.group
    }

    /// The version of the kind.
    pub(super) fn version(&self) -> &str {
        &self.kind.version
    }
}

impl Head<'_> {
    fn is_deleted(&self) -> bool {
        self.metadata.as_ref().is_some_and(|metadata| metadata.deletion_timestamp.is_some())
    }
}

/// The versions of a kind whose fields are those that we read.
fn versions(kind: RouteKind) -> &'static [&'static str] {
    match kind {
        RouteKind::Http => &["v1", "v1beta1"],
        RouteKind::Grpc => &["v1", "v1alpha2"],
        RouteKind::LinkerdHttp => &["v1alpha1", "v1beta1", "v1beta2", "v1beta3"],
    }
}
