//! What becomes of requests, so that two answers can be compared.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    name::ObjectName,
    ratio::Ratio,
    split::{Answer, Outcome, Reference, Share, SplitRule},
};

/// Where a share of requests ends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Destination {
    /// A backend; without a port, the one that was dialled.
    Backend(Reference),
    /// What the mesh answers itself.
    Answer(Answer),
}

/// The destinations of requests, with the share that each gets.
#[derive(Debug, Clone)]
pub struct Fate {
    /// In the order in which they are written, and none of them zero.
    shares: Vec<(Destination, Ratio)>,
    why: BTreeMap<Answer, BTreeSet<String>>,
}

/// Two fates are the same if nobody can tell by their requests: neither the order of backends
/// counts, nor the reason for an answer.
impl PartialEq for Fate {
    fn eq(&self, other: &Self) -> bool {
        self.shares.len() == other.shares.len()
            && self.shares.iter().all(|share| other.shares.contains(share))
    }
}

impl Eq for Fate {}

impl Fate {
    /// The destinations with their shares.
    pub fn shares(&self) -> impl Iterator<Item = &(Destination, Ratio)> {
        self.shares.iter()
    }

    /// The share of one destination.
    pub fn share(&self, of: &Destination) -> Ratio {
        let found = self.shares.iter().find(|(destination, _)| destination == of);
        found.map_or(Ratio::ZERO, |(_, share)| *share)
    }

    /// Why the mesh answers some of the requests itself, in words.
    pub fn why(&self, answer: Answer) -> impl Iterator<Item = &str> {
        self.why.get(&answer).into_iter().flatten().map(String::as_str)
    }

    /// Whether some of the requests fail, or nobody can say what they get.
    pub fn fails(&self) -> bool {
        self.shares.iter().any(|(destination, _)| match destination {
            Destination::Answer(Answer::Status(_) | Answer::Undefined) => true,
            Destination::Answer(Answer::Redirect) | Destination::Backend(_) => false,
        })
    }

    /// The fate of the requests that a rule takes.
    pub(super) fn of_rule(rule: &SplitRule<'_>, dialled: &Dialled<'_>) -> Self {
        match rule.respond {
            Some(response) => Self::answered(response.answer, response.why),
            None => Self::of_shares(&rule.backends, dialled),
        }
    }

    /// The fate of requests that the mesh answers all.
    pub(super) fn answered(answer: Answer, why: &str) -> Self {
        Self {
            shares: vec![(Destination::Answer(answer), Ratio::ONE)],
            why: [(answer, [why.to_owned()].into())].into(),
        }
    }

    /// The fate of requests that are shared out.
    pub(super) fn of_shares<'s>(
        shares: impl IntoIterator<Item = &'s Share>,
        dialled: &Dialled<'_>,
    ) -> Self {
        let mut fate = Self { shares: Vec::new(), why: BTreeMap::new() };
        for share in shares {
            if share.effective.is_zero() {
                continue;
            }
            let destination = match &share.outcome {
                Outcome::Answered(response) => {
                    let why = format!("{} ({})", response.why, share.reference.name);
                    fate.why.entry(response.answer).or_default().insert(why);
                    Destination::Answer(response.answer)
                }
                Outcome::Served
                | Outcome::Unknown(_)
                | Outcome::Nothing
                | Outcome::Moved(_)
                | Outcome::RuleAnswered => Destination::Backend(dialled.seen_from(share)),
            };
            match fate.shares.iter_mut().find(|(other, _)| *other == destination) {
                Some((_, sum)) => *sum = sum.plus(share.effective),
                None => fate.shares.push((destination, share.effective)),
            }
        }
        fate
    }
}

/// What a client dials.
pub(super) struct Dialled<'a> {
    pub(super) service: &'a ObjectName,
    pub(super) port: u16,
}

impl Dialled<'_> {
    /// A backend as this client sees it. The port that was dialled has no number, so that ports
    /// that behave alike can be told.
    fn seen_from(&self, share: &Share) -> Reference {
        let mut reference = share.reference.clone();
        if let Some(name) = &share.alias_of {
            reference.name = name.clone();
        }
        let is_itself = reference.group.is_empty()
            && reference.kind == "Service"
            && reference.name == *self.service;
        if is_itself && reference.port == Some(self.port) {
            reference.port = None;
        }
        reference
    }
}
