//! Changes as Markdown, for a comment on a pull request.

use super::{Report, rows, words};

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
    let remarks: String = remarks.chain(over).collect();
    if !remarks.is_empty() {
        text.push_str(&format!("\n{remarks}"));
    }
    text
}

/// Text from manifests as code, where it is neither markup nor a mention nor a link.
///
/// GitHub cuts cells at a `|` before it looks for code, and takes `\|` for one that is text; a
/// backslash of the text that stands before a `|` would undo that.
fn code(text: &str) -> String {
    let text = crate::view::clean(text).replace("\\|", "\\\u{2223}").replace('|', "\\|");
    let mut longest = 0;
    let mut run = 0;
    for character in text.chars() {
        run = if character == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    let is_bare = text.is_empty() || text.starts_with([' ', '`']) || text.ends_with([' ', '`']);
    let space = if is_bare { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// Words of ours with names in them: code where a name could be markup.
fn escape(text: &str) -> String {
    let is_plain =
        |character: char| character.is_alphanumeric() || " ,.:()/→-?".contains(character);
    let is_link = text.contains("://") || text.contains("www.");
    if text.chars().all(is_plain) && !is_link { text.into() } else { code(text) }
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn what_a_name_holds_stays_code() {
        for (text, expected) in [
            ("reviews", "`reviews`"),
            ("a|b", "`a\\|b`"),
            ("a`b", "``a`b``"),
            ("``", "``` `` ```"),
            ("a\\|b", "`a\\\u{2223}b`"),
            ("a\nb", "`a\u{fffd}b`"),
            ("@all <img> [a](b)", "`@all <img> [a](b)`"),
        ] {
            assert_eq!(code(text), expected, "{text:?}");
        }
    }
}
