//! What `lint` finds in manifests.

use serde_json::Value;

use crate::program;

/// One finding, as the JSON has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The code of the lint.
    pub code: String,
    /// How bad it is.
    pub level: String,
    /// The line, from 1.
    pub line: u64,
    /// What is wrong.
    pub message: String,
}

/// Checks manifests, infos included.
///
/// # Panics
///
/// Panics if the command fails or prints something else than its JSON.
#[must_use]
pub fn of(manifests: &str, flags: &[&str]) -> Vec<Finding> {
    let mut args = vec!["lint", "-", "--info", "-o", "json", "--fail-on", "never"];
    args.extend(flags);
    let outcome = program::run(&args, manifests);
    assert_eq!(outcome.code, 0, "{args:?}: {}\n{manifests}", outcome.stderr);
    let report: Value = serde_json::from_str(&outcome.stdout).expect("it is JSON");
    let findings = report["findings"].as_array().expect("a list of findings");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    findings
        .iter()
        .map(|it| Finding {
            code: text(&it["code"]),
            level: text(&it["level"]),
            line: it["line"].as_u64().expect("a number"),
            message: text(&it["message"]),
        })
        .collect()
}

/// The flags that the first line of an example names: `# lint: FLAGS`.
pub fn flags(example: &str) -> impl Iterator<Item = &str> {
    let first = example.trim_start().lines().next().unwrap_or_default();
    first.strip_prefix("# lint: ").unwrap_or_default().split_whitespace()
}
