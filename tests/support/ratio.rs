//! Exact fractions.

use std::{
    fmt,
    ops::{Add, Sub},
};

use serde::{Deserialize, Deserializer, de};

/// A fraction in lowest terms with a positive denominator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    numerator: i128,
    denominator: i128,
}

impl Ratio {
    /// Nothing.
    pub const ZERO: Self = Self { numerator: 0, denominator: 1 };
    /// All of it.
    pub const ONE: Self = Self { numerator: 1, denominator: 1 };

    /// Returns `numerator / denominator` in lowest terms.
    ///
    /// # Panics
    ///
    /// Panics if the denominator is zero.
    #[must_use]
    pub fn new(numerator: i128, denominator: i128) -> Self {
        assert_ne!(denominator, 0, "a ratio has no zero denominator");
        let divisor = greatest_common_divisor(numerator, denominator) * denominator.signum();
        Self { numerator: numerator / divisor, denominator: denominator / divisor }
    }

    /// Reads `"9/10"`, or a decimal such as `"0.333"` or `"90"`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some((numerator, denominator)) = text.split_once('/') {
            let (numerator, denominator) = (numerator.parse().ok()?, denominator.parse().ok()?);
            return (denominator > 0).then(|| Self::new(numerator, denominator));
        }
        let (whole, digits) = text.split_once('.').unwrap_or((text, ""));
        let scale = 10_i128.checked_pow(u32::try_from(digits.len()).ok()?)?;
        Some(Self::new(format!("{whole}{digits}").parse().ok()?, scale))
    }

    /// Returns this fraction of `other`.
    ///
    /// # Panics
    ///
    /// Panics if `other` is zero.
    #[must_use]
    pub fn over(self, other: Self) -> Self {
        Self::new(self.numerator * other.denominator, self.denominator * other.numerator)
    }

    /// Returns whether two fractions are at most `2/1000` apart.
    #[must_use]
    pub fn is_near(self, other: Self) -> bool {
        (self - other).is_within(Self::new(2, 1000))
    }

    /// Returns whether this is at most so far from zero.
    #[must_use]
    pub fn is_within(self, limit: Self) -> bool {
        !(limit - self).is_negative() && !(limit + self).is_negative()
    }

    /// Returns whether this is zero.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.numerator == 0
    }

    /// Returns whether this is less than zero.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.numerator < 0
    }
}

impl Add for Ratio {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::new(
            self.numerator * other.denominator + other.numerator * self.denominator,
            self.denominator * other.denominator,
        )
    }
}

impl Sub for Ratio {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + Self { numerator: -other.numerator, ..other }
    }
}

impl std::iter::Sum for Ratio {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

impl<'de> Deserialize<'de> for Ratio {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let ratio = text.contains('/').then(|| Self::parse(&text)).flatten();
        ratio.ok_or_else(|| de::Error::custom(format!("{text:?} is not an exact ratio")))
    }
}

fn greatest_common_divisor(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.abs(), b.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

#[cfg(test)]
mod tests {
    use super::Ratio;

    #[test]
    fn reads_fractions_and_decimals() {
        assert_eq!(Ratio::parse("18/20"), Some(Ratio::new(9, 10)));
        assert_eq!(Ratio::parse("0.01"), Some(Ratio::new(1, 100)));
        assert_eq!(Ratio::parse("90"), Some(Ratio::new(90, 1)));
        assert_eq!(Ratio::parse("1/0"), None);
        assert_eq!(Ratio::parse("ten"), None);
    }

    #[test]
    fn near_is_two_thousandths() {
        assert!(Ratio::new(1, 3).is_near(Ratio::new(332, 1000)));
        assert!(!Ratio::new(1, 3).is_near(Ratio::new(331, 1000)));
        assert_eq!(Ratio::new(1, 3) + Ratio::new(2, 3), Ratio::ONE);
    }
}
