//! Changes for programs: kind `Diff` of `meshroute.dev/v1`, described by `docs/diff.schema.json`.
//! Fields may be added; none is renamed or given another meaning.

use meshroute::{
    diff::{self, Destination},
    ratio::{self, Ratio},
    split,
};
use serde::Serialize;

use super::{Item, Report};
use crate::view::json::{
    API_VERSION, Answer, Conditions, Found, Name, Route, answer, conditions, found, name, route,
};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document<'a> {
    api_version: &'static str,
    kind: &'static str,
    services: usize,
    changed: usize,
    max_shift: Option<String>,
    over: &'a [String],
    items: Vec<Change<'a>>,
    findings: Findings<'a>,
}

/// What comes and goes with the change.
#[derive(Debug, Serialize)]
struct Findings<'a> {
    introduced: Vec<Found<'a>>,
    fixed: Vec<Found<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Change<'a> {
    service: Name<'a>,
    ports: &'a [u16],
    from_namespace: Option<&'a str>,
    not_from_namespaces: &'a [&'a str],
    order_defined: bool,
    before: Side,
    after: Side,
    regions: Vec<Region<'a>>,
}

/// How a Service stands before, or after.
#[derive(Debug, Serialize)]
struct Side {
    exists: bool,
    split: bool,
    mesh: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Region<'a> {
    requests: Vec<Requests<'a>>,
    except: Vec<Requests<'a>>,
    certain: bool,
    before: Option<Ending<'a>>,
    after: Option<Ending<'a>>,
    shift: String,
    starts_to_fail: bool,
}

#[derive(Debug, Serialize)]
struct Requests<'a> {
    all: Vec<Conditions<'a>>,
}

#[derive(Debug, Serialize)]
struct Ending<'a> {
    rule: Option<Rule<'a>>,
    shares: Vec<Share<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'a> {
    name: Option<&'a str>,
    route: Route<'a>,
    rule_index: usize,
}

#[derive(Debug, Serialize)]
struct Share<'a> {
    backend: Option<Backend<'a>>,
    answer: Option<Answer>,
    why: Vec<&'a str>,
    share: String,
    percent: f64,
}

#[derive(Debug, Serialize)]
struct Backend<'a> {
    group: &'a str,
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
    port: Option<u16>,
}

/// The report as a value that serializes.
pub(super) fn value<'a>(report: &'a Report<'a>) -> Document<'a> {
    Document {
        api_version: API_VERSION,
        kind: "Diff",
        services: report.routed,
        changed: report.changed,
        max_shift: report.limit.map(|limit| limit.to_string()),
        over: &report.over,
        items: report.items.iter().map(change).collect(),
        findings: Findings {
            introduced: report.introduced.iter().map(found).collect(),
            fixed: report.fixed.iter().map(found).collect(),
        },
    }
}

fn change<'a>(item: &'a Item<'a>) -> Change<'a> {
    let [before, after] = item.meshes;
    let side =
        |exists, split, mesh: meshroute::profile::Mesh| Side { exists, split, mesh: mesh.name() };
    Change {
        service: name(item.service),
        ports: &item.change.ports,
        from_namespace: item.from,
        not_from_namespaces: &item.not_from,
        order_defined: !item.is_one_order,
        before: side(item.was_there, item.was_split, before),
        after: side(item.is_there, item.is_split, after),
        regions: item.change.regions.iter().map(region).collect(),
    }
}

fn region<'a>(region: &'a diff::Region<'a>) -> Region<'a> {
    let distances = region.moves().into_iter().map(|it| it.distance());
    let requests = |of: &'a [diff::Requests]| -> Vec<Requests<'a>> {
        of.iter().map(|it| Requests { all: it.all.iter().map(conditions).collect() }).collect()
    };
    Region {
        requests: requests(&region.requests),
        except: requests(&region.except),
        certain: region.is_certain,
        before: ending(&region.before),
        after: ending(&region.after),
        shift: distances.max().unwrap_or(Ratio::ZERO).to_string(),
        starts_to_fail: region.starts_to_fail(),
    }
}

/// Nothing where the Service, or its port, is not there.
fn ending<'a>(ending: &'a diff::Ending<'a>) -> Option<Ending<'a>> {
    let fate = ending.fate.as_ref()?;
    let parts: Vec<Ratio> = fate.shares().map(|(_, share)| *share).collect();
    let percents = ratio::percentages(&parts);
    let shares = fate.shares().zip(percents).map(|((to, share), percent)| {
        let percent = percent.to_string().parse().unwrap_or_default();
        let share = share.to_string();
        match to {
            Destination::Backend(reference) => Share {
                backend: Some(backend(reference)),
                answer: None,
                why: Vec::new(),
                share,
                percent,
            },
            Destination::Answer(given) => {
                let why = fate.why(*given).collect();
                Share { backend: None, answer: Some(answer(*given)), why, share, percent }
            }
        }
    });
    let rule = ending.rule.map(|rule| Rule {
        name: rule.rule.name.as_deref(),
        route: route(&rule.id.route),
        rule_index: rule.id.rule_index,
    });
    Some(Ending { rule, shares: shares.collect() })
}

fn backend(reference: &split::Reference) -> Backend<'_> {
    Backend {
        group: &reference.group,
        kind: &reference.kind,
        namespace: &reference.name.namespace,
        name: &reference.name.name,
        port: reference.port,
    }
}
