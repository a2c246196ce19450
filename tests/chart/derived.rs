//! What the chart says of lints, meshes and values is what the programs and the chart itself say.
//!
//! `UPDATE_EXPECT=1 cargo test -p meshroute-tests --test chart` writes it anew.

use std::{collections::BTreeSet, fmt::Write as _, fs};

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

/// The values as Helm reads them; kubectl only reads objects.
fn defaults(chart: &Chart) -> Value {
    let text = fs::read_to_string(generated::root().join("charts/meshroute/values.yaml"));
    let text = text.expect("the values can be read");
    let indented: String = text.lines().map(|line| format!("  {line}\n")).collect();
    let object = format!("apiVersion: v1\nkind: Values\nmetadata: {{name: a}}\nspec:\n{indented}");
    chart.objects(&object)[0]["spec"].take()
}

/// A line for each value: what the schema says of it, and what it is by default.
fn rows(path: &str, schema: &Value, default: Option<&Value>, table: &mut String) {
    let is_strict = schema["properties"].is_null() || schema["additionalProperties"] == false;
    assert!(is_strict, "{path}: other keys would be taken");
    if let Some(properties) = schema["properties"].as_object()
        && schema["description"].is_null()
    {
        for (name, schema) in properties {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            rows(&path, schema, default.and_then(|it| it.get(name)), table);
        }
        return;
    }
    // This one is Helm's.
    if path == "global" {
        return;
    }
    let about = schema["description"].as_str().unwrap_or_else(|| panic!("{path}: not described"));
    let default = default.unwrap_or_else(|| panic!("{path}: not in values.yaml"));
    let names = schema["enum"].as_array().into_iter().flatten().map(|name| format!("`{name}`"));
    let names: Vec<String> = names.map(|name| name.replace('"', "")).collect();
    let names = if names.is_empty() { String::new() } else { format!(" {}.", names.join(", ")) };
    let default = default.to_string().replace(r#""""#, "");
    let default = if default.is_empty() { default } else { format!("`{default}`") };
    writeln!(table, "| `{path}` | {default} | {about}{names} |")
        .expect("a String takes everything");
}

#[test]
fn the_readme_lists_all_values() {
    let Some(chart) = chart::open("the_readme_lists_all_values") else { return };
    let mut table = "| value | default | |\n|---|---|---|\n".to_owned();
    rows("", &schema().1, Some(&defaults(&chart)), &mut table);
    generated::hold_part("charts/meshroute/README.md", "all values", &table);
}
