//! What the patches of a kustomization do to weights.

use std::path::Path;

use super::{Build, Form, Route, Spot, clean, identity, parse, read, string};
use crate::{
    edit::find::{number, text},
    exit::Failure,
    yaml::{self, Document, Kind, Node, Step, Style},
};

/// The weights of the backends of one rule.
pub(super) type Rule = Vec<Spot>;

/// A kustomization that is being applied.
pub(super) struct Kustomization<'k, 'a> {
    pub(super) folder: &'k Path,
    pub(super) file: &'k Path,
    pub(super) bytes: &'k [u8],
    pub(super) root: &'k Node<'a>,
}

/// Where values are written.
#[derive(Clone, Copy)]
pub(super) struct From<'f> {
    pub(super) file: &'f Path,
    /// The lines of the file above the text that is read.
    pub(super) above: usize,
    pub(super) form: Form,
}

impl Kustomization<'_, '_> {
    /// Applies the patches of these fields.
    pub(super) fn apply(&self, fields: &[&str], build: &mut Build) -> Result<(), Failure> {
        for field in fields {
            let Some((_, Node { kind: Kind::List(items), .. })) = self.root.entry(field) else {
                continue;
            };
            if *field == "patchesStrategicMerge" {
                for item in items.iter() {
                    // A file, or the patch itself.
                    match string(item) {
                        Some(name) if !name.contains('\n') => self.patch(None, name, build)?,
                        Some(_) => self.inline(None, item, build)?,
                        None => {}
                    }
                }
                continue;
            }
            for item in items.iter() {
                let target = item.entry("target").map(|(_, target)| target);
                if let Some(name) = text(item, "path") {
                    self.patch(target, name, build)?;
                } else if let Some((_, node)) = item.entry("patch") {
                    self.inline(target, node, build)?;
                }
            }
        }
        Ok(())
    }

    /// Applies a patch in a file of its own.
    fn patch(
        &self,
        target: Option<&Node<'_>>,
        name: &str,
        build: &mut Build,
    ) -> Result<(), Failure> {
        let file = clean(&self.folder.join(name));
        if !file.is_file() {
            build.unread.push(name.to_owned());
            return Ok(());
        }
        let bytes = read(&file)?;
        for document in parse(&file, &bytes)? {
            one(target, &document, &file, 0, build);
        }
        Ok(())
    }

    /// Applies a patch that is a string of the kustomization.
    fn inline(
        &self,
        target: Option<&Node<'_>>,
        node: &Node<'_>,
        build: &mut Build,
    ) -> Result<(), Failure> {
        let Some(inline) = string(node) else { return Ok(()) };
        // In a block, the text starts below the `|`.
        let is_block = matches!(&node.kind, Kind::Scalar(scalar) if scalar.style == Style::Block);
        let above = match is_block {
            true => self.bytes[..node.span.start].iter().filter(|byte| **byte == b'\n').count(),
            false => node.line() - 1,
        };
        for document in yaml::documents(inline.as_bytes()) {
            let document = document.map_err(|error| {
                let (file, line) = (self.file.display(), above + error.line());
                Failure::no(format!("{file}:{line}: {}", error.message()))
            })?;
            one(target, &document, self.file, above, build);
        }
        Ok(())
    }
}

/// Applies one patch to the routes that it is for.
fn one(
    target: Option<&Node<'_>>,
    patch: &Document<'_>,
    file: &Path,
    above: usize,
    build: &mut Build,
) {
    let root = &patch.root;
    let Build { routes, unread } = build;
    let place = format!("{}:{}", file.display(), above + root.line());
    for route in routes {
        let is_meant = match target {
            Some(target) => selects(target, route),
            None => identity(root).map(|(kind, name)| {
                let namespace = |own: &str| name.namespace.is_empty() || own == name.namespace;
                kind == route.kind
                    && route.names.iter().any(|it| it.name == name.name && namespace(&it.namespace))
            }),
        };
        let is_sure = match is_meant {
            Some(false) => continue,
            // A patch without a kind and a name is for nothing that is known here.
            None if target.is_none() => continue,
            Some(true) => true,
            None => false,
        };
        let before = route.rules.clone();
        let done = match &root.kind {
            Kind::List(operations) => {
                let from = From { file, above, form: Form::Json };
                operations.iter().all(|it| operate(it, from, route).is_some())
            }
            Kind::Map(_) | Kind::Scalar(_) => {
                merge(root, From { file, above, form: Form::Merge }, route)
            }
        };
        if !done || !is_sure && route.rules != before {
            unread.push(place.clone());
            // What is found would be a guess.
            route.rules.clear();
        }
    }
}

/// Whether a selector takes a route; none if that is not to be told here.
fn selects(target: &Node<'_>, route: &Route) -> Option<bool> {
    let fits = |field: &str, values: &[&str]| match text(target, field) {
        None => Some(true),
        Some(pattern) => takes(pattern, values),
    };
    let names: Vec<&str> = route.names.iter().map(|it| it.name.as_str()).collect();
    let namespaces: Vec<&str> = route.names.iter().map(|it| it.namespace.as_str()).collect();
    let all = [
        fits("group", &[route.kind.group()]),
        fits("kind", &[route.kind.kind()]),
        fits("name", &names),
        fits("namespace", &namespaces),
    ];
    if all.contains(&Some(false)) {
        return Some(false);
    }
    let by_label = ["labelSelector", "annotationSelector"];
    let is_sure = !by_label.iter().any(|it| target.entry(it).is_some()) && !all.contains(&None);
    is_sure.then_some(true)
}

