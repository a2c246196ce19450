//! Durations of the Gateway API (GEP-2257): up to four numbers with units, as `1m30s`.

/// What the duration adds up to; none if it is no duration.
pub(super) fn milliseconds(text: &str) -> Option<u64> {
    let mut sum = 0_u64;
    for part in parts(text) {
        let (number, unit) = part?;
        let factor = match unit {
            "h" => 60 * 60 * 1000,
            "m" => 60 * 1000,
            "s" => 1000,
            "ms" => 1,
            _ => return None,
        };
        sum = sum.checked_add(number.checked_mul(factor)?)?;
    }
    (!text.is_empty()).then_some(sum)
}

/// Whether a unit is there twice.
pub(super) fn repeats_unit(text: &str) -> bool {
    let units = || parts(text).flatten().map(|(_, unit)| unit);
    units().enumerate().any(|(index, unit)| units().take(index).any(|other| other == unit))
}

/// The numbers with their units; none for what is no such pair, after which nothing comes.
fn parts(text: &str) -> impl Iterator<Item = Option<(u64, &str)>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        rest = after;
        let part = number.parse().ok().filter(|_| !unit.is_empty()).map(|number| (number, unit));
        if part.is_none() {
            rest = "";
        }
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_add_up() {
        for (text, expected) in [
            ("10s", Some(10_000)),
            ("1m30s", Some(90_000)),
            ("1h2m3s4ms", Some(3_723_004)),
            ("0s", Some(0)),
            ("1m30s1m", Some(150_000)),
            ("", None),
            ("10", None),
            ("s", None),
            ("1.5s", None),
            ("1d", None),
            ("99999999999999999999s", None),
        ] {
            assert_eq!(milliseconds(text), expected, "{text}");
        }
        assert!(repeats_unit("1m30s1m") && !repeats_unit("1m30s1ms"));
    }
}
