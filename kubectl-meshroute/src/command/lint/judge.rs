//! From the objects of all sheets to what is wrong with them.

use std::{collections::HashMap, path::Path};

use meshroute::{
    cluster::{Cluster, Object, Part},
    detect,
    kind::Kind,
    lint::{self, Finding, Level, Lint},
    name::{ObjectName, RouteId},
    path::FieldPath,
    profile::Mesh,
    route::Route,
};

use crate::{
    command::lint::{
        place::Mark,
        plan::Plan,
        read::{Manifest, Read, Sheet, text},
        swaps,
    },
    exit::Failure,
    progress::Progress,
    view::lint::{Checked, Placed, Thing, Unread},
};

/// By which meshes routes are judged.
pub(super) enum Meshes {
    /// By those that the objects show.
    Auto,
    /// By these.
    Named(Vec<Mesh>),
}

impl Meshes {
    /// Reads the values of `--mesh`.
    pub(super) fn parse(names: &[String]) -> Result<Self, Failure> {
        if names.is_empty() || names.iter().any(|name| name == "auto") {
            return match names {
                [] | [_] => Ok(Self::Auto),
                _ => Err(Failure::usage("--mesh: auto, or names of meshes, not both")),
            };
        }
        let meshes = names.iter().map(|name| name.parse::<Mesh>());
        let meshes = meshes.collect::<Result<_, _>>();
        meshes.map(Self::Named).map_err(|error| Failure::usage(error.to_string()))
    }

    /// Those for a route; `shown` is what all objects show.
    pub(super) fn of(&self, shown: &detect::Meshes<'_>, route: &Route) -> Vec<Mesh> {
        match self {
            Self::Named(meshes) => meshes.clone(),
            Self::Auto => lint::in_use(shown, route),
        }
    }
}

/// What came of it.
#[derive(Default)]
pub(super) struct Judged {
    /// The findings, by sheet and line.
    pub(super) findings: Vec<Placed>,
    /// How many more there are that are not shown.
    pub(super) hidden: usize,
    /// All objects that were looked at, in their order.
    pub(super) objects: Vec<Checked>,
    /// Where they start in files: the sheet, by its place, and the byte.
    pub(super) starts: Vec<(usize, usize)>,
    /// The templates, `FILE:LINE`.
    pub(super) templates: Vec<String>,
    /// What could not be looked at in a cluster.
    pub(super) unread: Vec<Unread>,
}

