//! The command that takes a change back.

use meshroute::shift::{RuleShift, Shift, by_position};

use super::Change;

/// In a cluster: the weights of before, or else `undo`, where the history holds them.
pub(super) fn in_cluster(
    change: &Change<'_>,
    shift: &Shift,
    is_remembered: bool,
) -> Option<String> {
    let is_zero = |rule: &RuleShift| rule.before().iter().all(|weight| *weight == 0);
    let again = || {
        let words = [change.service.to_owned()];
        let mut flags = Vec::new();
        if shift.rules.iter().any(is_zero) {
            flags.push("--allow-zero".to_owned());
        }
        is_remembered.then(|| change.given.about_route("undo", &words, &flags))
    };
    let first = shift.rules.first()?;
    let sum: u64 = first.before().iter().map(|weight| u64::from(*weight)).sum();
    // To undo is only warned about where a backend is unready.
    let is_writable = sum > 0 && (!shift.percent || sum == 100);
    if !is_alike(shift)
        || !is_unique(&first.labels(&shift.service))
        || !is_writable
        || (shift.leaves_unready && is_remembered)
        || change.verb == "undo"
    {
        return again();
    }
    let words = change.about(named(first, shift));
    Some(change.given.about_same("split", &words, &[]))
}

/// In files, which remember nothing: the weights of before, with a command for each rule where these
/// differ.
pub(super) fn in_files(change: &Change<'_>, shift: &Shift) -> Option<String> {
    let changed: Vec<&RuleShift> = shift.rules.iter().filter(|rule| !rule.is_unchanged()).collect();
    let command = |rule: &RuleShift, is_alone: bool| {
        let before = rule.before();
        let sum: u64 = before.iter().map(|weight| u64::from(*weight)).sum();
        if shift.percent && sum != 100 {
            return None;
        }
        let mut words = vec![change.service.to_owned()];
        let mut flags = Vec::new();
        if is_unique(&rule.labels(&shift.service)) {
            words.extend(named(rule, shift));
        } else {
            // The order is the one that was printed, so that nothing is mixed up.
            words.push(by_position(&before));
            flags.push("--yes".to_owned());
        }
        if sum == 0 {
            flags.push("--allow-zero".to_owned());
        }
        if shift.leaves_unready {
            flags.push("--allow-unready".to_owned());
        }
        if is_alone {
            return Some(change.given.about_same("split", &words, &flags));
        }
        flags.extend(["--rule".to_owned(), rule.index.to_string()]);
        Some(change.given.about_rule("split", &words, &flags))
    };
    if is_alike(shift) {
        return command(shift.rules.first()?, true);
    }
    let commands: Option<Vec<String>> =
        changed.into_iter().map(|rule| command(rule, false)).collect();
    commands.map(|commands| commands.join(" && "))
}

/// Whether all rules had the same weights for the same backends.
fn is_alike(shift: &Shift) -> bool {
    let Some((first, others)) = shift.rules.split_first() else { return true };
    let labels = first.labels(&shift.service);
    let same = |other: &RuleShift| {
        other.labels(&shift.service) == labels && other.before() == first.before()
    };
    others.iter().all(same)
}

/// Whether each label means one backend: `a` is also what is called `a:80`.
fn is_unique(labels: &[String]) -> bool {
    let fits = |label: &str, other: &str| {
        other.strip_prefix(label).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    };
    labels.iter().all(|label| labels.iter().filter(|other| fits(label, other)).count() == 1)
}

/// The weights of before, by name.
fn named(rule: &RuleShift, shift: &Shift) -> impl Iterator<Item = String> {
    let labels = rule.labels(&shift.service).into_iter();
    labels.zip(rule.before()).map(|(label, weight)| format!("{label}={weight}"))
}
