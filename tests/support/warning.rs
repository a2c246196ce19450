//! What an API server makes of the warnings of a webhook: which it passes on, and how much of each.
//!
//! By the rules of apiserver 1.37.2, `pkg/endpoints/filters/warning.go`, and of apimachinery, `NewWarningHeader`.

/// How many characters all of them may have, before each is cut.
const ALL: usize = 4096;

/// How many characters are left of one that is cut.
const EACH: usize = 256;

/// Returns the texts that arrive at the client.
///
/// Empty ones do not, nor what has come before, nor whatever holds a control character.
#[must_use]
pub fn passed_on(texts: &[&str]) -> Vec<String> {
    let mut first: Vec<&str> = Vec::new();
    for text in texts.iter().filter(|text| !text.is_empty()) {
        if !first.contains(text) {
            first.push(text);
        }
    }
    let is_sound = |text: &&&str| !text.chars().any(char::is_control);
    let mut sum = 0;
    let too_much = first.iter().position(|text| {
        sum += if is_sound(&text) { text.chars().count() } else { 0 };
        sum > ALL
    });
    let Some(too_much) = too_much else {
        return first.iter().filter(is_sound).map(|text| (*text).to_owned()).collect();
    };
    // Those so far are cut and sent again, and others follow until there is as much again.
    let (mut passed, mut sum) = (Vec::new(), 0);
    for (place, text) in first.iter().enumerate() {
        if place > too_much && sum >= ALL {
            break;
        }
        let cut: String = text.chars().take(EACH).collect();
        if !cut.chars().any(char::is_control) {
            sum += cut.chars().count();
            passed.push(cut);
        }
    }
    passed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_dropped() {
        let texts = ["", "a", "a\nb", "a\u{85}", "\u{202e}a", "a", "é"];
        assert_eq!(passed_on(&texts), ["a", "\u{202e}a", "é"]);
    }

    #[test]
    fn all_are_cut_where_they_are_too_long_together() {
        let text = |length: usize, word: &str| word.repeat(length);
        let (long, longer) = (text(4000, "a"), text(97, "b"));
        assert_eq!(passed_on(&[&long, &longer[..96]]), [long.as_str(), &longer[..96]]);
        assert_eq!(passed_on(&[&long, &longer]), [&long[..256], &longer]);
    }
}
