//! Findings as SARIF 2.1.0, which code scanning of GitHub and many editors read.

use meshroute::lint::{ALL, Level, Lint};
use serde::Serialize;

use super::{Placed, Report, Spot, Swap, Thing, fingerprint, help, relative};

#[derive(Debug, Serialize)]
pub(super) struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    invocations: [Invocation; 1],
    /// Columns count characters, not units of UTF-16.
    column_kind: &'static str,
    results: Vec<Found>,
}

#[derive(Debug, Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: &'static str,
    information_uri: &'static str,
    rules: Vec<Rule>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    name: &'static str,
    short_description: Message,
    full_description: Message,
    help_uri: String,
    help: Message,
    default_configuration: Configuration,
}

#[derive(Debug, Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Debug, Serialize)]
struct Message {
    text: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Debug, Serialize)]
struct Notification {
    level: &'static str,
    message: Message,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    rule_id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Message,
    locations: [Location; 1],
    partial_fingerprints: Prints,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Fix>,
}

#[derive(Debug, Serialize)]
struct Prints {
    /// The number is that of the way in which it is made.
    #[serde(rename = "meshroute/v1")]
    meshroute: String,
}

/// A place in a file, or an object of a cluster.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    physical_location: Option<Place>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<Logical>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Logical {
    name: String,
    fully_qualified_name: String,
    kind: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    artifact_location: Artifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Debug, Clone, Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Fix {
    description: Message,
    artifact_changes: [Changed; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Changed {
    artifact_location: Artifact,
    replacements: Vec<Replacement>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement {
    deleted_region: Region,
    inserted_content: Message,
}

/// The findings that are shown, and all lints: what has found nothing was looked for too.
pub(super) fn document(report: &Report) -> Log {
    let notifications = report.unread.iter().map(|unread| Notification {
        level: "error",
        message: Message { text: plain(&unread.to_string()) },
    });
    let prints = fingerprint::fingerprints(report, false);
    let run = Run {
        tool: Tool {
            driver: Driver {
                name: "meshroute",
                version: env!("CARGO_PKG_VERSION"),
                information_uri: "https://meshroute.dev",
                rules: ALL.iter().map(|lint| rule(lint)).collect(),
            },
        },
        invocations: [Invocation {
            execution_successful: report.unread.is_empty(),
            tool_execution_notifications: notifications.collect(),
        }],
        column_kind: "unicodeCodePoints",
        results: report
            .shown()
            .zip(prints)
            .map(|(placed, print)| found(placed, report.spot(placed), print))
            .collect(),
    };
    Log {
        schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        version: "2.1.0",
        runs: [run],
    }
}

fn rule(lint: &Lint) -> Rule {
    let paragraph = lint.docs.trim().split("\n\n").next().unwrap_or_default();
    Rule {
        id: lint.code,
        name: lint.name,
        short_description: Message { text: lint.summary.into() },
        full_description: Message { text: paragraph.replace('\n', " ") },
        help_uri: help(lint),
        help: Message { text: lint.docs.trim().into() },
        default_configuration: Configuration { level: level(lint.level) },
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "note",
        Level::Off => "none",
    }
}

fn found(placed: &Placed, spot: Spot<'_>, print: String) -> Found {
    let Placed { finding, file: _, mark: _, line: _, thing, object: _, swaps } = placed;
    let artifact = |file: &str| Artifact { uri: uri(file) };
    let fix = match (&spot, &finding.fix) {
        (Spot::Line(file, _), Some(fix)) if !swaps.is_empty() => Some(Fix {
            description: Message { text: plain(&fix.hint) },
            artifact_changes: [Changed {
                artifact_location: artifact(file),
                replacements: swaps.iter().map(replacement).collect(),
            }],
        }),
        _ => None,
    };
    let place = match &spot {
        Spot::Line(file, mark) => Some(Place {
            artifact_location: artifact(file),
            region: Some(region((mark.line, mark.column), (mark.line, mark.end))),
        }),
        Spot::File(file) => Some(Place { artifact_location: artifact(file), region: None }),
        Spot::Cluster => None,
    };
    let logical_locations = match (spot, thing) {
        (Spot::File(_) | Spot::Cluster, Some(thing)) => logical(thing, &finding.path.to_string()),
        (Spot::Line(..), _) | (_, None) => Vec::new(),
    };
    Found {
        rule_id: finding.lint.code,
        rule_index: ALL.iter().position(|lint| lint.code == finding.lint.code),
        level: level(finding.level),
        message: Message { text: plain(&finding.message) },
        locations: [Location { physical_location: place, logical_locations }],
        partial_fingerprints: Prints { meshroute: print },
        fixes: fix.into_iter().collect(),
    }
}

/// The object, and the field of it.
fn logical(thing: &Thing, path: &str) -> Vec<Logical> {
    let address = thing.address();
    let field = (!path.is_empty()).then(|| Logical {
        name: path.to_owned(),
        fully_qualified_name: format!("{address}/{path}"),
        kind: "element",
    });
    let object =
        Logical { name: thing.name.clone(), fully_qualified_name: address, kind: "object" };
    field.into_iter().chain([object]).collect()
}

/// A text in which nothing is a link: SARIF 2.1.0, section 3.11.6, makes one of `[text](place)`
/// whose brackets are not escaped. Other texts stay as they are, for readers that know no escapes.
fn plain(text: &str) -> String {
    if !text.contains("](") {
        return text.to_owned();
    }
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if ['[', ']', '\\'].contains(&character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

fn replacement(swap: &Swap) -> Replacement {
    Replacement {
        deleted_region: region(swap.start, swap.end),
        inserted_content: Message { text: swap.text.clone() },
    }
}

fn region(start: (usize, usize), end: (usize, usize)) -> Region {
    Region { start_line: start.0, start_column: start.1, end_line: end.0, end_column: end.1 }
}

/// A path as a URI reference: one without a scheme is relative to the root of the repository, as
/// the command line is.
fn uri(file: &str) -> String {
    let file = relative(file);
    let mut uri = if file.starts_with('/') { "file://".to_owned() } else { String::new() };
    for byte in file.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::{plain, uri};

    #[test]
    fn no_text_is_a_link() {
        assert_eq!(plain(r"/[a-z]+\d(1)"), r"/[a-z]+\d(1)");
        assert_eq!(plain(r"/[a\d](1)"), r"/\[a\\d\](1)");
    }

    #[test]
    fn a_path_is_a_uri() {
        assert_eq!(uri("./a b/ü|%.yaml"), "a%20b/%C3%BC%7C%25.yaml");
        assert_eq!(uri("a:b#c?d"), "a%3Ab%23c%3Fd");
        assert_eq!(uri("/tmp/a.yaml"), "file:///tmp/a.yaml");
        assert_eq!(uri("../a.yaml"), "../a.yaml");
    }
}
