//! Chance: replicas that started together do not do everything at the same time.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher as _, Hasher as _},
    time::Duration,
};

/// Two thirds of a time, a tenth of that more or less.
pub(crate) fn due(time: Duration) -> Duration {
    part(time, due_part())
}

/// Two thirds in thousandths, a tenth of that more or less.
pub(crate) fn due_part() -> u32 {
    600 + below(134)
}

/// A time, a tenth of it more or less.
pub(crate) fn about(time: Duration) -> Duration {
    part(time, 900 + below(201))
}

fn part(time: Duration, thousandths: u32) -> Duration {
    time.saturating_mul(thousandths) / 1000
}

/// A number below another one, from what seeds the maps of the standard library.
fn below(end: u32) -> u32 {
    let number = RandomState::new().build_hasher().finish() % u64::from(end);
    u32::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn it_is_near_and_never_the_same() {
        let hour = Duration::from_secs(3600);
        let times: BTreeSet<_> = (0..100).map(|_| due(hour)).collect();
        assert!(times.len() > 10, "{times:?}");
        assert!(times.iter().all(|it| (2160..=2640).contains(&it.as_secs())), "{times:?}");
        assert!((0..100).all(|_| (3240..=3960).contains(&about(hour).as_secs())));
    }
}
