//! Whether a request can fulfil some matches and none of others.
//!
//! All conditions of a match are positive, so of the requests that fulfil what is required, one that
//! fulfils as little else as possible is the best to try: another method than those that are named,
//! no header and no parameter that is not asked for, a path with an element that nobody names.
//! Without regular expressions there is one such request, and it decides. With them there are a few
//! for each expression, made by `sample`; where none is found that fulfils several expressions at
//! once, there may still be one.

use std::{cell::RefCell, collections::HashMap};

use regex::Regex;

use crate::{
    diff::sample::{self, Texts},
    matching,
    route::{Match, PathMatch, ValueKind, ValueMatch},
};

/// Regular expressions that were compiled, and texts that they take.
#[derive(Default)]
pub(super) struct Patterns {
    compiled: RefCell<HashMap<String, Option<Regex>>>,
    texts: RefCell<HashMap<String, Option<Texts>>>,
}

/// What a request can have at one point: a text, or something of which we know only that it
/// fulfils what is required there.
type Candidate = Option<String>;

/// Whether some request fulfils all of `required` and none of `others`: certainly, or possibly.
pub(super) fn exists(
    patterns: &Patterns,
    required: &[&Match],
    others: &[&Match],
) -> Option<Certainty> {
    let method = required.iter().find_map(|it| it.method.as_ref());
    if required.iter().any(|it| it.method.is_some() && it.method.as_ref() != method) {
        return None;
    }
    let headers = Named::of(required, |it| &it.headers, |name| name.to_ascii_lowercase());
    let query = Named::of(required, |it| &it.query, ToOwned::to_owned);
    // Whoever asks for more than is required does not get it.
    let can_take = |other: &&&Match| {
        other.method.as_ref().is_none_or(|wanted| Some(wanted) == method)
            && headers.has_all(&other.headers)
            && query.has_all(&other.query)
    };
    let others: Vec<&Match> = others.iter().filter(can_take).copied().collect();

    let mut points = vec![Point::of_path(patterns, required, &others)];
    points.extend(headers.points(patterns, &others, |it| &it.headers));
    points.extend(query.points(patterns, &others, |it| &it.query));
    if points.iter().any(|point| point.ways.is_empty()) {
        return None;
    }
    // Points with one way cost nothing; they come first.
    points.sort_by_key(|point| point.ways.len());
    let mut patience = 10_000;
    search(&points, &vec![true; others.len()], &mut patience)
}

/// How much is known of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Certainty {
    /// Nobody can say that there is none.
    Possible,
    /// There is one.
    Certain,
}

/// The path, a header, or a parameter of a request, and the ways in which it can be.
struct Point {
    ways: Vec<Way>,
}

/// One way, and which of the others it still leaves to take the request.
struct Way {
    leaves: Vec<bool>,
    certainty: Certainty,
}

/// Looks for ways that together leave none of the others.
fn search(points: &[Point], left: &[bool], patience: &mut usize) -> Option<Certainty> {
    let sure = |points: &[Point]| {
        // What the other points are like does not matter any more, only that they can be.
        let best = |point: &Point| point.ways.iter().map(|way| way.certainty).max();
        points.iter().filter_map(best).min().unwrap_or(Certainty::Certain)
    };
    if !left.contains(&true) {
        return Some(sure(points));
    }
    let (point, rest) = points.split_first()?;
    let mut found = None;
    for way in &point.ways {
        *patience = patience.saturating_sub(1);
        if *patience == 0 {
            return Some(Certainty::Possible);
        }
        let left: Vec<bool> = left.iter().zip(&way.leaves).map(|(a, b)| *a && *b).collect();
        found = found.max(search(rest, &left, patience).map(|it| it.min(way.certainty)));
        if found == Some(Certainty::Certain) {
            break;
        }
    }
    found
}

impl Point {
    /// Keeps one of the candidates for each set of others that it leaves, and of these sets the
    /// smallest.
    fn new(
        others: &[&Match],
        candidates: Vec<(Candidate, Certainty)>,
        fulfils: impl Fn(&Candidate, &Match) -> bool,
    ) -> Self {
        let mut ways: Vec<Way> = Vec::new();
        for (candidate, certainty) in candidates {
            let leaves: Vec<bool> = others.iter().map(|it| fulfils(&candidate, it)).collect();
            let beats = |one: &[bool], other: &[bool]| one.iter().zip(other).all(|(a, b)| a <= b);
            if ways.iter().any(|way| way.certainty >= certainty && beats(&way.leaves, &leaves)) {
                continue;
            }
            ways.retain(|way| way.certainty > certainty || !beats(&leaves, &way.leaves));
            ways.push(Way { leaves, certainty });
        }
        Self { ways }
    }

