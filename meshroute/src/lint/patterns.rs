//! The regular expressions of a route.

use crate::{
    lint::Subject,
    path::FieldPath,
    route::{PathMatch, ValueKind},
};

/// A regular expression, and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pattern<'a> {
    pub(super) text: &'a str,
    pub(super) part: Part,
    rule: usize,
    matched: usize,
}

/// What of a request it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The path.
    Path,
    /// The header of this place.
    Header(usize),
    /// The query parameter of this place.
    Query(usize),
    /// The gRPC service.
    Service,
    /// The gRPC method.
    Method,
}

impl Pattern<'_> {
    /// Where it stands.
    pub(super) fn path(&self) -> FieldPath {
        let (rule, matched) = (self.rule, self.matched);
        match self.part {
            Part::Path => at!["spec", "rules", rule, "matches", matched, "path", "value"],
            Part::Header(index) => {
                at!["spec", "rules", rule, "matches", matched, "headers", index, "value"]
            }
            Part::Query(index) => {
                at!["spec", "rules", rule, "matches", matched, "queryParams", index, "value"]
            }
            Part::Service => at!["spec", "rules", rule, "matches", matched, "method", "service"],
            Part::Method => at!["spec", "rules", rule, "matches", matched, "method", "method"],
        }
    }
}

impl<'a> Subject<'a> {
    /// The regular expressions, as they are written.
    pub(super) fn patterns(&self) -> Vec<Pattern<'a>> {
        let mut patterns = Vec::new();
        for (rule, matched, it) in self.matches() {
            let mut push =
                |text: &'a str, part| patterns.push(Pattern { text, part, rule, matched });
            match &it.grpc {
                Some(grpc) if grpc.kind == ValueKind::Regex => {
                    grpc.service.iter().for_each(|text| push(text, Part::Service));
                    grpc.method.iter().for_each(|text| push(text, Part::Method));
                }
                // The path is one that we made of service and method.
                Some(_) => {}
                None => {
                    if let PathMatch::Regex(text) = &it.path {
                        push(text, Part::Path);
                    }
                }
            }
            for (index, header) in it.headers.iter().enumerate() {
                if header.kind == ValueKind::Regex {
                    push(&header.value, Part::Header(index));
                }
            }
            for (index, query) in it.query.iter().enumerate() {
                if query.kind == ValueKind::Regex {
                    push(&query.value, Part::Query(index));
                }
            }
        }
        patterns
    }
}
