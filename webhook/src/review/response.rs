//! The AdmissionReview that answers (`k8s.io/api/admission/v1`, `types.go`).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::review::envelope::{API_VERSION, KIND};

/// The answer, but for its uid.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Response {
    pub(super) allowed: bool,
    /// Why it is not allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<Status>,
    /// A JSON Patch, as base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) patch: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) patch_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) warnings: Vec<String>,
    /// For the audit log, where each key follows the name of the webhook.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) audit_annotations: BTreeMap<&'static str, String>,
}

/// A `Status` of the API.
#[derive(Debug, Serialize)]
pub(super) struct Status {
    pub(super) status: &'static str,
    pub(super) code: u16,
    pub(super) reason: &'static str,
    pub(super) message: String,
    pub(super) details: Details,
}

/// What kubectl prints of a `Status` whose reason is `Invalid`.
#[derive(Debug, Serialize)]
pub(super) struct Details {
    pub(super) group: String,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) causes: Vec<Cause>,
}

/// One thing that is wrong.
#[derive(Debug, Serialize)]
pub(super) struct Cause {
    pub(super) reason: &'static str,
    pub(super) message: String,
    pub(super) field: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Review<'a> {
    api_version: &'static str,
    kind: &'static str,
    response: Identified<'a>,
}

#[derive(Serialize)]
struct Identified<'a> {
    uid: &'a str,
    #[serde(flatten)]
    response: &'a Response,
}

impl Response {
    /// Nothing speaks against it.
    pub(super) fn allowed() -> Self {
        Self { allowed: true, ..Self::default() }
    }

    /// The body of the answer to the request with this id.
    pub(super) fn body(&self, uid: &str) -> Vec<u8> {
        let response = Identified { uid, response: self };
        let review = Review { api_version: API_VERSION, kind: KIND, response };
        serde_json::to_vec(&review).expect("texts and numbers are JSON")
    }
}
