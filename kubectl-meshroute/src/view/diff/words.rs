//! The words that changes are told in.

use meshroute::{
    diff::{Destination, Ending, Region, Requests},
    name::ObjectName,
    split::Answer,
};

use super::{Item, Report};
use crate::view::words::{self, clean, short};

/// `shop/reviews:9080`.
pub(crate) fn service(item: &Item<'_>) -> String {
    let ports: Vec<String> = item.change.ports.iter().map(ToString::to_string).collect();
    let from = item.from.map(|from| format!(" from namespace {from}")).unwrap_or_default();
    clean(&format!("{}:{}{from}", item.service, ports.join(",")))
}

/// What else there is to say of an item: the mesh, whose clients, whether it gains its split.
pub(super) fn circumstances(item: &Item<'_>) -> Vec<String> {
    let [before, after] = item.meshes;
    let mut said = Vec::new();
    said.push(if before == after {
        format!("mesh {before}")
    } else {
        format!("mesh {before} → {after}")
    });
    match (item.was_there, item.is_there) {
        (false, _) => said.push("was not there".into()),
        (_, false) => said.push("is there no more".into()),
        (true, true) => match (item.was_split, item.is_split) {
            (false, true) => said.push("gains its split".into()),
            (true, false) => said.push("loses its split".into()),
            (true, true) | (false, false) => {}
        },
    }
    if item.is_one_order {
        said.push("order of rules not defined, one possible order".into());
    }
    if !item.not_from.is_empty() {
        said.push(format!("not from namespace {}", item.not_from.join(", ")));
    }
    said.iter().map(|it| clean(it)).collect()
}

/// `traffic changes for 1 of 14 Services`.
pub(super) fn summary(report: &Report<'_>) -> String {
    let what = if report.routed == 1 { "Service" } else { "Services" };
    if report.changed == 0 {
        return format!("no traffic changes for {} {what}", report.routed);
    }
    format!("traffic changes for {} of {} {what}", report.changed, report.routed)
}

/// How many findings are told of either kind; of more, how many there are.
const FINDINGS: usize = 10;

/// `introduced: warning MR033: … (shop/web spec.rules[0])`, a line each.
pub(super) fn findings(report: &Report<'_>) -> Vec<String> {
    let kinds = [("introduced", &report.introduced), ("fixed", &report.fixed)];
    let lines = kinds.into_iter().flat_map(|(kind, noted)| {
        let told = noted.iter().take(FINDINGS);
        let told =
            told.map(move |noted| format!("{kind}: {}", noted.line(&noted.route.name.to_string())));
        let rest = noted.len().saturating_sub(FINDINGS);
        told.chain((rest > 0).then(|| format!("{kind}: {rest} more, which -o json has")))
    });
    lines.collect()
}

/// Which requests a region has, in words: `prefix /a or prefix /b, except header x=1`.
pub(crate) fn requests(region: &Region<'_>) -> String {
    let any_of = |requests: &[Requests]| requests.iter().map(all).collect::<Vec<_>>().join(" or ");
    let mut text = any_of(&region.requests);
    if !region.except.is_empty() {
        let shown = region.except.len().min(MOST_EXCEPTIONS);
        text.push_str(&format!(", except {}", any_of(&region.except[..shown])));
        if shown < region.except.len() {
            text.push_str(&format!(" and {} more", region.except.len() - shown));
        }
    }
    if !region.is_certain {
        text.push_str(", if there are such requests");
    }
    text
}

const MOST_EXCEPTIONS: usize = 3;

fn all(requests: &Requests) -> String {
    let parts: Vec<String> = requests.all.iter().flat_map(words::conditions).collect();
    if parts.is_empty() { "any".into() } else { clean(&parts.join(", ")) }
}

/// `reviews/canary`, or both rules where they have different names.
pub(super) fn rules(region: &Region<'_>, service: &ObjectName) -> String {
    let (before, after) = (rule(&region.before, service), rule(&region.after, service));
    match (before, after) {
        (before, after) if before == after => before,
        (before, after) => format!("{before} → {after}"),
    }
}

fn rule(ending: &Ending<'_>, service: &ObjectName) -> String {
    match ending.rule {
        Some(rule) => {
            let name = rule.rule.name.clone().unwrap_or_else(|| rule.id.rule_index.to_string());
            format!("{}/{}", short(&rule.id.route.name, service), clean(&name))
        }
        None if ending.fate.is_none() => "-".into(),
        None => "(no rule)".into(),
    }
}

/// Where requests end.
pub(crate) fn destination(to: &Destination) -> String {
    match to {
        Destination::Backend(reference) => clean(&reference.name.to_string()),
        Destination::Answer(answer) => answer.to_string(),
    }
}

/// Where requests end, seen from a Service: with the port where two of one name are told apart.
pub(super) fn seen_from(
    to: &Destination,
    service: &ObjectName,
    others: &[meshroute::diff::Move],
) -> String {
    let Destination::Backend(reference) = to else { return destination(to) };
    let name = words::backend(reference, service);
    let is_namesake = |other: &Destination| match other {
        Destination::Backend(other) => other != reference && other.name == reference.name,
        Destination::Answer(_) => false,
    };
    match reference.port {
        Some(port) if others.iter().any(|it| is_namesake(&it.to)) => format!("{name}:{port}"),
        _ => name,
    }
}

/// Why the mesh answers.
pub(super) fn why(region: &Region<'_>, answer: Answer) -> String {
    let why: Vec<&str> = region.after.fate.iter().flat_map(|fate| fate.why(answer)).collect();
    clean(&why.join(", "))
}
