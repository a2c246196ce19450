//! How answers look: one file for each format, and one switch.

mod age;
mod cell;
pub(crate) mod diff;
pub(crate) mod explain;
mod grid;
pub(crate) mod history;
mod json;
mod jsonpath;
pub(crate) mod lines;
pub(crate) mod lint;
mod markdown;
mod noted;
pub(crate) mod screen;
pub(crate) mod shift;
mod summary;
mod table;
pub(crate) mod unified;
mod words;

use serde::Serialize;

use meshroute::split::Split;

use crate::{Look, exit::Failure};

pub(crate) use json::API_VERSION;
pub(crate) use noted::{Findings, Noted, backend_of};
pub(crate) use words::clean;

/// The formats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Output {
    /// For people.
    Table,
    /// For people with wide screens.
    Wide,
    /// For programs.
    Json,
    /// For programs that read one document after the other: each is a line.
    JsonLine,
    /// For programs, or people who like it.
    Yaml,
    /// `service/NAME`.
    Name,
    /// For pull requests.
    Markdown,
    /// A kubectl JSONPath template over the JSON.
    JsonPath(String),
}

impl Output {
    /// Reads the value of `-o`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        Ok(match text {
            "table" => Self::Table,
            "wide" => Self::Wide,
            "json" => Self::Json,
            "yaml" => Self::Yaml,
            "name" => Self::Name,
            "markdown" => Self::Markdown,
            _ => match text.strip_prefix("jsonpath=") {
                Some(template) => Self::JsonPath(template.into()),
                None => {
                    return Err(
                        "one of table, wide, json, yaml, name, markdown, jsonpath=TEMPLATE".into(),
                    );
                }
            },
        })
    }
}

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// One Service, in full.
    One,
    /// Any number of them, a line each for people, a list for programs.
    Many,
}

/// Prints splits.
pub(crate) fn split(
    answers: &[Split<'_>],
    findings: &Findings<'_>,
    scope: Scope,
    output: &Output,
    no_headers: bool,
    look: Look,
) -> Result<String, Failure> {
    let value = || json::value(answers, findings, scope);
    match output {
        Output::Table | Output::Wide if scope == Scope::Many => {
            Ok(summary::summary(answers, *output == Output::Wide, no_headers, look))
        }
        Output::Table => Ok(table::table(answers, findings, false, no_headers, look)),
        Output::Wide => Ok(table::table(answers, findings, true, no_headers, look)),
        Output::Markdown => Ok(markdown::markdown(answers, findings)),
        Output::Name => Ok(names(answers)),
        Output::Json => to_json(&value()),
        Output::JsonLine => serde_json::to_string(&value())
            .map(|text| text + "\n")
            .map_err(|error| unprintable(&error)),
        Output::Yaml => to_yaml(&value()),
        Output::JsonPath(template) => to_jsonpath(template, &value()),
    }
}

/// A value as JSON.
pub(crate) fn to_json(value: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| unprintable(&error))?;
    Ok(text + "\n")
}

/// Refuses a template that is none.
fn check_jsonpath(template: &str) -> Result<(), Failure> {
    jsonpath::check(template).map_err(|error| Failure::usage(format!("jsonpath: {error}")))
}

/// What a template finds in a value.
pub(crate) fn to_jsonpath(template: &str, value: &impl Serialize) -> Result<String, Failure> {
    let value = serde_json::to_value(value).map_err(|error| unprintable(&error))?;
    jsonpath::render(template, &value).map_err(|error| {
        let message = format!("jsonpath: {error}");
        if error.is_usage() { Failure::usage(message) } else { Failure::no(message) }
    })
}

/// A value as YAML.
pub(crate) fn to_yaml(value: &impl Serialize) -> Result<String, Failure> {
    serde_saphyr::to_string(value).map_err(|error| unprintable(&error))
}

fn unprintable(error: &dyn std::fmt::Display) -> Failure {
    Failure::no(format!("cannot print the answer: {error}"))
}

/// One `service/NAME` a Service.
fn names(answers: &[Split<'_>]) -> String {
    let mut names: Vec<String> =
        answers.iter().map(|split| format!("service/{}\n", split.service.name)).collect();
    names.dedup();
    names.concat()
}
