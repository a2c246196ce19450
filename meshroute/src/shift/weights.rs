//! The arithmetic of shares: exact, and whole at the end.

use crate::ratio::Ratio;

use super::{
    Amount, MOST, Percent, Term, Trouble, Way, Wish,
    candidates::Candidate,
    names::{by_position, label, labels, resolve},
};

/// The weights that a rule gets by a wish.
pub(super) fn wished(
    candidate: &Candidate<'_, '_>,
    wish: &Wish,
    percent: bool,
) -> Result<Vec<u32>, Trouble> {
    let old = candidate.old();
    match wish {
        Wish::Positions(weights) if weights.len() == old.len() => {
            bare(weights.clone(), percent, candidate)
        }
        Wish::Positions(weights) => {
            let (rule, names) = (candidate.rule, labels(candidate.split.service, candidate.rule));
            let trouble = Trouble::usage(format!(
                "{} weights for {} backends of rule {} ({})",
                weights.len(),
                names.len(),
                label(rule),
                names.join(", ")
            ));
            Err(trouble.way(Way::weights(Vec::<String>::new())))
        }
        Wish::Terms(terms) => of_terms(candidate, terms, percent),
        Wish::Equal => {
            let count = old.len();
            if percent {
                return Ok(rounded(&vec![1; count], 100));
            }
            let sum = old.iter().map(|weight| u64::from(*weight)).sum();
            whole(&vec![1; count], sum).ok_or_else(|| too_fine(&vec![1; count], candidate))
        }
        Wish::Promote => {
            let leader = leader(&old);
            let others: Vec<usize> = (0..old.len()).filter(|it| Some(*it) != leader).collect();
            let names = labels(candidate.split.service, candidate.rule);
            match others.as_slice() {
                [only] => {
                    let amount = Amount::Share(Percent::ALL);
                    let term = Term { name: names[*only].clone(), amount };
                    of_terms(candidate, &[term], percent)
                }
                several => {
                    let names: Vec<&str> =
                        several.iter().map(|index| names[*index].as_str()).collect();
                    let trouble = Trouble::usage(format!(
                        "{} backends of rule {} could be promoted: name one of {}",
                        names.len(),
                        label(candidate.rule),
                        names.join(", ")
                    ));
                    Err(trouble.ways(names.into_iter().map(|name| Way::weights([name]))))
                }
            }
        }
    }
}

/// The place of the largest weight, if there is one alone.
pub(super) fn leader(weights: &[u32]) -> Option<usize> {
    let most = weights.iter().max()?;
    let mut places = weights.iter().enumerate().filter(|(_, weight)| *weight == most);
    let (first, _) = places.next()?;
    places.next().is_none().then_some(first)
}

/// Weights as they were written, which add up to 100 where they are percentages.
fn bare(
    weights: Vec<u32>,
    percent: bool,
    candidate: &Candidate<'_, '_>,
) -> Result<Vec<u32>, Trouble> {
    let sum: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
    if !percent || sum == 100 {
        return Ok(weights);
    }
    let trouble = Trouble::usage(format!(
        "the weights of {} are percentages (meshroute.dev/weights: percent), and {} add up to {sum}",
        candidate.rule.id.route,
        by_position(&weights)
    ));
    if sum == 0 {
        return Err(trouble);
    }
    let parts: Vec<u128> = weights.iter().map(|weight| u128::from(*weight)).collect();
    Err(trouble.way(Way::weights([by_position(&rounded(&parts, 100))])))
}

fn of_terms(
    candidate: &Candidate<'_, '_>,
    terms: &[Term],
    percent: bool,
) -> Result<Vec<u32>, Trouble> {
    let old = candidate.old();
    let names = labels(candidate.split.service, candidate.rule);
    let mut amounts: Vec<Option<Amount>> = vec![None; old.len()];
    for term in terms {
        let index = resolve(&term.name, candidate.split.service, candidate.rule)?;
        if amounts[index].replace(term.amount).is_some() {
            return Err(Trouble::usage(format!("{} is named twice", names[index])));
        }
    }
    let is_bare = |amount: &Option<Amount>| matches!(amount, Some(Amount::Weight(_)));
    if amounts.iter().any(is_bare) {
        return of_bare(candidate, &names, &amounts, percent);
    }
    let parts = parts(&old, &names, &amounts, candidate)?;
    if percent {
        return Ok(rounded(&parts, 100));
    }
    let sum = old.iter().map(|weight| u64::from(*weight)).sum();
    whole(&parts, sum).ok_or_else(|| too_fine(&parts, candidate))
}

