//! What becomes of weights.

use super::*;
use crate::ratio::Ratio;

fn ok(weights: &[i64], words: &[&str]) -> Vec<u32> {
    becomes(weights, words).unwrap_or_else(|trouble| panic!("{words:?}: {trouble}"))
}

fn refused(weights: &[i64], words: &[&str], why: &str) -> Vec<String> {
    let cluster = one_rule(weights);
    match ask(&cluster, words, &Target::default()) {
        Ok(shift) => panic!("{words:?} gives {:?}", shift.rules[0].after()),
        Err(trouble) => {
            assert!(trouble.message.contains(why), "{words:?}: {}", trouble.message);
            assert_eq!(trouble.class, Class::Usage);
            ways(&trouble)
        }
    }
}

#[test]
fn bare_numbers_are_written_as_they_are() {
    assert_eq!(ok(&[100, 0], &["90/10"]), [90, 10]);
    assert_eq!(ok(&[100, 0], &["9/1"]), [9, 1]);
    assert_eq!(ok(&[100, 0], &["900/100"]), [900, 100]);
    assert_eq!(ok(&[100, 0], &["v2=10", "web-v1=90"]), [90, 10]);
    assert_eq!(ok(&[-1, -1], &["1000000/0"]), [1_000_000, 0]);
}

#[test]
fn shares_keep_the_sum_or_take_the_smallest_that_is_whole() {
    assert_eq!(ok(&[100, 0], &["v2=10%"]), [90, 10]);
    // The only other one takes the rest, even from 0.
    assert_eq!(ok(&[100, 0], &["v1=40%"]), [40, 60]);
    assert_eq!(ok(&[1, 1], &["v2=0.0001%"]), [999_999, 1]);
    assert_eq!(ok(&[9, 1], &["v2=25%"]), [3, 1]);
    assert_eq!(ok(&[9, 1], &["v2=20%"]), [8, 2]);
    assert_eq!(ok(&[1, 1, 1], &["v1=50%"]), [2, 1, 1]);
    assert_eq!(ok(&[60, 30, 10], &["v3=55%"]), [30, 15, 55]);
    assert_eq!(ok(&[90, 10], &["v2=0.5%"]), [199, 1]);
    assert_eq!(ok(&[0, 0], &["v2=100%"]), [0, 1]);
    assert_eq!(ok(&[1_000_000, 1_000_000], &["v2=100%"]), [0, 1]);
    assert_eq!(ok(&[90, 10], &["v2+=5%"]), [85, 15]);
    assert_eq!(ok(&[90, 10], &["v2-=10%"]), [100, 0]);
    assert_eq!(ok(&[100, 0, 0], &["v1=100%"]), [100, 0, 0]);
    assert_eq!(ok(&[50, 50, 0], &["v1-=10%", "v3+=10%"]), [40, 50, 10]);
    assert_eq!(ok(&[90, 10], &[]), [50, 50]);
    assert_eq!(ok(&[90, 9, 1], &[]), [1, 1, 1]);
}

#[test]
fn what_cannot_be_is_refused_with_what_works() {
    assert_eq!(refused(&[90, 10], &["90/10/5"], "3 weights for 2 backends"), [""]);
    assert_eq!(refused(&[90, 10], &["90", "10"], "one word"), ["90/10"]);
    assert_eq!(refused(&[90, 10], &["90%/10%"], "bare numbers"), ["90/10"]);
    let named = ["web-v2=10%", "web-v1=90 web-v2=10"];
    assert_eq!(refused(&[90, 10], &["v2=10"], "web-v1 is not named"), named);
    assert_eq!(refused(&[90, 10], &["v1=90", "v2=10%"], "do not mix"), ["v2=10%"]);
    assert_eq!(refused(&[90, 10], &["v2+=5"], "lacks its unit"), ["v2+=5%"]);
    assert_eq!(refused(&[90, 10], &["v3=5%"], "no backend v3"), [""]);
    assert!(refused(&[98, 2], &["v1+=5%"], "would get 103%").is_empty());
    assert!(refused(&[98, 2], &["v2-=5%"], "would get -3%").is_empty());
    assert!(refused(&[98, 2], &["v1=50%", "v2=51%"], "add up to 101%").is_empty());
    assert!(refused(&[98, 2], &["v1=50%", "v2=49%"], "add up to 99%").is_empty());
    let rest = refused(&[100, 0, 0], &["v1=80%"], "20% is left for web-v2 and web-v3");
    assert_eq!(rest, ["web-v1=80% web-v2=20% web-v3=0%"]);
    // What no percentage says exactly is not proposed.
    let inexact = ["v1+=5%", "v2-=10%"];
    assert!(refused(&[1, 2, 0, 0], &inexact, "5% is left for web-v3 and web-v4").is_empty());
    let all = refused(&[90, 10, 5], &["v1=60", "v2=40"], "web-v3 is not named");
    assert_eq!(all, ["web-v1=60% web-v2=40%", "web-v1=60 web-v2=40 web-v3=5"]);
    assert!(refused(&[90, 10], &["1000001/0"], "at most 1000000").is_empty());
    let close = refused(&[999_983, 999_979, 1], &["v3=0.0001%"], "these come close");
    assert_eq!(ok(&[999_983, 999_979, 1], &[&close[0]]).iter().sum::<u32>(), 1_000_000);
    for (words, why) in [
        (&["v1"][..], "cannot read"),
        (&["=5"], "cannot read"),
        (&["v1=x"], "cannot read"),
        (&["v1=101%"], "from 0% to 100%"),
        (&["v1=1.%"], "from 0% to 100%"),
        (&["v1=0.1234567%"], "at most 6 decimals"),
        (&["v1=-5%"], "from 0% to 100%"),
        (&["90/x"], "cannot read"),
        (&["90/-10"], "cannot read"),
        (&["v1=5%", "web-v1=5%"], "named twice"),
    ] {
        refused(&[90, 10], words, why);
    }
}

