//! The rules by which Argo CD and Flux leave differences alone: pointers, paths of jq, patterns.

use regex::Regex;

use crate::{
    cluster::{Fields, IgnoreRule, Pattern, Segment},
    lower::signs::read,
    wire::{
        Found, List,
        tools::{FluxIgnore, FluxTarget, IgnoreDifferences},
    },
};

/// Argo CD's rules. Groups and kinds are globs, names and namespaces are not (argo-cd,
/// `util/argo/normalizers/diff_normalizer.go`, `Normalize`).
pub(super) fn of_argo(rules: Found<List<IgnoreDifferences>>) -> Vec<IgnoreRule> {
    let rule = |rule: IgnoreDifferences| {
        let exact = |text| match read(text) {
            Some(text) if !String::is_empty(&text) => Pattern::Text(text),
            _ => Pattern::Any,
        };
        let pointers = texts(rule.json_pointers).into_iter().map(|text| Some(pointer(&text)));
        let paths = texts(rule.jq_path_expressions).into_iter().map(|text| jq(&text));
        IgnoreRule {
            group: glob(&read(rule.group).unwrap_or_default()),
            kind: glob(&read(rule.kind).unwrap_or_default()),
            namespace: exact(rule.namespace),
            name: exact(rule.name),
            narrower: false,
            fields: pointers.chain(paths).collect(),
            managers: texts(rule.managed_fields_managers),
        }
    };
    read(rules).unwrap_or_default().into_iter().filter_map(read).map(rule).collect()
}

/// Flux's rules. All parts of a target are regular expressions that take the whole text (fluxcd/pkg,
/// `ssa/jsondiff/selector.go`, `NewSelectorRegex`).
pub(super) fn of_flux(rules: Found<List<FluxIgnore>>) -> Vec<IgnoreRule> {
    let rule = |rule: FluxIgnore| {
        let FluxTarget {
            group,
            version,
            kind,
            name,
            namespace,
            annotation_selector,
            label_selector,
            unknown: _,
        } = read(rule.target).unwrap_or_default();
        let asks = |text: Found<String>| read(text).is_some_and(|text| !text.is_empty());
        IgnoreRule {
            group: anchored(group),
            kind: anchored(kind),
            namespace: anchored(namespace),
            name: anchored(name),
            narrower: asks(version) || asks(annotation_selector) || asks(label_selector),
            fields: texts(rule.paths).into_iter().map(|text| Some(pointer(&text))).collect(),
            managers: Vec::new(),
        }
    };
    read(rules).unwrap_or_default().into_iter().filter_map(read).map(rule).collect()
}

fn texts(list: Found<List<String>>) -> Vec<String> {
    read(list).unwrap_or_default().into_iter().filter_map(read).collect()
}

fn anchored(text: Found<String>) -> Pattern {
    match read(text) {
        Some(text) if !text.is_empty() => regex(&text),
        _ => Pattern::Any,
    }
}

fn regex(text: &str) -> Pattern {
    Regex::new(&format!("^(?:{text})$")).map_or(Pattern::Unread, Pattern::Regex)
}

/// A glob of which `*` and `?` are read.
fn glob(text: &str) -> Pattern {
    if text == "*" {
        return Pattern::Any;
    }
    if text.contains(['[', '{', '\\']) {
        return Pattern::Unread;
    }
    if !text.contains(['*', '?']) {
        return Pattern::Text(text.into());
    }
    regex(&regex::escape(text).replace(r"\*", ".*").replace(r"\?", "."))
}

/// A JSON pointer (RFC 6901).
fn pointer(text: &str) -> Fields {
    let segment = |token: &str| match token.parse() {
        Ok(index) => Segment::Index(index),
        Err(_) => Segment::Field(token.replace("~1", "/").replace("~0", "~")),
    };
    Fields(text.split('/').skip(1).map(segment).collect())
}

