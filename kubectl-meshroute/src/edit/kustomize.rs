//! Finds the files behind a kustomization that hold weights: what `kubectl kustomize` prints cannot
//! be written, and a reader of it does not see which base or patch has the last word.
//!
//! Source: kustomize, `accumulateTarget` and `configureBuiltinTransformers`: resources, then
//! components, then patches, then names. A route has no schema there, so a patch that has a list
//! replaces it.

mod patch;

use std::{
    fs,
    path::{Path, PathBuf},
};

use meshroute::name::{ObjectName, RouteKind};

use self::patch::Rule;
use super::{
    Weight, edits,
    find::{objects, text},
};
use crate::{
    exit::Failure,
    source::{Input, Origin},
    yaml::{self, Document, Kind, Node},
};

/// A weight in a file behind a kustomization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spot {
    /// The file.
    pub(crate) file: PathBuf,
    /// The line, from 1, of the weight, or else of its backend.
    pub(crate) line: usize,
    /// What kind of file it is.
    pub(crate) form: Form,
    /// The name of the backend, as far as the file names it.
    pub(crate) backend: String,
    /// The weight that is written there; none is the default.
    pub(crate) weight: Option<u32>,
}

/// What holds a weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The route itself, which `-f` can edit.
    Resource,
    /// A patch that repeats the rules of the route.
    Merge,
    /// A list of JSON Patch operations.
    Json,
}

/// Returns where each of the weights is written, in their order.
pub(crate) fn spots(
    folder: &Path,
    default_namespace: &str,
    weights: &[Weight],
) -> Result<Vec<Spot>, Failure> {
    let mut build = Build::default();
    build.layer(folder, 0)?;
    let untold = |why: &str| {
        let others: Vec<&str> = build.unread.iter().map(String::as_str).collect();
        let others = match others.as_slice() {
            [] => String::new(),
            others => format!("; not read: {}", others.join(", ")),
        };
        Failure::no(format!(
            "cannot tell which file of {} to edit: {why}{others}",
            folder.display()
        ))
    };
    let mut spots = Vec::new();
    for weight in weights {
        let Weight { route, rule, backend, old, new: _ } = weight;
        let fits = |it: &&Route| {
            let ObjectName { namespace, name } = it.names.last().unwrap_or(&route.name);
            let namespace = if namespace.is_empty() { default_namespace } else { namespace };
            it.kind == route.kind
                && (namespace, name.as_str())
                    == (route.name.namespace.as_str(), route.name.name.as_str())
        };
        let found: Vec<&Route> = build.routes.iter().filter(fits).collect();
        let [found] = found.as_slice() else {
            return Err(untold(&format!("{route} is in {} of its files", found.len())));
        };
        let spot = found.rules.get(*rule).and_then(|rule| rule.get(*backend));
        // What is written has to be what was built, or something else has the last word.
        let Some(spot) = spot.filter(|it| it.weight.unwrap_or(1) == old.unwrap_or(1)) else {
            let what =
                format!("the weight of spec.rules[{rule}].backendRefs[{backend}] of {route}");
            return Err(untold(&format!("{what} comes from elsewhere")));
        };
        spots.push(spot.clone());
    }
    Ok(spots)
}

/// Says what to do instead of writing a kustomization; `command` is the command about one file.
pub(crate) fn advice(
    folder: &Path,
    default_namespace: &str,
    weights: &[Weight],
    command: impl Fn(&str) -> String,
) -> Failure {
    let spots = match spots(folder, default_namespace, weights) {
        Ok(spots) => spots,
        Err(failure) => return failure,
    };
    let mut message = format!("{} is built, and cannot be written", folder.display());
    let file = spots.first().map(|it| (&it.file, it.form));
    match file {
        Some((file, Form::Resource))
            if spots.iter().all(|it| it.file == *file)
                && is_editable(file, default_namespace, weights) =>
        {
            let command = command(&file.display().to_string());
            message.push_str(&format!("; the weights are in a resource\n  try: {command}"));
        }
        _ => {
            message.push_str("; edit its files by hand:");
            for (spot, weight) in spots.iter().zip(weights) {
                let Spot { file, line, form, backend, weight: old } = spot;
                let form = match form {
                    Form::Resource => "resource",
                    Form::Merge => "patch",
                    Form::Json => "JSON patch",
                };
                let old = old.map_or("absent".to_owned(), |old| old.to_string());
                let (file, new) = (file.display(), weight.new);
                message.push_str(&format!(
                    "\n{file}:{line}  {backend}  weight {old} → {new}  ({form})"
                ));
            }
        }
    }
    if spots.iter().any(|it| !it.file.starts_with(folder)) {
        message.push_str("\nother overlays may be built on that file as well");
    }
    Failure::no(message)
}

/// Whether the file alone holds the route under the name that it has in the end.
fn is_editable(file: &Path, default_namespace: &str, weights: &[Weight]) -> bool {
    let origin = Origin::File(file.to_owned());
    let inputs = fs::read(file).map(|text| [Input { origin, text }]);
    inputs.is_ok_and(|inputs| edits(&inputs, default_namespace, weights).is_ok())
}

/// A route as far as it is built.
#[derive(Debug, Clone)]
struct Route {
    kind: RouteKind,
    /// The names that it has had, the present one last; a patch may use any of them.
    names: Vec<ObjectName>,
    rules: Vec<Rule>,
}

