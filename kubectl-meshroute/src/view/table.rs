//! One Service in full, a line for each backend.

use meshroute::{
    cluster::Known,
    ratio,
    route::Filter,
    split::{Answer, Outcome, Share, Split, SplitRule, Unmatched},
};

use super::{
    Findings, age,
    grid::{Grid, Paint},
    noted,
    words::{self, Step},
};
use crate::Look;

/// The cells of one line.
#[derive(Debug, Default, Clone)]
struct Line {
    rule: String,
    matched: String,
    backend: String,
    port: String,
    weight: String,
    share: String,
    ready: String,
    result: String,
    bad: bool,
    odd: bool,
    timeout: String,
    retries: String,
    filters: String,
    route: String,
    age: String,
}

/// Prints splits with a heading each.
pub(super) fn table(
    answers: &[Split<'_>],
    findings: &Findings<'_>,
    wide: bool,
    no_headers: bool,
    look: Look,
) -> String {
    let mut text = String::new();
    for (index, split) in answers.iter().enumerate() {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&words::heading(split));
        text.push_str("\n\n");
        text.push_str(&print(&lines(split), wide, no_headers, look));
        let mut remarks = words::remarks(split);
        remarks.extend(noted::lines(findings.of(index), split, &findings.all));
        if !remarks.is_empty() {
            text.push('\n');
            remarks.iter().for_each(|line| text.extend([line, "\n"]));
        }
    }
    text
}

fn lines(split: &Split<'_>) -> Vec<Line> {
    let mut lines: Vec<Line> =
        words::steps(split).iter().flat_map(|step| of_step(step, split)).collect();
    let (rule, matched) =
        if split.rules.is_empty() { ("-", "any") } else { ("-", "anything else") };
    let first = Line { rule: rule.into(), matched: matched.into(), ..Line::default() };
    match &split.unmatched {
        None => {}
        Some(Unmatched::Respond(answer)) => {
            let overridden = split.rules.is_empty() && *answer == Answer::Undefined;
            let why = if overridden { "an object of the mesh decides" } else { "no rule matches" };
            let share = "100.0%".into();
            lines.push(Line {
                backend: "-".into(),
                weight: "-".into(),
                share,
                ready: "-".into(),
                result: format!("{}: {why}", answer),
                bad: true,
                ..first
            });
        }
        Some(Unmatched::Backend(share)) => {
            let backend = of_share(share, "100.0%".into(), split);
            lines.push(Line { rule: first.rule, matched: first.matched, ..backend });
        }
    }
    lines
}

fn of_step(step: &Step<'_>, split: &Split<'_>) -> Vec<Line> {
    let rule = step.rule;
    let mut lines = if step.again {
        vec![Line { backend: "as above".into(), ..Line::default() }]
    } else {
        of_rule(rule, split)
    };
    lines.resize(lines.len().max(step.matches.len()), Line::default());
    for (line, matched) in lines.iter_mut().zip(&step.matches) {
        line.matched = words::matched(&matched.matched);
    }
    if let Some(first) = lines.first_mut() {
        first.rule = words::rule(rule, split);
    }
    lines
}

fn of_rule(rule: &SplitRule<'_>, split: &Split<'_>) -> Vec<Line> {
    let parts: Vec<_> = rule.backends.iter().map(|share| share.effective).collect();
    let percents = ratio::percentages(&parts);
    let pairs = rule.backends.iter().zip(percents);
    let mut lines: Vec<Line> =
        pairs.map(|(share, percent)| of_share(share, format!("{percent}%"), split)).collect();
    if let Some(response) = rule.respond {
        let dash = || "-".to_owned();
        lines.push(Line {
            backend: dash(),
            weight: dash(),
            share: "100.0%".into(),
            ready: dash(),
            result: response.to_string(),
            bad: response.answer != Answer::Redirect,
            ..Line::default()
        });
    }
    if let Some(first) = lines.first_mut() {
        first.timeout = timeout(rule);
        first.retries = rule
            .rule
            .retry
            .as_ref()
            .and_then(|retry| retry.attempts)
            .map_or_else(|| "-".into(), |retries| retries.to_string());
        first.filters = filters(rule);
        first.route = format!(
            "{} {}",
            rule.id.route.kind.kind(),
            words::short(&rule.id.route.name, split.service)
        );
        first.age = rule.route.created.map_or_else(
            || "?".into(),
            |created| age::human(jiff::Timestamp::now().duration_since(created).as_secs()),
        );
    }
    lines
}

fn of_share(share: &Share, percent: String, split: &Split<'_>) -> Line {
    let outcome = match &share.alias_of {
        Some(name) => format!("{} (ExternalName of {name})", share.outcome),
        None => share.outcome.to_string(),
    };
    Line {
        backend: words::backend(&share.reference, split.service),
        port: share.reference.port.map_or_else(|| "-".into(), |port| port.to_string()),
        weight: share.weight.map_or_else(|| "-".into(), |weight| weight.to_string()),
        share: percent,
        ready: match share.ready {
            Known::Unknown if matches!(share.answer(), Some(Answer::Status(500))) => "-".into(),
            ready => words::ready(ready),
        },
        result: words::clean(&outcome),
        bad: matches!(share.answer(), Some(Answer::Status(_) | Answer::Undefined)),
        odd: matches!(share.outcome, Outcome::Moved(_)),
        ..Line::default()
    }
}

fn timeout(rule: &SplitRule<'_>) -> String {
    let timeouts = &rule.rule.timeouts;
    let parts = [
        timeouts.request.clone(),
        timeouts.backend_request.as_ref().map(|backend| format!("{backend}/try")),
    ];
    let said: Vec<String> = parts.into_iter().flatten().collect();
    if said.is_empty() { "-".into() } else { words::clean(&said.join(" ")) }
}

fn filters(rule: &SplitRule<'_>) -> String {
    let mut kinds: Vec<&str> = rule.rule.filters.iter().map(Filter::type_name).collect();
    kinds.dedup();
    if kinds.is_empty() { "-".into() } else { words::clean(&kinds.join(",")) }
}

fn print(lines: &[Line], wide: bool, no_headers: bool, look: Look) -> String {
    let mut columns = vec!["RULE", "MATCH", "BACKEND"];
    columns.extend(wide.then_some("PORT"));
    columns.extend(["WEIGHT", "SHARE", "READY", "RESULT"]);
    if wide {
        columns.extend(["TIMEOUT", "RETRIES", "FILTERS", "ROUTE", "AGE"]);
    }
    let mut grid = Grid::new(columns, !no_headers, look);
    for line in lines.iter().cloned() {
        let paint = match (line.bad, line.odd) {
            (true, _) => Some(Paint::bad(&line.result)),
            (false, true) => Some(Paint::odd(&line.result)),
            (false, false) => None,
        };
        let mut cells = vec![line.rule, line.matched, line.backend];
        cells.extend(wide.then_some(line.port));
        cells.extend([line.weight, line.share, line.ready, line.result]);
        if wide {
            cells.extend([line.timeout, line.retries, line.filters, line.route, line.age]);
        }
        grid.add(cells, paint);
    }
    grid.print()
}
