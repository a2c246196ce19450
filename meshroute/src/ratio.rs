//! Exact shares of traffic, and their percentages.
//!
//! A share is a fraction of whole numbers until the moment it is printed: `weight/(sum of all
//! weights in this BackendRefs list)` (Gateway API, `apis/v1/shared_types.go`,
//! `BackendRef.Weight`).

use std::{cmp::Ordering, fmt};

/// A fraction between 0 and 1, always reduced.
///
/// ```
/// use meshroute::ratio::Ratio;
/// assert_eq!(Ratio::new(10, 100).to_string(), "1/10");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ratio {
    part: u64,
    whole: u64,
}

impl Ratio {
    /// Nothing: `0/1`.
    pub const ZERO: Self = Self { part: 0, whole: 1 };
    /// Everything: `1/1`.
    pub const ONE: Self = Self { part: 1, whole: 1 };

    /// Makes `part/whole`; nothing of nothing is [`Ratio::ZERO`].
    pub fn new(part: u64, whole: u64) -> Self {
        if part == 0 || whole == 0 {
            return Self::ZERO;
        }
        let divisor = greatest_common_divisor(part, whole);
        Self { part: part / divisor, whole: whole / divisor }
    }

    /// The numerator.
    pub fn part(self) -> u64 {
        self.part
    }

    /// The denominator, at least 1.
    pub fn whole(self) -> u64 {
        self.whole
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.part == 0
    }

    /// The sum of two parts of one whole.
    pub fn plus(self, other: Self) -> Self {
        let (left, right, whole) = self.over_one_whole(other);
        Self::reduced(left + right, whole)
    }

    /// How far apart two shares are.
    pub fn distance(self, other: Self) -> Self {
        let (left, right, whole) = self.over_one_whole(other);
        Self::reduced(left.abs_diff(right), whole)
    }

    fn over_one_whole(self, other: Self) -> (u128, u128, u128) {
        let [part, whole, other_part, other_whole] =
            [self.part, self.whole, other.part, other.whole].map(u128::from);
        (part * other_whole, other_part * whole, whole * other_whole)
    }

    /// A fraction that a `u64` may not hold before it is reduced. One that it cannot hold after,
    /// which no weights lead to, is brought near.
    fn reduced(mut part: u128, mut whole: u128) -> Self {
        let (mut a, mut b) = (part, whole);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        (part, whole) = (part / a.max(1), whole / a.max(1));
        while u64::try_from(whole).is_err() {
            (part, whole) = (part / 2, whole / 2);
        }
        Self::new(u64::try_from(part).unwrap_or(u64::MAX), u64::try_from(whole).unwrap_or(u64::MAX))
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ratio {
    fn cmp(&self, other: &Self) -> Ordering {
        let (left, right, _) = self.over_one_whole(*other);
        left.cmp(&right)
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.part, self.whole)
    }
}

fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// A percentage with a fixed number of decimals, such as `90.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Percent {
    /// The value in units of the last decimal.
    units: u64,
    decimals: u32,
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = 10_u64.pow(self.decimals);
        write!(
            f,
            "{}.{:0width$}",
            self.units / scale,
            self.units % scale,
            width = self.decimals as usize
        )
    }
}

/// The percentages of the parts of one whole: they add up to 100 by largest remainder, and a part
/// that is not zero never shows as zero; one decimal, more only where a part would vanish.
///
/// ```
/// use meshroute::ratio::{Ratio, percentages};
/// let thirds = percentages(&[Ratio::new(1, 3); 3]);
/// assert_eq!(thirds.iter().map(ToString::to_string).collect::<Vec<_>>(), ["33.4", "33.3", "33.3"]);
/// ```
pub fn percentages(parts: &[Ratio]) -> Vec<Percent> {
    let mut decimals = 1;
    loop {
        let percents = rounded(parts, decimals);
        let vanished = parts
            .iter()
            .zip(&percents)
            .any(|(part, percent)| !part.is_zero() && percent.units == 0);
        if !vanished || decimals == MOST_DECIMALS {
            return percents;
        }
        decimals += 1;
    }
}

/// Largest remainder: everyone gets the floor, what is left goes to the largest fractions, the
/// first of equals first.
fn rounded(parts: &[Ratio], decimals: u32) -> Vec<Percent> {
    let scale = 100 * 10_u128.pow(decimals);
    let mut units: Vec<u64> = Vec::with_capacity(parts.len());
    // The fraction that the floor cut off, brought to one denominator of 2^64 so that fractions
    // compare exactly enough: denominators are at most 16 * 1,000,000, so two different fractions
    // differ by more than 2^-49.
    let mut cut: Vec<(u128, usize)> = Vec::with_capacity(parts.len());
    for (index, part) in parts.iter().enumerate() {
        let exact = u128::from(part.part) * scale;
        let whole = u128::from(part.whole);
        units.push(u64::try_from(exact / whole).unwrap_or(u64::MAX));
        cut.push((((exact % whole) << 64) / whole, index));
    }
    let given: u128 = units.iter().map(|unit| u128::from(*unit)).sum();
    let complete = parts.iter().any(|part| !part.is_zero());
    let left = if complete { scale.saturating_sub(given) } else { 0 };
    cut.sort_by_key(|(fraction, index)| (std::cmp::Reverse(*fraction), *index));
    for (_, index) in cut
        .iter()
        .filter(|(fraction, _)| *fraction > 0)
        .take(usize::try_from(left).unwrap_or(usize::MAX))
    {
        units[*index] += 1;
    }
    units.into_iter().map(|units| Percent { units, decimals }).collect()
}

/// Enough for the smallest share there is, 1 of 16 * 1,000,000.
const MOST_DECIMALS: u32 = 9;

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(weights: &[u64]) -> Vec<String> {
        let sum = weights.iter().sum();
        let parts: Vec<Ratio> = weights.iter().map(|weight| Ratio::new(*weight, sum)).collect();
        percentages(&parts).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn percentages_add_up_to_a_hundred() {
        assert_eq!(shown(&[90, 10]), ["90.0", "10.0"]);
        assert_eq!(shown(&[1, 1, 1]), ["33.4", "33.3", "33.3"]);
        assert_eq!(
            shown(&[1, 1, 1, 1, 1, 1, 1]),
            ["14.3", "14.3", "14.3", "14.3", "14.3", "14.3", "14.2"]
        );
    }

    #[test]
    fn a_share_that_is_not_zero_never_shows_as_zero() {
        assert_eq!(shown(&[999_999, 1]), ["99.9999", "0.0001"]);
        assert_eq!(shown(&[1_000_000, 0]), ["100.0", "0.0"]);
    }

    #[test]
    fn shares_add_up_and_compare_exactly() {
        let (third, sixth) = (Ratio::new(1, 3), Ratio::new(1, 6));
        assert_eq!(third.plus(sixth), Ratio::new(1, 2));
        assert_eq!((third.distance(sixth), sixth.distance(third)), (sixth, sixth));
        assert!(sixth < third && Ratio::new(333_333, 1_000_000) < third);
    }

    #[test]
    fn all_zero_stays_zero() {
        assert_eq!(shown(&[0, 0]), ["0.0", "0.0"]);
    }
}
