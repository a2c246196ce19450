//! What the chart says of lints, meshes and values is what the programs and the chart itself say.
//!
//! `UPDATE_EXPECT=1 cargo test -p meshroute-tests --test chart` writes it anew.

use std::{collections::BTreeSet, fs};

use meshroute::{
    lint::{ALL, Level},
    profile::Mesh,
};
use meshroute_tests::generated;

use super::*;

const SCHEMA: &str = "charts/meshroute/values.schema.json";

fn schema() -> (String, Value) {
    let text = fs::read_to_string(generated::root().join(SCHEMA)).expect("the schema can be read");
    let schema = serde_json::from_str(&text).expect("the schema is JSON");
    (text, schema)
}

/// The names stand in the file as JSON without spaces, once.
fn hold(pointer: &str, names: &[&str]) {
    let (text, schema) = schema();
    let found = schema.pointer(pointer).expect("the schema has such a list").to_string();
    assert_eq!(text.matches(&found).count(), 1, "{pointer}: {found}");
    generated::hold(SCHEMA, &text.replace(&found, &json!(names).to_string()));
}

#[test]
fn the_schema_knows_the_lints_and_the_meshes() {
    let codes: Vec<&str> = ALL.iter().map(|lint| lint.code).collect();
    hold("/properties/levels/propertyNames/enum", &codes);
    let meshes: Vec<&str> = Mesh::ALL.iter().map(|mesh| mesh.name()).collect();
    hold("/properties/mesh/items/enum", &meshes);
    let (_, schema) = schema();
    let levels = &schema["properties"]["levels"]["additionalProperties"]["enum"];
    let mut expected: Vec<Value> = Level::ALL.iter().map(|level| json!(level.name())).collect();
    // YAML reads off as false.
    expected.push(json!(false));
    assert_eq!(levels, &json!(expected));
}

/// Words of a text that are names of metrics of ours.
fn metrics(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("meshroute_") || word.starts_with("process_")).collect()
}

#[test]
fn alerts_and_dashboard_ask_for_what_is_counted() {
    let read = |name: &str| {
        fs::read_to_string(generated::root().join(name)).unwrap_or_else(|why| panic!("{why}"))
    };
    let source = read("webhook/src/metrics.rs");
    let counted = metrics(&source);
    for name in ["files/dashboard.json", "templates/prometheusrule.yaml"] {
        let text = read(&format!("charts/meshroute/{name}"));
        let asked = metrics(&text);
        assert!(asked.len() > 3, "{name}: {asked:?}");
        for metric in asked {
            let metric = metric.strip_suffix("_bucket").unwrap_or(metric);
            assert!(counted.contains(metric), "{name}: nothing is counted as {metric}");
        }
    }
    let dashboard: Value = serde_json::from_str(&read("charts/meshroute/files/dashboard.json"))
        .expect("the dashboard is JSON");
    let ids = dashboard["panels"].as_array().expect("a list").iter().map(|it| it["id"].as_u64());
    let ids: Vec<Option<u64>> = ids.collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
}
