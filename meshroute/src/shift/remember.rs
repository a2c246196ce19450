//! Weights that are remembered, and put back.

use crate::{
    cluster::Cluster,
    split::{Reference, Split},
};

use super::{
    Shift, Target, Trouble,
    candidates::{self, Candidate},
    finish, is_percent,
    weights::rounded,
};

/// The weights that a rule has had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memory {
    /// The index that the rule had.
    pub index: usize,
    /// Its name.
    pub name: Option<String>,
    /// Its backends: namespace, name and port of each, and the weight.
    pub backends: Vec<(String, String, Option<u16>, u32)>,
}

/// Plans to put weights of a route back.
///
/// # Errors
///
/// A rule that is not there any more, or has other backends than are remembered.
pub fn undo(
    cluster: &Cluster,
    splits: &[Split<'_>],
    memories: &[Memory],
    route: &str,
) -> Result<Shift, Trouble> {
    let target = Target { route: Some(route.into()), all_rules: true, ..Target::default() };
    let candidates = candidates::meant(splits, &target)?;
    let mut meant: Vec<Candidate<'_, '_>> = Vec::new();
    let mut rules = Vec::new();
    for memory in memories {
        let Some(candidate) = remembered(memory, &candidates) else {
            let name = memory.name.clone().unwrap_or_else(|| memory.index.to_string());
            return Err(Trouble::usage(format!(
                "rule {name} of {route} is not there any more with the backends whose weights are remembered"
            )));
        };
        let mut new: Vec<u32> = memory.backends.iter().map(|(.., weight)| *weight).collect();
        if is_percent(cluster, candidate.rule.route) && new.iter().any(|weight| *weight > 0) {
            let parts: Vec<u128> = new.iter().map(|weight| u128::from(*weight)).collect();
            new = rounded(&parts, 100);
        }
        rules.push(candidate.change(&new));
        meant.push(candidate.clone());
    }
    if meant.is_empty() {
        return Err(Trouble::usage(format!("nothing is remembered of {route}")));
    }
    Ok(finish(cluster, &meant, rules, false))
}

/// The rule that a memory is of: at its place if that has the backends, else the only one that has.
fn remembered<'c, 's, 'a>(
    memory: &Memory,
    candidates: &'c [Candidate<'s, 'a>],
) -> Option<&'c Candidate<'s, 'a>> {
    let is = |reference: &Reference,
              (namespace, name, port, _): &(String, String, Option<u16>, u32)| {
        reference.name.namespace == *namespace
            && reference.name.name == *name
            && reference.port == *port
    };
    let mut fitting = candidates.iter().filter(|it| {
        let shares = &it.rule.backends;
        shares.len() == memory.backends.len()
            && shares.iter().zip(&memory.backends).all(|(share, of)| is(&share.reference, of))
            && it.rule.rule.name == memory.name
    });
    let at_place = fitting.clone().find(|it| it.rule.id.rule_index == memory.index);
    at_place.or_else(|| fitting.next().filter(|_| fitting.next().is_none()))
}
