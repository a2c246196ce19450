//! What comes from manifests, in a cell of a Markdown table.

/// Text from manifests as code, where it is neither markup nor a mention nor a link.
///
/// GitHub cuts cells at a `|` before it looks for code, and takes `\|` for one that is text; a
/// backslash of the text that stands before a `|` would undo that.
pub(super) fn code(text: &str) -> String {
    let text = super::clean(text).replace("\\|", "\\\u{2223}").replace('|', "\\|");
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
pub(super) fn escape(text: &str) -> String {
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
