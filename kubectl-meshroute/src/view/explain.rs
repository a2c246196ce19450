//! Lints, explained.

use std::fmt::Write as _;

use meshroute::{
    lint::{Lint, Need},
    profile::Mesh,
};

use crate::{Look, view::grid::Grid};

/// All of them, a line each.
pub(crate) fn list(lints: &[&'static Lint], look: Look) -> String {
    let mut grid = Grid::new(vec!["CODE", "LEVEL", "NAME", "SUMMARY"], true, look);
    for lint in lints {
        let cells = [lint.code, lint.level.name(), lint.name, lint.summary];
        grid.add(cells.map(str::to_owned).to_vec(), None);
    }
    grid.print()
}

/// One of them, in full.
pub(crate) fn one(lint: &Lint) -> String {
    let mut text = String::new();
    let mut add = |line: String| {
        writeln!(text, "{line}").expect("a String takes everything");
    };
    add(format!("{} {}: {}", lint.code, lint.name, lint.level));
    let mut others: Vec<String> = lint
        .meshes
        .iter()
        .map(|(mesh, level)| format!("{level} on {}", Mesh::name(*mesh)))
        .collect();
    if lint.raised_if_complete {
        others.push("error with --complete".into());
    }
    if !others.is_empty() {
        add(format!("Level: {}", others.join(", ")));
    }
    if !lint.needs.is_empty() {
        let needs: Vec<&str> = lint.needs.iter().copied().map(Need::name).collect();
        add(format!("Looks at: {}", needs.join(", ")));
    }
    add(format!("\n{}.", capital(lint.summary)));
    add(format!("\n{}", lint.docs.trim()));
    add(format!("\nWrong:\n\n{}", indented(lint.bad)));
    add(format!("\nRight:\n\n{}", indented(lint.good)));
    text
}

fn indented(yaml: &str) -> String {
    let lines = yaml.trim().lines().filter(|line| !line.starts_with("# lint:"));
    lines.map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
