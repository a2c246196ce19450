//! Sends requests through two lists and says where they part.

use std::{collections::BTreeSet, fmt};

use crate::{
    fate::{Destination, Fate, List},
    request::Request,
    requests,
};

/// How strictly the recorded answer binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Every share, exactly.
    Exact,
    /// Every share to two thousandths; the recorded weights are rounded.
    Near,
    /// What each route decides; which route comes first is open, and must be said to be.
    EachRoute,
    /// One of the matches that the answer says are tied at random.
    RandomTie,
    /// Every share, but nobody says what becomes of those to this port.
    ExceptPort(u16),
}

/// A request that ends elsewhere.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The request.
    pub request: Request,
    /// Its fate by the plugin.
    pub ours: String,
    /// Its recorded fate.
    pub theirs: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}\n      plugin:   {}\n      recorded: {}",
            self.request, self.ours, self.theirs
        )
    }
}

/// Sends telling requests through both lists; returns how many, and the differences.
#[must_use]
pub fn compare(ours: &List, theirs: &List, measure: Measure) -> (usize, Vec<Difference>) {
    let matchers = ours.entries.iter().chain(&theirs.entries).map(|it| &it.matcher);
    let requests = requests::telling(matchers);
    let count = requests.len();
    let differences = requests.into_iter().filter_map(|it| part(ours, theirs, measure, it));
    (count, differences.collect())
}

fn part(ours: &List, theirs: &List, measure: Measure, request: Request) -> Option<Difference> {
    let outcome = match measure {
        Measure::EachRoute => each_route(ours, theirs, &request),
        Measure::RandomTie => random_tie(ours, theirs, &request),
        _ => whole(ours, theirs, &request, measure),
    };
    let (ours, theirs) = outcome.err()?;
    Some(Difference { request, ours, theirs })
}

type Outcome = Result<(), (String, String)>;

fn whole(ours: &List, theirs: &List, request: &Request, measure: Measure) -> Outcome {
    agree(ours.fate(request), theirs.fate(request), measure)
}

fn agree(ours: Result<&Fate, String>, theirs: Result<&Fate, String>, measure: Measure) -> Outcome {
    let (ours, theirs) = match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => (ours, theirs),
        (ours, theirs) => return Err((show(ours), show(theirs))),
    };
    let same = match measure {
        _ if theirs.is_undefined() || ours == theirs => true,
        Measure::Near => ours.is_near(theirs),
        Measure::ExceptPort(port) => agree_except(ours, theirs, port),
        _ => false,
    };
    if same { Ok(()) } else { Err((ours.to_string(), theirs.to_string())) }
}

fn show(fate: Result<&Fate, String>) -> String {
    fate.map_or_else(|err| err, ToString::to_string)
}

/// Returns whether all shares but those recorded for the port are found.
fn agree_except(ours: &Fate, theirs: &Fate, open_port: u16) -> bool {
    let is_open = |it: &Destination| matches!(it, Destination::Backend { port: Some(port), .. } if *port == open_port);
    theirs.iter().any(|(it, _)| is_open(it))
        && theirs
            .iter()
            .filter(|(it, _)| !is_open(it))
            .all(|(it, share)| !(ours.share(it) - share).is_negative())
}

/// Compares what each route alone decides, and what happens where none decides.
fn each_route(ours: &List, theirs: &List, request: &Request) -> Outcome {
    let routes: BTreeSet<&str> =
        ours.entries.iter().chain(&theirs.entries).filter_map(|it| it.route.as_deref()).collect();
    if routes.len() < 2 {
        return whole(ours, theirs, request, Measure::Exact);
    }
    let mut winners = Vec::new();
    for route in routes {
        let of_route = |list: &List| list.winner(request, |it| it.route.as_deref() == Some(route));
        match (of_route(ours), of_route(theirs)) {
            (None, None) => {}
            (Some(ours_at), Some(theirs_at)) => {
                let (ours, theirs) = (&ours.entries[ours_at].fate, &theirs.entries[theirs_at].fate);
                agree(Ok(ours), Ok(theirs), Measure::Exact)
                    .map_err(|(ours, theirs)| (format!("{route}: {ours}"), theirs))?;
                winners.push(ours_at);
            }
            (ours, theirs) => {
                let taken = |it: Option<usize>| if it.is_some() { "takes it" } else { "does not" };
                return Err((format!("{route} {}", taken(ours)), taken(theirs).to_owned()));
            }
        }
    }
    if winners.is_empty() {
        let own = |list: &'_ List| list.fate_among(request, |it| it.route.is_none()).cloned();
        let (ours, theirs) = (own(ours), own(theirs));
        return agree(
            ours.as_ref().map_err(Clone::clone),
            theirs.as_ref().map_err(Clone::clone),
            Measure::Exact,
        );
    }
    for pair in winners.windows(2) {
        let differ = ours.entries[pair[0]].fate != ours.entries[pair[1]].fate;
        if differ && !ours.open.iter().any(|group| pair.iter().all(|it| group.contains(it))) {
            let (one, two) = (pair[0], pair[1]);
            return Err((
                format!("ranks {one} and {two} are not in undefinedOrder"),
                "random order".to_owned(),
            ));
        }
    }
    Ok(())
}

/// Compares with every match that the plugin says may be first.
fn random_tie(ours: &List, theirs: &List, request: &Request) -> Outcome {
    let Some(winner) = ours.winner(request, |_| true) else {
        return whole(ours, theirs, request, Measure::Exact);
    };
    let Some(group) = ours.open.iter().find(|it| it.contains(&winner)) else {
        return Err((format!("rank {winner} is in no undefinedOrder"), "random order".to_owned()));
    };
    let tied = group.iter().map(|it| &ours.entries[*it]).filter(|it| it.matcher.takes(request));
    let outcomes: Vec<_> =
        tied.map(|it| agree(Ok(&it.fate), theirs.fate(request), Measure::Exact)).collect();
    if outcomes.iter().any(Result::is_ok) { Ok(()) } else { outcomes.into_iter().collect() }
}
