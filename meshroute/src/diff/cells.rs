//! The requests that have the same two places, and what becomes of them.
//!
//! The cell of two places holds the requests that fulfil both matches and none that stands before
//! either. In the order of the two places, a request belongs to the first cell whose matches it
//! fulfils: the cells are themselves a list that is tried in order, and a cell is needless where a
//! later one of the same kind takes its requests.

use crate::{
    diff::{
        Fate, Region, Requests,
        places::Places,
        witness::{self, Certainty, Patterns},
    },
    matching,
    route::Match,
};

/// The requests of two places.
struct Cell {
    requests: Requests,
    certainty: Certainty,
    /// The endings in both answers.
    endings: (usize, usize),
    kind: Kind,
}

/// What happens to the requests of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unchanged,
    /// The fates before and after, by the first ending that has each.
    Changed(usize, usize),
}

/// The regions in which something changes, in the order in which a request belongs to the first
/// that it fits.
pub(super) fn regions<'a>(before: &Places<'a>, after: &Places<'a>) -> Vec<Region<'a>> {
    let fates = (numbers(before), numbers(after));
    let kind = |(old, new): (usize, usize)| {
        if before.endings[old].fate == after.endings[new].fate {
            Kind::Unchanged
        } else {
            Kind::Changed(fates.0[old], fates.1[new])
        }
    };
    if is_same_list(before, after, kind) {
        return Vec::new();
    }
    let cells = needed(cells(before, after, &kind));
    let mut regions: Vec<(Kind, (usize, usize), usize, Region<'a>)> = Vec::new();
    for (index, cell) in cells.iter().enumerate() {
        if cell.kind == Kind::Unchanged {
            continue;
        }
        let unchanged = cells[..index].iter().filter(|it| it.kind == Kind::Unchanged);
        let except: Vec<Requests> = unchanged
            .filter(|it| it.requests.overlap(&cell.requests))
            .map(|it| it.requests.clone())
            .collect();
        let is_certain = cell.certainty == Certainty::Certain;
        // Where nothing stands between, rows of one rule are one region.
        let joins = |(kind, endings, first, region): &(Kind, (usize, usize), usize, Region<'a>)| {
            let between = &cells[first + 1..index];
            *kind == cell.kind
                && *endings == cell.endings
                && region.is_certain == is_certain
                && region.except == except
                && between
                    .iter()
                    .all(|it| it.kind == cell.kind || !it.requests.overlap(&cell.requests))
        };
        match regions.iter_mut().find(|it| joins(it)) {
            Some((_, _, _, region)) => region.requests.push(cell.requests.clone()),
            None => {
                let (old, new) = cell.endings;
                let region = Region {
                    requests: vec![cell.requests.clone()],
                    except,
                    is_certain,
                    before: before.endings[old].clone(),
                    after: after.endings[new].clone(),
                };
                regions.push((cell.kind, cell.endings, index, region));
            }
        }
    }
    regions.into_iter().map(|(_, _, _, region)| region).collect()
}

/// For each ending, the first with the same fate.
fn numbers(places: &Places<'_>) -> Vec<usize> {
    let fates: Vec<&Option<Fate>> = places.endings.iter().map(|ending| &ending.fate).collect();
    let first = |fate: &&Option<Fate>| fates.iter().position(|other| other == fate);
    fates.iter().map(|fate| first(fate).unwrap_or_default()).collect()
}

/// Whether both lists say the same, place by place.
fn is_same_list(
    before: &Places<'_>,
    after: &Places<'_>,
    kind: impl Fn((usize, usize)) -> Kind,
) -> bool {
    before.places.len() == after.places.len()
        && before.places.iter().zip(&after.places).all(|(old, new)| {
            old.matched == new.matched && kind((old.ending, new.ending)) == Kind::Unchanged
        })
}

/// The cells that a request can be in.
fn cells(
    before: &Places<'_>,
    after: &Places<'_>,
    kind: &impl Fn((usize, usize)) -> Kind,
) -> Vec<Cell> {
    let patterns = Patterns::default();
    let matches = |places: &'_ Places<'_>| -> Vec<Match> {
        places.places.iter().map(|place| place.matched.clone()).collect()
    };
    let (old, new) = (matches(before), matches(after));
    // Behind a match that takes all of its requests, a match has no cell.
    let ends = |of: &[Match], within: &[Match]| -> Vec<usize> {
        let end = |inner: &Match| within.iter().position(|outer| matching::covers(outer, inner));
        of.iter().map(|inner| end(inner).unwrap_or(within.len())).collect()
    };
    let (old_ends, new_ends) = (ends(&old, &new), ends(&new, &old));
    let earlier = |of: &'_ [Match]| -> Vec<Vec<usize>> {
        let meet = |index: usize| {
            (0..index).filter(|other| matching::overlap(&of[*other], &of[index])).collect()
        };
        (0..of.len()).map(meet).collect()
    };
    let (old_earlier, new_earlier) = (earlier(&old), earlier(&new));

    let mut cells = Vec::new();
    for (i, left) in old.iter().enumerate() {
        for (j, right) in new.iter().enumerate().take(old_ends[i].saturating_add(1)) {
            if i > new_ends[j] || !matching::overlap(left, right) {
                continue;
            }
            let before_left = old_earlier[i].iter().map(|it| &old[*it]);
            let before_right = new_earlier[j].iter().map(|it| &new[*it]);
            let others: Vec<&Match> = before_left
                .filter(|it| matching::overlap(it, right))
                .chain(before_right.filter(|it| matching::overlap(it, left)))
                .collect();
            if let Some(certainty) = witness::exists(&patterns, &[left, right], &others) {
                let endings = (before.places[i].ending, after.places[j].ending);
                let requests = Requests::both(left, right);
                cells.push(Cell { requests, certainty, endings, kind: kind(endings) });
            }
        }
    }
    cells
}

