//! What is edited and how, what is refused, and that nothing else changes.

mod amend;
mod files;
mod folder;
mod generated;
mod kustomize;
mod refused;

use std::path::PathBuf;

use meshroute::name::{ObjectName, RouteId, RouteKind};

use super::{Style, Weight, edits, insert};
use crate::{
    exit::Failure,
    source::{Input, Origin},
    yaml,
};

/// The head of a route `a`, up to its backends.
const HEAD: &str = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: a}\nspec:\n  rules:\n  - backendRefs:";

fn input(text: &str) -> Input {
    Input { origin: Origin::File(PathBuf::from("a.yaml")), text: text.as_bytes().to_vec() }
}

/// A weight of a backend of the first rule of route `a`.
fn weight(backend: usize, old: Option<u32>, new: u32) -> Weight {
    let name = ObjectName::new("default", "a");
    Weight { route: RouteId { name, kind: RouteKind::Http }, rule: 0, backend, old, new }
}

/// The text after an edit, or the message of the refusal.
fn outcome(text: &str, weights: &[Weight]) -> Result<String, String> {
    match edits(&[input(text)], "default", weights) {
        Ok(edited) => Ok(String::from_utf8_lossy(&edited[0].text).into_owned()),
        Err(Failure::Said { code, message }) => Err(format!("{code}: {message}")),
        Err(Failure::Lost(_) | Failure::Interrupted | Failure::Pipe) => panic!("it is about files"),
    }
}

/// Checks what becomes of the text below [`HEAD`] when the first backend gets weight 7.
#[track_caller]
fn becomes(old: Option<u32>, before: &str, after: &str) {
    let edited = outcome(&format!("{HEAD}{before}"), &[weight(0, old, 7)]);
    assert_eq!(edited, Ok(format!("{HEAD}{after}")), "{before:?}");
}

#[test]
fn a_number_is_replaced_whatever_its_spelling() {
    for (spelling, old) in [
        ("90", 90),
        ("010", 8),
        ("0x5A", 90),
        ("9_0", 90),
        ("90.0", 90),
        ("+5", 5),
        ("1e2", 100),
        ("!!int 90", 90),
        ("!!float 90", 90),
        ("!!int \"90\"", 90),
        ("&w 90", 90),
    ] {
        let kept = match spelling.rsplit_once(' ') {
            Some((head, _)) => format!("{head} "),
            None => String::new(),
        };
        for (before, after) in [
            ("\n    - weight: ", " # c\n      name: b\n"),
            ("\n    - {\"weight\": ", ", name: b}\n"),
            ("\n    - name: b\n      'weight':  ", "\t# c"),
            ("\r\n    - name: b\r\n      weight : ", "\r\n"),
        ] {
            becomes(
                Some(old),
                &format!("{before}{spelling}{after}"),
                &format!("{before}{kept}7{after}"),
            );
        }
    }
}

#[test]
fn a_weight_without_a_value_gets_one() {
    becomes(None, "\n    - name: b\n      weight:\n", "\n    - name: b\n      weight: 7\n");
    becomes(None, "\n    - name: b\n      weight: # c\n", "\n    - name: b\n      weight: 7 # c\n");
    becomes(None, "\n    - name: b\n      weight :", "\n    - name: b\n      weight : 7");
    becomes(None, "\n    - weight:\n      name: b\n", "\n    - weight: 7\n      name: b\n");
    becomes(None, "\n    - weight: ~ # c\n", "\n    - weight: 7 # c\n");
    becomes(None, "\n    - weight: null\n", "\n    - weight: 7\n");
    becomes(None, "\n    - weight: &w\n", "\n    - weight: &w 7\n");
    becomes(None, " [{weight: , name: b}]", " [{weight: 7 , name: b}]");
    becomes(None, " [{weight, name: b}]", " [{weight: 7, name: b}]");
    becomes(None, " [{\"weight\":, name: b}]", " [{\"weight\": 7, name: b}]");
    becomes(None, " [{\"weight\":null}]", " [{\"weight\":7}]");
}

