//! `/mutate`: the weights that are filled in. It never denies.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use meshroute::{
    cluster::{Cluster, Object},
    defaulting::{self, Weight},
    lower::Lowered,
    path::{FieldPath, Step},
};
use serde::Serialize;

use crate::review::{response::Response, say};

/// One step of a JSON Patch (RFC 6902). There is no `test` among them: where one fails, the write does.
#[derive(Debug, Serialize)]
struct Operation {
    op: &'static str,
    path: String,
    value: u32,
}

/// Answers with what is to be filled in, if anything is.
pub(super) fn respond(cluster: &Cluster, object: &Lowered) -> Response {
    let Some(Object::Route(route)) = &object.object else {
        // The API server has not looked at its shape yet, and will refuse it.
        return Response::allowed();
    };
    let weights = defaulting::weights(cluster, route);
    if weights.is_empty() {
        return Response::allowed();
    }
    let patch: Vec<Operation> = weights.iter().map(operation).collect();
    let patch = serde_json::to_vec(&patch).expect("texts and numbers are JSON");
    let completed: Vec<&Weight> = weights.iter().filter(|weight| weight.completes).collect();
    Response {
        patch: Some(STANDARD.encode(patch)),
        patch_type: Some("JSONPatch"),
        warnings: say::warnings(completed.into_iter().map(warning), |others| {
            format!("{others} more weights were left out, and make 100")
        }),
        ..Response::allowed()
    }
}

fn operation(weight: &Weight) -> Operation {
    Operation {
        op: if weight.stands { "replace" } else { "add" },
        path: pointer(&path(weight)),
        value: weight.weight,
    }
}

/// Whoever keeps the manifest sees another number than is stored.
fn warning(weight: &Weight) -> String {
    format!("{} was left out, and is {} to make 100: write it", path(weight), weight.weight)
}

fn path(weight: &Weight) -> FieldPath {
    let steps: [Step; 6] = [
        "spec".into(),
        "rules".into(),
        weight.rule.into(),
        "backendRefs".into(),
        weight.backend.into(),
        "weight".into(),
    ];
    steps.into_iter().collect()
}

/// A place as a JSON Pointer (RFC 6901).
fn pointer(path: &FieldPath) -> String {
    let mut pointer = String::new();
    for step in path.steps() {
        pointer.push('/');
        match step {
            Step::Field(name) => pointer.push_str(&name.replace('~', "~0").replace('/', "~1")),
            Step::Index(index) => pointer.push_str(&index.to_string()),
        }
    }
    pointer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_is_escaped() {
        let steps: [Step; 3] = ["metadata".into(), "a/b~c".into(), 1.into()];
        assert_eq!(pointer(&steps.into_iter().collect()), "/metadata/a~1b~0c/1");
    }
}
