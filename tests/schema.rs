//! The JSON that commands print is what the schemas in `docs` say it is.

use std::{fs, path::Path};

use meshroute::lint::ALL;
use meshroute_tests::program;

const MESHES: [&str; 7] =
    ["spec", "istio", "istio-ambient", "linkerd", "cilium", "kuma", "kgateway"];

/// Inputs that between them have every kind of rule, backend and remark.
const INPUTS: [&str; 10] = [
    "examples/bookinfo",
    "tests/cases/attachment",
    "tests/cases/consumers",
    "tests/cases/consumers/inherit",
    "tests/cases/order",
    "tests/cases/backends",
    "tests/cases/backends/without-extension",
    "tests/cases/waypoints",
    "tests/cases/exceptions",
    "tests/cases/owner",
];

#[test]
fn every_answer_is_valid_and_says_nothing_beside_the_schema() {
    let mut schema = schema();
    // The published schema lets fields be added; here each of them has to be described.
    close(&mut schema);
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let mut seen = String::new();
    for input in INPUTS {
        for mesh in MESHES {
            for client in [None, Some("client")] {
                let path = root(input);
                let mut args = vec!["split", "-A", "-o", "json", "--mesh", mesh, "-f", &path];
                args.extend(client.iter().flat_map(|client| ["--from-namespace", client]));
                let outcome = program::run(&args, "");
                assert_eq!(outcome.code, 0, "{args:?}: {}", outcome.stderr);
                let answer = serde_json::from_str(&outcome.stdout).expect("it is JSON");
                let errors: Vec<String> = validator
                    .iter_errors(&answer)
                    .map(|error| format!("{} at {}", error, error.instance_path()))
                    .collect();
                assert!(errors.is_empty(), "{args:?}: {errors:#?}");
                seen.push_str(&outcome.stdout);
            }
        }
    }
    for field in [
        "inheritedFrom\": {",
        "backend\": {",
        "respond\": 404",
        "ranks\": [",
        "gateway\": {",
        "owner\": {",
        "reverts\": true",
        "reverts\": null",
    ] {
        assert!(seen.contains(field), "no input leads to {field}");
    }
}

#[test]
fn one_service_is_a_split_and_not_a_list() {
    let validator = jsonschema::validator_for(&schema()).expect("the schema is one");
    let path = root("examples/bookinfo");
    let outcome = program::run(&["split", "reviews", "-o", "json", "-f", &path], "");
    let mut answer = serde_json::from_str(&outcome.stdout).expect("it is JSON");
    assert!(validator.is_valid(&answer));
    assert_eq!(answer["kind"], "Split");
    answer["rules"][0]["role"] = "owner".into();
    assert!(!validator.is_valid(&answer), "a role that does not exist is refused");
}

#[test]
fn every_difference_is_valid_and_says_nothing_beside_the_schema() {
    let mut schema = read("docs/diff.schema.json");
    close(&mut schema);
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let mut seen = String::new();
    let valid = |args: &[&str]| {
        let outcome = program::run(args, "");
        assert!(outcome.code < 2, "{args:?}: {}", outcome.stderr);
        let answer = serde_json::from_str(&outcome.stdout).expect("it is JSON");
        let errors: Vec<String> = validator
            .iter_errors(&answer)
            .map(|it| format!("{it} at {}", it.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{args:?}: {errors:#?}");
        outcome.stdout
    };
    for input in INPUTS {
        for (mesh, other) in MESHES.iter().zip(MESHES.iter().skip(1)) {
            let (path, meshes) = (root(input), format!("{mesh},{other}"));
            seen += &valid(&["diff", "-o", "json", "--mesh", &meshes, "-f", &path]);
        }
    }
    let [before, after, gone] =
        ["before", "after", "gone"].map(|it| root(&format!("tests/cases/diff/{it}.yaml")));
    seen += &valid(&["diff", &before, &after, "-o", "json", "--max-shift", "5%"]);
    seen += &valid(&["diff", &before, &gone, "-o", "json"]);
    seen += &valid(&["diff", &before, &before, "-o", "json"]);
    for field in [
        "\"items\": []",
        "\"maxShift\": \"1/20\"",
        "above --max-shift 5.0%",
        "notFromNamespaces\": [\n",
        "fromNamespace\": \"",
        "exists\": false",
        "after\": null",
        "rule\": null",
        "answer\": 404",
        "startsToFail\": true",
        "orderDefined\": false",
    ] {
        assert!(seen.contains(field), "no input leads to {field}");
    }
}

#[test]
fn every_finding_is_valid_and_says_nothing_beside_the_schema() {
    let mut schema = read("docs/lint.schema.json");
    close(&mut schema);
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let mut seen = String::new();
    for lint in ALL {
        for example in [lint.bad, lint.good] {
            let args =
                ["lint", "-", "--info", "--complete", "-o", "json", "--mesh", "spec,linkerd"];
            let outcome = program::run(&args, example);
            assert!(outcome.code < 2, "{}: {}", lint.code, outcome.stderr);
            let answer = serde_json::from_str(&outcome.stdout).expect("it is JSON");
            let errors: Vec<String> = validator
                .iter_errors(&answer)
                .map(|it| format!("{it} at {}", it.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{}: {errors:#?}", lint.code);
            seen.push_str(&outcome.stdout);
        }
    }
    for field in [
        "\"findings\": []",
        "\"object\": null",
        "\"fix\": null",
        "\"edits\": []",
        "\"op\": \"set\"",
        "\"op\": \"rename\"",
        "\"value\": 1\n",
        "\"path\": \"\"",
    ] {
        assert!(seen.contains(field), "no input leads to {field}");
    }
}

fn schema() -> serde_json::Value {
    read("docs/split.schema.json")
}

fn read(name: &str) -> serde_json::Value {
    let text = fs::read_to_string(root(name)).expect("the schema can be read");
    serde_json::from_str(&text).expect("the schema is JSON")
}

/// Forbids what is not described, except where several descriptions apply to one object.
fn close(schema: &mut serde_json::Value) {
    match schema {
        serde_json::Value::Object(object) => {
            if object.contains_key("allOf") {
                object.insert("unevaluatedProperties".into(), false.into());
            }
            let combined = object.contains_key("allOf") || object.contains_key("$defs");
            if object.contains_key("properties") && !combined {
                object.insert("additionalProperties".into(), false.into());
            }
            for (name, part) in object.iter_mut() {
                // The parts of `allOf` in `Rule.matches` describe one object together.
                if name == "Conditions" || name == "Ranked" {
                    continue;
                }
                close(part);
            }
        }
        serde_json::Value::Array(parts) => parts.iter_mut().for_each(close),
        _ => {}
    }
}

fn root(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path).to_string_lossy().into_owned()
}
