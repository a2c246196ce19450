//! What is wrong with a route: checks with a code, one file each.
//!
//! A [`Lint`] is a value: code, name, level, what it has to know, texts, examples, and its check.
//! [`ALL`] has them in the order of their codes; every program, document and schema is made from
//! that list. [`route`] runs all of them over one route under each mesh in use.
//!
//! An error is certainly wrong in every mesh in use. What is not known never gives a finding: a
//! check asks the view of the cluster, and takes [`Known::Unknown`](crate::cluster::Known) for an
//! answer. No check looks at all routes: it asks the indexes of the view for those of a Service.

/// The place that these steps lead to.
macro_rules! at {
    ($($step:expr),* $(,)?) => {
        [$($crate::path::Step::from($step)),*]
            .into_iter()
            .collect::<$crate::path::FieldPath>()
    };
}

mod api;
mod beside;
mod catalogue;
mod duration;
mod findings;
mod headers;
mod ignore;
mod levels;
mod merge;
mod overrides;
mod patterns;
mod problems;
mod spelling;
mod subject;
mod targets;

mod backends;
mod consumers;
mod filters;
mod matches;
mod meshes;
mod parents;
mod rules;
mod text;
mod timeouts;
mod weights;

pub use api::{Api, Channel, Told, Version};
pub use catalogue::ALL;
pub use ignore::Ignore;
pub use levels::Levels;
pub use problems::{Read, concerns_parents};

use std::{collections::BTreeSet, fmt, str::FromStr};

use jiff::civil::Date;

use crate::{
    cluster::{Cluster, Part},
    detect,
    name::{GATEWAY_GROUP, ObjectName, RouteKind},
    path::FieldPath,
    profile::{Mesh, Profile},
    route::Route,
};
pub use findings::{Findings, Found};
pub use subject::Subject;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// It is no finding.
    Off,
    /// Worth knowing; shown where asked for, never on admission.
    Info,
    /// Probably wrong.
    Warning,
    /// Certainly wrong.
    Error,
}

impl Level {
    /// All of them, the lowest first.
    pub const ALL: [Self; 4] = [Self::Off, Self::Info, Self::Warning, Self::Error];

    /// The name on the command line and in output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Level {
    type Err = String;
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|level| level.name() == name)
            .ok_or_else(|| format!("unknown level {name:?}: one of off, info, warning, error"))
    }
}

/// What a lint has to know beside the route itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// Services.
    Services,
    /// EndpointSlices.
    Endpoints,
    /// Other routes of the same Service.
    Routes,
    /// ReferenceGrants.
    Grants,
    /// Namespaces, for their labels.
    Namespaces,
    /// Gateways.
    Gateways,
    /// The meshes' own objects: VirtualServices, ServiceProfiles.
    MeshObjects,
    /// The text of the manifest, before the API server filled in defaults.
    Text,
    /// Version and channel of the Gateway API.
    Channel,
}

impl Need {
    /// What it is called in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Services => "Services",
            Self::Endpoints => "EndpointSlices",
            Self::Routes => "other routes",
            Self::Grants => "ReferenceGrants",
            Self::Namespaces => "Namespaces",
            Self::Gateways => "Gateways",
            Self::MeshObjects => "VirtualServices and ServiceProfiles",
            Self::Text => "the text of the manifest",
            Self::Channel => "version and channel of the Gateway API",
        }
    }

    /// Whether it is about other objects, which may come and go.
    fn is_of_others(self) -> bool {
        match self {
            Self::Services
            | Self::Endpoints
            | Self::Routes
            | Self::Grants
            | Self::Namespaces
            | Self::Gateways
            | Self::MeshObjects => true,
            Self::Text | Self::Channel => false,
        }
    }
}

/// A check with a code.
#[derive(Debug)]
pub struct Lint {
    /// The code; stable, and never given to another check.
    pub code: &'static str,
    /// The name; stable.
    pub name: &'static str,
    /// How bad its findings are.
    pub level: Level,
    /// The meshes in which they are worse or better.
    pub meshes: &'static [(Mesh, Level)],
    /// Whether a warning is an error where the objects are said to be a whole cluster.
    pub raised_if_complete: bool,
    /// What it has to know beside the route.
    pub needs: &'static [Need],
    /// What is wrong, in a line.
    pub summary: &'static str,
    /// What it means, why it matters, and what to do: paragraphs of plain text.
    pub docs: &'static str,
    /// Manifests with the mistake. The line where it is found ends in `# CODE`; a first line
    /// `# lint: FLAGS` says which flags it takes.
    pub bad: &'static str,
    /// The same without it.
    pub good: &'static str,
    /// The check.
    pub check: Check,
}

