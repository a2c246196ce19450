//! Finds the backend that a weight is for, and where its weight is written.

use meshroute::name::{RouteId, RouteKind};

use super::{Place, Weight, change::holds, refuse};
use crate::{
    exit::Failure,
    source::{Input, Origin},
    yaml::{Document, Key, Kind, Node, Step, Value},
};

/// A backend and its weight.
pub(super) struct Target<'t, 'a> {
    /// Which of the texts holds it.
    pub(super) input: usize,
    /// Which document of the text, from 0.
    pub(super) document: usize,
    /// The way from the root of the document to the backend.
    pub(super) steps: Vec<Step<'static>>,
    /// The backend.
    pub(super) backend: &'t Node<'a>,
    /// The line in which a reader finds its weight, or else the backend.
    pub(super) line: usize,
    /// Whether other values may hang on the bytes of the weight: aliases, a merge or a tag.
    pub(super) is_shared: bool,
    /// Where the weight is written.
    pub(super) written: Written<'t, 'a>,
    /// The weight that is there; none is the default.
    pub(super) old: Option<u32>,
    /// The weight to write.
    pub(super) new: u32,
}

/// Where a weight is written.
pub(super) enum Written<'t, 'a> {
    /// In an entry of the backend.
    Here {
        /// The key of the entry.
        key: &'t Key<'a>,
        /// Its value.
        value: &'t Node<'a>,
    },
    /// Not in the backend; a merge may bring it in.
    Nowhere,
}

/// `apis/v1/shared_types.go`, `BackendRef.Weight`: "If unspecified, weight defaults to 1."
const DEFAULT: u32 = 1;

impl Target<'_, '_> {
    /// Whether the weight is not yet what is wanted.
    pub(super) fn is_changing(&self) -> bool {
        self.old.unwrap_or(DEFAULT) != self.new
    }

    /// Whether the weight may change with another one, because it is an alias or merged.
    pub(super) fn follows(&self) -> bool {
        match self.written {
            Written::Here { value, .. } => is_alias(value),
            Written::Nowhere => self.backend.entry(WEIGHT).is_some() || is_alias(self.backend),
        }
    }

    pub(super) fn place(&self, origin: &Origin) -> Place {
        Place {
            origin: origin.clone(),
            line: self.line,
            backend: self.name(),
            old: self.old,
            new: self.new,
        }
    }

    /// The name of the backend, with its namespace if one is written.
    pub(super) fn name(&self) -> String {
        let name = text(self.backend, "name").unwrap_or("without a name");
        match text(self.backend, "namespace") {
            Some(namespace) => format!("{namespace}/{name}"),
            None => name.to_owned(),
        }
    }
}