/// A path of jq without conditions: `.spec.rules[].backendRefs[0]?.weight`, also in pieces between
/// `|`. None for everything else that jq can do.
fn jq(text: &str) -> Option<Fields> {
    // `..` goes everywhere.
    if text.contains("..") {
        return None;
    }
    let mut fields = Vec::new();
    for piece in text.split('|') {
        let mut rest = piece.trim().strip_prefix('.')?;
        while !rest.is_empty() {
            rest = rest.strip_prefix(['.', '?']).unwrap_or(rest);
            let (segment, after) = match rest.chars().next() {
                None => break,
                Some('[') => {
                    let (inside, after) = rest[1..].split_once(']')?;
                    (bracket(inside.trim())?, after)
                }
                Some('"') => {
                    let (name, after) = rest[1..].split_once('"')?;
                    (quoted(name)?, after)
                }
                Some('.' | '?') => continue,
                Some(_) => {
                    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
                    let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
                    let (name, after) = rest.split_at(end);
                    if name.is_empty() {
                        return None;
                    }
                    (Segment::Field(name.into()), after)
                }
            };
            if !after.is_empty() && !after.starts_with(['.', '[', '?']) {
                return None;
            }
            fields.push(segment);
            rest = after;
        }
    }
    (!fields.is_empty()).then_some(Fields(fields))
}

fn bracket(inside: &str) -> Option<Segment> {
    match inside.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(name) => quoted(name),
        None if inside.is_empty() => Some(Segment::Each),
        None => inside.parse().ok().map(Segment::Index),
    }
}

fn quoted(name: &str) -> Option<Segment> {
    (!name.contains(['\\', '"'])).then(|| Segment::Field(name.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Known;

    fn shown(fields: &Fields) -> String {
        let shown = fields.0.iter().map(|segment| match segment {
            Segment::Field(name) => format!("/{name}"),
            Segment::Index(index) => format!("/{index}"),
            Segment::Each => "/*".into(),
        });
        shown.collect()
    }

    #[test]
    fn paths_without_conditions_are_read() {
        for (text, expected) in [
            (".spec.rules", "/spec/rules"),
            (".spec.rules[].backendRefs[].weight", "/spec/rules/*/backendRefs/*/weight"),
            (".spec.rules[]?.backendRefs[0]?", "/spec/rules/*/backendRefs/0"),
            (".spec | .rules[] | .backendRefs", "/spec/rules/*/backendRefs"),
            (".[\"spec\"].\"rules\"[ 1 ]", "/spec/rules/1"),
        ] {
            assert_eq!(jq(text).as_ref().map(shown).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_else_jq_can_do_is_not_read() {
        for text in [
            ".spec.rules[] | select(.name == \"a\") | .backendRefs",
            "select(.metadata.labels[\"a.b/c\"] == \"d\") | .spec.rules",
            ".spec.rules[0:2]",
            ".spec.rules[-1]",
            ".spec.rules,.spec.hostnames",
            ".. | .weight?",
            "del(.spec)",
            ".",
            "",
        ] {
            assert_eq!(jq(text), None, "{text}");
        }
    }

    #[test]
    fn pointers_unescape_their_tokens() {
        assert_eq!(shown(&pointer("/spec/rules/0/a~1b~0c")), "/spec/rules/0/a/b~c");
        assert_eq!(pointer("/a~01"), Fields(vec![Segment::Field("a~1".into())]));
    }

    #[test]
    fn globs_take_whole_texts() {
        assert_eq!(glob("*").takes("a"), Known::Known(true));
        assert_eq!(glob("*.k8s.io").takes("gateway.networking.k8s.io"), Known::Known(true));
        assert_eq!(glob("*.k8s.io").takes("gateway.networkingxk8s.io"), Known::Known(false));
        assert_eq!(glob("HTTPRoute").takes("HTTPRoute"), Known::Known(true));
        assert_eq!(glob("").takes("HTTPRoute"), Known::Known(false));
        assert_eq!(glob("{HTTP,GRPC}Route").takes("HTTPRoute"), Known::Unknown);
    }

    #[test]
    fn expressions_of_targets_take_whole_texts() {
        assert_eq!(regex("HTTPRoute|GRPCRoute").takes("GRPCRoute"), Known::Known(true));
        assert_eq!(regex("HTTP").takes("HTTPRoute"), Known::Known(false));
        assert_eq!(regex("(").takes("a"), Known::Unknown);
    }
}