/// Weights by name: of every backend, so that nobody has to guess what becomes of the others.
fn of_bare(
    candidate: &Candidate<'_, '_>,
    names: &[String],
    amounts: &[Option<Amount>],
    percent: bool,
) -> Result<Vec<u32>, Trouble> {
    let old = candidate.old();
    let mut weights = Vec::new();
    let (mut shares, mut all, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    for ((name, amount), old) in names.iter().zip(amounts).zip(&old) {
        match amount {
            Some(Amount::Weight(weight)) => {
                weights.push(*weight);
                shares.push((name, *weight));
                all.push(format!("{name}={weight}"));
            }
            Some(Amount::Share(_) | Amount::More(_) | Amount::Less(_)) | None => {
                missing.push(name.as_str());
                all.push(format!("{name}={old}"));
            }
        }
    }
    if missing.is_empty() {
        return bare(weights, percent, candidate);
    }
    let trouble = Trouble::usage(format!(
        "bare numbers are weights and name every backend: {} not named; a share is written with %",
        if let [one] = missing.as_slice() {
            format!("{one} is")
        } else {
            format!("{} are", missing.join(", "))
        }
    ));
    let sum: u64 = shares.iter().map(|(_, weight)| u64::from(*weight)).sum();
    let as_shares: Vec<String> =
        shares.iter().map(|(name, weight)| format!("{name}={weight}%")).collect();
    let ways = (sum <= 100).then(|| Way::weights(as_shares)).into_iter();
    Err(trouble.ways(ways.chain([Way::weights(all)])))
}

/// The shares by the parts that they have of their sum.
fn parts(
    old: &[u32],
    names: &[String],
    amounts: &[Option<Amount>],
    candidate: &Candidate<'_, '_>,
) -> Result<Vec<u128>, Trouble> {
    let sum: i128 = old.iter().map(|weight| i128::from(*weight)).sum();
    let (all, per_weight) = match sum {
        // Nobody has a share where every weight is 0.
        0 => (Percent::ALL.parts(), 0),
        sum => (Percent::ALL.parts() * sum, Percent::ALL.parts()),
    };
    let per_part = all / Percent::ALL.parts();
    let mut named: Vec<Option<i128>> = Vec::new();
    for ((amount, old), name) in amounts.iter().zip(old).zip(names) {
        let now = i128::from(*old) * per_weight;
        let part = match amount {
            None => None,
            Some(Amount::Share(percent)) => Some(percent.parts() * per_part),
            Some(Amount::More(percent)) => Some(now + percent.parts() * per_part),
            Some(Amount::Less(percent)) => Some(now - percent.parts() * per_part),
            Some(Amount::Weight(_)) => None,
        };
        if let Some(part) = part.filter(|part| !(0..=all).contains(part)) {
            return Err(Trouble::usage(format!(
                "{name} would get {}: a share is from 0% to 100%",
                shown(part, all)
            )));
        }
        named.push(part);
    }
    let rest = all - named.iter().flatten().sum::<i128>();
    if rest < 0 {
        return Err(Trouble::usage(format!(
            "the shares add up to {}, to more than everything",
            shown(all - rest, all)
        )));
    }
    let others: Vec<usize> = (0..old.len()).filter(|index| named[*index].is_none()).collect();
    let held: i128 = others.iter().map(|index| i128::from(old[*index])).sum();
    let part_of = |index: usize| match (others.as_slice(), held) {
        (_, held) if held > 0 => Some(rest * i128::from(old[index])),
        ([_], _) => Some(rest),
        _ if rest == 0 => Some(0),
        _ => None,
    };
    if others.is_empty() && rest > 0 {
        return Err(Trouble::usage(format!(
            "every backend is named, and the shares add up to {}, not to 100%",
            shown(all - rest, all)
        )));
    }
    // Where the others keep their proportions, every part is a multiple of what they hold.
    let scale = held.max(1);
    let parts: Option<Vec<i128>> = named
        .iter()
        .enumerate()
        .map(|(index, part)| part.map_or_else(|| part_of(index), |part| Some(part * scale)))
        .collect();
    let Some(parts) = parts else {
        let names: Vec<&str> = others.iter().map(|index| names[*index].as_str()).collect();
        let trouble = Trouble::usage(format!(
            "{} is left for {}, which all have 0, so nothing says how they share it: name them",
            shown(rest, all),
            names.join(" and ")
        ));
        return Err(trouble.ways(named_all(&names, &named, rest, all, candidate)));
    };
    Ok(parts.into_iter().map(|part| u128::try_from(part).unwrap_or_default()).collect())
}

/// Every backend by name: the rest to the first of those that nobody named.
fn named_all(
    others: &[&str],
    named: &[Option<i128>],
    rest: i128,
    all: i128,
    candidate: &Candidate<'_, '_>,
) -> Option<Way> {
    let names = labels(candidate.split.service, candidate.rule);
    let mut words = Vec::new();
    for (name, part) in names.iter().zip(named) {
        let part = match part {
            Some(part) => *part,
            None if others.first() == Some(&name.as_str()) => rest,
            None => 0,
        };
        let parts = part * Percent::ALL.parts();
        if parts % all != 0 {
            return None;
        }
        words.push(format!("{name}={}", shown(part, all)));
    }
    Some(Way::weights(words))
}

/// A percentage for people.
fn shown(part: i128, all: i128) -> String {
    let sign = if part < 0 { "-" } else { "" };
    let millionths = part.unsigned_abs() * 100_000_000 / all.unsigned_abs().max(1);
    let fraction = format!("{:06}", millionths % 1_000_000);
    let fraction = fraction.trim_end_matches('0');
    let dot = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{dot}{fraction}%", millionths / 1_000_000)
}

/// The weights with exactly these ratios: with the sum that they had, if they are whole then, else
/// with the smallest sum that makes them whole; none if that is too large.
pub(super) fn whole(parts: &[u128], sum: u64) -> Option<Vec<u32>> {
    let all: u128 = parts.iter().sum();
    let sum = u128::from(sum);
    let keeps = sum > 0 && parts.iter().all(|part| part * sum % all == 0);
    let fits = |weight: u128| u32::try_from(weight).ok().filter(|weight| *weight <= MOST);
    if keeps {
        let kept: Option<Vec<u32>> = parts.iter().map(|part| fits(part * sum / all)).collect();
        if kept.is_some() {
            return kept;
        }
    }
    let divisor = parts.iter().copied().fold(all, greatest_common_divisor);
    if all == 0 || all / divisor > u128::from(MOST) {
        return None;
    }
    parts.iter().map(|part| fits(part / divisor)).collect()
}

fn too_fine(parts: &[u128], candidate: &Candidate<'_, '_>) -> Trouble {
    let trouble = Trouble::usage(format!(
        "no weights up to {MOST} have exactly these shares in rule {}; these come close",
        label(candidate.rule)
    ));
    trouble.way(Way::weights([by_position(&rounded(parts, u128::from(MOST)))]))
}

/// Whole weights of this sum by largest remainder, the first of equals first.
pub(super) fn rounded(parts: &[u128], sum: u128) -> Vec<u32> {
    let all: u128 = parts.iter().sum::<u128>().max(1);
    let mut weights: Vec<u128> = parts.iter().map(|part| part * sum / all).collect();
    let given: u128 = weights.iter().sum();
    let mut order: Vec<usize> =
        (0..parts.len()).filter(|it| !(parts[*it] * sum).is_multiple_of(all)).collect();
    order.sort_by_key(|index| std::cmp::Reverse(parts[*index] * sum % all));
    let left = usize::try_from(sum.saturating_sub(given)).unwrap_or(usize::MAX);
    for index in order.into_iter().take(left) {
        weights[index] += 1;
    }
    weights.into_iter().map(|weight| u32::try_from(weight).unwrap_or(MOST)).collect()
}

/// The shares of weights.
pub(super) fn shares(weights: &[u32]) -> Vec<Ratio> {
    let sum = weights.iter().map(|weight| u64::from(*weight)).sum();
    weights.iter().map(|weight| Ratio::new(u64::from(*weight), sum)).collect()
}

fn greatest_common_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
