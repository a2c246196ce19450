//! What a change of weights writes: which weights of which route, and what speaks against it.
//!
//! [`Wish::parse`] reads what a user asks for, [`shift`] makes it a [`Shift`]: one route, the rules
//! of it that change, and for each backend the weight before and after. Only weights change.
//! [`undo`] does the same for weights that are remembered. Both look at the effective split, so
//! that nobody changes a rule that requests do not reach.

mod candidates;
mod create;
mod drift;
mod grammar;
mod guard;
mod names;
mod remember;
mod trouble;
mod weights;

pub use candidates::{is_named, route_flag};
pub use create::{New, NewBackend, create};
pub use drift::{Drift, drift};
pub use grammar::{Amount, Percent, Term, Wish};
pub use guard::{Guard, Note};
pub use names::{by_position, label};
pub use remember::{Memory, undo};
pub use trouble::{Class, Trouble, Way};

use crate::{
    cluster::{Cluster, Known},
    name::{ObjectName, RouteId},
    owner::Owner,
    profile::Mesh,
    route::{Field, Route, Rule},
    split::{Reference, Split},
};
use candidates::Candidate;

/// The most that a weight can be, and the sum that shares may take to become whole.
pub const MOST: u32 = 1_000_000;

/// The label of a namespace that says what the annotation of a route says: that weights are
/// percentages.
const PERCENT: (&str, &str) = ("meshroute.dev/weights", "percent");

/// Which rules are meant, where more than one could be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// The rule, by its name or its index.
    pub rule: Option<String>,
    /// All rules of the route that have several backends.
    pub all_rules: bool,
    /// The route: `NAME`, or `KIND/NAME`.
    pub route: Option<String>,
    /// Only rules that serve this port.
    pub port: Option<u16>,
    /// Also where a rule serves other ports than that one.
    pub all_ports: bool,
}

/// A change of the weights of one route.
#[derive(Debug, Clone)]
pub struct Shift {
    /// The Service that is called.
    pub service: ObjectName,
    /// The route.
    pub route: RouteId,
    /// The rules that are meant, by their index; their weights may be what they were.
    pub rules: Vec<RuleShift>,
    /// The mesh whose split it is.
    pub mesh: Mesh,
    /// Whether its weights are to be whole percentages.
    pub percent: bool,
    /// Who else writes the route.
    pub owner: Option<Owner>,
    /// What speaks against it.
    pub guards: Vec<Guard>,
    /// Whether the way back would raise the share of a backend that cannot serve it.
    pub leaves_unready: bool,
    /// What else there is to know.
    pub notes: Vec<Note>,
}

/// A change of the weights of one rule.
#[derive(Debug, Clone)]
pub struct RuleShift {
    /// The index of the rule, from 0.
    pub index: usize,
    /// The rule as it was read.
    pub rule: Rule,
    /// Its backends, as they are written.
    pub backends: Vec<BackendShift>,
}

/// The weight of one backend, before and after.
#[derive(Debug, Clone)]
pub struct BackendShift {
    /// The backend.
    pub reference: Reference,
    /// The weight that was read.
    pub old: Field<u32>,
    /// The weight to write.
    pub new: u32,
}

impl Shift {
    /// Whether nothing has to be written.
    pub fn is_unchanged(&self) -> bool {
        self.rules.iter().all(RuleShift::is_unchanged)
    }

    /// The same rules with the weights that they have.
    #[must_use]
    pub fn held(&self) -> Self {
        let mut held = self.clone();
        for backend in held.rules.iter_mut().flat_map(|rule| &mut rule.backends) {
            backend.new = *backend.old;
        }
        held
    }

    /// The weights that change: index of the rule, index of the backend, before, after.
    pub fn changes(&self) -> impl Iterator<Item = (usize, usize, &Field<u32>, u32)> {
        self.rules.iter().flat_map(|rule| {
            let backends = rule.backends.iter().enumerate();
            let changed = backends.filter(|(_, backend)| *backend.old != backend.new);
            changed.map(|(index, backend)| (rule.index, index, &backend.old, backend.new))
        })
    }
}

impl RuleShift {
    /// Whether its weights stay what they are.
    pub fn is_unchanged(&self) -> bool {
        self.backends.iter().all(|backend| *backend.old == backend.new)
    }

