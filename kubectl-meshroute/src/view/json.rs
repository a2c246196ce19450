//! Splits for programs: `meshroute.dev/v1`, described by `docs/split.schema.json`. Fields may be
//! added; none is renamed or given another meaning.

use std::collections::BTreeMap;

use meshroute::{
    cluster::{Known, Ready},
    name::{ObjectName, RouteId},
    owner,
    ratio::{self, Ratio},
    route::{Match, ValueMatch},
    split,
};
use serde::Serialize;

use super::{Findings, Noted, Scope};

pub(crate) const API_VERSION: &str = "meshroute.dev/v1";

/// The answer as a value that serializes.
pub(super) fn value<'a>(
    answers: &'a [split::Split<'a>],
    findings: &'a Findings<'a>,
    scope: Scope,
) -> Document<'a> {
    let items = answers.iter().enumerate();
    let mut items: Vec<Split<'a>> =
        items.map(|(index, split)| Split::new(split, findings.of(index))).collect();
    if scope == Scope::One && items.len() == 1 {
        return Document::Split(Box::new(items.remove(0)));
    }
    Document::List(SplitList { api_version: API_VERSION, kind: "SplitList", items })
}

/// One split, or several.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Document<'a> {
    Split(Box<Split<'a>>),
    List(SplitList<'a>),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SplitList<'a> {
    api_version: &'static str,
    kind: &'static str,
    items: Vec<Split<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Split<'a> {
    api_version: &'static str,
    kind: &'static str,
    service: Name<'a>,
    ports: &'a [u16],
    mesh: &'static str,
    from_namespace: Option<&'a str>,
    rules: Vec<Rule<'a>>,
    unmatched: Option<Unmatched<'a>>,
    undefined_order: Vec<UndefinedOrder<'a>>,
    shadowed: Vec<Shadowed<'a>>,
    inert: Vec<Inert<'a>>,
    exceptions: Vec<Exception<'a>>,
    owner: Option<Owner<'a>>,
    findings: Vec<Found<'a>>,
}

/// What a lint says of a route.
#[derive(Debug, Serialize)]
pub(super) struct Found<'a> {
    code: &'static str,
    level: &'static str,
    message: &'a str,
    route: Route<'a>,
    path: String,
}

#[derive(Debug, Serialize)]
struct Owner<'a> {
    tool: &'static str,
    namespace: Option<&'a str>,
    name: Option<&'a str>,
    state: Option<&'a str>,
    reverts: Option<bool>,
}

#[derive(Debug, Serialize)]
pub(super) struct Name<'a> {
    namespace: &'a str,
    name: &'a str,
}

#[derive(Debug, Serialize)]
pub(super) struct Route<'a> {
    group: &'static str,
    kind: &'static str,
    namespace: &'a str,
    name: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RuleId<'a> {
    route: Route<'a>,
    rule_index: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'a> {
    name: Option<&'a str>,
    route: Route<'a>,
    rule_index: usize,
    role: &'static str,
    inherited_from: Option<Inherited<'a>>,
    matches: Vec<RankedMatch<'a>>,
    backends: Vec<Backend<'a>>,
    respond: Option<Answer>,
    owner: Option<Owner<'a>>,
}

#[derive(Debug, Serialize)]
struct Inherited<'a> {
    #[serde(flatten)]
    from: RuleId<'a>,
    fields: &'a [&'static str],
}

#[derive(Debug, Serialize)]
struct RankedMatch<'a> {
    rank: usize,
    #[serde(flatten)]
    conditions: Conditions<'a>,
    derived: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Conditions<'a> {
    path: Condition<'a>,
    method: Option<&'a str>,
    grpc: Option<Grpc<'a>>,
    headers: Vec<NamedCondition<'a>>,
    query_params: Vec<NamedCondition<'a>>,
}

#[derive(Debug, Serialize)]
struct Condition<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    value: &'a str,
}

#[derive(Debug, Serialize)]
struct NamedCondition<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    name: &'a str,
    value: &'a str,
}

