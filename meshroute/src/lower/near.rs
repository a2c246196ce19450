//! Which known name was probably meant.

/// What people write for a field of another name.
const ALIASES: &[(&str, &str)] = &[
    ("backends", "backendRefs"),
    ("hosts", "hostnames"),
    ("match", "matches"),
    ("parents", "parentRefs"),
    ("retries", "retry"),
    ("servicePort", "port"),
    ("service", "name"),
    ("serviceName", "name"),
    ("timeout", "timeouts"),
];

/// The known name that was probably meant, if one is near.
pub(super) fn near(name: &str, known: &[&'static str]) -> Option<&'static str> {
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, meant)| meant);
    if let Some(meant) = alias
        && let Some(known) = known.iter().find(|known| *known == meant)
    {
        return Some(known);
    }
    // One slip in a short name may be another word; in a longer one, two are one word misspelt.
    let allowed = if name.len() < 6 { 1 } else { 2 };
    let distances = known.iter().map(|known| (distance(name, known), *known));
    distances.filter(|(distance, _)| *distance <= allowed).min().map(|(_, known)| known)
}

/// How many letters are left out, put in, exchanged, or swapped with their neighbour; the case of
/// letters counts once.
fn distance(a: &str, b: &str) -> usize {
    if a.eq_ignore_ascii_case(b) {
        return 1;
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let first: Vec<usize> = (0..=b.len()).collect();
    let others = (1..=a.len()).map(|i| {
        let mut row = vec![0; b.len() + 1];
        row[0] = i;
        row
    });
    let mut rows: Vec<Vec<usize>> = std::iter::once(first).chain(others).collect();
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let exchanged = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = exchanged.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = least;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_near_and_other_words_are_not() {
        let known = ["name", "port", "weight", "filters", "backendRefs", "matches"];
        for (name, meant) in [
            ("weigth", Some("weight")),
            ("wieght", Some("weight")),
            ("Weight", Some("weight")),
            ("backendRef", Some("backendRefs")),
            ("match", Some("matches")),
            ("servicePort", Some("port")),
            ("share", None),
            ("sessionPersistence", None),
            ("pool", None),
            ("", None),
        ] {
            assert_eq!(near(name, &known), meant, "{name}");
        }
    }
}
