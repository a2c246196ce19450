//! Splits as Markdown, for a pull request or a wiki.

use meshroute::{
    ratio,
    split::{Split, Unmatched},
};

use super::{Findings, noted, words};

/// Prints a heading, a table and the remarks for each split.
pub(super) fn markdown(answers: &[Split<'_>], findings: &Findings<'_>) -> String {
    let parts = answers.iter().enumerate().map(|(index, split)| {
        let findings = noted::lines(findings.of(index), split, &findings.all);
        of_split(split, &findings)
    });
    parts.collect::<Vec<_>>().join("\n")
}

fn of_split(split: &Split<'_>, findings: &[String]) -> String {
    let mut text = format!("### {}\n\n", escape(&words::heading(split)));
    text.push_str(
        "| Rule | Match | Backend | Weight | Share | Ready | Result |\n|--|--|--|--:|--:|--:|--|\n",
    );
    let mut row = |cells: [String; 7]| {
        let cells = cells.map(|cell| escape(&cell));
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    };
    let dash = || "-".to_owned();
    for words::Step { rule, matches, again } in words::steps(split) {
        let name = words::rule(rule, split);
        let matched: Vec<String> =
            matches.iter().map(|matched| words::matched(&matched.matched)).collect();
        let matched = matched.join(" or ");
        if again {
            row([name, matched, "as above".into(), dash(), dash(), dash(), dash()]);
            continue;
        }
        let percents = ratio::percentages(
            &rule.backends.iter().map(|share| share.effective).collect::<Vec<_>>(),
        );
        for (share, percent) in rule.backends.iter().zip(percents) {
            let weight = share.weight.map_or_else(dash, |weight| weight.to_string());
            let backend = words::backend(&share.reference, split.service);
            let ready = words::ready(share.ready);
            row([
                name.clone(),
                matched.clone(),
                backend,
                weight,
                format!("{percent}%"),
                ready,
                share.outcome.to_string(),
            ]);
        }
        if let Some(response) = rule.respond {
            row([name, matched, dash(), dash(), "100.0%".into(), dash(), response.to_string()]);
        }
    }
    let rest = if split.rules.is_empty() { "any" } else { "anything else" };
    match &split.unmatched {
        None => {}
        Some(Unmatched::Respond(answer)) => {
            row([dash(), rest.into(), dash(), dash(), "100.0%".into(), dash(), answer.to_string()]);
        }
        Some(Unmatched::Backend(share)) => {
            let backend = words::backend(&share.reference, split.service);
            let ready = words::ready(share.ready);
            row([
                dash(),
                rest.into(),
                backend,
                dash(),
                "100.0%".into(),
                ready,
                share.outcome.to_string(),
            ]);
        }
    }
    let mut remarks = words::remarks(split);
    remarks.extend_from_slice(findings);
    if !remarks.is_empty() {
        text.push('\n');
        remarks.iter().for_each(|line| text.push_str(&format!("- {}\n", escape(line))));
    }
    text
}

/// Keeps what comes from manifests from being Markdown or HTML.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if r"\`*_{}[]<>|#".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}
