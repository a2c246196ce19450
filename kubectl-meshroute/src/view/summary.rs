//! Many Services, a line for each.

use meshroute::{
    matching,
    ratio::{self, Ratio},
    split::{Answer, Share, Split, SplitRule, Unmatched},
};

use super::{
    grid::{Grid, Paint},
    words,
};
use crate::Look;

/// Prints a line for each split, and the remarks that say that something does not work.
pub(super) fn summary(answers: &[Split<'_>], wide: bool, no_headers: bool, look: Look) -> String {
    if answers.is_empty() {
        return String::new();
    }
    let mut columns = vec!["SERVICE", "ROUTE", "RULES", "SPLIT", "RESULT"];
    if wide {
        columns.extend(["MESH", "OWNER"]);
    }
    let mut grid = Grid::new(columns, !no_headers, look);
    for split in answers {
        let routes = words::route_names(split);
        let (result, bad) = result(split);
        let paint = bad.then(|| Paint::bad(&result));
        let mut cells = vec![
            words::clean(&words::service(split)),
            if routes.is_empty() { "-".into() } else { routes.join(", ") },
            split.rules.len().to_string(),
            usual(split),
            result,
        ];
        if wide {
            cells.extend([split.mesh.to_string(), words::owner_names(split)]);
        }
        grid.add(cells, paint);
    }
    grid.print()
}

/// What an ordinary request gets: the split of the rule that takes everything, else what happens
/// beside the rules.
fn usual(split: &Split<'_>) -> String {
    let takes_all = |rule: &&SplitRule<'_>| {
        rule.matches.iter().any(|matched| matching::takes_everything(&matched.matched))
    };
    let text = match (split.rules.iter().find(takes_all), &split.unmatched) {
        (Some(rule), _) => match rule.respond {
            Some(response) => response.answer.to_string(),
            None => shares(&rule.backends, split),
        },
        (None, Some(Unmatched::Backend(share))) => shares(std::slice::from_ref(share), split),
        (None, Some(Unmatched::Respond(answer))) => {
            format!("{} unless a rule matches", answer)
        }
        (None, None) => "-".into(),
    };
    words::clean(&text)
}

/// `v1 90.0% · v2 10.0%`.
fn shares(shares: &[Share], split: &Split<'_>) -> String {
    let percents =
        ratio::percentages(&shares.iter().map(|share| share.effective).collect::<Vec<_>>());
    let prefix = format!("{}-", split.service.name);
    let named = shares.iter().zip(percents).map(|(share, percent)| {
        let name = words::backend(&share.reference, split.service);
        format!("{} {percent}%", name.strip_prefix(&prefix).unwrap_or(&name))
    });
    named.collect::<Vec<_>>().join(" · ")
}

/// The worst that can happen to a request that some rule takes, and whether it is bad.
fn result(split: &Split<'_>) -> (String, bool) {
    let failing = |rule: &SplitRule<'_>| match rule.respond.map(|response| response.answer) {
        Some(Answer::Status(_) | Answer::Undefined) => Some(Ratio::ONE),
        Some(Answer::Redirect) => None,
        None => {
            let fails = rule
                .backends
                .iter()
                .filter(|share| matches!(share.answer(), Some(Answer::Status(_))));
            sum(fails.map(|share| share.effective))
        }
    };
    let worst = split.rules.iter().filter_map(failing).max_by(|a, b| compare(*a, *b));
    if let Some(worst) = worst {
        let rest = Ratio::new(worst.whole() - worst.part(), worst.whole());
        let percent = ratio::percentages(&[worst, rest])[0];
        let one = if split.rules.len() == 1 { "" } else { " of a rule" };
        return (format!("{percent}%{one} fails"), true);
    }
    match split.inert.as_slice() {
        [] => ("ok".into(), false),
        [inert] => (format!("no effect: {}", words::short(&inert.route.name, split.service)), true),
        several => (format!("no effect: {} routes", several.len()), true),
    }
}

/// The sum of parts of one whole; none if there are none.
fn sum(parts: impl Iterator<Item = Ratio>) -> Option<Ratio> {
    parts.filter(|part| !part.is_zero()).fold(None, |sum: Option<Ratio>, part| {
        let sum = sum.unwrap_or(Ratio::ZERO);
        // Parts of one rule have denominators that divide the sum of its weights, at most 16 *
        // 1,000,000.
        Some(Ratio::new(
            sum.part() * part.whole() + part.part() * sum.whole(),
            sum.whole() * part.whole(),
        ))
    })
}

fn compare(a: Ratio, b: Ratio) -> std::cmp::Ordering {
    (a.part() * b.whole()).cmp(&(b.part() * a.whole()))
}