/// How a lint checks.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// The findings are the same in every mesh, though their level may not be.
    Once(fn(&Subject<'_>, &mut Findings<'_>)),
    /// The findings depend on what the mesh does.
    EachMesh(fn(&Subject<'_>, &'static Profile, &mut Findings<'_>)),
    /// Whoever reads the manifest finds it: it is not in the model of a route.
    OfReader,
}

impl Lint {
    /// What most lints have.
    const DEFAULT: Self = Self {
        code: "",
        name: "",
        level: Level::Warning,
        meshes: &[],
        raised_if_complete: false,
        needs: &[],
        summary: "",
        docs: "",
        bad: "",
        good: "",
        check: Check::OfReader,
    };

    /// The lint of this code.
    pub fn of(code: &str) -> Option<&'static Self> {
        ALL.binary_search_by(|lint| lint.code.cmp(code)).ok().map(|index| ALL[index])
    }

    /// How bad its findings are in this mesh, before anybody's own levels.
    pub fn level_in(&self, mesh: Mesh, settings: &Settings) -> Level {
        let own = self.meshes.iter().find(|(other, _)| *other == mesh);
        let level = own.map_or(self.level, |(_, level)| *level);
        if settings.admission && self.is_of_others() {
            // Apply order is arbitrary: what other objects are like now decides no admission.
            return level.min(Level::Warning);
        }
        if self.raised_if_complete && settings.complete && level == Level::Warning {
            return Level::Error;
        }
        level
    }

    /// Whether it looks at other objects.
    pub fn is_of_others(&self) -> bool {
        self.needs.iter().any(|need| need.is_of_others())
    }

    /// A finding of this lint, for what only a reader of the manifest can find.
    pub fn finding(
        &'static self,
        path: FieldPath,
        value: impl Into<String>,
        message: impl Into<String>,
    ) -> Finding {
        let (value, message) = (value.into(), message.into());
        Finding { lint: self, level: self.level, message, path, value, fix: None }
    }
}

/// One place where a lint strikes.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The lint.
    pub lint: &'static Lint,
    /// How bad it is, in the meshes in use.
    pub level: Level,
    /// What is wrong and the way out, in a line.
    pub message: String,
    /// Where.
    pub path: FieldPath,
    /// The offending value: with the code, what a finding is recognised by after a change.
    pub value: String,
    /// What would mend it.
    pub fix: Option<Fix>,
}

/// What would mend a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// In words.
    pub hint: String,
    /// As changes of the object, to be made together; none where only its author knows.
    pub edits: Vec<Edit>,
}

/// A change of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// The field gets this text; it is put in where it is absent.
    Text(FieldPath, String),
    /// The field gets this number; it is put in where it is absent.
    Number(FieldPath, i64),
    /// The field, or the entry of a list, goes.
    Remove(FieldPath),
    /// The field gets this name instead.
    Rename(FieldPath, String),
}

/// How a run is meant.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// What somebody said of the definitions that the route is stored by.
    pub api: Told,
    /// Whether the objects are said to be a whole cluster.
    pub complete: bool,
    /// Whether a route is about to be stored: other objects may still be on their way.
    pub admission: bool,
    /// Levels that somebody chose.
    pub levels: Levels,
    /// What the annotation `meshroute.dev/ignore` may silence.
    pub ignore: Ignore,
    /// The day, for ignores that end; where it is not known none has ended.
    pub today: Option<Date>,
    /// Whether lints that look at other objects are left out: what is known of these may be old.
    pub alone: bool,
    /// What somebody has found since, so that it is unknown and not absent where the view lacks it.
    pub found: BTreeSet<Part>,
}

/// What came of a run.
#[derive(Debug, Default)]
pub struct Report {
    /// The findings, by place, then by code.
    pub findings: Vec<Finding>,
    /// What of the cluster was asked for and is not known: with it, there may be more findings.
    pub wanted: BTreeSet<Part>,
    /// What of the cluster was asked for and is not there: with it, there may be fewer findings.
    pub absent: BTreeSet<Part>,
}

/// Runs all lints over one route, under each of these meshes.
///
/// A finding that is an error in all of them is an error; one that is at most an info in all of
/// them is what it is at most; any other is a warning.
///
/// ```
/// use meshroute::{cluster::{Cluster, Object}, kind::Kind, lint, lower::lower};
/// use meshroute::{name::RouteKind, profile::Mesh};
/// use serde_json::json;
///
/// let json = json!({"metadata": {"name": "web"}, "spec": {
///     "parentRefs": [{"kind": "Service", "name": "web"}],
///     "rules": [{"backendRefs": [{"name": "web", "port": 80}]}]}});
/// let lowered = lower(Kind::Route(RouteKind::Http), &json, "shop");
/// let Some(Object::Route(route)) = lowered.object else { panic!("it is well-formed") };
/// let report = lint::route(&Cluster::unread(), &route, &[Mesh::Spec], &Default::default());
/// assert_eq!(report.findings[0].lint.code, "MR001");
/// assert_eq!(report.findings[0].path.to_string(), "spec.parentRefs[0]");
/// ```
pub fn route(cluster: &Cluster, route: &Route, meshes: &[Mesh], settings: &Settings) -> Report {
    route_as_read(cluster, route, meshes, settings, Read::default())
}