/// Finds the backend of a weight; of a route that is there twice, the last counts.
pub(super) fn target<'t, 'a>(
    inputs: &[Input],
    texts: &'t [Vec<Document<'a>>],
    default_namespace: &str,
    weight: &Weight,
) -> Result<Target<'t, 'a>, Failure> {
    let mut found: Option<(usize, usize, Vec<Step<'static>>)> = None;
    for (input, documents) in texts.iter().enumerate() {
        for (document, Document { root, .. }) in documents.iter().enumerate() {
            let mut steps = Vec::new();
            objects(root, &mut steps, &mut |object, steps| {
                if is_route(object, default_namespace, &weight.route) {
                    found = Some((input, document, steps.to_vec()));
                }
            });
        }
    }
    let Some((input, document, mut steps)) = found else {
        return Err(refuse::no_route(texts, weight));
    };
    let (origin, root) = (&inputs[input].origin, &texts[input][document].root);
    refuse::encrypted(origin, root, &steps)?;
    let object = steps.len();
    steps.extend([
        Step::Field("spec"),
        Step::Field("rules"),
        Step::Index(weight.rule),
        Step::Field("backendRefs"),
        Step::Index(weight.backend),
    ]);
    let Some(way) = way(root, &steps) else {
        let line = root.at(&steps[..object]).map_or(root.line(), Node::line);
        return Err(refuse::no_backend(origin, line, weight));
    };
    let backend = way.node;
    if !matches!(backend.kind, Kind::Map(_)) {
        return Err(refuse::no_backend(origin, way.line, weight));
    }
    let entry = backend.entry(WEIGHT);
    let written = match entry {
        Some((key, value)) if !key.merged => Written::Here { key, value },
        // A key of its own would be there twice; which one counts differs between readers.
        Some(_) if has_own(backend, WEIGHT) => {
            return Err(refuse::overridden(origin, way.line));
        }
        Some(_) | None => Written::Nowhere,
    };
    let mut target = Target {
        input,
        document,
        steps,
        backend,
        line: way.line,
        is_shared: way.is_shared,
        written,
        old: None,
        new: weight.new,
    };
    if let Written::Here { key, value } = target.written {
        target.is_shared |= value.pinned;
        if !way.is_apart {
            target.line = key.line();
        }
    }
    if let Some((_, value)) = entry {
        target.old = number(value).map_err(|value| {
            refuse::no_number(&inputs[input], target.line, &target.name(), value)
        })?;
    }
    if target.old.unwrap_or(DEFAULT) != weight.old.unwrap_or(DEFAULT) {
        return Err(refuse::changed(origin, &target, weight.old.unwrap_or(DEFAULT)));
    }
    Ok(target)
}

/// Refuses weights that something else fills in: who reads them for numbers does not know whose
/// they are.
pub(super) fn filled_in(input: &Input, documents: &[Document<'_>]) -> Result<(), Failure> {
    let mut found = Ok(());
    for Document { root, .. } in documents {
        objects(root, &mut Vec::new(), &mut |object, _| {
            if route_kind(object).is_none() {
                return;
            }
            let rules = object.at(&[Step::Field("spec"), Step::Field("rules")]);
            let backends = items(rules).filter_map(|rule| rule.entry("backendRefs"));
            for backend in backends.flat_map(|(_, backends)| items(Some(backends))) {
                let Some((key, value)) = backend.entry(WEIGHT) else { continue };
                if found.is_ok() && text(backend, WEIGHT).is_some_and(is_filled_in) {
                    let name = text(backend, "name").unwrap_or("without a name");
                    found = Err(refuse::no_number(input, key.line(), name, value));
                }
            }
        });
    }
    found
}

fn items<'n, 'a>(node: Option<&'n Node<'a>>) -> impl Iterator<Item = &'n Node<'a>> {
    let items = node.map(|node| match &node.kind {
        Kind::List(items) => items.iter(),
        Kind::Scalar(_) | Kind::Map(_) => [].iter(),
    });
    items.into_iter().flatten()
}

fn is_filled_in(text: &str) -> bool {
    text.contains("{{") || text.starts_with("ENC[") || text.starts_with('$')
}

/// Calls `take` with each object and the way to it: `kubectl get -o yaml` prints a List, the API
/// server a HTTPRouteList.
pub(crate) fn objects(
    node: &Node<'_>,
    steps: &mut Vec<Step<'static>>,
    take: &mut dyn FnMut(&Node<'_>, &[Step<'static>]),
) {
    if !text(node, "kind").is_some_and(|kind| kind.ends_with("List")) {
        return take(node, steps);
    }
    let Some((_, Node { kind: Kind::List(items), .. })) = node.entry("items") else { return };
    for (idx, item) in items.iter().enumerate() {
        steps.extend([Step::Field("items"), Step::Index(idx)]);
        objects(item, steps, take);
        steps.truncate(steps.len() - 2);
    }
}

/// Returns the lines, from 1, in which a text holds this route.
pub(super) fn lines(
    documents: &[Document<'_>],
    default_namespace: &str,
    route: &RouteId,
) -> Vec<usize> {
    let mut lines = Vec::new();
    for Document { root, .. } in documents {
        objects(root, &mut Vec::new(), &mut |object, _| {
            if is_route(object, default_namespace, route) {
                lines.push(object.line());
            }
        });
    }
    lines
}

fn is_route(object: &Node<'_>, default_namespace: &str, route: &RouteId) -> bool {
    let Some((_, metadata)) = object.entry("metadata") else { return false };
    let namespace = text(metadata, "namespace").filter(|namespace| !namespace.is_empty());
    route_kind(object) == Some(route.kind)
        && text(metadata, "name") == Some(&route.name.name)
        && namespace.unwrap_or(default_namespace) == route.name.namespace
}

fn route_kind(object: &Node<'_>) -> Option<RouteKind> {
    let group = text(object, "apiVersion")?.split_once('/').map_or("", |(group, _)| group);
    RouteKind::of(group, text(object, "kind")?)
}

/// Where steps lead, and what they pass.
pub(super) struct Way<'t, 'a> {
    pub(super) node: &'t Node<'a>,
    /// The line in which a reader passes last before the text is left.
    pub(super) line: usize,
    /// Whether an alias or a merge has been passed, so that the text of the value stands elsewhere.
    pub(super) is_apart: bool,
    /// Whether that, or an anchor or a tag.
    pub(super) is_shared: bool,
}

pub(super) fn way<'t, 'a>(root: &'t Node<'a>, steps: &[Step<'_>]) -> Option<Way<'t, 'a>> {
    let mut way = Way { node: root, line: root.line(), is_apart: false, is_shared: root.pinned };
    for step in steps {
        let child = way.node.at(&[*step])?;
        way.is_apart |= !holds(&way.node.span, &child.span);
        way.is_shared |= way.is_apart || child.pinned;
        if !way.is_apart {
            way.line = child.line();
        }
        way.node = child;
    }
    way.is_apart |= is_alias(way.node);
    way.is_shared |= way.is_apart;
    Some(way)
}

/// Whether the value is written as an alias: what it stands for stands elsewhere.
fn is_alias(node: &Node<'_>) -> bool {
    match &node.kind {
        Kind::Scalar(scalar) => scalar.style == crate::yaml::Style::Alias,
        Kind::List(items) => items.iter().any(|it| !holds(&node.span, &it.span)),
        Kind::Map(entries) => {
            entries.iter().any(|(key, _)| !key.merged && !holds(&node.span, &key.span))
        }
    }
}

/// Whether a map has an entry of this name that no merge has brought in.
pub(super) fn has_own(map: &Node<'_>, field: &str) -> bool {
    let Kind::Map(entries) = &map.kind else { return false };
    entries.iter().any(|(key, _)| key.name == field && !key.merged)
}

/// Returns the weight that kubectl sends, or the value that is none.
pub(super) fn number<'n, 'a>(value: &'n Node<'a>) -> Result<Option<u32>, &'n Node<'a>> {
    let Kind::Scalar(scalar) = &value.kind else { return Err(value) };
    match &scalar.value {
        Value::Null => Ok(None),
        Value::Int(_) | Value::Uint(_) | Value::Float(_) => {
            let number = scalar.value.to_json().as_u64();
            match number.map(u32::try_from) {
                Some(Ok(number)) => Ok(Some(number)),
                Some(Err(_)) | None => Err(value),
            }
        }
        Value::Bool(_) | Value::String(_) => Err(value),
    }
}

/// The text of a field.
pub(super) fn text<'n>(node: &'n Node<'_>, field: &str) -> Option<&'n str> {
    let (_, Node { kind: Kind::Scalar(scalar), .. }) = node.entry(field)? else { return None };
    match &scalar.value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// The key of a weight.
pub(super) const WEIGHT: &str = "weight";