#[test]
fn a_weight_goes_behind_the_last_key_of_a_block() {
    let cases = [
        ("\n    - name: b\n", "\n    - name: b\n      weight: 7\n"),
        ("\n    - name: b", "\n    - name: b\n      weight: 7"),
        (
            "\n    -   name: b # c\n        port: 1 # d\n    # e\n  # f\n",
            "\n    -   name: b # c\n        port: 1 # d\n        weight: 7\n    # e\n  # f\n",
        ),
        (
            "\r\n    - name: b\r\n    - name: c\r\n",
            "\r\n    - name: b\r\n      weight: 7\r\n    - name: c\r\n",
        ),
        (
            "\r\n    - name: b\n    - name: c\r\n",
            "\r\n    - name: b\n      weight: 7\n    - name: c\r\n",
        ),
        ("\r    - name: b\r    - name: c\r", "\r    - name: b\r      weight: 7\r    - name: c\r"),
        (
            "\n    - name: b\n      port:\n\n\n",
            "\n    - name: b\n      port:\n      weight: 7\n\n\n",
        ),
        (
            "\n    - name: b\n      port: # c\n",
            "\n    - name: b\n      port: # c\n      weight: 7\n",
        ),
        ("\n    -\n      name: b\n", "\n    -\n      name: b\n      weight: 7\n"),
        ("\n    - \"name\": b\n", "\n    - \"name\": b\n      \"weight\": 7\n"),
        ("\n    - &b\n      name: b\n", "\n    - &b\n      name: b\n      weight: 7\n"),
        ("\n    - &n name: b\n", "\n    - &n name: b\n      weight: 7\n"),
        (
            "\n    - name: b\n      filters:\n      - a: {b: 1}\n      # c\n",
            "\n    - name: b\n      filters:\n      - a: {b: 1}\n      weight: 7\n      # c\n",
        ),
        (
            "\n    - name: b\n      x: >-\n        y\n        # z\n\n    - name: c\n",
            "\n    - name: b\n      x: >-\n        y\n        # z\n      weight: 7\n\n    - name: c\n",
        ),
        (
            "\n    - name: b\n      x: |+\n        y\n\n    - name: c\n",
            "\n    - name: b\n      x: |+\n        y\n\n      weight: 7\n    - name: c\n",
        ),
        (
            "\n    - name: b\n      x: 'y\n\n        z'\n---\n",
            "\n    - name: b\n      x: 'y\n\n        z'\n      weight: 7\n---\n",
        ),
    ];
    for (before, after) in cases {
        becomes(None, before, after);
    }
}

#[test]
fn a_weight_goes_behind_the_last_key_of_a_flow() {
    let cases = [
        (" [{name: b}]", " [{name: b, weight: 7}]"),
        (" [ { name: b , port: 1 } ]", " [ { name: b , port: 1 , weight: 7 } ]"),
        (" [{name: b,}]", " [{name: b, weight: 7,}]"),
        (" [{\"name\":\"b\"}]", " [{\"name\":\"b\",\"weight\":7}]"),
        (" [{\"name\": \"b\", \"port\": 1}]", " [{\"name\": \"b\", \"port\": 1, \"weight\": 7}]"),
        (" [{'name': b}]", " [{'name': b, 'weight': 7}]"),
        (" [{\tname: b,\tport: 1\t}]", " [{\tname: b,\tport: 1,\tweight: 7\t}]"),
        (" [{name: b, port: }]", " [{name: b, port: , weight: 7 }]"),
        (" [{name: b, port}]", " [{name: b, port, weight: 7}]"),
        (" [{name: '}', port: 1 # }\n    }]", " [{name: '}', port: 1, weight: 7 # }\n    }]"),
        (
            "\n    - {\n      name: b, # c\n      port: 1 # d\n    }\n",
            "\n    - {\n      name: b, # c\n      port: 1, # d\n      weight: 7\n    }\n",
        ),
        (
            "\n    - {\n      name: b,\n      port: 1, # d\n    }\n",
            "\n    - {\n      name: b,\n      port: 1, # d\n      weight: 7,\n    }\n",
        ),
        (
            "\n    - {\r\n      name: b\r\n    }\r\n",
            "\n    - {\r\n      name: b,\r\n      weight: 7\r\n    }\r\n",
        ),
        (
            "\n    - { name: b\n      , port: 1\n      }\n",
            "\n    - { name: b\n      , port: 1\n      , weight: 7\n      }\n",
        ),
        (
            "\n    - { name: b,\n        port: 1 }\n",
            "\n    - { name: b,\n        port: 1,\n        weight: 7 }\n",
        ),
        (" [{name: b, filters: [{a: {}}]}]", " [{name: b, filters: [{a: {}}], weight: 7}]"),
    ];
    for (before, after) in cases {
        becomes(None, before, after);
    }
}

