//! The places that a request can have in an answer: its matches in order, then the rest.

use crate::{
    diff::{
        Ending,
        fate::{Dialled, Fate},
    },
    route::{Match, PathMatch},
    split::{Split, SplitRule, Unmatched},
};

/// The places of one answer.
pub(super) struct Places<'a> {
    /// In the order in which they are tried; some request or other fits none of them.
    pub(super) places: Vec<Place>,
    /// Where the requests of a place end.
    pub(super) endings: Vec<Ending<'a>>,
}

/// One match, and where its requests end.
pub(super) struct Place {
    pub(super) matched: Match,
    pub(super) ending: usize,
}

/// The places that requests to this port have; one for all of them where there is no such port.
pub(super) fn of<'a>(split: Option<&'a Split<'a>>, port: u16) -> Places<'a> {
    let mut places = Places { places: Vec::new(), endings: Vec::new() };
    let Some(split) = split else {
        places.push_rest(None);
        return places;
    };
    let dialled = Dialled { service: split.service, port };
    let mut ranked: Vec<(usize, Place)> = Vec::new();
    for rule in &split.rules {
        let ending = places.endings.len();
        places.endings.push(ending_of(rule, &dialled));
        let matches = rule.matches.iter();
        ranked.extend(matches.map(|it| (it.rank, Place { matched: it.matched.clone(), ending })));
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    places.places = ranked.into_iter().map(|(_, place)| place).collect();
    match &split.unmatched {
        None => {}
        Some(Unmatched::Respond(answer)) => {
            places.push_rest(Some(Fate::answered(*answer, "no rule matches")));
        }
        Some(Unmatched::Backend(share)) => {
            let mut share = share.clone();
            share.reference.port = share.reference.port.or(Some(port));
            places.push_rest(Some(Fate::of_shares([share.as_ref()], &dialled)));
        }
    }
    places
}

fn ending_of<'a>(rule: &'a SplitRule<'a>, dialled: &Dialled<'_>) -> Ending<'a> {
    Ending { rule: Some(rule), fate: Some(Fate::of_rule(rule, dialled)) }
}

impl Places<'_> {
    /// Adds the place of the requests that fit no other.
    fn push_rest(&mut self, fate: Option<Fate>) {
        let matched = Match {
            path: PathMatch::any(),
            method: None,
            grpc: None,
            headers: Vec::new(),
            query: Vec::new(),
        };
        self.places.push(Place { matched, ending: self.endings.len() });
        self.endings.push(Ending { rule: None, fate });
    }
}
