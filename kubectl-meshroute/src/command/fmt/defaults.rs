//! The defaults that are missing in the routes of a text.
//!
//! They are those of the standard channel of the Gateway API 1.6.3, `config/crd/standard`. Its
//! `spec.rules` has a default as well, for routes that say nothing at all: such a route is not
//! finished, and is left to its author.

use meshroute::name::GATEWAY_GROUP;
use serde_json::Value;

use crate::{
    edit::{self, Amendment, Group, Put},
    source::Input,
    yaml::{self, Document, Kind, Node, Step},
};

/// A field, with the way to it from the object, and its default as JSON.
type Default = (&'static str, &'static str);

/// Those of HTTPRoute and GRPCRoute.
const COMMON: [Default; 11] = [
    ("spec.parentRefs[].group", r#""gateway.networking.k8s.io""#),
    ("spec.parentRefs[].kind", r#""Gateway""#),
    ("spec.rules[].filters[].requestMirror.backendRef.group", r#""""#),
    ("spec.rules[].filters[].requestMirror.backendRef.kind", r#""Service""#),
    ("spec.rules[].filters[].requestMirror.fraction.denominator", "100"),
    ("spec.rules[].backendRefs[].group", r#""""#),
    ("spec.rules[].backendRefs[].kind", r#""Service""#),
    ("spec.rules[].backendRefs[].weight", "1"),
    ("spec.rules[].backendRefs[].filters[].requestMirror.backendRef.group", r#""""#),
    ("spec.rules[].backendRefs[].filters[].requestMirror.backendRef.kind", r#""Service""#),
    ("spec.rules[].backendRefs[].filters[].requestMirror.fraction.denominator", "100"),
];

/// Those of HTTPRoute alone.
const HTTP: [Default; 10] = [
    ("spec.rules[].matches", r#"[{"path": {"type": "PathPrefix", "value": "/"}}]"#),
    ("spec.rules[].matches[].path", r#"{"type": "PathPrefix", "value": "/"}"#),
    ("spec.rules[].matches[].path.type", r#""PathPrefix""#),
    ("spec.rules[].matches[].path.value", r#""/""#),
    ("spec.rules[].matches[].headers[].type", r#""Exact""#),
    ("spec.rules[].matches[].queryParams[].type", r#""Exact""#),
    ("spec.rules[].filters[].requestRedirect.statusCode", "302"),
    ("spec.rules[].filters[].cors.maxAge", "5"),
    ("spec.rules[].backendRefs[].filters[].requestRedirect.statusCode", "302"),
    ("spec.rules[].backendRefs[].filters[].cors.maxAge", "5"),
];

/// Those of GRPCRoute alone.
const GRPC: [Default; 2] = [
    ("spec.rules[].matches[].method.type", r#""Exact""#),
    ("spec.rules[].matches[].headers[].type", r#""Exact""#),
];

/// Finds the defaults that are missing, each as a group of its own; or says why the text is to be
/// left as it is.
pub(super) fn missing(
    input: &Input,
    documents: &[&Document<'_>],
) -> Result<Vec<Group<'static>>, String> {
    let [common, http, grpc] = [parsed(&COMMON), parsed(&HTTP), parsed(&GRPC)];
    let mut groups = Vec::new();
    let mut left = None;
    for (number, document) in documents.iter().enumerate() {
        edit::objects(&document.root, &mut Vec::new(), &mut |object, steps| {
            let own = match defaulted(object) {
                Some(Defaulted::Http) => &http,
                Some(Defaulted::Grpc) => &grpc,
                None => return,
            };
            let span = input.text.get(object.span.clone()).unwrap_or_default();
            if span.windows(2).any(|pair| pair == b"{{") {
                left.get_or_insert_with(|| edit::left(&input.origin, object.line()));
                return;
            }
            let before = groups.len();
            for (way, value) in common.iter().chain(own) {
                let mut search =
                    Search { document: number, steps: steps.to_vec(), value, groups: &mut groups };
                search.look(object, way);
            }
            if groups.len() > before
                && let Some(why) = edit::signed(&input.origin, &document.root, steps)
            {
                left.get_or_insert(why);
            }
        });
    }
    left.map_or(Ok(groups), Err)
}

fn parsed(defaults: &[Default]) -> Vec<(Vec<&'static str>, Value)> {
    let parse = |text| serde_json::from_str(text).expect("it stands above, and is JSON");
    defaults.iter().map(|(way, value)| (way.split('.').collect(), parse(value))).collect()
}

enum Defaulted {
    Http,
    Grpc,
}

/// Which defaults an object gets from the API server; none if it is no route of a version that is
/// served.
fn defaulted(object: &Node<'_>) -> Option<Defaulted> {
    let (group, version) = text(object, "apiVersion")?.split_once('/')?;
    match (group, version, text(object, "kind")?) {
        (GATEWAY_GROUP, "v1" | "v1beta1", "HTTPRoute") => Some(Defaulted::Http),
        (GATEWAY_GROUP, "v1", "GRPCRoute") => Some(Defaulted::Grpc),
        _ => None,
    }
}

fn text<'n>(node: &'n Node<'_>, field: &str) -> Option<&'n str> {
    match &node.entry(field)?.1.kind {
        Kind::Scalar(scalar) => match &scalar.value {
            yaml::Value::String(text) => Some(text),
            _ => None,
        },
        Kind::List(_) | Kind::Map(_) => None,
    }
}

/// A search for the places that lack one default.
struct Search<'s> {
    document: usize,
    /// Where the search is.
    steps: Vec<Step<'static>>,
    value: &'s Value,
    groups: &'s mut Vec<Group<'static>>,
}

impl Search<'_> {
    /// Looks for the field at the end of this way.
    fn look(&mut self, node: &Node<'_>, way: &[&'static str]) {
        let Some((first, rest)) = way.split_first() else { return };
        let (Kind::Map(_), entry) = (&node.kind, node.entry(first.trim_end_matches("[]"))) else {
            return;
        };
        match (entry, rest) {
            (Some((_, value)), []) if !is_null(value) => {}
            (_, []) => self.groups.push(vec![Amendment {
                document: self.document,
                steps: self.steps.clone(),
                field: first,
                put: Put::Value(self.value.clone()),
            }]),
            (None, _) => {}
            (Some((_, value)), rest) => match (first.strip_suffix("[]"), &value.kind) {
                (Some(name), Kind::List(items)) => {
                    for (index, item) in items.iter().enumerate() {
                        self.steps.extend([Step::Field(name), Step::Index(index)]);
                        self.look(item, rest);
                        self.steps.truncate(self.steps.len() - 2);
                    }
                }
                (None, _) => {
                    self.steps.push(Step::Field(first));
                    self.look(value, rest);
                    self.steps.pop();
                }
                (Some(_), Kind::Scalar(_) | Kind::Map(_)) => {}
            },
        }
    }
}

/// `field: null` is as good as absent to the API server.
fn is_null(node: &Node<'_>) -> bool {
    matches!(&node.kind, Kind::Scalar(scalar) if scalar.value == yaml::Value::Null)
}