/// Judges all objects of the sheets.
pub(super) fn judge(sheets: &[Sheet<'_>], plan: &Plan, progress: &Progress) -> Judged {
    let Plan { meshes, settings, namespace, .. } = plan;
    let mut judged = Judged::default();
    let mut manifests = Vec::new();
    for (place, sheet) in sheets.iter().enumerate() {
        let Read { manifests: read, loose, templates } = sheet.read(place, namespace);
        judged.templates.extend(templates.iter().map(|line| format!("{}:{line}", sheet.name)));
        for (finding, mark) in loose {
            let mut finding = vec![finding];
            settings.levels.apply(&mut finding);
            let placed = finding.into_iter().map(|finding| placed(sheet, finding, mark, None));
            judged.findings.extend(placed);
        }
        manifests.extend(read);
    }
    let mut cluster = if settings.complete { Cluster::default() } else { Cluster::unread() };
    if settings.complete {
        // Without any, no name in another namespace is granted.
        cluster.learn(Part::cluster(Kind::ReferenceGrant));
    }
    let routes = insert(&mut cluster, &mut manifests, sheets);
    let shown = detect::Meshes::of(&cluster);
    progress.begin(manifests.len());
    for (number, (manifest, place)) in manifests.iter_mut().zip(routes).enumerate() {
        progress.step();
        let sheet = &sheets[manifest.sheet];
        let thing = thing(manifest, namespace);
        judged.starts.push((manifest.sheet, manifest.node.span.start));
        judged.objects.push(Checked {
            file: sheet.name.to_owned(),
            line: Some(manifest.node.line()),
            thing: thing.clone(),
        });
        let route = match &place {
            Some(Stored::InCluster(id)) => cluster.route(id),
            Some(Stored::Apart(route)) => Some(route.as_ref()),
            None => None,
        };
        if settings.admission {
            // Only a reader of the text sees these.
            manifest.marked.clear();
            manifest.read.findings.retain(|finding| finding.lint.code != "MR068");
        }
        let mut read = std::mem::take(&mut manifest.read);
        read.findings.extend(manifest.marked.iter().map(|(finding, _)| finding.clone()));
        let mut findings = match route {
            Some(route) => {
                let meshes = meshes.of(&shown, route);
                lint::route_as_read(&cluster, route, &meshes, settings, read).findings
            }
            None => {
                settings.levels.apply(&mut read.findings);
                read.findings
            }
        };
        if findings.is_empty() {
            continue;
        }
        for finding in findings.drain(..) {
            // Most routes have an info; the place of what is not shown nobody asks for.
            if finding.level < plan.least() {
                judged.hidden += 1;
                continue;
            }
            // What the text shows has a place of its own, and no path.
            let is_same = |it: &&(Finding, _)| {
                it.0.lint.code == finding.lint.code && it.0.value == finding.value
            };
            let marked = manifest.marked.iter().find(is_same);
            let marked = marked.filter(|_| finding.path == FieldPath::default());
            let mark = marked.map_or_else(
                || sheet.lines.of_path(manifest.node, &finding.path),
                |(_, mark)| *mark,
            );
            let mut placed = placed(sheet, finding, mark, Some(thing.clone()));
            placed.object = Some(number);
            if let Some(fix) = &placed.finding.fix {
                placed.swaps = swaps::swaps(&sheet.lines, manifest.node, &fix.edits);
            }
            judged.findings.push(placed);
        }
    }
    let order: HashMap<&str, usize> =
        sheets.iter().enumerate().map(|(place, sheet)| (sheet.name, place)).collect();
    judged.findings.sort_by(|a, b| {
        let key =
            |it: &Placed| (order.get(it.file.as_str()).copied(), it.mark, it.finding.lint.code);
        key(a).cmp(&key(b))
    });
    judged
}

/// A finding in its place.
fn placed(sheet: &Sheet<'_>, finding: Finding, mark: Mark, thing: Option<Thing>) -> Placed {
    let line = sheet.lines.excerpt(mark);
    Placed { line, ..Placed::new(finding, sheet.name, Some(mark), thing) }
}

/// Where the route of a manifest is.
enum Stored {
    InCluster(RouteId),
    /// Not there: the API server would refuse it, or another document of its name came after it.
    Apart(Box<Route>),
}

/// Puts the objects into a cluster, in their order, and says of objects that are there twice.
fn insert(
    cluster: &mut Cluster,
    manifests: &mut [Manifest<'_>],
    sheets: &[Sheet<'_>],
) -> Vec<Option<Stored>> {
    let mut stored: Vec<Option<Stored>> = Vec::with_capacity(manifests.len());
    let mut first: HashMap<(&'static str, ObjectName), (usize, usize, usize)> = HashMap::new();
    for (index, manifest) in manifests.iter_mut().enumerate() {
        let Some(object) = manifest.object.take() else {
            let draft = manifest.draft.take().and_then(|draft| match draft {
                Object::Route(route) => Some(Stored::Apart(Box::new(route))),
                _ => None,
            });
            stored.push(draft);
            continue;
        };
        let route = match &object {
            Object::Route(route) => Some(route.id.clone()),
            _ => None,
        };
        if let Some(kind) = kind_of(&object) {
            let here = (index, manifest.sheet, manifest.node.line());
            let there = first.insert((kind, object.name()), here);
            if let Some((index, sheet, line)) = there {
                let name = sheets[sheet].name;
                let message = format!("{kind} {} is in {name}:{line} already", object.name());
                let finding = Lint::of("MR068").map(|lint| {
                    lint.finding(FieldPath::default(), object.name().to_string(), message)
                });
                manifest.read.findings.extend(finding.map(|finding| {
                    let folder = |sheet: usize| Path::new(sheets[sheet].name).parent();
                    // Overlays and alternatives are in folders of their own.
                    let apart = folder(sheet) != folder(manifest.sheet);
                    let level = if apart { Level::Info } else { finding.level };
                    Finding { level, ..finding }
                }));
                if let Some(Some(Stored::InCluster(id))) = stored.get(index)
                    && let Some(route) = cluster.route(id)
                {
                    stored[index] = Some(Stored::Apart(Box::new(route.clone())));
                }
            }
        }
        cluster.insert(object);
        stored.push(route.map(Stored::InCluster));
    }
    stored
}

/// The kind of an object that nobody writes twice on purpose.
fn kind_of(object: &Object) -> Option<&'static str> {
    match object {
        Object::Route(route) => Some(match route.id.kind {
            meshroute::name::RouteKind::Http => "HTTPRoute",
            meshroute::name::RouteKind::Grpc => "GRPCRoute",
            meshroute::name::RouteKind::LinkerdHttp => "HTTPRoute.policy.linkerd.io",
        }),
        Object::Service(_) => Some("Service"),
        Object::ReferenceGrant(_) => Some("ReferenceGrant"),
        Object::EndpointSlice(_)
        | Object::Namespace(_)
        | Object::Gateway(_)
        | Object::Override(_)
        | Object::Crd { .. }
        | Object::Application(_)
        | Object::Rollout(_)
        | Object::Kustomization(_)
        | Object::HelmRelease(_)
        | Object::Canary(_) => None,
    }
}

/// What the object is called.
fn thing(manifest: &Manifest<'_>, namespace: &str) -> Thing {
    let node = manifest.node;
    let metadata = node.entry("metadata").map(|(_, metadata)| metadata);
    let of = |field| metadata.and_then(|metadata| text(metadata, field)).map(str::to_owned);
    let api_version = text(node, "apiVersion").unwrap_or_default();
    Thing {
        group: api_version.split_once('/').map_or("", |(group, _)| group).to_owned(),
        kind: text(node, "kind").unwrap_or_default().to_owned(),
        namespace: of("namespace").unwrap_or_else(|| namespace.to_owned()),
        name: of("name").unwrap_or_default(),
    }
}