#[test]
fn percentages_stay_whole_where_a_route_wants_them() {
    let mut web = route("web", &json!([rule("", "/", &[("a", 1), ("b", 1), ("c", 1)])]));
    web["metadata"]["annotations"] = json!({"meshroute.dev/weights": "percent"});
    let cluster = cluster(&["a", "b", "c"], &[web]);
    let ask = |words: &[&str]| ask(&cluster, words, &Target::default());
    let new = |words: &[&str]| ask(words).expect("it can be").rules[0].after();
    assert_eq!(new(&[]), [34, 33, 33]);
    assert_eq!(new(&["a=0.9%"]), [1, 50, 49]);
    assert_eq!(new(&["a=100%"]), [100, 0, 0]);
    assert_eq!(new(&["20/20/60"]), [20, 20, 60]);
    let trouble = ask(&["1/1/2"]).expect_err("they are no percentages");
    assert_eq!(ways(&trouble), ["25/25/50"]);
    assert_eq!(ways(&ask(&["a=1", "b=1", "c=1"]).expect_err("nor these")), ["34/33/33"]);
    assert_eq!(ways(&ask(&["1/2/4"]).expect_err("nor these")), ["14/29/57"]);

    // A namespace says it for all of its routes.
    let mut labelled = one_rule(&[2, 1]);
    let namespace =
        json!({"metadata": {"name": "shop", "labels": {"meshroute.dev/weights": "percent"}}});
    labelled.insert(lower(Kind::Namespace, &namespace, "").object.expect("it is well-formed"));
    let shift = super::ask(&labelled, &["v2=33.3%"], &Target::default()).expect("it can be");
    assert_eq!((shift.percent, shift.rules[0].after()), (true, vec![67, 33]));
}

/// Numbers that look random and are the same in every run.
fn numbers(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |below| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    }
}

fn share(weights: &[u32], index: usize) -> Ratio {
    super::super::weights::shares(weights)[index]
}

#[test]
fn shares_are_exact_and_the_others_keep_their_proportions() {
    let mut number = numbers(1);
    let mut exact = 0;
    for round in 0..1500 {
        let count = usize::try_from(2 + number(4)).expect("it is small");
        let most = [3, 11, 101, 1001][usize::try_from(number(4)).expect("it is small")];
        let old: Vec<i64> =
            (0..count).map(|_| i64::try_from(number(most)).expect("it is small")).collect();
        let percent = number(101);
        let word = format!("v1={percent}%");
        let Ok(new) = becomes(&old, &[&word]) else { continue };
        exact += 1;
        let about = format!("{round}: {old:?} {word} gives {new:?}");
        assert_eq!(share(&new, 0), Ratio::new(percent, 100), "{about}");
        let before: Vec<u64> = old.iter().map(|it| u64::try_from(*it).expect("it is")).collect();
        for a in 1..count {
            for b in 1..count {
                let (x, y) = (u64::from(new[a]) * before[b], u64::from(new[b]) * before[a]);
                let all_zero = before[1..].iter().all(|it| *it == 0);
                assert!(x == y || all_zero, "{about}");
            }
        }
        // The same wish again changes nothing, and the weights of before bring them back.
        let again: Vec<i64> = new.iter().map(|it| i64::from(*it)).collect();
        assert_eq!(ok(&again, &[&word]), new, "{about}");
        let back: Vec<String> = old.iter().map(ToString::to_string).collect();
        let undone: Vec<i64> =
            ok(&again, &[&back.join("/")]).iter().map(|it| i64::from(*it)).collect();
        assert_eq!(undone, old, "{about}");
    }
    assert!(exact > 1000, "only {exact} cases");
}

#[test]
fn whole_percentages_add_up_and_are_less_than_one_off() {
    let mut number = numbers(2);
    for _ in 0..3000 {
        let count = usize::try_from(1 + number(6)).expect("it is small");
        let parts: Vec<u128> = (0..count).map(|_| u128::from(number(1000))).collect();
        let all: u128 = parts.iter().sum();
        if all == 0 {
            continue;
        }
        let whole = super::super::weights::rounded(&parts, 100);
        assert_eq!(whole.iter().sum::<u32>(), 100, "{parts:?} {whole:?}");
        for (part, whole) in parts.iter().zip(&whole) {
            assert!((part * 100).abs_diff(u128::from(*whole) * all) < all, "{parts:?} {whole}");
        }
    }
}