/// Takes out cells whose requests a later one of the same kind takes, with nothing else before it.
fn needed(cells: Vec<Cell>) -> Vec<Cell> {
    if cells.iter().all(|cell| cell.kind == Kind::Unchanged) {
        return Vec::new();
    }
    let mut kept: Vec<Cell> = Vec::new();
    // From the last, so that what a cell is compared with is needed itself.
    for cell in cells.into_iter().rev() {
        let met = kept.iter_mut().rev().find_map(|later| {
            if later.kind == cell.kind {
                later.requests.covers(&cell.requests).then_some(Some(later))
            } else {
                later.requests.overlap(&cell.requests).then_some(None)
            }
        });
        match met.flatten() {
            Some(later) => later.certainty = later.certainty.max(cell.certainty),
            None => kept.push(cell),
        }
    }
    kept.reverse();
    kept
}

impl Requests {
    /// The requests that fulfil both.
    fn both(a: &Match, b: &Match) -> Self {
        let (path, of_path, left_over) = if a.path == b.path || b.path.takes_any() {
            (&a.path, a, None)
        } else if a.path.takes_any() || matching::path_covers(&a.path, &b.path) {
            (&b.path, b, None)
        } else if matching::path_covers(&b.path, &a.path) {
            (&a.path, a, None)
        } else {
            (&a.path, a, Some(&b.path))
        };
        let mut headers = a.headers.clone();
        let more = b.headers.iter();
        headers.extend(
            more.filter(|it| !a.headers.iter().any(|other| matching::same_header(other, it)))
                .cloned(),
        );
        let mut query = a.query.clone();
        query.extend(b.query.iter().filter(|it| !a.query.contains(it)).cloned());
        let matched = Match {
            path: path.clone(),
            method: a.method.clone().or_else(|| b.method.clone()),
            grpc: of_path.grpc.clone().or_else(|| {
                let of_same_path = [a, b].into_iter().filter(|it| it.path == *path);
                of_same_path.filter_map(|it| it.grpc.clone()).next()
            }),
            headers,
            query,
        };
        let other = left_over.map(|path| Match {
            path: path.clone(),
            method: None,
            grpc: None,
            headers: Vec::new(),
            query: Vec::new(),
        });
        Self { all: [matched].into_iter().chain(other).collect() }
    }

    /// Whether these are all of the other's too; `false` where that cannot be told.
    fn covers(&self, inner: &Self) -> bool {
        let some_covers = |outer: &Match| {
            inner.all.iter().any(|inner| matching::covers(outer, inner) || *outer == *inner)
        };
        self.all.iter().all(some_covers)
    }

    /// Whether one request can be of both; `true` where that cannot be told.
    fn overlap(&self, other: &Self) -> bool {
        self.all.iter().all(|a| other.all.iter().all(|b| matching::overlap(a, b)))
    }
}