/// What is built so far.
#[derive(Debug, Default)]
struct Build {
    routes: Vec<Route>,
    /// What may hold or change routes, and is not read here.
    unread: Vec<String>,
}

impl Build {
    /// Adds the routes of a folder and changes all that are there as its kustomization says.
    fn layer(&mut self, folder: &Path, depth: usize) -> Result<(), Failure> {
        let names = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
        let Some(file) = names.iter().map(|name| folder.join(name)).find(|it| it.is_file()) else {
            self.unread.push(folder.display().to_string());
            return Ok(());
        };
        if depth > MAX_DEPTH {
            return Err(Failure::no(format!("{}: its bases are too deep", file.display())));
        }
        let bytes = read(&file)?;
        let documents = parse(&file, &bytes)?;
        let Some(Document { root, .. }) = documents.first() else { return Ok(()) };
        for field in ["resources", "bases"] {
            for name in strings(root, field) {
                let path = clean(&folder.join(name));
                if path.is_dir() {
                    let mut base = Self::default();
                    base.layer(&path, depth + 1)?;
                    self.routes.append(&mut base.routes);
                    self.unread.append(&mut base.unread);
                } else if path.is_file() {
                    self.resource(&path)?;
                } else {
                    self.unread.push(name.to_owned());
                }
            }
        }
        // A component changes what is there already.
        for name in strings(root, "components") {
            self.layer(&clean(&folder.join(name)), depth + 1)?;
        }
        for field in OTHERS {
            let Some((_, value)) = root.entry(field) else { continue };
            self.unread.push(format!("{field} in {}", file.display()));
            // What is found would be a guess.
            let says = String::from_utf8_lossy(bytes.get(value.span.clone()).unwrap_or_default());
            if says.contains("backendRefs") {
                self.routes.iter_mut().for_each(|route| route.rules.clear());
            }
        }
        let kustomization = patch::Kustomization { folder, file: &file, bytes: &bytes, root };
        kustomization.apply(&["patchesStrategicMerge", "patches"], self)?;
        self.rename(root);
        kustomization.apply(&["patchesJson6902"], self)
    }

    /// Adds the routes of a file.
    fn resource(&mut self, file: &Path) -> Result<(), Failure> {
        let bytes = read(file)?;
        for document in parse(file, &bytes)? {
            objects(&document.root, &mut Vec::new(), &mut |object, _| {
                let Some((kind, name)) = identity(object) else { return };
                let rules = object.entry("spec").and_then(|(_, spec)| spec.entry("rules"));
                let from = patch::From { file, above: 0, form: Form::Resource };
                let rules = rules.map(|(_, rules)| patch::rules(rules, from)).unwrap_or_default();
                self.routes.push(Route { kind, names: vec![name], rules });
            });
        }
        Ok(())
    }

    fn rename(&mut self, root: &Node<'_>) {
        let field = |name| text(root, name).unwrap_or_default();
        let (prefix, suffix) = (field("namePrefix"), field("nameSuffix"));
        let namespace = field("namespace");
        for route in &mut self.routes {
            let Some(ObjectName { namespace: own, name }) = route.names.last() else { continue };
            let namespace = if namespace.is_empty() { own } else { namespace };
            let name = ObjectName::new(namespace, format!("{prefix}{name}{suffix}"));
            route.names.push(name);
        }
    }
}

/// The kind and the name of a route; its namespace is empty where none is written.
fn identity(object: &Node<'_>) -> Option<(RouteKind, ObjectName)> {
    let group = text(object, "apiVersion")?.split_once('/').map_or("", |(group, _)| group);
    let kind = RouteKind::of(group, text(object, "kind")?)?;
    let (_, metadata) = object.entry("metadata")?;
    let namespace = text(metadata, "namespace").unwrap_or_default();
    Some((kind, ObjectName::new(namespace, text(metadata, "name")?)))
}

/// The strings of a list.
fn strings<'n>(root: &'n Node<'_>, field: &str) -> Vec<&'n str> {
    let Some((_, Node { kind: Kind::List(items), .. })) = root.entry(field) else {
        return Vec::new();
    };
    items.iter().filter_map(string).collect()
}

fn string<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    let Kind::Scalar(scalar) = &node.kind else { return None };
    match &scalar.value {
        yaml::Value::String(text) => Some(text),
        _ => None,
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(file).map_err(|error| Failure::no(format!("cannot read {}: {error}", file.display())))
}

fn parse<'a>(file: &Path, bytes: &'a [u8]) -> Result<Vec<Document<'a>>, Failure> {
    let documents: Result<_, yaml::Error> = yaml::documents(bytes).into_iter().collect();
    documents.map_err(|error| Failure::no(format!("{}: {error}", file.display())))
}

/// Resolves `..` by the letters, so that a path reads as one would type it.
fn clean(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut clean = PathBuf::new();
    for part in path.components() {
        let above = clean.components().next_back();
        match (part, above) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                clean.pop();
            }
            (part, _) => clean.push(part),
        }
    }
    clean
}

const MAX_DEPTH: usize = 32;
/// The fields that may make or change routes in ways that are not followed.
const OTHERS: [&str; 7] = [
    "generators",
    "transformers",
    "helmCharts",
    "helmChartInflationGenerator",
    "replacements",
    "vars",
    "crds",
];
