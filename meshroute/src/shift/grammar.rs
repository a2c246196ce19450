//! The grammar of weights: `90/10`, `v1=90 v2=10`, `v2=10%`, `v2+=5%`.

use std::fmt;

use super::{MOST, Trouble, Way};

/// What a user asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// A weight for each backend, in their order.
    Positions(Vec<u32>),
    /// What backends shall have, by name.
    Terms(Vec<Term>),
    /// All the same.
    Equal,
    /// Everything to the only backend that is not the majority.
    Promote,
}

/// What one backend shall have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The backend, as the user calls it.
    pub name: String,
    /// How much.
    pub amount: Amount,
}

/// How much a backend shall have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// This weight.
    Weight(u32),
    /// This share.
    Share(Percent),
    /// So many percentage points more.
    More(Percent),
    /// So many percentage points less.
    Less(Percent),
}

/// An exact percentage, in millionths of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(u64);

impl Percent {
    /// Everything.
    pub const ALL: Self = Self(100_000_000);

    /// In parts of [`Percent::ALL`].
    pub(super) fn parts(self) -> i128 {
        self.0.into()
    }

    /// Reads `10` or `0.25`; none if it is no percentage.
    fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let is_number = |text: &str| text.chars().all(|digit| digit.is_ascii_digit());
        let is_written = !whole.is_empty() && (!fraction.is_empty() || !text.contains('.'));
        if !is_written || !is_number(whole) || !is_number(fraction) || fraction.len() > 6 {
            return None;
        }
        let parts: u64 = format!("{whole}{fraction:0<6}").parse().ok()?;
        (parts <= Self::ALL.0).then_some(Self(parts))
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 1_000_000, self.0 % 1_000_000);
        let fraction = format!("{rest:06}");
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{whole}%"),
            fraction => write!(f, "{whole}.{fraction}%"),
        }
    }
}

impl Wish {
    /// Reads the words of a command line; without any, `equal` has to say what is wished.
    ///
    /// # Errors
    ///
    /// What cannot be read, and how it is written.
    pub fn parse<T: AsRef<str>>(words: &[T], equal: bool) -> Result<Self, Trouble> {
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        match words.as_slice() {
            [] if equal => Ok(Self::Equal),
            [] => Err(Trouble::usage("no weights are given")),
            _ if equal => Err(Trouble::usage(format!(
                "--equal says all there is to say: leave {} out",
                words.join(" ")
            ))
            .way(Way::weights(Vec::<String>::new()))),
            words if words.iter().any(|word| word.contains('=')) => {
                let terms: Result<Vec<Term>, Trouble> =
                    words.iter().map(|word| term(word, words)).collect();
                Ok(Self::Terms(unmixed(terms?)?))
            }
            [word] => positions(word),
            words if words.iter().all(|word| weight(word).is_ok()) => {
                let joined = words.join("/");
                Err(Trouble::usage(format!(
                    "weights by position are one word: {joined}, not {}",
                    words.join(" ")
                ))
                .way(Way::weights([joined])))
            }
            words => Err(unreadable(&words.join(" "))),
        }
    }
}

fn unreadable(text: &str) -> Trouble {
    Trouble::usage(format!(
        "cannot read {text:?} as weights: write 90/10 in the order of the backends, v1=90 v2=10, or the share v2=10%"
    ))
}

fn positions(word: &str) -> Result<Wish, Trouble> {
    let parts: Vec<&str> = word.split('/').collect();
    if parts.len() < 2 {
        return Err(unreadable(word));
    }
    if parts.iter().any(|part| part.ends_with('%')) {
        let bare: Vec<&str> = parts.iter().map(|part| part.trim_end_matches('%')).collect();
        let trouble = Trouble::usage(format!(
            "weights by position are bare numbers, whose ratio counts: {word:?} has percentages"
        ));
        return Err(trouble.way(Way::weights([bare.join("/")])));
    }
    parts.into_iter().map(weight).collect::<Result<_, _>>().map(Wish::Positions)
}

fn weight(text: &str) -> Result<u32, Trouble> {
    let is_number = !text.is_empty() && text.chars().all(|digit| digit.is_ascii_digit());
    if !is_number {
        return Err(unreadable(text));
    }
    match text.parse() {
        Ok(weight) if weight <= MOST => Ok(weight),
        _ => Err(Trouble::usage(format!("a weight is at most {MOST}, not {text}"))),
    }
}

fn term(word: &str, words: &[&str]) -> Result<Term, Trouble> {
    let Some((left, value)) = word.split_once('=') else { return Err(unreadable(word)) };
    let (name, sign) = match left.strip_suffix(['+', '-']) {
        Some(name) => (name, left.chars().last()),
        None => (left, None),
    };
    if name.is_empty() {
        return Err(unreadable(word));
    }
    let name = name.to_owned();
    let Some(percent) = value.strip_suffix('%') else {
        if sign.is_some() {
            let with_sign = |other: &&str| {
                if *other == word { format!("{word}%") } else { (*other).to_owned() }
            };
            let trouble = Trouble::usage(format!(
                "{word:?} lacks its unit: += and -= take percentage points"
            ));
            return Err(trouble.way(Way::weights(words.iter().map(with_sign))));
        }
        return Ok(Term { name, amount: Amount::Weight(weight(value)?) });
    };
    let Some(percent) = Percent::parse(percent) else {
        return Err(Trouble::usage(format!(
            "cannot read {value:?} as a share: write a number from 0% to 100% with at most 6 decimals"
        )));
    };
    let amount = match sign {
        None => Amount::Share(percent),
        Some('+') => Amount::More(percent),
        Some(_) => Amount::Less(percent),
    };
    Ok(Term { name, amount })
}

/// The terms, if they are all weights or all shares.
fn unmixed(terms: Vec<Term>) -> Result<Vec<Term>, Trouble> {
    let bare = |term: &&Term| matches!(term.amount, Amount::Weight(_));
    let shares: Vec<&Term> = terms.iter().filter(|term| !bare(term)).collect();
    let Some(weight) = terms.iter().find(bare) else { return Ok(terms) };
    if shares.is_empty() {
        return Ok(terms);
    }
    let trouble = Trouble::usage(format!(
        "bare numbers and shares do not mix: {} has no %; the others share the rest",
        weight.name
    ));
    Err(trouble.way(Way::weights(shares.iter().map(ToString::to_string))))
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match self.amount {
            Amount::Weight(weight) => write!(f, "{name}={weight}"),
            Amount::Share(percent) => write!(f, "{name}={percent}"),
            Amount::More(percent) => write!(f, "{name}+={percent}"),
            Amount::Less(percent) => write!(f, "{name}-={percent}"),
        }
    }
}
