//! Changes as Markdown, for a comment on a pull request.

use super::{Report, rows, words};
use crate::view::cell::{code, escape};

/// Prints a heading that says it all, and a table.
pub(super) fn markdown(report: &Report<'_>) -> String {
    let mut text = format!("### meshroute: {}\n", words::summary(report));
    if !report.items.is_empty() {
        text.push_str(
            "\n| Service | Rule | Requests | Backend | Before | After | |\n|--|--|--|--|--:|--:|--|\n",
        );
    }
    for item in &report.items {
        let service = code(&words::service(item));
        for region in &item.change.regions {
            let (rule, requests) =
                (code(&words::rules(region, item.service)), code(&words::requests(region)));
            for row in rows::rows(region, item) {
                let percent = |it: Option<_>| it.map_or_else(|| "–".into(), |it| format!("{it}%"));
                let (before, after) = (row.before.as_ref(), row.after.as_ref());
                let [before, after] = [percent(before), percent(after)];
                let after = if before == after { after } else { format!("**{after}**") };
                let mark = format!("{}{}", row.mark.sign(), escape(&row.mark.words()));
                let to = code(&row.to);
                text.push_str(&format!(
                    "| {service} | {rule} | {requests} | {to} | {before} | {after} | {mark} |\n"
                ));
            }
        }
    }
    let remarks = report.items.iter().map(|item| {
        format!(
            "- {}: {}\n",
            code(&words::service(item)),
            escape(&words::circumstances(item).join(", "))
        )
    });
    let over = report.over.iter().map(|line| format!("- ⚠ {}\n", code(line)));
    let findings = words::findings(report);
    let findings = findings.iter().map(|line| format!("- {}\n", escape(line)));
    let remarks: String = remarks.chain(over).chain(findings).collect();
    if !remarks.is_empty() {
        text.push_str(&format!("\n{remarks}"));
    }
    text
}
