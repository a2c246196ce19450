//! Which requests a match takes, compared with those that another takes.
//!
//! Two questions only: does one match take everything that the other takes (then what stands behind
//! it is unreachable), and can one request be taken by both (then their order matters). Both are
//! decided from the conditions alone; where a regular expression makes a question undecidable, the
//! answer is the one that claims less.

use regex::Regex;

use crate::route::{Match, PathMatch, ValueKind, ValueMatch};

/// Whether every request that `inner` takes is taken by `outer` too. `false` where that cannot be
/// told.
pub fn covers(outer: &Match, inner: &Match) -> bool {
    path_covers(&outer.path, &inner.path)
        && outer.method.as_ref().is_none_or(|method| inner.method.as_ref() == Some(method))
        && outer
            .headers
            .iter()
            .all(|header| inner.headers.iter().any(|other| same_header(header, other)))
        && outer.query.iter().all(|query| inner.query.contains(query))
}

/// Whether every request is taken.
pub fn takes_everything(matched: &Match) -> bool {
    matched.path.takes_any()
        && matched.method.is_none()
        && matched.headers.is_empty()
        && matched.query.is_empty()
}

/// Whether one request can be taken by both. `true` where that cannot be told.
pub fn overlap(a: &Match, b: &Match) -> bool {
    let methods = match (&a.method, &b.method) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    };
    methods
        && paths_overlap(&a.path, &b.path)
        && !contradict(&a.headers, &b.headers, |a, b| a.eq_ignore_ascii_case(b))
        && !contradict(&a.query, &b.query, |a, b| a == b)
}

/// Whether `path` is `prefix` or below it, element by element: `/v2` does not take `/v2example`
/// (`apis/v1/httproute_types.go`, `PathMatchPathPrefix`).
pub fn is_below(prefix: &str, path: &str) -> bool {
    prefix == "/"
        || path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a regular expression takes the whole text; unknown where it is no valid expression here.
pub fn takes_whole(pattern: &str, text: &str) -> Option<bool> {
    Regex::new(&format!(r"\A(?:{pattern})\z")).ok().map(|regex| regex.is_match(text))
}

/// The header conditions that count where only the first of equal names does.
pub fn first_of_each_name(headers: &[ValueMatch]) -> Vec<ValueMatch> {
    let mut first: Vec<ValueMatch> = Vec::with_capacity(headers.len());
    for header in headers {
        if !first.iter().any(|other| other.name.eq_ignore_ascii_case(&header.name)) {
            first.push(header.clone());
        }
    }
    first
}

/// Whether two conditions on headers are the same; the case of names does not matter.
pub(crate) fn same_header(a: &ValueMatch, b: &ValueMatch) -> bool {
    a.kind == b.kind && a.value == b.value && a.name.eq_ignore_ascii_case(&b.name)
}

/// Whether every path that `inner` takes is taken by `outer` too. `false` where that cannot be
/// told.
pub(crate) fn path_covers(outer: &PathMatch, inner: &PathMatch) -> bool {
    // When a match of an unknown type is tried is not known either.
    if matches!(inner, PathMatch::Unknown { .. }) {
        return false;
    }
    if outer == inner || outer.takes_any() {
        return true;
    }
    match (outer, inner) {
        (PathMatch::Prefix(prefix), PathMatch::Exact(path) | PathMatch::Prefix(path)) => {
            is_below(prefix, path)
        }
        (PathMatch::Regex(pattern), PathMatch::Exact(path)) => {
            takes_whole(pattern, path) == Some(true)
        }
        _ => false,
    }
}

fn paths_overlap(a: &PathMatch, b: &PathMatch) -> bool {
    match (a, b) {
        (PathMatch::Exact(a), PathMatch::Exact(b)) => a == b,
        (PathMatch::Exact(path), PathMatch::Prefix(prefix))
        | (PathMatch::Prefix(prefix), PathMatch::Exact(path)) => is_below(prefix, path),
        (PathMatch::Prefix(a), PathMatch::Prefix(b)) => is_below(a, b) || is_below(b, a),
        (PathMatch::Regex(pattern), PathMatch::Exact(path))
        | (PathMatch::Exact(path), PathMatch::Regex(pattern)) => {
            takes_whole(pattern, path) != Some(false)
        }
        (PathMatch::Regex(_) | PathMatch::Unknown { .. }, _)
        | (_, PathMatch::Regex(_) | PathMatch::Unknown { .. }) => true,
    }
}

/// Whether two exact conditions on one name want different values. A header or parameter that comes
/// several times could hold both, which the specification leaves open; we take the first value, as
/// it recommends.
fn contradict(a: &[ValueMatch], b: &[ValueMatch], same_name: impl Fn(&str, &str) -> bool) -> bool {
    a.iter().any(|a| {
        b.iter().any(|b| {
            a.kind == ValueKind::Exact
                && b.kind == ValueKind::Exact
                && same_name(&a.name, &b.name)
                && a.value != b.value
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: PathMatch) -> Match {
        Match { path, method: None, grpc: None, headers: vec![], query: vec![] }
    }
    fn prefix(value: &str) -> Match {
        path(PathMatch::Prefix(value.into()))
    }
    fn exact(value: &str) -> Match {
        path(PathMatch::Exact(value.into()))
    }
    fn regex(value: &str) -> Match {
        path(PathMatch::Regex(value.into()))
    }
    fn with_header(mut matched: Match, name: &str, value: &str) -> Match {
        matched.headers.push(ValueMatch {
            kind: ValueKind::Exact,
            name: name.into(),
            value: value.into(),
        });
        matched
    }

    #[test]
    fn a_prefix_covers_its_elements_only() {
        assert!(covers(&prefix("/v2"), &exact("/v2/a")));
        assert!(covers(&prefix("/v2"), &prefix("/v2")));
        assert!(!covers(&prefix("/v2"), &exact("/v2example")));
        assert!(!covers(&prefix("/v2"), &prefix("/")));
        assert!(covers(&prefix("/"), &regex("/a.*")));
        assert!(!covers(&prefix("/a"), &regex("/a/.*")));
        assert!(covers(&regex("/[a-z]+"), &exact("/abc")));
    }

    #[test]
    fn fewer_conditions_cover_more() {
        assert!(covers(
            &with_header(prefix("/"), "X-A", "1"),
            &with_header(with_header(prefix("/"), "x-b", "2"), "x-a", "1")
        ));
        assert!(!covers(&with_header(prefix("/"), "x-a", "1"), &prefix("/")));
        assert!(!covers(
            &with_header(prefix("/"), "x-a", "1"),
            &with_header(prefix("/"), "x-a", "2")
        ));
    }

    #[test]
    fn exact_conditions_that_differ_do_not_overlap() {
        assert!(!overlap(
            &with_header(prefix("/"), "x-a", "1"),
            &with_header(prefix("/"), "X-A", "2")
        ));
        assert!(overlap(
            &with_header(prefix("/"), "x-a", "1"),
            &with_header(prefix("/"), "x-b", "2")
        ));
        assert!(!overlap(&exact("/a"), &prefix("/b")));
        assert!(!overlap(&regex("/[0-9]+"), &exact("/a")));
        assert!(overlap(&regex("(["), &exact("/a")));
    }
}
