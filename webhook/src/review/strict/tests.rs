//! Texts that read in one way only, and all others, as serde_json reads them.

use proptest::prelude::*;
use serde::Deserialize as _;

use super::*;

/// What a text says; none if it is refused.
fn read(text: &str) -> Option<serde_json::Value> {
    let json = Json::of(text).ok()?;
    Some(serde_json::Value::deserialize(json.value()).expect("what was gone through is readable"))
}

fn check(text: &str) -> Result<(), String> {
    Json::of(text).map(drop)
}

#[test]
fn a_key_may_be_there_once_in_each_object() {
    for text in [r#"{"a": {"a": 1, "b": 2}, "b": [{"a": 1}, {"a": 2}]}"#, "[]", "1.5", "null"] {
        check(text).expect("it reads in one way");
    }
    for text in [
        r#"{"a": 1, "a": 1}"#,
        r#"{"a": {"b": 1, "b": 2}}"#,
        r#"{"a": {"c": 1}, "b": 1, "a": 2}"#,
        r#"{"ab": 1, "a\u0062": 2}"#,
        r#"{"a": 1} {"a": 1}"#,
    ] {
        check(text).expect_err(text);
    }
}

#[test]
fn many_keys_are_compared_too() {
    for count in [FEW - 1, FEW, FEW + 1, 20_000] {
        let keys: Vec<String> = (0..count).map(|key| format!("\"k{key}\": {{}}")).collect();
        check(&format!("{{{}}}", keys.join(", "))).expect("each is there once");
        for twice in [0, count - 1] {
            let text = format!("{{{}, \"k{twice}\": 1}}", keys.join(", "));
            check(&text).expect_err("one is there twice");
        }
    }
}

#[test]
fn what_is_no_text_or_number_is_refused() {
    for text in [r#""\ud800""#, r#"{"\udc00": 1}"#, "NaN", "1e999", "[1,]", "\u{feff}{}", ""] {
        check(text).expect_err(text);
    }
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    check(&deep(DEEPEST)).expect("an object may be deep");
    for levels in [DEEPEST + 1, 100_000] {
        check(&deep(levels)).expect_err("not as deep as this");
    }
    check(&format!("[{}1]", "1,".repeat(MOST_ENTRIES - 1))).expect("lists may be long");
    check(&format!("[{}[1]]", "1,".repeat(MOST_ENTRIES - 1))).expect_err("not as long as this");
    let keys = |count: usize| (0..count).map(|key| format!(",\"{key}\":1")).collect::<String>();
    check(&format!("{{\"a\":1{}}}", keys(MOST / 2 - 2))).expect("an object may be large");
    check(&format!("{{\"a\":1{}}}", keys(MOST / 2 - 1))).expect_err("not as large as this");
}

#[test]
fn a_problem_has_a_place() {
    assert_eq!(check("{\"a\":\n 1,}"), Err("expected a key at line 2 column 3".into()));
}

#[test]
fn what_there_is_under_a_key_is_found() {
    let json = Json::of(r#"{"b": {"a": 1}, "a": null, "\u0063": [{"a": 2}]}"#).expect("JSON");
    let found = |key| json.value().get(key).is_some();
    assert!(found("b") && found("c") && !found("a") && !found("d"));
    assert!(json.value().get("c").and_then(|it| it.get("a")).is_none());
}

/// Bytes that JSON is made of, more often than others.
fn nearly_json() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        6 => "[-{}\\[\\]:,\"\\\\ u0-9ae+.\\n]",
        2 => prop::sample::select(vec![
            "null", "true", "false", "\"a\"", "\"a\":", "{\"b\":", "\"\\u0061\"", "\"\\ud83d\\ude00\"",
            "-0", "0.5e-7", "18446744073709551616", "1e400", "\"é\\n\"", "99999999999999999999", "[1,", "-1",
        ]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 64, 24, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            prop::collection::vec((any::<String>(), inner), 0..24)
                .prop_map(|entries| serde_json::Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Where each key is there once, it reads as `serde_json` reads it, and what that refuses is refused.
    #[test]
    fn a_text_reads_as_others_read_it(text in nearly_json()) {
        let expected = serde_json::from_str::<serde_json::Value>(&text).ok();
        match read(&text) {
            Some(value) => prop_assert_eq!(Some(value), expected, "{:?}", text),
            None => {
                let is_twice = Json::of(&text).is_err_and(|it| it.starts_with("a key is there twice"));
                prop_assert!(is_twice || expected.is_none(), "{:?}", text);
            }
        }
    }

    #[test]
    fn what_is_written_is_read(value in json()) {
        for text in [value.to_string(), format!("{value:#}")] {
            prop_assert_eq!(read(&text), Some(serde_json::from_str(&text).expect("JSON")));
        }
    }
}

#[test]
fn every_byte_is_plain_or_not_wherever_it_stands() {
    for byte in 0..=u8::MAX {
        let is_plain = byte >= 0x20 && byte != b'"' && byte != b'\\';
        for length in 0..20 {
            for at in 0..length {
                for other in [b'a', 0x21, 0x23, 0xff] {
                    let mut bytes = vec![other; length];
                    bytes[at] = byte;
                    assert_eq!(plain(&bytes), if is_plain { length } else { at }, "{bytes:?}");
                }
            }
        }
    }
}
