//! Findings for programs: kind `LintReport` of `meshroute.dev/v1`, described by
//! `docs/lint.schema.json`. Fields may be added; none is renamed or given another meaning.

use meshroute::lint::{Edit, Level};
use serde::Serialize;

use super::{Placed, Report};
use crate::view::json::API_VERSION;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document<'a> {
    api_version: &'static str,
    kind: &'static str,
    files: usize,
    objects: usize,
    summary: Summary,
    findings: Vec<Found<'a>>,
}

/// All findings, also those that are not shown.
#[derive(Debug, Serialize)]
struct Summary {
    errors: usize,
    warnings: usize,
    infos: usize,
    fixable: usize,
    /// Found as well, and known to the baseline.
    known: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Found<'a> {
    code: &'static str,
    name: &'static str,
    level: &'static str,
    message: &'a str,
    path: String,
    value: &'a str,
    file: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    end_column: Option<usize>,
    object: Option<Object<'a>>,
    fix: Option<Fix<'a>>,
}

#[derive(Debug, Serialize)]
struct Object<'a> {
    group: &'a str,
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
}

#[derive(Debug, Serialize)]
struct Fix<'a> {
    hint: &'a str,
    edits: Vec<Change<'a>>,
}

/// One change: `set` a text or a number, `remove`, or `rename`.
#[derive(Debug, Serialize)]
struct Change<'a> {
    op: &'static str,
    path: String,
    value: Option<Value<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Value<'a> {
    Text(&'a str),
    Number(i64),
}

pub(super) fn document(report: &Report) -> Document<'_> {
    Document {
        api_version: API_VERSION,
        kind: "LintReport",
        files: report.names.len(),
        objects: report.objects.len(),
        summary: Summary {
            errors: report.count(Level::Error),
            warnings: report.count(Level::Warning),
            infos: report.count(Level::Info),
            fixable: report.fixable(),
            known: report.known,
        },
        findings: report.shown().map(found).collect(),
    }
}

fn found(placed: &Placed) -> Found<'_> {
    let Placed { finding, file, mark, line: _, thing, object: _, swaps: _ } = placed;
    Found {
        code: finding.lint.code,
        name: finding.lint.name,
        level: finding.level.name(),
        message: &finding.message,
        path: finding.path.to_string(),
        value: &finding.value,
        file: mark.map(|_| file.as_str()),
        line: mark.map(|mark| mark.line),
        column: mark.map(|mark| mark.column),
        end_column: mark.map(|mark| mark.end),
        object: thing.as_ref().map(|thing| Object {
            group: &thing.group,
            kind: &thing.kind,
            namespace: &thing.namespace,
            name: &thing.name,
        }),
        fix: finding
            .fix
            .as_ref()
            .map(|fix| Fix { hint: &fix.hint, edits: fix.edits.iter().map(change).collect() }),
    }
}

fn change(edit: &Edit) -> Change<'_> {
    match edit {
        Edit::Text(path, text) => {
            Change { op: "set", path: path.to_string(), value: Some(Value::Text(text)) }
        }
        Edit::Number(path, number) => {
            Change { op: "set", path: path.to_string(), value: Some(Value::Number(*number)) }
        }
        Edit::Remove(path) => Change { op: "remove", path: path.to_string(), value: None },
        Edit::Rename(path, name) => {
            Change { op: "rename", path: path.to_string(), value: Some(Value::Text(name)) }
        }
    }
}
