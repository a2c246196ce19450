//! A change of weights, as text or JSON.

use std::collections::BTreeMap;

use meshroute::{
    name::{ObjectName, RouteId},
    ratio::{self, Ratio},
    shift::{RuleShift, Shift},
};
use serde::Serialize;

use super::{Output, clean, to_json, to_jsonpath, to_yaml, unified};
use crate::{Look, exit::Failure};

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is written.
    Written,
    /// Nothing had to be written.
    Unchanged,
    /// Nothing was sent.
    Dry,
    /// The server would write it.
    DryOnServer,
}

/// A change, and what there is to say with it.
pub(crate) struct Told<'a> {
    pub(crate) shift: &'a Shift,
    pub(crate) fate: Fate,
    /// What the mesh says of it, in a line.
    pub(crate) confirmed: Option<String>,
    /// The command that takes it back.
    pub(crate) undo: Option<String>,
    /// Where the weights of files are, by the index of the rule and that of the backend.
    pub(crate) places: BTreeMap<(usize, usize), Place>,
    /// What changes of the text, line by line; empty if that is not told.
    pub(crate) lines: String,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Place {
    /// The file, named as the command line leads to it.
    pub(crate) file: String,
    /// From 1, before the change.
    pub(crate) line: usize,
}

impl<'a> Told<'a> {
    /// A change of which there is nothing to say yet.
    pub(crate) fn new(shift: &'a Shift, fate: Fate) -> Self {
        let (places, lines) = (BTreeMap::new(), String::new());
        Self { shift, fate, confirmed: None, undo: None, places, lines }
    }
}

/// Refuses a format that no change is printed in, while nothing is written.
pub(crate) fn check(output: &Output) -> Result<(), Failure> {
    match output {
        Output::Table
        | Output::Wide
        | Output::Name
        | Output::Json
        | Output::JsonLine
        | Output::Yaml => Ok(()),
        Output::JsonPath(template) => super::check_jsonpath(template),
        Output::Markdown => {
            Err(Failure::usage("a change is printed as table, json, yaml, name or jsonpath"))
        }
    }
}

/// `httproute.gateway.networking.k8s.io/reviews`.
pub(crate) fn resource(route: &RouteId) -> String {
    let kind = route.kind.kind().to_ascii_lowercase();
    format!("{kind}.{}/{}", route.kind.group(), route.name.name)
}

/// Prints a change.
pub(crate) fn shift(told: &Told<'_>, output: &Output, look: Look) -> Result<String, Failure> {
    match output {
        Output::Table | Output::Wide => Ok(text(told, look)),
        Output::Name => Ok(resource(&told.shift.route) + "\n"),
        Output::Json | Output::JsonLine => to_json(&json(told)),
        Output::Yaml => to_yaml(&json(told)),
        Output::JsonPath(template) => to_jsonpath(template, &json(told)),
        Output::Markdown => check(output).map(|()| String::new()),
    }
}

fn text(told: &Told<'_>, look: Look) -> String {
    let Told { shift, fate, confirmed, undo, places, lines } = told;
    let word = match fate {
        Fate::Written => "split",
        Fate::Unchanged => "unchanged",
        Fate::Dry => "split (dry run)",
        Fate::DryOnServer => "split (server dry run)",
    };
    let mut text = format!("{} {word}\n", resource(&shift.route));
    if *fate == Fate::Unchanged {
        return text;
    }
    for rule in &shift.rules {
        if shift.rules.len() > 1 {
            let name = rule.rule.name.clone().unwrap_or_else(|| rule.index.to_string());
            text.push_str(&format!("rule {}\n", clean(&name)));
        }
        text.push_str(&rows(rule, &shift.service, places));
    }
    text.extend(confirmed.iter().map(|line| format!("{}\n", clean(line))));
    text.extend(undo.iter().map(|command| format!("undo: {}\n", clean(command))));
    if !lines.is_empty() {
        text.push('\n');
        match look.colour {
            true => text.push_str(&unified::painted(lines)),
            false => text.push_str(lines),
        }
    }
    text
}

