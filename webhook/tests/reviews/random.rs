//! Whatever is asked, an answer comes that the API server takes, and the laws of changes hold.

use proptest::{char::range, collection::vec, prelude::*, sample::Index};
use serde_json::Value;

use crate::{
    corpus::recorded,
    laws::{self, Bench},
    wild::{Choices, change},
};

/// A policy and no cluster, from a few bytes.
fn bench(bytes: &[u8]) -> Bench {
    Bench::new(&mut Choices::new(bytes), &[])
}

/// Any text; that of proptest has no control characters.
fn texts() -> impl Strategy<Value = String> {
    let telling = prop_oneof![range('\0', '\u{ff}'), range('\u{2000}', '\u{2070}')];
    vec(prop_oneof![any::<char>(), telling], 0..300).prop_map(String::from_iter)
}

proptest! {
    #[test]
    fn any_bytes_are_answered(body in vec(any::<u8>(), 0..200), policy: [u8; 3]) {
        let [validated, mutated] = bench(&policy).answers(&body);
        assert_eq!((validated.status, mutated.status), (400, 400));
    }

    #[test]
    fn damaged_reviews_are_answered(
        which: Index,
        damages in vec((any::<Index>(), any::<u8>(), 0..4_usize), 1..4),
        policy: [u8; 3],
    ) {
        let mut body = which.get(recorded()).body.clone();
        for (place, byte, how) in damages {
            let place = place.index(body.len());
            match how {
                0 => body[place] = byte,
                1 => body.insert(place, byte),
                2 => drop(body.remove(place)),
                _ => body.truncate(place.max(1)),
            }
        }
        bench(&policy).answers(&body);
    }

    #[test]
    fn routes_of_all_kinds_keep_the_laws(bytes in vec(any::<u8>(), 0..800)) {
        laws::of_bytes(&bytes);
    }

    #[test]
    fn any_text_is_repeated_so_that_it_arrives(text in texts()) {
        laws::of_text(&text);
    }
}

proptest! {
    // They are the largest, and know fewer kinds of mistakes.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 4, ..ProptestConfig::default() })]

    #[test]
    fn recorded_routes_that_change_keep_the_laws(which: Index, bytes in vec(any::<u8>(), 0..60)) {
        let review: Value = serde_json::from_slice(&which.get(recorded()).body).expect("it is JSON");
        let new = &review["request"]["object"];
        prop_assume!(new.is_object());
        let mut choices = Choices::new(&bytes);
        let bench = Bench::new(&mut choices, &[]);
        let mut old = new.clone();
        let count = 1 + choices.below(4);
        change(&mut choices, &mut old, count);
        bench.of_change(&old, new);
        bench.of_change(new, &old);
    }
}