#[derive(Debug, Serialize)]
struct Grpc<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    service: Option<&'a str>,
    method: Option<&'a str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Backend<'a> {
    group: &'a str,
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
    port: Option<u16>,
    weight: Option<u32>,
    share: String,
    effective: String,
    percent: f64,
    ready: Option<Endpoints>,
    answer: Option<Answer>,
    implicit: bool,
    alias_of: Option<Name<'a>>,
    result: String,
}

#[derive(Debug, Serialize)]
struct Endpoints {
    ready: usize,
    total: usize,
}

/// A status, or a word.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Answer {
    Status(u16),
    Word(&'static str),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Unmatched<'a> {
    Respond(Answer),
    Backend(Box<Backend<'a>>),
}

#[derive(Debug, Serialize)]
struct UndefinedOrder<'a> {
    ranks: &'a [usize],
    reason: &'static str,
}

#[derive(Debug, Serialize)]
struct Shadowed<'a> {
    #[serde(flatten)]
    rule: RuleId<'a>,
    #[serde(rename = "match")]
    matched: Conditions<'a>,
    by: RuleId<'a>,
}

#[derive(Debug, Serialize)]
struct Inert<'a> {
    route: Route<'a>,
    reason: &'static str,
    message: &'a str,
}

#[derive(Debug, Serialize)]
struct Exception<'a> {
    from: Seen<'a>,
    message: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Seen<'a> {
    Namespace(&'a str),
    Gateway(Name<'a>),
    Route(Route<'a>),
}

impl<'a> Split<'a> {
    fn new(split: &'a split::Split<'a>, findings: &'a [Noted]) -> Self {
        let owners: Owners<'_> =
            split.owners.iter().map(|owned| (owned.route, &owned.owner)).collect();
        Self {
            api_version: API_VERSION,
            kind: "Split",
            service: name(split.service),
            ports: &split.ports,
            mesh: split.mesh.name(),
            from_namespace: split.from.as_deref(),
            rules: split.rules.iter().map(|it| rule(it, &owners)).collect(),
            unmatched: split.unmatched.as_ref().map(|unmatched| match unmatched {
                split::Unmatched::Respond(given) => Unmatched::Respond(answer(*given)),
                split::Unmatched::Backend(share) => {
                    Unmatched::Backend(Box::new(backend(share, &[share.effective], 0)))
                }
            }),
            undefined_order: split
                .undefined_order
                .iter()
                .map(|undefined| UndefinedOrder {
                    ranks: &undefined.ranks,
                    reason: undefined.reason.as_str(),
                })
                .collect(),
            shadowed: split
                .shadowed
                .iter()
                .map(|shadowed| Shadowed {
                    rule: rule_id(&shadowed.rule),
                    matched: conditions(&shadowed.matched),
                    by: rule_id(&shadowed.by),
                })
                .collect(),
            inert: split
                .inert
                .iter()
                .map(|inert| Inert {
                    route: route(&inert.route),
                    reason: inert.reason.as_str(),
                    message: &inert.message,
                })
                .collect(),
            exceptions: split.exceptions.iter().map(exception).collect(),
            owner: split.owners.first().map(|owned| owner(&owned.owner)),
            findings: findings.iter().map(found).collect(),
        }
    }
}

pub(super) fn found(noted: &Noted) -> Found<'_> {
    Found {
        code: noted.finding.lint.code,
        level: noted.finding.level.name(),
        message: &noted.finding.message,
        route: route(&noted.route),
        path: noted.finding.path.to_string(),
    }
}

/// Who else writes a route.
type Owners<'a> = BTreeMap<&'a RouteId, &'a owner::Owner>;

fn rule<'a>(rule: &'a split::SplitRule<'a>, owners: &Owners<'a>) -> Rule<'a> {
    let parts: Vec<Ratio> = rule.backends.iter().map(|share| share.effective).collect();
    Rule {
        name: rule.rule.name.as_deref(),
        route: route(&rule.id.route),
        rule_index: rule.id.rule_index,
        role: rule.role.as_str(),
        inherited_from: rule.inherited.as_ref().map(|inherited| Inherited {
            from: rule_id(&inherited.from),
            fields: &inherited.fields,
        }),
        matches: rule
            .matches
            .iter()
            .map(|matched| RankedMatch {
                rank: matched.rank,
                conditions: conditions(&matched.matched),
                derived: matched.derived,
            })
            .collect(),
        backends: rule
            .backends
            .iter()
            .enumerate()
            .map(|(index, share)| backend(share, &parts, index))
            .collect(),
        respond: rule.respond.map(|response| answer(response.answer)),
        owner: owners.get(&rule.id.route).map(|it| owner(it)),
    }
}

