//! The changes that a route remembers, the last one first.

use jiff::Timestamp;
use meshroute::{
    name::RouteId,
    ratio::{self, Ratio},
};
use serde::Serialize;

use super::{Output, age, clean, grid::Grid, to_json, to_jsonpath, to_yaml};
use crate::{Look, exit::Failure, history::Entry};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonHistory<'a> {
    api_version: &'static str,
    kind: &'static str,
    route: JsonRoute<'a>,
    items: Vec<&'a Entry>,
}

#[derive(Serialize)]
struct JsonRoute<'a> {
    group: &'static str,
    kind: &'static str,
    namespace: &'a str,
    name: &'a str,
}

/// Prints a history.
pub(crate) fn history(
    id: &RouteId,
    entries: &[Entry],
    now: Timestamp,
    no_headers: bool,
    output: &Output,
    look: Look,
) -> Result<String, Failure> {
    let value = || JsonHistory {
        api_version: "meshroute.dev/v1",
        kind: "History",
        route: JsonRoute {
            group: id.kind.group(),
            kind: id.kind.kind(),
            namespace: &id.name.namespace,
            name: &id.name.name,
        },
        items: entries.iter().rev().collect(),
    };
    match output {
        Output::Table | Output::Wide => Ok(table(entries, now, no_headers, look)),
        Output::Json | Output::JsonLine => to_json(&value()),
        Output::Yaml => to_yaml(&value()),
        Output::JsonPath(template) => to_jsonpath(template, &value()),
        Output::Name | Output::Markdown => {
            Err(Failure::usage("a history is printed as table, json, yaml or jsonpath"))
        }
    }
}

fn table(entries: &[Entry], now: Timestamp, no_headers: bool, look: Look) -> String {
    let columns = vec!["REV", "WHEN", "BY", "RULE", "SPLIT", "REASON"];
    let mut grid = Grid::new(columns, !no_headers, look);
    for entry in entries.iter().rev() {
        let when = entry.when.parse::<Timestamp>();
        let when =
            when.map_or_else(|_| "?".into(), |when| age::human(now.duration_since(when).as_secs()));
        for (index, rule) in entry.rules.iter().enumerate() {
            let first = |text: String| if index == 0 { text } else { String::new() };
            let sum = rule.to.iter().map(|weight| u64::from(*weight)).sum();
            let shares: Vec<Ratio> =
                rule.to.iter().map(|weight| Ratio::new(u64::from(*weight), sum)).collect();
            let percents = ratio::percentages(&shares);
            let parts = rule.backends.iter().zip(percents).map(|(backend, percent)| {
                let name = backend.rsplit('/').next().unwrap_or(backend);
                format!("{} {percent}%", name.split(':').next().unwrap_or(name))
            });
            let split = parts.collect::<Vec<_>>().join(", ");
            let name = rule.name.clone().unwrap_or_else(|| rule.rule.to_string());
            let cells = [
                first(entry.rev.to_string()),
                first(when.clone()),
                first(entry.who.clone()),
                name,
                split,
                first(entry.reason.clone().unwrap_or_else(|| "-".into())),
            ];
            grid.add(cells.iter().map(|cell| clean(cell)).collect(), None);
        }
    }
    grid.print()
}
