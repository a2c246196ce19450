//! Moves objects to other namespaces, so that tests which share a server do not meet.

use serde_json::Value;

/// Renames namespaces in an object: its own, those that it refers to, and itself if it is one.
pub fn rehome(object: &mut Value, moves: &[(&str, &str)]) {
    if object["kind"] == "Namespace" {
        rename(&mut object["metadata"]["name"], moves);
    }
    references(object, moves);
}

/// Every field of this name refers to a namespace, wherever it is.
fn references(value: &mut Value, moves: &[(&str, &str)]) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == "namespace" {
                    rename(value, moves);
                }
                references(value, moves);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| references(item, moves)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn rename(value: &mut Value, moves: &[(&str, &str)]) {
    if let Some((_, to)) = moves.iter().find(|(from, _)| value == from) {
        *value = Value::from(*to);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_move_with_their_namespaces() {
        let mut route = json!({"kind": "HTTPRoute", "metadata": {"namespace": "a", "name": "a"},
            "spec": {"parentRefs": [{"namespace": "b"}, {"namespace": "c"}]}});
        rehome(&mut route, &[("a", "x"), ("b", "y")]);
        assert_eq!(
            route,
            json!({"kind": "HTTPRoute", "metadata": {"namespace": "x", "name": "a"},
                "spec": {"parentRefs": [{"namespace": "y"}, {"namespace": "c"}]}})
        );
        let mut namespace = json!({"kind": "Namespace", "metadata": {"name": "a"}});
        rehome(&mut namespace, &[("a", "x")]);
        assert_eq!(namespace, json!({"kind": "Namespace", "metadata": {"name": "x"}}));
    }
}
