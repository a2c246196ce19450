//! What holds of a review that answers, as the API server and whoever it tells read it.

use serde_json::Value;

use crate::warning;

/// No answer of `/validate` is longer.
const LONGEST: usize = 16 << 10;
/// No answer of `/mutate` is: 16 rules of 16 backends each may get a weight.
const LONGEST_PATCH: usize = 32 << 10;

/// Returns the response in a body that answers a request with this id, once it is what the API server takes.
pub(crate) fn response(uid: &Value, body: &[u8], may_patch: bool) -> Value {
    let review: Value = serde_json::from_slice(body).expect("the answer is JSON");
    assert_eq!(review["apiVersion"], "admission.k8s.io/v1");
    assert_eq!(review["kind"], "AdmissionReview");
    let response = review["response"].clone();
    assert_eq!(response["uid"], *uid);
    let longest = if may_patch { LONGEST_PATCH } else { LONGEST };
    assert!(body.len() <= longest, "{} bytes", body.len());

    let is_allowed = response["allowed"].as_bool().expect("it is said");
    let status = &response["status"];
    assert!(is_allowed || !may_patch, "only /validate denies");
    assert_eq!(is_allowed, status.is_null(), "a reason, where there has to be one");
    assert_eq!(response["patch"].is_null(), response["patchType"].is_null());
    assert!(response["patch"].is_null() || may_patch, "only /mutate changes");

    let warnings = response["warnings"].as_array().map_or(&[][..], Vec::as_slice);
    let warnings: Vec<&str> = warnings.iter().map(text).collect();
    assert!(warnings.len() <= 4 && warnings.iter().all(|it| it.chars().count() <= 256));
    assert_eq!(warning::passed_on(&warnings), warnings, "the API server passes on all of it");

    let message = if is_allowed { "" } else { text(&status["message"]) };
    let causes = status["details"]["causes"].as_array().map_or(&[][..], Vec::as_slice);
    let causes = causes.iter().flat_map(|cause| [&cause["message"], &cause["field"]]);
    let notes = response["auditAnnotations"].as_object().into_iter().flat_map(|it| it.values());
    let texts = causes.chain(notes).map(text).chain(status["details"]["name"].as_str());
    for text in message.lines().chain(texts).chain(warnings) {
        assert!(text.chars().all(is_shown), "{text:?}");
    }
    response
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// Whether a character is seen where it is, and moves no other.
fn is_shown(character: char) -> bool {
    let code = u32::from(character);
    !character.is_control() && !matches!(code, 0x200e | 0x200f | 0x2028..=0x202e | 0x2066..=0x2069)
}