/// As [`route`], with what reading the manifest has shown: levels and ignores are for that too. Of a
/// draft, what stands beside a refused value is not judged.
pub fn route_as_read(
    cluster: &Cluster,
    route: &Route,
    meshes: &[Mesh],
    settings: &Settings,
    read: Read,
) -> Report {
    let subject = Subject::new(cluster, route, settings);
    if subject.parents.is_empty() && !read.has_refused() {
        // A route of Gateways only is no business of a mesh.
        return Report::default();
    }
    let meshes = match route.id.kind {
        RouteKind::Http | RouteKind::Grpc => meshes,
        RouteKind::LinkerdHttp => &[Mesh::Linkerd],
    };
    let mut findings = Vec::new();
    for lint in ALL.iter().filter(|lint| is_asked(lint, &subject, meshes)) {
        merge::run(lint, &subject, meshes, &mut findings);
    }
    let read = if settings.admission { read.once_stored() } else { read };
    findings.retain(|finding| read.is_whole(&finding.path));
    findings.extend(read.findings);
    settings.levels.apply(&mut findings);
    ignore::apply(&subject, &mut findings);
    if settings.admission {
        // Nobody asks for infos there.
        findings.retain(|finding| finding.level > Level::Info);
    }
    sort(&mut findings);
    let (wanted, absent) = subject.into_asked();
    Report { findings, wanted, absent }
}

/// Whether anybody hears of a lint in this run.
fn is_asked(lint: &Lint, subject: &Subject<'_>, meshes: &[Mesh]) -> bool {
    let settings = subject.settings;
    if settings.alone && lint.is_of_others() {
        return false;
    }
    // Nobody asks for infos on admission, but for one who says in the route that a lint strikes.
    let signs = subject.route.signs.as_ref();
    if !settings.admission || signs.is_some_and(|signs| signs.ignore.is_some()) {
        return true;
    }
    let levels = meshes.iter().map(|mesh| lint.level_in(*mesh, settings));
    settings.levels.of(lint.code).or_else(|| levels.max()) > Some(Level::Info)
}

/// Whether a parentRef with this group and kind is, or is meant to be, a Service: routes without one
/// are none of ours. Both are as written; what is not has the API's defaults.
pub fn concerns(group: Option<&str>, kind: Option<&str>) -> bool {
    spelling::spelling(group.unwrap_or(GATEWAY_GROUP), kind.unwrap_or("Gateway")).is_some()
}

/// The meshes by which a route is to be judged: those in use where its parents are.
pub fn in_use(shown: &detect::Meshes<'_>, route: &Route) -> Vec<Mesh> {
    of_parents(route, |service| shown.in_use(service))
}

/// As [`in_use`], where the meshes of the whole cluster are known already: it looks at the Services
/// of the parents and at their namespaces only.
pub fn narrowed(cluster: &Cluster, meshes: &[Mesh], route: &Route) -> Vec<Mesh> {
    of_parents(route, |service| {
        detect::in_place(cluster, service).map_or_else(|| meshes.to_vec(), |mesh| vec![mesh])
    })
}

fn of_parents(route: &Route, in_use: impl Fn(&ObjectName) -> Vec<Mesh>) -> Vec<Mesh> {
    let mut meshes = Vec::new();
    for parent in &route.parents {
        if concerns(Some(&parent.group), Some(&parent.kind)) {
            for mesh in in_use(&parent.name) {
                if !meshes.contains(&mesh) {
                    meshes.push(mesh);
                }
            }
        }
    }
    if meshes.is_empty() {
        // Its parents cannot be read.
        meshes.push(Mesh::Spec);
    }
    meshes
}

/// Puts findings in the order in which they are shown: by place, then by code.
pub fn sort(findings: &mut [Finding]) {
    findings
        .sort_by(|a, b| (&a.path, a.lint.code, &a.value).cmp(&(&b.path, b.lint.code, &b.value)));
}

/// The findings that an older object does not have, compared by code and value: each one of the
/// older accounts for one of the newer.
pub fn new_since(findings: Vec<Finding>, older: &[Finding]) -> Vec<Finding> {
    let mut old: Vec<(&str, &str)> =
        older.iter().map(|finding| (finding.lint.code, finding.value.as_str())).collect();
    findings
        .into_iter()
        .filter(|finding| {
            let same = (finding.lint.code, finding.value.as_str());
            match old.iter().position(|old| *old == same) {
                Some(place) => {
                    old.swap_remove(place);
                    false
                }
                None => true,
            }
        })
        .collect()
}
