//! The file of known findings: what was there before somebody began to check.
//!
//! A finding is known by its code, its object and the offending value; lines may move, and objects
//! may go from file to file. Of findings that are the same by that, as many are known as were there.

use std::{
    collections::{BTreeMap, HashSet},
    fs, io,
    path::Path,
};

use meshroute::lint::Level;
use serde::{Deserialize, Serialize};

use crate::{
    command::lint::deliver,
    exit::Failure,
    view::{
        self,
        lint::{Checked, Placed, Thing},
    },
};

/// The name of the file where none is given.
pub(super) const NAME: &str = ".meshroute-baseline.json";

const KIND: &str = "LintBaseline";

/// The findings that are known.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Baseline(BTreeMap<Known, usize>);

/// What findings are recognised by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Known {
    /// The object, or the file where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    code: String,
    value: String,
}

/// The file; fields may be added, none is renamed or given another meaning.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    api_version: String,
    kind: String,
    findings: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    #[serde(flatten)]
    known: Known,
    count: usize,
}

impl Baseline {
    /// Reads the file.
    pub(super) fn read(file: &Path) -> Result<Self, Failure> {
        let name = file.display();
        let text = fs::read(file).map_err(|error| {
            let hint = if error.kind() == io::ErrorKind::NotFound {
                "; --write-baseline makes it"
            } else {
                ""
            };
            Failure::no(format!("cannot read {name}: {error}{hint}"))
        })?;
        let document: Document = serde_json::from_slice(&text)
            .map_err(|error| Failure::no(format!("{name}: not a baseline: {error}")))?;
        if document.api_version != view::API_VERSION || document.kind != KIND {
            let (version, kind) = (document.api_version, document.kind);
            return Err(Failure::no(format!("{name}: not a baseline: {version} {kind}")));
        }
        Ok(Self(document.findings.into_iter().map(|entry| (entry.known, entry.count)).collect()))
    }

    /// What is known once all of these are that are at least of this level.
    pub(super) fn of(findings: &[Placed], least: Level) -> Self {
        let mut known = BTreeMap::new();
        for placed in findings.iter().filter(|placed| placed.finding.level >= least) {
            *known.entry(Known::of(placed)).or_default() += 1;
        }
        Self(known)
    }

    /// Writes the file.
    pub(super) fn write(&self, file: &Path) -> Result<(), Failure> {
        let entries = self.0.iter().map(|(known, count)| {
            let known = known.clone();
            Entry { known, count: *count }
        });
        let document = Document {
            api_version: view::API_VERSION.into(),
            kind: KIND.into(),
            findings: entries.collect(),
        };
        deliver::deliver(&file.to_string_lossy(), &view::to_json(&document)?)
    }

    /// How many findings it has about these objects.
    pub(super) fn count(&self, objects: &[Checked]) -> usize {
        let objects: HashSet<String> = objects.iter().map(|object| name(&object.thing)).collect();
        let of_these =
            |known: &Known| known.object.as_ref().is_some_and(|object| objects.contains(object));
        self.0.iter().filter(|(known, _)| of_these(known)).map(|(_, count)| count).sum()
    }

    /// Takes the known findings out; what is left of the baseline was not found.
    pub(super) fn take(&mut self, findings: &mut Vec<Placed>) -> usize {
        let before = findings.len();
        findings.retain(|placed| match self.0.get_mut(&Known::of(placed)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        });
        before - findings.len()
    }
}

impl Known {
    fn of(placed: &Placed) -> Self {
        let object = placed.thing.as_ref().map(name);
        Self {
            file: object.is_none().then(|| placed.file.clone()),
            object,
            code: placed.finding.lint.code.into(),
            value: placed.finding.value.clone(),
        }
    }
}

/// `HTTPRoute.gateway.networking.k8s.io shop/web`.
fn name(thing: &Thing) -> String {
    let dot = if thing.group.is_empty() { "" } else { "." };
    format!("{}{dot}{} {}/{}", thing.kind, thing.group, thing.namespace, thing.name)
}
