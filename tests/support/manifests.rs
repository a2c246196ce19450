//! Manifests of other projects: where they are, which of them are routes, and routes made of meshes'.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The YAML files of a folder and everything below it, in a fixed order.
///
/// # Panics
///
/// Panics if a folder cannot be listed.
#[must_use]
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder can be listed") {
            let path = entry.expect("a folder can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The documents of a text.
pub fn documents(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n---")
}

/// Whether a document is an HTTPRoute or a GRPCRoute.
#[must_use]
pub fn is_route(document: &str) -> bool {
    let mut lines = document.lines().map(|line| line.split(" #").next().unwrap_or_default());
    lines.any(|line| line == "kind: HTTPRoute" || line == "kind: GRPCRoute")
}

/// How many routes are in a text.
#[must_use]
pub fn routes(text: &str) -> usize {
    documents(text).filter(|document| is_route(document)).count()
}

/// The Service that [`with_service_parents`] names, in a namespace.
#[must_use]
pub fn front(namespace: &str) -> String {
    format!(
        "\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: front, namespace: {namespace}}}\n\
         spec: {{clusterIP: 10.0.0.1, ports: [{{port: 80, appProtocol: http}}]}}\n"
    )
}

/// Gives each route of a text the Service `front` as its first parent, unless it has a Service already.
#[must_use]
pub fn with_service_parents(text: &str) -> String {
    documents(text).map(with_service_parent).collect::<Vec<_>>().join("\n---")
}

/// Whether one of the parents of a route is a Service.
fn has_service_parent(document: &str) -> bool {
    let lines = document.lines().skip_while(|line| line.trim_end() != "  parentRefs:").skip(1);
    let mut parents = lines.take_while(|line| line.starts_with("   ") || line.starts_with("  -"));
    parents.any(|line| line.trim_start_matches([' ', '-']) == "kind: Service")
}

fn with_service_parent(document: &str) -> String {
    if !is_route(document) || has_service_parent(document) {
        return document.to_owned();
    }
    let parent = "- {group: \"\", kind: Service, name: front}";
    let mut lines: Vec<String> = document.lines().map(str::to_owned).collect();
    let at = |name: &str| document.lines().position(|line| line.trim_end() == name);
    match at("  parentRefs:") {
        Some(place) => {
            let next = lines.get(place + 1).map_or("", String::as_str);
            let indent = " ".repeat(next.len() - next.trim_start().len());
            lines.insert(place + 1, format!("{indent}{parent}"));
        }
        None => {
            let place = at("spec:").expect("a route has a spec");
            lines.insert(place + 1, format!("  parentRefs:\n  {parent}"));
        }
    }
    lines.join("\n") + "\n"
}
