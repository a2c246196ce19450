//! The one JSON Patch (RFC 6902) that changes weights, if what it relies on still is so.

use std::collections::BTreeMap;

use meshroute::shift::Shift;
use serde_json::{Value, json};

use crate::{exit::Failure, history::ANNOTATION};

/// The annotations of an object, as far as they are texts.
pub(crate) fn annotations(object: &Value) -> BTreeMap<String, String> {
    let entries = object["metadata"]["annotations"].as_object().into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// The patch for an object that was read. It holds which requests a rule takes and all that is
/// written of its backends, so that an index cannot mean another rule or backend by then; and it
/// holds the history, so that nobody's change is lost from it. A `test` for `null` holds where there
/// is no such field.
pub(crate) fn patch(shift: &Shift, object: &Value, history: Option<&str>) -> Value {
    let mut operations = Vec::new();
    for rule in &shift.rules {
        let path = format!("/spec/rules/{}", rule.index);
        let now = &object["spec"]["rules"][rule.index];
        for field in ["name", "matches", "backendRefs"] {
            operations.push(test(&format!("{path}/{field}"), &now[field]));
        }
    }
    for (rule, backend, _, new) in shift.changes() {
        let path = format!("/spec/rules/{rule}/backendRefs/{backend}/weight");
        let now = &object["spec"]["rules"][rule]["backendRefs"][backend]["weight"];
        operations.push(put(&path, now, json!(new)));
    }
    if let Some(history) = history {
        let all = &object["metadata"]["annotations"];
        let key = ANNOTATION.replace('~', "~0").replace('/', "~1");
        let (path, now, value) = if all.is_null() {
            ("/metadata/annotations".to_owned(), all, json!({ANNOTATION: history}))
        } else {
            (format!("/metadata/annotations/{key}"), &all[ANNOTATION], json!(history))
        };
        operations.push(test(&path, now));
        operations.push(put(&path, now, value));
    }
    Value::Array(operations)
}

/// The object that the patch was made for, as the server would make it. What the patch tests was
/// read from the object, so only the rest is carried out: by RFC 6902 a `test` of what is not there
/// fails, and an API server takes `null` for it.
pub(crate) fn patched(object: &Value, patch: &Value) -> Result<Value, Failure> {
    let mut patched = object.clone();
    let operations = patch.as_array().into_iter().flatten();
    let changes: Vec<Value> = operations.filter(|it| it["op"] != "test").cloned().collect();
    let wrong = |error: &dyn std::fmt::Display| {
        Failure::no(format!("internal error: the patch cannot be applied: {error}"))
    };
    let patch: json_patch::Patch =
        serde_json::from_value(changes.into()).map_err(|error| wrong(&error))?;
    json_patch::patch(&mut patched, &patch).map_err(|error| wrong(&error))?;
    Ok(patched)
}

fn test(path: &str, now: &Value) -> Value {
    json!({"op": "test", "path": path, "value": now})
}

fn put(path: &str, now: &Value, value: Value) -> Value {
    let operation = if now.is_null() { "add" } else { "replace" };
    json!({"op": operation, "path": path, "value": value})
}