/// `  reviews-v1   100 → 90   100.0% → 90.0%   FILE:LINE`, a line for each backend.
fn rows(
    rule: &RuleShift,
    service: &ObjectName,
    places: &BTreeMap<(usize, usize), Place>,
) -> String {
    let percents = |weights: &[u32]| {
        ratio::percentages(&shares(weights)).iter().map(|it| format!("{it}%")).collect::<Vec<_>>()
    };
    let (before, after) = (rule.before(), rule.after());
    let numbers = |weights: &[u32]| weights.iter().map(ToString::to_string).collect::<Vec<_>>();
    let columns = [numbers(&before), numbers(&after), percents(&before), percents(&after)];
    let width = |cells: &[String]| cells.iter().map(String::len).max().unwrap_or(0);
    let names: Vec<String> = rule.labels(service).iter().map(|it| clean(it)).collect();
    let mut text = String::new();
    for (index, name) in names.iter().enumerate() {
        let cell =
            |column: usize| format!("{:>1$}", columns[column][index], width(&columns[column]));
        text.push_str(&format!(
            "  {name:<0$}   {1} → {2}   {3} → {4}",
            width(&names),
            cell(0),
            cell(1),
            cell(2),
            cell(3)
        ));
        if let Some(Place { file, line }) = places.get(&(rule.index, index)) {
            text.push_str(&format!("   {}:{line}", clean(file)));
        }
        text.push('\n');
    }
    text
}

fn shares(weights: &[u32]) -> Vec<Ratio> {
    let sum = weights.iter().map(|weight| u64::from(*weight)).sum();
    weights.iter().map(|weight| Ratio::new(u64::from(*weight), sum)).collect()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonShift<'a> {
    api_version: &'static str,
    kind: &'static str,
    service: Named<'a>,
    route: JsonRoute<'a>,
    result: &'static str,
    dry_run: Option<&'static str>,
    rules: Vec<JsonRule<'a>>,
    confirmed: Option<&'a str>,
    undo: Option<&'a str>,
}

#[derive(Serialize)]
struct Named<'a> {
    namespace: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
struct JsonRoute<'a> {
    group: &'static str,
    kind: &'static str,
    namespace: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonRule<'a> {
    name: Option<&'a str>,
    rule_index: usize,
    backends: Vec<JsonBackend<'a>>,
}

#[derive(Serialize)]
struct JsonBackend<'a> {
    group: &'a str,
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
    port: Option<u16>,
    weight: FromTo<u32>,
    share: FromTo<String>,
    place: Option<&'a Place>,
}

#[derive(Serialize)]
struct FromTo<T> {
    from: T,
    to: T,
}

fn json<'a>(told: &'a Told<'_>) -> JsonShift<'a> {
    let Told { shift, fate, confirmed, undo, places, lines: _ } = told;
    JsonShift {
        api_version: "meshroute.dev/v1",
        kind: "Shift",
        service: Named { namespace: &shift.service.namespace, name: &shift.service.name },
        route: JsonRoute {
            group: shift.route.kind.group(),
            kind: shift.route.kind.kind(),
            namespace: &shift.route.name.namespace,
            name: &shift.route.name.name,
        },
        result: if *fate == Fate::Unchanged { "unchanged" } else { "split" },
        dry_run: match fate {
            Fate::Written | Fate::Unchanged => None,
            Fate::Dry => Some("client"),
            Fate::DryOnServer => Some("server"),
        },
        rules: shift.rules.iter().map(|rule| json_rule(rule, places)).collect(),
        confirmed: confirmed.as_deref(),
        undo: undo.as_deref(),
    }
}

fn json_rule<'a>(rule: &'a RuleShift, places: &'a BTreeMap<(usize, usize), Place>) -> JsonRule<'a> {
    let (before, after) = (shares(&rule.before()), shares(&rule.after()));
    let backends = rule.backends.iter().zip(before.iter().zip(&after)).enumerate();
    let backends = backends.map(|(index, (backend, (from, to)))| JsonBackend {
        group: &backend.reference.group,
        kind: &backend.reference.kind,
        namespace: &backend.reference.name.namespace,
        name: &backend.reference.name.name,
        port: backend.reference.port,
        weight: FromTo { from: *backend.old, to: backend.new },
        share: FromTo { from: from.to_string(), to: to.to_string() },
        place: places.get(&(rule.index, index)),
    });
    JsonRule {
        name: rule.rule.name.as_deref(),
        rule_index: rule.index,
        backends: backends.collect(),
    }
}
