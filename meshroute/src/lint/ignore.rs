//! The annotation `meshroute.dev/ignore`: findings that are known and accepted.
//!
//! `MR052 reason; MR040 until=2027-01-31 reason`: a code, perhaps the last day, and the reason.

use jiff::civil::Date;

use crate::lint::{
    ALL, Finding, Level, Lint, Settings,
    subject::Subject,
    text::{MR900, MR901},
};

/// What the annotation may silence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ignore {
    /// All but errors.
    #[default]
    Warnings,
    /// Everything.
    All,
    /// Nothing.
    None,
}

/// One entry of the annotation.
#[derive(Debug, PartialEq, Eq)]
struct Entry<'a> {
    code: &'a str,
    until: Option<&'a str>,
    reason: &'a str,
}

/// Takes the findings away that the annotation silences, and adds what is wrong with it.
pub(super) fn apply(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let settings = subject.settings;
    let Some(text) = subject.route.signs.as_ref().and_then(|signs| signs.ignore.as_deref()) else {
        return;
    };
    let mut said = Vec::new();
    for entry in entries(text) {
        let path = || at!["metadata", "annotations", "meshroute.dev/ignore"];
        let Some(lint) = Lint::of(entry.code) else {
            let message = format!("there is no lint {:?}: {}", entry.code, way_out(entry.code));
            said.push(MR901.finding(path(), entry.code, message));
            continue;
        };
        if entry.reason.is_empty() {
            let message =
                format!("{} is ignored without a reason: add one after the code", lint.code);
            said.push(MR900.finding(path(), lint.code, message));
        }
        match is_over(entry.until, settings.today) {
            Ok(false) => {}
            Ok(true) => {
                let until = entry.until.unwrap_or_default();
                let message = format!("the ignore of {} has ended on {until}: mend it", lint.code);
                said.push(MR901.finding(path(), lint.code, message));
                continue;
            }
            Err(until) => {
                let message = format!("until={until} is no day, as in until=2027-01-31");
                said.push(MR901.finding(path(), lint.code, message));
                continue;
            }
        }
        let before = findings.len();
        let may = |finding: &Finding| match settings.ignore {
            Ignore::Warnings => finding.level < Level::Error,
            Ignore::All => true,
            Ignore::None => false,
        };
        let strikes = findings.iter().any(|finding| finding.lint.code == lint.code);
        findings.retain(|finding| finding.lint.code != lint.code || !may(finding));
        if findings.len() == before && !strikes && is_answered(lint, settings) {
            let message = format!("{} is ignored, and strikes nowhere: delete it", lint.code);
            said.push(MR901.finding(path(), lint.code, message));
        }
    }
    settings.levels.apply(&mut said);
    findings.append(&mut said);
}

/// Whether the lint had all that it needs: only then does its silence mean something.
fn is_answered(lint: &Lint, settings: &Settings) -> bool {
    if matches!(lint.check, super::Check::OfReader) {
        return false;
    }
    if settings.admission {
        // The API server has filled in and left out: what was written strikes in the manifest.
        return lint.needs.is_empty();
    }
    settings.complete || !lint.is_of_others()
}

/// What to write instead of what is no code.
fn way_out(word: &str) -> String {
    let meant = |word: &str| {
        let code = word.to_ascii_uppercase();
        ALL.iter().find(|lint| lint.code == code || lint.name == word).map(|lint| lint.code)
    };
    if let Some(code) = meant(word) {
        return format!("write {code}");
    }
    let words = word.split(',').filter(|word| !word.is_empty());
    match words.map(meant).collect::<Option<Vec<_>>>() {
        Some(codes) if !codes.is_empty() => format!("write \"{} reason\"", codes.join(" reason; ")),
        Some(_) | None => "delete it from the annotation".to_owned(),
    }
}

fn entries(text: &str) -> impl Iterator<Item = Entry<'_>> {
    text.split(';').map(str::trim).filter(|entry| !entry.is_empty()).map(|entry| {
        let (code, rest) = entry.split_once(char::is_whitespace).unwrap_or((entry, ""));
        let rest = rest.trim();
        match rest.strip_prefix("until=") {
            Some(rest) => {
                let (until, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                Entry { code, until: Some(until), reason: reason.trim() }
            }
            None => Entry { code, until: None, reason: rest },
        }
    })
}

/// Whether the last day is past; an error if it is no day.
fn is_over(until: Option<&str>, today: Option<Date>) -> Result<bool, &str> {
    let Some(until) = until else { return Ok(false) };
    let last: Date = until.parse().map_err(|_| until)?;
    Ok(today.is_some_and(|today| today > last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_have_a_code_a_last_day_and_a_reason() {
        let text = " MR052 one in ninety; MR040 until=2027-01-31 on its way ;MR060;";
        let read: Vec<_> = entries(text).collect();
        assert_eq!(
            read,
            [
                Entry { code: "MR052", until: None, reason: "one in ninety" },
                Entry { code: "MR040", until: Some("2027-01-31"), reason: "on its way" },
                Entry { code: "MR060", until: None, reason: "" },
            ]
        );
    }

    #[test]
    fn what_is_nearly_a_code_is_told_as_one() {
        assert_eq!(way_out("mr033"), "write MR033");
        assert_eq!(way_out("backend-not-found"), "write MR033");
        assert_eq!(way_out("MR033,MR052"), "write \"MR033 reason; MR052 reason\"");
        assert_eq!(
            way_out("MR033,mr040,MR052"),
            "write \"MR033 reason; MR040 reason; MR052 reason\""
        );
        assert_eq!(way_out("MR033,"), "write \"MR033 reason\"");
        for other in ["all", "MR999", "MR033,all", "", ","] {
            assert_eq!(way_out(other), "delete it from the annotation");
        }
    }

    #[test]
    fn the_last_day_still_counts() {
        let day = |text: &str| Some(text.parse::<Date>().expect("it is a day"));
        assert_eq!(is_over(Some("2027-01-31"), day("2027-01-31")), Ok(false));
        assert_eq!(is_over(Some("2027-01-31"), day("2027-02-01")), Ok(true));
        assert_eq!(is_over(Some("2027-01-31"), None), Ok(false));
        assert_eq!(is_over(Some("soon"), None), Err("soon"));
    }
}
