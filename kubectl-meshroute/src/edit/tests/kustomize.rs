//! Which file behind a kustomization holds a weight.

use std::path::Path;

use super::{
    super::{
        advice,
        kustomize::{Form, spots},
    },
    HEAD,
    folder::Folder,
    weight,
};
use crate::exit::Failure;

fn route(weight: u32) -> String {
    format!("{HEAD}\n    - {{name: b, weight: {weight}}}\n")
}

/// The file, line and form that hold the weight of the first backend, or why that is not known.
fn spot(folder: &Path, old: u32) -> Result<(String, usize, Form), String> {
    match spots(folder, "default", &[weight(0, Some(old), 7)]) {
        Ok(spots) => {
            let file = spots[0].file.file_name().unwrap_or_default().to_string_lossy();
            Ok((file.into_owned(), spots[0].line, spots[0].form))
        }
        Err(Failure::Said { message, .. }) => Err(message),
        Err(Failure::Lost(_) | Failure::Interrupted | Failure::Pipe) => panic!("it is about files"),
    }
}

/// A base with a route of weight 1, and an overlay on it that says this.
fn overlay(says: &str) -> Folder {
    let folder = Folder::new();
    folder.put("base/kustomization.yaml", "resources: [a.yaml]\n");
    folder.put("base/a.yaml", &route(1));
    folder.put("over/kustomization.yaml", &format!("resources: [../base]\n{says}"));
    folder
}

#[test]
fn a_base_holds_it_unless_a_patch_does() {
    let folder = overlay("");
    let base = Ok(("a.yaml".to_owned(), 7, Form::Resource));
    assert_eq!(spot(&folder.0.join("over"), 1), base);
    assert_eq!(spot(&folder.0.join("base"), 1), base);
    let said = advice(&folder.0.join("over"), "default", &[weight(0, Some(1), 7)], |file| {
        format!("split x 7/3 -f {file}")
    });
    let Failure::Said { message, .. } = said else { panic!("there is no pipe") };
    assert!(message.contains("split x 7/3 -f ") && message.contains("base/a.yaml\n"), "{message}");
    assert!(message.ends_with("other overlays may be built on that file as well"), "{message}");
}

#[test]
fn a_patch_with_rules_replaces_them() {
    for says in ["patches: [{path: p.yaml}]\n", "patchesStrategicMerge: [p.yaml]\n"] {
        let folder = overlay(says);
        folder.put("over/p.yaml", &format!("# c\n{}", route(90)));
        let found = spot(&folder.0.join("over"), 90);
        assert_eq!(found, Ok(("p.yaml".to_owned(), 8, Form::Merge)), "{says}");
        // A patch of something else does not.
        folder.put("over/p.yaml", "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: a, labels: {a: b}}\n");
        assert!(spot(&folder.0.join("over"), 1).is_ok_and(|it| it.0 == "a.yaml"), "{says}");
    }
}

#[test]
fn an_operation_holds_what_it_puts() {
    let folder = overlay(
        "patches:\n- target: {kind: HTTPRoute, name: a}\n  patch: |-\n    - op: test\n      path: /spec\n      value: 1\n    - op: replace\n      path: /spec/rules/0/backendRefs/0/weight\n      value: 90\n",
    );
    let found = spot(&folder.0.join("over"), 90);
    assert_eq!(found, Ok(("kustomization.yaml".to_owned(), 10, Form::Json)));
    let folder = overlay(
        "patchesJson6902:\n- path: p.json\n  target: {kind: HTTPRoute, name: a, version: v1}\n",
    );
    let value = "{\"name\": \"c\",\n \"weight\": 2}";
    let add =
        |path: &str| format!("[{{\"op\": \"add\", \"path\": \"{path}\", \"value\": {value}}}]");
    folder.put("over/p.json", &add("/spec/rules/0/backendRefs/0"));
    assert_eq!(spot(&folder.0.join("over"), 2), Ok(("p.json".to_owned(), 2, Form::Json)));
    folder.put("over/p.json", &add("/spec/rules/0/backendRefs/-"));
    assert!(spot(&folder.0.join("over"), 1).is_ok_and(|it| it.0 == "a.yaml"));
}

#[test]
fn names_that_a_layer_changes_are_followed() {
    let folder = overlay("namePrefix: x-\nnamespace: shop\npatches: [{path: p.yaml}]\n");
    folder.put("over/p.yaml", &route(90));
    let mut renamed = weight(0, Some(90), 7);
    (renamed.route.name.namespace, renamed.route.name.name) = ("shop".into(), "x-a".into());
    let found = spots(&folder.0.join("over"), "default", &[renamed]).expect("it is found");
    assert_eq!(found[0].form, Form::Merge);
    assert!(spot(&folder.0.join("over"), 90).is_err_and(|it| it.contains("is in 0 of its files")));
}

#[test]
fn what_cannot_be_told_is_said() {
    let folder = overlay("replacements: [{path: r.yaml}]\n");
    let why = spot(&folder.0.join("over"), 5).expect_err("the number is another one");
    assert!(why.contains("comes from elsewhere; not read: replacements in "), "{why}");
    let folder = overlay(
        "patches:\n- target: {labelSelector: a=b}\n  patch: '[{op: remove, path: /spec/rules/0}]'\n",
    );
    let why = spot(&folder.0.join("over"), 1).expect_err("it depends on labels");
    assert!(why.contains("not read: "), "{why}");
    let folder = overlay(
        "patches:\n- target: {labelSelector: a=b}\n  patch: '[{op: remove, path: /spec/x}]'\n",
    );
    assert!(spot(&folder.0.join("over"), 1).is_ok());
    let folder = overlay("replacements: [{targets: [{fieldPaths: [spec.rules.0.backendRefs]}]}]\n");
    assert!(spot(&folder.0.join("over"), 1).is_err());
    let folder = Folder::new();
    folder.put("kustomization.yaml", "resources: [https://example.com/a.yaml]\n");
    let why = spot(&folder.0, 1).expect_err("it is remote");
    assert!(why.contains("is in 0 of its files; not read: https://example.com/a.yaml"), "{why}");
}
