//! Random manifests in random styles: an edit changes the numbers and nothing else.
//!
//! Each manifest is written twice at once, as it is and as it has to become, by a writer that knows
//! nothing of the tree.

mod writer;

use self::writer::{Random, Writer, Written};
use super::{Weight, input, outcome};

const CASES: usize = 1_000;

#[test]
fn random_manifests_change_in_their_numbers_only() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut changed, mut inserted) = (0, 0);
    for case in 0..CASES {
        let Written { old, new, weights, insertions } = Writer::manifest(&mut random);
        let what = || format!("case {case}\n{old}\n{weights:?}");
        let edited = outcome(&old, &weights);
        assert_eq!(edited.as_deref(), Ok(new.as_str()), "{}", what());
        // What is there already stays.
        let again: Vec<Weight> =
            weights.iter().map(|it| Weight { old: Some(it.new), ..it.clone() }).collect();
        assert_eq!(outcome(&new, &again).as_deref(), Ok(new.as_str()), "{}", what());
        assert_eq!(read(&new), again.iter().map(|it| it.new).collect::<Vec<_>>(), "{}", what());
        changed += weights.len();
        inserted += insertions;
    }
    assert!(changed > 3 * CASES && inserted > CASES / 2, "{changed} weights, {inserted} inserted");
}

#[test]
fn damaged_manifests_are_edited_or_refused() {
    const WORDS: [&str; 16] = [
        "{", "}", "[", "]", ",", ": ", "\"", "#", "&a ", "*a", "<<: *a", "? ", "!!int ", "- ",
        "\r", "\t",
    ];
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let (mut edited, mut refused) = (0, 0);
    for case in 0..CASES {
        let Written { mut old, weights, .. } = Writer::manifest(&mut random);
        for _ in 0..1 + random.below(3) {
            let at = (0..=random.below(old.len())).rev().find(|at| old.is_char_boundary(*at));
            let word = random.pick(&WORDS);
            if random.one_in(3) {
                old.truncate(old.len() - usize::from(old.is_ascii()));
            }
            old.insert_str(at.unwrap_or_default().min(old.len()), word);
        }
        for weight in &weights {
            match outcome(&old, std::slice::from_ref(weight)) {
                Ok(_) => edited += 1,
                Err(message) => {
                    assert!(!message.contains("internal error"), "case {case}: {message}\n{old}");
                    refused += 1;
                }
            }
        }
    }
    assert!(edited > CASES && refused > CASES / 2, "{edited} edited, {refused} refused");
}

/// The weights of the last route `a`, in their order.
fn read(text: &str) -> Vec<u32> {
    let mut found = Vec::new();
    for document in crate::yaml::documents(input(text).text.as_slice()) {
        let json = document.expect("it can be read").root.to_json();
        let items = json["items"].as_array().cloned().unwrap_or_else(|| vec![json.clone()]);
        for route in items.iter().filter(|it| it["kind"] == "HTTPRoute") {
            found = Vec::new();
            for rule in route["spec"]["rules"].as_array().into_iter().flatten() {
                let backends = rule["backendRefs"].as_array().into_iter().flatten();
                found.extend(backends.map(|it| {
                    it["weight"].as_u64().map_or(1, |it| u32::try_from(it).expect("it is small"))
                }));
            }
        }
    }
    found
}
