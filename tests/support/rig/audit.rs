//! What the API server has written to its audit log.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::Path,
};

use serde_json::Value;

use super::release::{MUTATE, VALIDATE};

/// One request, and what admission noted about it.
#[derive(Clone, Debug)]
pub struct Audit(Value);

impl Audit {
    /// Reads what stands behind an offset and is about a namespace.
    pub(super) fn read(log: &Path, offset: u64, namespace: &str) -> Vec<Self> {
        let mut text = String::new();
        let mut file = File::open(log).expect("the server writes it");
        file.seek(SeekFrom::Start(offset)).expect("a file");
        file.read_to_string(&mut text).expect("it is text");
        let lines = text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON"));
        lines
            .filter(|event: &Value| event["objectRef"]["namespace"] == namespace)
            .map(Self)
            .collect()
    }

    /// `create`, `update`, `patch` and so on.
    #[must_use]
    pub fn verb(&self) -> &str {
        self.0["verb"].as_str().unwrap_or_default()
    }

    /// The name of the object.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0["objectRef"]["name"].as_str().unwrap_or_default()
    }

    /// What the validating webhook has noted under a key.
    #[must_use]
    pub fn validated(&self, key: &str) -> Option<&str> {
        self.0["annotations"][format!("{VALIDATE}/{key}")].as_str()
    }

    /// The patches of the mutating webhook, as the API server has noted them.
    #[must_use]
    pub fn mutated(&self) -> bool {
        let notes = self.0["annotations"].as_object().into_iter().flatten();
        notes
            .filter(|(key, _)| key.starts_with("mutation.webhook.admission.k8s.io/"))
            .filter_map(|(_, note)| note.as_str())
            .any(|note| note.contains(MUTATE) && note.contains(r#""mutated":true"#))
    }

    /// Whether a webhook could not be asked, and the write went on.
    #[must_use]
    pub fn failed_open(&self) -> bool {
        let mut notes = self.0["annotations"].as_object().into_iter().flatten();
        notes.any(|(key, _)| key.starts_with("failed-open."))
    }
}