    /// What to call each backend, in the words of a command line.
    pub fn labels(&self, service: &ObjectName) -> Vec<String> {
        let references: Vec<&Reference> = self.backends.iter().map(|it| &it.reference).collect();
        names::unique(service, &references)
    }

    /// The weights before.
    pub fn before(&self) -> Vec<u32> {
        self.backends.iter().map(|backend| *backend.old).collect()
    }

    /// The weights after.
    pub fn after(&self) -> Vec<u32> {
        self.backends.iter().map(|backend| backend.new).collect()
    }
}

/// Plans a change of weights of a Service, whose splits are those of all its ports.
///
/// ```
/// use meshroute::{cluster::{Cluster, Object}, kind::Kind, lower::lower, name::RouteKind};
/// use meshroute::{profile::Mesh, shift::{Target, Wish, shift}, split::{Question, splits}};
/// use serde_json::json;
///
/// let mut cluster = Cluster::default();
/// let objects = [
///     (Kind::Service, json!({"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}})),
///     (Kind::Service, json!({"metadata": {"name": "web-v1"}, "spec": {"ports": [{"port": 80}]}})),
///     (Kind::Service, json!({"metadata": {"name": "web-v2"}, "spec": {"ports": [{"port": 80}]}})),
///     (Kind::Route(RouteKind::Http), json!({"metadata": {"name": "web"}, "spec": {
///         "parentRefs": [{"group": "", "kind": "Service", "name": "web"}],
///         "rules": [{"backendRefs": [
///             {"name": "web-v1", "port": 80, "weight": 9}, {"name": "web-v2", "port": 80}]}]}})),
/// ];
/// for (kind, object) in &objects {
///     cluster.insert(lower(*kind, object, "shop").object.expect("it is well-formed"));
/// }
/// let service = cluster.services().find(|it| it.name.name == "web").expect("it is there");
/// let question = Question { service, port: None, from: None, host: None };
/// let splits = splits(&cluster, Mesh::Istio.profile(), &question);
/// let wish = Wish::parse(&["v2=25%"], false).expect("it is well-formed");
/// let shift = shift(&cluster, &splits, &wish, &Target::default()).expect("one rule is meant");
/// assert_eq!((shift.rules[0].before(), shift.rules[0].after()), (vec![9, 1], vec![3, 1]));
/// ```
///
/// # Errors
///
/// What is not clear, or cannot be, with the ways out.
pub fn shift(
    cluster: &Cluster,
    splits: &[Split<'_>],
    wish: &Wish,
    target: &Target,
) -> Result<Shift, Trouble> {
    let meant = candidates::meant(splits, target)?;
    let mut rules = Vec::new();
    for candidate in &meant {
        let percent = is_percent(cluster, candidate.rule.route);
        let new = weights::wished(candidate, wish, percent)?;
        rules.push(candidate.change(&new));
    }
    let by_position = matches!(wish, Wish::Positions(_));
    Ok(finish(cluster, &meant, rules, by_position))
}

/// Puts together what changes and what there is to say of it.
fn finish(
    cluster: &Cluster,
    meant: &[Candidate<'_, '_>],
    rules: Vec<RuleShift>,
    by_position: bool,
) -> Shift {
    let first = meant[0].rule;
    let split = meant[0].split;
    let owner = split.owners.iter().find(|owned| *owned.route == first.id.route);
    let owner = owner.map(|owned| owned.owner.clone());
    let mut shift = Shift {
        service: split.service.clone(),
        route: first.id.route.clone(),
        rules,
        mesh: split.mesh,
        percent: is_percent(cluster, first.route),
        owner,
        guards: Vec::new(),
        leaves_unready: false,
        notes: Vec::new(),
    };
    if !shift.is_unchanged() {
        (shift.guards, shift.notes) = guard::of(cluster, &shift, meant, by_position);
        shift.leaves_unready = guard::leaves_unready(cluster, &shift, meant);
    }
    shift
}

/// Whether the weights of a route are to be whole percentages, as far as that can be read.
pub fn is_percent(cluster: &Cluster, route: &Route) -> bool {
    let (label, value) = PERCENT;
    let of_namespace = match cluster.namespace(&route.id.name.namespace) {
        Known::Known(Some(namespace)) => namespace.labels.get(label).is_some_and(|it| it == value),
        Known::Known(None) | Known::Unknown => false,
    };
    of_namespace || route.signs.as_ref().is_some_and(|signs| signs.percent)
}

#[cfg(test)]
mod tests;
