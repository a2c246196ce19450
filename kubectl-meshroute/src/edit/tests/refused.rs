//! What is not edited, and why; and its nearest neighbours that are.

use super::{HEAD, Weight, becomes, outcome, weight};

/// Checks the code and words of a refusal of the text below [`HEAD`].
#[track_caller]
fn refuses(weights: &[Weight], below: &str, words: &[&str]) {
    let text = format!("{HEAD}{below}");
    let message = outcome(&text, weights).expect_err("it is refused");
    for word in words {
        assert!(message.contains(word), "{word:?} is not in {message:?}");
    }
}

#[test]
fn an_anchor_that_is_another_weight_too() {
    let first = [weight(0, Some(1), 7)];
    let words = ["1: a.yaml:7: the weight of b", "spec.rules[0].backendRefs[1].weight (line 8)"];
    refuses(&first, "\n    - {name: b, weight: &w 1}\n    - {name: c, weight: *w}\n", &words);
    refuses(&first, "\n    - &b {name: b, weight: 1}\n    - *b\n", &["weight (line 8)"]);
    refuses(
        &first,
        "\n    - &b {name: b, weight: 1}\n    - <<: *b\n      name: c\n",
        &["(line 8)"],
    );
    refuses(&[weight(0, None, 7)], "\n    - &b {name: b}\n    - *b\n", &["(line 8)"]);
    // An anchor that nobody uses is no obstacle.
    becomes(
        Some(1),
        "\n    - &b {name: b, weight: &w 1}\n",
        "\n    - &b {name: b, weight: &w 7}\n",
    );
}

#[test]
fn a_backend_that_is_an_alias() {
    let second = [weight(1, Some(1), 7)];
    let words = ["1: a.yaml:8: ", "spec.rules[0].backendRefs[0].weight (line 7)"];
    refuses(&second, "\n    - &b {name: b, weight: 1}\n    - *b\n", &words);
    refuses(
        &[weight(1, None, 7)],
        "\n    - &b {name: b}\n    - *b\n",
        &["a.yaml:8: the backend b is an alias"],
    );
}

#[test]
fn a_pair_in_brackets() {
    refuses(&[weight(0, None, 7)], " [name: b]\n", &["1: a.yaml:6: the backend b has no room"]);
    becomes(Some(1), " [weight: 1]\n", " [weight: 7]\n");
}

#[test]
fn an_alias_is_replaced_where_it_is_the_weight() {
    let text = |second: &str| format!("{HEAD}\n    - weight: &w 1\n    - weight: {second} # c\n");
    assert_eq!(outcome(&text("*w"), &[weight(1, Some(1), 7)]), Ok(text("7")));
}

#[test]
fn an_alias_follows_where_both_are_to_change() {
    let text = |n: u32| format!("{HEAD}\n    - weight: &w {n}\n    - weight: *w\n");
    let both = |second| [weight(0, Some(1), 7), weight(1, Some(1), second)];
    assert_eq!(outcome(&text(1), &both(7)), Ok(text(7)));
    assert_eq!(outcome(&text(1), &both(8)), Ok(text(7).replace("*w", "8")));
    let text = |n: u32| format!("{HEAD}\n    - &b {{name: b, weight: {n}}}\n    - *b\n");
    assert_eq!(outcome(&text(1), &both(7)), Ok(text(7)));
    assert!(outcome(&text(1), &both(8)).is_err_and(|it| it.contains("an anchor is one weight")));
}

#[test]
fn a_merged_weight_gets_one_of_its_own() {
    let below = "\n    - &b {name: b, weight: 1}\n    - <<: *b\n      name: c\n";
    let edited = outcome(&format!("{HEAD}{below}"), &[weight(1, Some(1), 7)]);
    assert_eq!(edited, Ok(format!("{HEAD}{below}      weight: 7\n")));
    let below = "\n    - &b {weight: 1}\n    - {name: c, <<: *b}\n";
    let edited = outcome(&format!("{HEAD}{below}"), &[weight(1, Some(1), 7)]);
    assert_eq!(edited, Ok(format!("{HEAD}{}", below.replace("<<: *b}", "<<: *b, weight: 7}"))));
    let below = "\n    - &b {weight: 1}\n    - weight: 2\n      <<: *b\n";
    refuses(&[weight(1, Some(1), 7)], below, &["`<<` replaces the weight"]);
}

#[test]
fn a_value_that_is_no_number() {
    let first = [weight(0, Some(90), 7)];
    for (value, word) in [
        ("\"90\"", "is the string \"90\", which the API server refuses"),
        ("!!str 90", "is the string 90"),
        ("90.5", "is 90.5"),
        ("-1", "is -1"),
        ("[90]", "is [90]"),
        ("yes", "is yes"),
        ("${WEIGHT}", "is ${WEIGHT}, which something fills in later"),
        ("ENC[AES256_GCM]", "`sops a.yaml`"),
    ] {
        let below = format!("\n    - name: b\n      weight: {value}\n");
        refuses(&first, &below, &["1: a.yaml:8: the weight of b ", word]);
    }
}

#[test]
fn a_tag_that_the_number_would_break() {
    refuses(&[weight(0, None, 7)], "\n    - weight: !!null ~\n", &["a.yaml:7", "a tag"]);
}

#[test]
fn a_template_is_named_with_the_values_of_its_weights() {
    let first = [weight(0, Some(90), 7)];
    let one = "\n    - name: b\n      weight: {{ .Values.canary.weight | default 1 }}\n";
    refuses(&first, one, &["1: a.yaml:8: a Helm template", "the value `canary.weight` (line 8)"]);
    let two = "\n    - {name: b, weight: {{ $.Values.a }}}\n    - weight: {{ .Values.b }}\n";
    refuses(&first, two, &["the values `a` (line 7), `b` (line 8)"]);
    refuses(&first, "\n    {{- range .Values.x }}\n    - weight: {{ .y }}\n", &["edit the chart"]);
    refuses(&first, "\n    - weight: '{{ .Values.c }}'\n", &["a Helm template", "`c`"]);
}

#[test]
fn encrypted_and_unreadable_texts() {
    let first = [weight(0, Some(1), 7)];
    refuses(&first, "\n    - weight: 1\nsops:\n  mac: x\n", &["1: a.yaml:8: encrypted with SOPS"]);
    refuses(&first, "\n    - weight: 1\n---\na: 'b\n", &["1: a.yaml:9:4: a quote is opened"]);
    refuses(&first, "\n    - weight: 1\n\0", &["a control character"]);
    let message = outcome("a: b\n", &first).expect_err("there is no route");
    assert_eq!(message, "1: HTTPRoute default/a is not in these files");
}

#[test]
fn what_is_not_as_it_was_read() {
    refuses(&[weight(0, Some(2), 7)], "\n    - weight: 1\n", &["3: a.yaml:7", "is 1, and 2 when"]);
    refuses(&[weight(1, Some(2), 7)], "\n    - weight: 1\n", &["3: ", "backendRefs[1]"]);
    // The default is the same, written or not.
    becomes(Some(1), " [{name: b}]", " [{name: b, weight: 7}]");
}
