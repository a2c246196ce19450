//! A split as lines that can be told apart one by one, for a reader that follows changes.

use meshroute::{
    ratio,
    split::{Split, SplitRule, Unmatched},
};

use super::words;

/// Between the parts of a line.
const GAP: &str = "  ";

/// A line for each thing about the splits that can change by itself.
pub(crate) fn lines(splits: &[Split<'_>]) -> Vec<String> {
    splits.iter().flat_map(of_split).collect()
}

/// What a line is about: the Service, and its rule or what else.
pub(crate) fn subject(line: &str) -> String {
    let mut parts = line.split(GAP);
    let service = parts.next().unwrap_or_default();
    let what = parts.next().unwrap_or_default();
    // Of whoever sees another split there is one line, which says all of them.
    let what = if what.starts_with("except: ") { "except" } else { what };
    // The mesh is a thing that changes, not a thing that one has several of.
    let what = if what.starts_with("mesh ") { "mesh" } else { what };
    format!("{service}{GAP}{what}")
}

fn of_split(split: &Split<'_>) -> Vec<String> {
    let service = words::clean(&words::service(split));
    let mut parts =
        vec![format!("mesh {}{GAP}{}", split.mesh, words::clean(&words::routes(split)))];
    parts.extend(split.rules.iter().map(|rule| of_rule(rule, split)));
    match &split.unmatched {
        None => {}
        Some(Unmatched::Respond(answer)) => parts.push(format!("unmatched{GAP}{answer}")),
        Some(Unmatched::Backend(share)) => {
            let backend = words::backend(&share.reference, split.service);
            let ready = words::ready(share.ready);
            parts.push(format!(
                "unmatched{GAP}{backend} 100.0%{GAP}ready {ready}{GAP}{}",
                share.outcome
            ));
        }
    }
    parts.extend(words::remarks(split));
    parts.into_iter().map(|part| format!("{service}{GAP}{part}")).collect()
}

/// `rule canary  any  reviews-v1 90.0% ready 3/3, reviews-v2 10.0% ready 0/1 (503: no ready endpoints)`.
fn of_rule(rule: &SplitRule<'_>, split: &Split<'_>) -> String {
    let matches: Vec<String> =
        rule.matches.iter().map(|matched| words::matched(&matched.matched)).collect();
    let fate = match rule.respond {
        Some(response) => response.to_string(),
        None => {
            let parts: Vec<_> = rule.backends.iter().map(|share| share.effective).collect();
            let shares = rule.backends.iter().zip(ratio::percentages(&parts));
            let shares: Vec<String> = shares
                .map(|(share, percent)| {
                    let name = words::backend(&share.reference, split.service);
                    let ready = words::ready(share.ready);
                    let outcome = share.outcome.to_string();
                    let outcome = match outcome.as_str() {
                        "ok" | "-" => String::new(),
                        other => format!(" ({other})"),
                    };
                    format!("{name} {percent}% ready {ready}{outcome}")
                })
                .collect();
            shares.join(", ")
        }
    };
    words::clean(&format!(
        "rule {}{GAP}{}{GAP}{fate}",
        words::rule(rule, split),
        matches.join(" or ")
    ))
}