#[test]
fn json_stays_json() {
    let head = "{\"apiVersion\": \"gateway.networking.k8s.io/v1\", \"kind\": \"HTTPRoute\", \"metadata\": {\"name\": \"a\"}, \"spec\": {\"rules\": [{\"backendRefs\": [";
    let before =
        format!("{head}{{\n\t\"name\": \"b\",\n\t\"port\": 1\n}}, {{\"weight\":1}}]}}]}}}}");
    let after = format!(
        "{head}{{\n\t\"name\": \"b\",\n\t\"port\": 1,\n\t\"weight\": 90\n}}, {{\"weight\":10}}]}}]}}}}"
    );
    let edited = outcome(&before, &[weight(0, None, 90), weight(1, Some(1), 10)]);
    assert_eq!(edited.as_deref(), Ok(after.as_str()));
    assert!(serde_json::from_str::<serde_json::Value>(&after).is_ok());
    let two = |last: &str| format!("{}{}", before, last);
    assert_eq!(
        outcome(&two(&before), &[weight(0, None, 90), weight(1, Some(1), 10)]),
        Ok(two(&after))
    );
}

#[test]
fn the_key_that_counts_is_edited() {
    becomes(
        Some(2),
        "\n    - weight: 1\n      weight: 2\n",
        "\n    - weight: 1\n      weight: 7\n",
    );
    becomes(None, "\n    - weight: 1\n      weight:\n", "\n    - weight: 1\n      weight: 7\n");
}

#[test]
fn of_a_route_that_is_there_twice_the_last_is_edited() {
    let route = |weight: u32| format!("{HEAD}\n    - {{name: b, weight: {weight}}}\n");
    let other = route(3).replace("metadata: {name: a}", "metadata: {name: a, namespace: other}");
    let inputs = [input(&format!("{}---\n{}", route(1), route(2))), input(&other)];
    let edited = edits(&inputs, "default", &[weight(0, Some(2), 7)]).expect("it is possible");
    assert_eq!(edited[0].text, format!("{}---\n{}", route(1), route(7)).into_bytes());
    assert_eq!(edited[1].text, other.into_bytes());
    assert_eq!(edited[0].places[0].to_string(), "a.yaml:15  b  weight 2 → 7");
}

#[test]
fn routes_of_lists_are_found() {
    let item = "apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: a}";
    for kind in ["List", "HTTPRouteList"] {
        let list = |spec: &str| {
            format!(
                "\u{feff}kind: {kind}\nitems:\n- {{kind: ConfigMap}}\n- {{{item}, spec: {{rules: [{{backendRefs: [{spec}]}}]}}}}\n"
            )
        };
        let edited = outcome(&list("{name: b}"), &[weight(0, None, 7)]);
        assert_eq!(edited, Ok(list("{name: b, weight: 7}")));
    }
}

#[test]
fn the_same_weights_change_nothing() {
    for (before, old, new) in [
        ("\n    - weight: 010\n", Some(8), 8),
        ("\n    - weight: ~\n", None, 1),
        ("\n    - name: b\n", None, 1),
        ("\n    - {weight: 1}\n", None, 1),
    ] {
        let text = format!("{HEAD}{before}");
        let inputs = [input(&text)];
        let edited = edits(&inputs, "default", &[weight(0, old, new)]).expect("it is possible");
        assert_eq!((&*edited[0].text, edited[0].places.len()), (text.as_bytes(), 0));
    }
}

#[test]
fn several_entries_are_inserted_at_once() {
    let inserted = |text: &str| {
        let documents = yaml::documents(text.as_bytes());
        let Some(Ok(document)) = documents.first() else { panic!("it is YAML") };
        let style = Style::of(text.as_bytes(), &document.root);
        let entries = [("group", &"".into()), ("kind", &"Service".into())];
        let changes = insert(text.as_bytes(), &document.root, style, &entries)?;
        String::from_utf8(super::change::apply(text.as_bytes(), vec![changes])?).ok()
    };
    let cases = [
        ("name: a # b\n", "name: a # b\ngroup: \"\"\nkind: Service\n"),
        ("{name: a}", "{name: a, group: \"\", kind: Service}"),
        ("{}", "{group: \"\", kind: Service}"),
        ("{\n  name: a # b\n}", "{\n  name: a, # b\n  group: \"\",\n  kind: Service\n}"),
    ];
    for (before, after) in cases {
        assert_eq!(inserted(before).as_deref(), Some(after), "{before:?}");
    }
    assert_eq!(inserted("- a\n"), None);
}