/// Whether an anchored regular expression takes a value, as far as it is a plain one.
fn takes(pattern: &str, values: &[&str]) -> Option<bool> {
    let start = pattern.strip_suffix(".*");
    let plain = |text: &str| !text.contains(['*', '+', '?', '(', '[', '|', '\\', '^', '$', '{']);
    match start {
        Some(start) if plain(start) => Some(values.iter().any(|it| it.starts_with(start))),
        None if plain(pattern) => Some(values.contains(&pattern)),
        Some(_) | None => None,
    }
}

/// Applies a patch that looks like the route.
fn merge(patch: &Node<'_>, from: From<'_>, route: &mut Route) -> bool {
    let spec = patch.entry("spec").map(|(_, spec)| spec);
    let directive = |node: &Node<'_>| node.entry("$patch").is_some();
    if directive(patch) || spec.is_some_and(directive) {
        return false;
    }
    if let Some((_, list)) = spec.and_then(|spec| spec.entry("rules")) {
        route.rules = rules(list, from);
    }
    true
}

/// Applies an operation of RFC 6902; none if what it does is not followed.
fn operate(operation: &Node<'_>, from: From<'_>, route: &mut Route) -> Option<()> {
    let (op, path) = (text(operation, "op")?, text(operation, "path")?);
    let path: Vec<&str> = path.split('/').skip(1).collect();
    let value = operation.entry("value").map(|(_, value)| value);
    let is_ours = matches!(path.as_slice(), ["spec"] | ["spec", "rules", ..] | []);
    match op {
        "test" => return Some(()),
        "add" | "replace" | "remove" if !is_ours => return Some(()),
        "add" | "replace" | "remove" => {}
        // What is moved is not followed, unless it is far away.
        _ => {
            let source = text(operation, "from")?;
            return (!is_ours && !source.starts_with("/spec/rules")).then_some(());
        }
    }
    let all = &mut route.rules;
    match path.as_slice() {
        ["spec"] => *all = rules(value?.at(&[Step::Field("rules")])?, from),
        ["spec", "rules"] => *all = value.map(|it| rules(it, from)).unwrap_or_default(),
        ["spec", "rules", rule] => put(all, rule, op, value.map(|it| backends(it, from)))?,
        ["spec", "rules", rule, "backendRefs", rest @ ..] => {
            let index = index(rule)?;
            let rule = all.get_mut(index)?;
            match rest {
                [] => *rule = value.map(|it| list(it, from)).unwrap_or_default(),
                [backend] => put(rule, backend, op, value.map(|it| spot(it, from)))?,
                [backend, "weight"] => {
                    let spot = rule.get_mut(backend.parse::<usize>().ok()?)?;
                    spot.weight = match value {
                        Some(value) if op != "remove" => number(value).ok()?,
                        _ => None,
                    };
                    let line =
                        operation.entry("value").map_or(operation.line(), |(key, _)| key.line());
                    (spot.file, spot.line) = (from.file.to_owned(), from.above + line);
                    spot.form = from.form;
                }
                [_, "name", ..] => return None,
                _ => {}
            }
        }
        ["spec", "rules", _, ..] => {}
        _ => return None,
    }
    Some(())
}

/// Adds, replaces or removes an item.
fn put<T>(items: &mut Vec<T>, at: &str, op: &str, value: Option<T>) -> Option<()> {
    match (op, at) {
        ("add", "-") => items.push(value?),
        ("add", at) => {
            let at = index(at).filter(|at| *at <= items.len())?;
            items.insert(at, value?);
        }
        ("replace", at) => *items.get_mut(index(at)?)? = value?,
        (_, at) => {
            let at = index(at).filter(|at| *at < items.len())?;
            items.remove(at);
        }
    }
    Some(())
}

fn index(text: &str) -> Option<usize> {
    text.parse().ok()
}

/// The weights of a list of rules.
pub(super) fn rules(node: &Node<'_>, from: From<'_>) -> Vec<Rule> {
    let Kind::List(items) = &node.kind else { return Vec::new() };
    items.iter().map(|rule| backends(rule, from)).collect()
}

fn backends(rule: &Node<'_>, from: From<'_>) -> Rule {
    rule.entry("backendRefs").map(|(_, it)| list(it, from)).unwrap_or_default()
}

fn list(node: &Node<'_>, from: From<'_>) -> Rule {
    let Kind::List(items) = &node.kind else { return Vec::new() };
    items.iter().map(|it| spot(it, from)).collect()
}

fn spot(backend: &Node<'_>, from: From<'_>) -> Spot {
    let weight = backend.entry("weight");
    Spot {
        file: from.file.to_owned(),
        line: from.above + weight.map_or(backend.line(), |(key, _)| key.line()),
        form: from.form,
        backend: text(backend, "name").unwrap_or_default().to_owned(),
        weight: weight.and_then(|(_, value)| number(value).ok()).flatten(),
    }
}
