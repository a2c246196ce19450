//! Levels that somebody chose: `--level CODE=LEVEL`, a file, the values of a chart.

use std::collections::BTreeMap;

use crate::lint::{Finding, Level, Lint};

/// Levels by code.
#[derive(Debug, Clone, Default)]
pub struct Levels(BTreeMap<&'static str, Level>);

impl Levels {
    /// Takes `CODE=LEVEL` in, or several of them with commas between; says what is wrong with it.
    pub fn set(&mut self, text: &str) -> Result<(), String> {
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let (code, level) = entry
                .split_once('=')
                .ok_or_else(|| format!("{entry:?} is not CODE=LEVEL, as in MR052=error"))?;
            let lint = Lint::of(code).ok_or_else(|| format!("there is no lint {code:?}"))?;
            self.0.insert(lint.code, level.parse()?);
        }
        Ok(())
    }

    /// The level that was chosen for this code.
    pub fn of(&self, code: &str) -> Option<Level> {
        self.0.get(code).copied()
    }

    /// Gives findings the levels that were chosen; those of level off go.
    pub fn apply(&self, findings: &mut Vec<Finding>) {
        if self.0.is_empty() {
            return;
        }
        for finding in findings.iter_mut() {
            finding.level = self.of(finding.lint.code).unwrap_or(finding.level);
        }
        findings.retain(|finding| finding.level != Level::Off);
    }
}