    fn of_path(patterns: &Patterns, required: &[&Match], others: &[&Match]) -> Self {
        let wanted: Vec<&PathMatch> = required.iter().map(|it| &it.path).collect();
        let candidates = patterns.paths(&wanted, others);
        Self::new(others, candidates, |candidate, other| match candidate {
            Some(path) => patterns
                .path_holds(&other.path, path)
                .unwrap_or_else(|| wanted.contains(&&other.path)),
            None => wanted.iter().any(|wanted| matching::path_covers(&other.path, wanted)),
        })
    }
}

/// The conditions on headers, or on parameters, by name.
struct Named<'m, N> {
    conditions: Vec<(String, Vec<&'m ValueMatch>)>,
    spelling: N,
}

impl<'m, N: Fn(&str) -> String> Named<'m, N> {
    fn of(
        required: &[&'m Match],
        part: impl Fn(&'m Match) -> &'m Vec<ValueMatch>,
        spelling: N,
    ) -> Self {
        let mut conditions: Vec<(String, Vec<&'m ValueMatch>)> = Vec::new();
        for condition in required.iter().flat_map(|it| part(it)) {
            let name = spelling(&condition.name);
            match conditions.iter_mut().find(|(other, _)| *other == name) {
                Some((_, of_name)) => of_name.push(condition),
                None => conditions.push((name, vec![condition])),
            }
        }
        Self { conditions, spelling }
    }

    fn has_all(&self, wanted: &[ValueMatch]) -> bool {
        let has = |name: &str| self.conditions.iter().any(|(other, _)| other == name);
        wanted.iter().all(|condition| has(&(self.spelling)(&condition.name)))
    }

    fn points(
        &self,
        patterns: &Patterns,
        others: &[&Match],
        part: impl Fn(&Match) -> &Vec<ValueMatch>,
    ) -> Vec<Point> {
        let point = |(name, wanted): &(String, Vec<&ValueMatch>)| {
            let of_name = |other: &Match| -> Vec<ValueMatch> {
                let conditions = part(other).iter();
                conditions.filter(|it| (self.spelling)(&it.name) == *name).cloned().collect()
            };
            let named: Vec<ValueMatch> = others.iter().flat_map(|other| of_name(other)).collect();
            let candidates = patterns.values(wanted, &named);
            Point::new(others, candidates, |candidate, other| {
                of_name(other).iter().all(|condition| {
                    let holds = |value: &String| patterns.value_holds(condition, value);
                    let same = |it: &&&ValueMatch| {
                        it.kind == condition.kind && it.value == condition.value
                    };
                    candidate
                        .as_ref()
                        .and_then(holds)
                        .unwrap_or_else(|| wanted.iter().any(|it| same(&it)))
                })
            })
        };
        self.conditions.iter().map(point).collect()
    }
}

impl Patterns {
    /// Whether the expression takes the whole text; unknown where it is none.
    fn takes(&self, pattern: &str, text: &str) -> Option<bool> {
        let mut compiled = self.compiled.borrow_mut();
        let regex = compiled
            .entry(pattern.to_owned())
            .or_insert_with(|| Regex::new(&format!(r"\A(?:{pattern})\z")).ok());
        regex.as_ref().map(|regex| regex.is_match(text))
    }

    fn texts(&self, pattern: &str) -> Option<Texts> {
        let mut texts = self.texts.borrow_mut();
        texts.entry(pattern.to_owned()).or_insert_with(|| sample::texts(pattern)).clone()
    }

    fn value_holds(&self, condition: &ValueMatch, value: &str) -> Option<bool> {
        match condition.kind {
            ValueKind::Exact => Some(condition.value == value),
            ValueKind::Regex => self.takes(&condition.value, value),
            ValueKind::Unknown(_) => None,
        }
    }

    fn path_holds(&self, condition: &PathMatch, path: &str) -> Option<bool> {
        match condition {
            PathMatch::Exact(value) => Some(value == path),
            PathMatch::Prefix(prefix) => Some(matching::is_below(prefix, path)),
            PathMatch::Regex(pattern) => self.takes(pattern, path),
            PathMatch::Unknown { .. } => None,
        }
    }

    /// The values that fulfil all of `wanted`, or enough of them.
    fn values(&self, wanted: &[&ValueMatch], named: &[ValueMatch]) -> Vec<(Candidate, Certainty)> {
        let mut texts: Vec<String> = Vec::new();
        let mut is_all = false;
        if let Some(exact) = wanted.iter().find(|it| it.kind == ValueKind::Exact) {
            texts.push(exact.value.clone());
            is_all = true;
        } else {
            for condition in wanted.iter().filter(|it| it.kind == ValueKind::Regex) {
                let found = self.texts(&condition.value);
                is_all |= found.as_ref().is_some_and(|found| found.is_all);
                texts.extend(found.into_iter().flat_map(|found| found.texts));
            }
            let exact = named.iter().filter(|it| it.kind == ValueKind::Exact);
            texts.extend(exact.map(|it| it.value.clone()));
            texts.push("~".into());
        }
        decided(texts, is_all, |text| wanted.iter().map(|it| self.value_holds(it, text)).collect())
    }

    /// The paths that fulfil all of `wanted`, or enough of them.
    fn paths(&self, wanted: &[&PathMatch], others: &[&Match]) -> Vec<(Candidate, Certainty)> {
        let mut texts: Vec<String> = Vec::new();
        let mut is_all = false;
        let exact = wanted.iter().find(|it| matches!(it, PathMatch::Exact(_)));
        let prefixes = wanted.iter().filter(|it| matches!(it, PathMatch::Prefix(_)));
        let prefix = prefixes.map(|it| it.value()).max_by_key(|it| it.len()).unwrap_or("/");
        let below = prefix.trim_end_matches('/');
        if let Some(exact) = exact {
            texts.push(exact.value().into());
            is_all = true;
        } else {
            // An element that nobody names: of all paths below the prefix, it fulfils the least.
            let mut nobodys = String::from("~");
            while others.iter().any(|other| other.path.value().contains(&nobodys)) {
                nobodys.push('~');
            }
            texts.push(format!("{below}/{nobodys}"));
            let is_plain =
                |path: &PathMatch| matches!(path, PathMatch::Exact(_) | PathMatch::Prefix(_));
            if !wanted.iter().copied().chain(others.iter().map(|it| &it.path)).all(is_plain) {
                texts.extend(PROBES.map(|probe| format!("{below}{probe}")));
                texts.push(prefix.into());
                texts.extend(others.iter().map(|it| it.path.value().to_owned()));
            }
            for path in wanted {
                if let PathMatch::Regex(pattern) = path {
                    let found = self.texts(pattern);
                    is_all |= found.as_ref().is_some_and(|found| found.is_all);
                    for text in found.into_iter().flat_map(|found| found.texts) {
                        texts.extend([format!("{below}{text}"), format!("{below}/{text}"), text]);
                    }
                }
            }
            texts.retain(|text| text.starts_with('/'));
        }
        let decided = decided(texts, is_all, |text| {
            wanted.iter().map(|it| self.path_holds(it, text)).collect()
        });
        let may_meet = |(candidate, _): &(Candidate, Certainty)| {
            candidate.is_some() || may_meet(wanted, below)
        };
        decided.into_iter().filter(may_meet).collect()
    }
}

/// The texts that hold all conditions. One that holds all but those that nobody can decide is
/// possible; so is an unknown one, if none was found and there may be others.
fn decided(
    texts: Vec<String>,
    is_all: bool,
    holds: impl Fn(&str) -> Vec<Option<bool>>,
) -> Vec<(Candidate, Certainty)> {
    let mut candidates: Vec<(Candidate, Certainty)> = Vec::new();
    for text in texts {
        let held = holds(&text);
        if held.contains(&Some(false)) {
            continue;
        }
        let is_sure = !held.contains(&None);
        let certainty = if is_sure { Certainty::Certain } else { Certainty::Possible };
        candidates.push((Some(text), certainty));
    }
    if candidates.is_empty() && !is_all {
        candidates.push((None, Certainty::Possible));
    }
    candidates
}

/// Whether the texts with which expressions begin let them meet below a prefix.
fn may_meet(wanted: &[&PathMatch], below: &str) -> bool {
    let starts = wanted.iter().filter_map(|path| match path {
        PathMatch::Regex(pattern) => Some(start(pattern)),
        PathMatch::Exact(_) | PathMatch::Prefix(_) | PathMatch::Unknown { .. } => None,
    });
    let starts: Vec<&str> = starts.chain([below]).collect();
    let agree = |a: &str, b: &str| a.starts_with(b) || b.starts_with(a);
    starts.iter().all(|a| starts.iter().all(|b| agree(a, b)))
}

/// The text with which everything begins that the expression takes.
fn start(pattern: &str) -> &str {
    let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
    if pattern.contains('|') {
        return "";
    }
    let end = pattern.find(|it| r".*+?{}[]()^$\".contains(it)).unwrap_or(pattern.len());
    let start = &pattern[..end];
    // What stands before one of these need not be there.
    if pattern[end..].starts_with(['*', '?', '{']) {
        let last = start.chars().next_back().map_or(0, char::len_utf8);
        return &start[..end - last];
    }
    start
}

/// Ends of paths that differ in what expressions look at.
const PROBES: [&str; 10] =
    ["/~", "/0", "/a", "/A", "/a/b", "/0/a.b", "/-", "/a-0_Z", "/", "/%7E/~/0/a/b/c"];

#[cfg(test)]
mod tests;