fn owner(owner: &owner::Owner) -> Owner<'_> {
    let name = owner.name.as_ref();
    Owner {
        tool: owner.tool.as_str(),
        namespace: name.map(|name| name.namespace.as_str()).filter(|it| !it.is_empty()),
        name: name.map(|name| name.name.as_str()),
        state: match &owner.state {
            Known::Known(state) => state.as_deref(),
            Known::Unknown => None,
        },
        reverts: match owner.reverts {
            Known::Known(reverts) => Some(reverts),
            Known::Unknown => None,
        },
    }
}

/// A backend, as the part at `index` of `parts`, which round together.
fn backend<'a>(share: &'a split::Share, parts: &[Ratio], index: usize) -> Backend<'a> {
    let percent = ratio::percentages(parts)[index];
    Backend {
        group: &share.reference.group,
        kind: &share.reference.kind,
        namespace: &share.reference.name.namespace,
        name: &share.reference.name.name,
        port: share.reference.port,
        weight: share.weight,
        share: share.share.to_string(),
        effective: share.effective.to_string(),
        percent: percent.to_string().parse().unwrap_or_default(),
        ready: match share.ready {
            Known::Known(Ready { ready, total }) => Some(Endpoints { ready, total }),
            Known::Unknown => None,
        },
        answer: share.answer().map(answer),
        implicit: share.implicit,
        alias_of: share.alias_of.as_ref().map(name),
        result: share.outcome.to_string(),
    }
}

pub(super) fn conditions(matched: &Match) -> Conditions<'_> {
    Conditions {
        path: Condition { kind: matched.path.kind(), value: matched.path.value() },
        method: matched.method.as_deref(),
        grpc: matched.grpc.as_ref().map(|grpc| Grpc {
            kind: grpc.kind.as_str(),
            service: grpc.service.as_deref(),
            method: grpc.method.as_deref(),
        }),
        headers: named(&matched.headers),
        query_params: named(&matched.query),
    }
}

fn named(conditions: &[ValueMatch]) -> Vec<NamedCondition<'_>> {
    conditions
        .iter()
        .map(|condition| NamedCondition {
            kind: condition.kind.as_str(),
            name: &condition.name,
            value: &condition.value,
        })
        .collect()
}

fn exception(exception: &split::Exception) -> Exception<'_> {
    let from = match &exception.from {
        split::Seen::Namespace(namespace) => Seen::Namespace(namespace),
        split::Seen::Gateway(gateway) => Seen::Gateway(name(gateway)),
        split::Seen::Route(id) => Seen::Route(route(id)),
    };
    Exception { from, message: &exception.message }
}

pub(super) fn answer(answer: split::Answer) -> Answer {
    match answer {
        split::Answer::Status(status) => Answer::Status(status),
        split::Answer::Redirect => Answer::Word("redirect"),
        split::Answer::Undefined => Answer::Word("undefined"),
    }
}

pub(super) fn name(name: &ObjectName) -> Name<'_> {
    Name { namespace: &name.namespace, name: &name.name }
}

pub(super) fn route(id: &RouteId) -> Route<'_> {
    Route {
        group: id.kind.group(),
        kind: id.kind.kind(),
        namespace: &id.name.namespace,
        name: &id.name.name,
    }
}

fn rule_id(id: &split::RuleId) -> RuleId<'_> {
    RuleId { route: route(&id.route), rule_index: id.rule_index }
}
