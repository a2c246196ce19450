//! Texts that go to people through an API server, a header and a terminal.

/// How many warnings are given: more would bury them.
const MOST_WARNINGS: usize = 3;
/// How long a warning may be: where all together are too long, the API server cuts each to this.
pub(super) const WARNING: usize = 256;

/// The first of these as warnings; of the others it is said what `more` says of their number.
///
/// Each once: of texts that are the same, the API server passes on one.
pub(super) fn warnings(
    mut texts: impl ExactSizeIterator<Item = String>,
    more: impl FnOnce(usize) -> String,
) -> Vec<String> {
    let mut warnings = Vec::new();
    while warnings.len() < MOST_WARNINGS
        && let Some(text) = texts.next()
    {
        let line = line(&text, WARNING);
        if !warnings.contains(&line) {
            warnings.push(line);
        }
    }
    let others = texts.len();
    if others > 0 {
        warnings.push(line(&more(others), WARNING));
    }
    warnings
}

/// The text on one line, of at most so many characters: what a header or a terminal takes otherwise than it looks is
/// replaced. The API server drops a whole warning for one control character.
pub(super) fn line(text: &str, most: usize) -> String {
    if text.len() <= most && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut line = String::with_capacity(text.len().min(4 * most));
    for (count, character) in text.chars().enumerate() {
        if count == most {
            line.pop();
            line.push('…');
            break;
        }
        line.push(if is_shown(character) { character } else { '\u{fffd}' });
    }
    line
}

/// How many bytes a text takes in JSON.
pub(super) fn size(text: &str) -> usize {
    text.chars()
        .map(|character| match character {
            '"' | '\\' | '\n' => 2,
            other if other < ' ' => 6,
            other => other.len_utf8(),
        })
        .sum()
}

/// `1 error`, `2 errors`.
pub(super) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Whether a character is seen, where it is.
fn is_shown(character: char) -> bool {
    let moves_others = matches!(
        character,
        '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    !character.is_control() && !moves_others
}

#[cfg(test)]
mod tests {
    use proptest::{char::range, collection::vec, prelude::*};

    use super::*;

    #[test]
    fn a_warning_is_given_once() {
        let given = |texts: &[&str]| {
            let texts = texts.iter().map(|text| (*text).to_owned());
            warnings(texts, |others| format!("{others} more"))
        };
        assert_eq!(given(&["a", "a", "b"]), ["a", "b"]);
        assert_eq!(given(&["a", "a", "b", "a", "c"]), ["a", "b", "c"]);
        assert_eq!(given(&["a", "a", "b", "c", "d", "e"]), ["a", "b", "c", "2 more"]);
        assert_eq!(given(&["a", "b", "c"]), ["a", "b", "c"]);
    }

    #[test]
    fn a_line_is_cut_between_characters() {
        assert_eq!(line("é\nb", 3), "é\u{fffd}b");
        assert_eq!(line("ééé", 3), "ééé");
        assert_eq!(line("éééé", 3), "éé…");
        assert_eq!(line("a\u{202e}b\u{7f}\u{85}", 9), "a\u{fffd}b\u{fffd}\u{fffd}");
    }

    /// Any text; that of proptest has no control characters.
    fn texts() -> impl Strategy<Value = String> {
        let telling = prop_oneof![range('\0', '\u{ff}'), range('\u{2000}', '\u{2070}')];
        vec(prop_oneof![any::<char>(), telling], 0..300).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn a_line_is_one_that_the_api_server_takes(text in texts(), most in 1_usize..300) {
            let line = line(&text, most);
            prop_assert!(line.chars().count() <= most);
            // What the API server drops a warning for (apimachinery, `NewWarningHeader`).
            prop_assert!(!line.chars().any(char::is_control));
            let json = serde_json::to_string(&line).expect("a text is JSON");
            prop_assert_eq!(size(&line) + 2, json.len());
        }
    }
}
