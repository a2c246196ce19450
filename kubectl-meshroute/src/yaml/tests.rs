//! The reader against the answers of kubectl, and what it adds to them.

mod documents;
mod scalars;

use std::fmt::Write;
use std::time::{Duration, Instant};

use serde_json as json;

use super::{Error, Kind, Node, Step, SurpriseKind, documents as read, tree::Style};

/// Returns the JSON of the documents, `None` for one that cannot be read.
fn answers(text: &str) -> Vec<Option<json::Value>> {
    read(text.as_bytes()).into_iter().map(|it| Some(it.ok()?.root.to_json())).collect()
}

/// Returns the JSON that kubectl has written; it calls a zero with a sign `-0`.
fn answer(text: &str) -> json::Value {
    json::from_str(&text.replace(":-0}", ":0}").replace(":-0,", ":0,"))
        .expect("the tables hold JSON")
}

fn error(text: &[u8]) -> Error {
    let errors: Vec<Error> = read(text).into_iter().filter_map(Result::err).collect();
    match <[Error; 1]>::try_from(errors) {
        Ok([error]) => error,
        Err(errors) => panic!("one error is expected, not {errors:?}"),
    }
}

fn place(text: &str) -> (usize, usize) {
    let error = error(text.as_bytes());
    (error.line(), error.column())
}

fn surprises(text: &str) -> Vec<(usize, SurpriseKind)> {
    let documents = read(text.as_bytes()).into_iter().flatten();
    documents.flat_map(|it| it.surprises).map(|it| (it.line, it.kind)).collect()
}

/// Calls `check` with the only document of the text.
fn with_root(text: &str, check: impl FnOnce(&Node<'_>)) {
    match read(text.as_bytes()).as_slice() {
        [Ok(document)] => check(&document.root),
        other => panic!("one document is expected, not {other:?}"),
    }
}

#[test]
fn scalars_mean_what_kubectl_makes_of_them() {
    for (written, value, name) in scalars::ROWS {
        let expected = vec![value.map(|value| answer(&format!("{{\"v\":{value}}}")))];
        assert_eq!(answers(&format!("v: {written}\n")), expected, "value {written}");
        let expected = vec![name.map(|name| json::json!({ name: "v" }))];
        assert_eq!(answers(&format!("{written}: v\n")), expected, "key {written}");
    }
}

#[test]
fn documents_read_as_kubectl_reads_them() {
    for (text, expected) in documents::ALIKE {
        let mut answers = answers(text);
        if let Some(broken) = expected.iter().position(Option::is_none) {
            answers.truncate(broken + 1);
        }
        let expected: Vec<_> = expected.iter().map(|it| it.map(answer)).collect();
        assert_eq!(answers, expected, "{text:?}");
    }
}

#[test]
fn odd_texts_read_otherwise() {
    for ((text, theirs), ours) in documents::OTHERWISE {
        assert_ne!(theirs, ours, "{text:?}");
        let ours: Vec<_> = ours.iter().map(|it| it.map(answer)).collect();
        assert_eq!(answers(text), ours, "{text:?}");
    }
}

#[test]
fn a_broken_document_does_not_hide_the_others() {
    let text = b"a: 1\n---\nb: [\n---\n\xff\n---\nd: 4\n";
    let documents = read(text);
    assert!(matches!(documents.as_slice(), [Ok(_), Err(_), Err(_), Ok(_)]), "{documents:?}");
    let lines: Vec<usize> = documents
        .iter()
        .map(|it| it.as_ref().map_or_else(Error::line, |document| document.root.line()))
        .collect();
    assert_eq!(lines, [1, 3, 5, 7]);
}

#[test]
fn bytes_that_are_not_utf_8_are_found() {
    let error = error(b"a: 1\nb: \xc3\xa9\xff\n");
    assert_eq!(error.to_string(), "line 2, column 5: the text is not UTF-8: save it as UTF-8");
    let utf16: Vec<u8> = "\u{feff}a: 1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(self::error(&utf16).message().contains("UTF-16"));
}

#[test]
fn errors_tell_their_place_in_the_whole_text() {
    assert_eq!(place("a: 1\n---\nb: é: c\n"), (3, 5));
    assert_eq!(place("# c\r\na:\r\n\tb: 1\r\n"), (3, 2));
    assert_eq!(place("\u{feff}a: *x\n"), (1, 4));
    assert_eq!(place("a: 1\n--- b\n"), (2, 4));
    assert_eq!(place("{\"a\": 1}\n{\"b\": [1, }\n"), (2, 7));
    assert_eq!(place("a: 'b\u{7}'\n"), (1, 6));
}

#[test]
fn nesting_is_limited() {
    for open in ["[", "{a: ", "{\"a\":", "- ", "[{b: "] {
        let error = error(open.repeat(100_000).as_bytes());
        assert!(error.message().contains("200 levels"), "{open}: {error}");
    }
    let error = error(format!("a: 1\nb: {}", "[".repeat(250)).as_bytes());
    assert_eq!(error.line(), 2);
    let text = format!("{}{}", "[".repeat(200), "]".repeat(200));
    assert!(read(text.as_bytes())[0].is_ok());
}

#[test]
fn aliases_cannot_get_round_the_limit_of_nesting() {
    let mut text = String::from("a0: &a0 [x]\n");
    for idx in 1..1000 {
        let _ = writeln!(text, "a{idx}: &a{idx} [*a{}]", idx - 1);
    }
    let error = error(text.as_bytes());
    assert!(error.message().contains("200 levels"), "{error}");
}

#[test]
fn aliases_of_aliases_cost_nothing() {
    let lists = |idx: usize| format!("[{}]", vec![format!("*a{idx}"); 9].join(", "));
    let maps = |idx: usize| format!("{{b: *a{idx}, c: *a{idx}}}");
    let merges = |idx: usize| format!("{{<<: [*a{idx}, *a{idx}], c{idx}: 1}}");
    let bombs: [&dyn Fn(usize) -> String; 3] = [&lists, &maps, &merges];
    for bomb in bombs {
        let mut text = String::from("a0: &a0 {x: 1}\n");
        for idx in 0..60 {
            let _ = writeln!(text, "a{}: &a{} {}", idx + 1, idx + 1, bomb(idx));
        }
        let start = Instant::now();
        let error = error(text.as_bytes());
        assert!(error.message().contains("aliases stand for more"), "{error}");
        assert!(start.elapsed() < Duration::from_secs(1), "{text}");
    }
}

#[test]
fn long_text_counts_against_the_aliases_too() {
    let text = format!("a: &a '{}'\nb:\n{}", "x".repeat(1 << 20), "- *a\n".repeat(1 << 10));
    assert!(error(text.as_bytes()).message().contains("aliases stand for more"));
}

#[test]
fn templates_are_told_from_broken_yaml() {
    let texts = [
        ("a: 1\nweight: {{ .Values.w }}\n", 2),
        ("a: 1\n{{- if .Values.b }}\nb: 1\n{{- end }}\n", 2),
        ("kind: A\nname: {{ include \"a.name\" . }}-b\n", 2),
        ("{{ .Values.a | toYaml }}\n", 1),
        ("# {{ c }}\na: '{{ d }}'\nb:\n{{ .Values.b | indent 2 }}\n", 4),
        ("a: 1\n---\nb:\n  - {{ .Values.b }}\n", 4),
    ];
    for (text, line) in texts {
        let error = error(text.as_bytes());
        assert!(error.is_template(), "{text}: {error}");
        assert_eq!(error.line(), line, "{text}: {error}");
        assert!(error.message().contains("helm template"), "{error}");
    }
}

#[test]
fn braces_in_quotes_comments_and_blocks_are_no_template() {
    let text =
        "# {{ a }}\nb: '{{ c }}' # {{ d }}\ne: \"it's {{ f }}\"\ng: |\n  {{ h }}\ni: j{{ k }}\n";
    assert!(matches!(read(text.as_bytes()).as_slice(), [Ok(_)]));
    for text in ["a: '{{ b }}'\nc: [\n", "# {{ b }}\nc: [\n", "a: b # {{ b }}\nc: [\n"] {
        assert!(!error(text.as_bytes()).is_template(), "{text}");
    }
}

#[test]
fn a_template_error_far_from_the_braces_tells_both_places() {
    let error = error(b"a: |\n  {{ b }}\nc: 1\nd: 'e\n");
    assert_eq!(error.line(), 2);
    assert!(error.message().contains("in line 4: a quote is opened"), "{error}");
}

#[test]
fn spans_are_the_bytes_of_the_values() {
    let text = "\u{feff}# é\n---\na: é # c\nb: 'c'\nd: {e: [1, \"2\"]}\nf:\ng:\n- h\n\n# i\nj: &k 3\nl: *k\n";
    with_root(text, |root| {
        let written = |steps: &[Step<'_>]| {
            let node = root.at(steps).expect("the steps lead to a value");
            (&text[node.span.clone()], node.line(), node.pinned)
        };
        assert_eq!(written(&[Step::Field("a")]), ("é", 3, false));
        assert_eq!(written(&[Step::Field("b")]), ("'c'", 4, false));
        assert_eq!(written(&[Step::Field("d")]), ("{e: [1, \"2\"]}", 5, false));
        let second = [Step::Field("d"), Step::Field("e"), Step::Index(1)];
        assert_eq!(written(&second), ("\"2\"", 5, false));
        assert_eq!(written(&[Step::Field("f")]).0, "");
        assert_eq!(written(&[Step::Field("g")]), ("- h", 8, false));
        assert_eq!(written(&[Step::Field("j")]), ("3", 11, true));
        assert_eq!(written(&[Step::Field("l")]), ("*k", 12, false));
        assert_eq!(root.span.end, text.len() - 1);
        let (key, _) = root.entry("g").expect("the map has the entry");
        assert_eq!((&text[key.span.clone()], key.line()), ("g", 7));
    });
}

#[test]
fn a_list_begins_at_its_first_dash() {
    let texts = ["a:\n- b\n", "a:\n  - b\n", "a: &c\n- {d: e}\n", "a:\n-\n  b: c\n", "a:\n- - b\n"];
    for text in texts {
        with_root(text, |root| {
            let list = root.at(&[Step::Field("a")]).expect("the map has the entry");
            assert_eq!(list.span.start, text.find('-').expect("a dash"), "{text:?}");
            assert_eq!(list.line(), 2);
        });
    }
    with_root("- - a\n", |root| {
        assert_eq!(root.at(&[Step::Index(0)]).map(|list| list.span.clone()), Some(2..5));
    });
}

#[test]
fn scalars_keep_the_way_they_are_written() {
    let text = "- a\n- 'a'\n- \"a\"\n- |\n  a\n- >\n  a\n-\n- &b a\n- *b\n";
    with_root(text, |root| {
        let Kind::List(items) = &root.kind else { panic!("{root:?}") };
        let styles: Vec<Style> = items
            .iter()
            .filter_map(|item| match &item.kind {
                Kind::Scalar(scalar) => Some(scalar.style),
                Kind::List(_) | Kind::Map(_) => None,
            })
            .collect();
        let expected = [
            Style::Plain,
            Style::SingleQuoted,
            Style::DoubleQuoted,
            Style::Block,
            Style::Block,
            Style::Empty,
            Style::Plain,
            Style::Alias,
        ];
        assert_eq!(styles, expected);
    });
}

#[test]
fn steps_lead_to_what_counts() {
    let text = "a: &a {b: 1, c: 2}\nd: {<<: *a, c: 3}\ne: 4\ne: 5\n";
    with_root(text, |root| {
        let at = |steps: &[Step<'_>]| root.at(steps).map(Node::to_json);
        assert_eq!(at(&[Step::Field("d"), Step::Field("b")]), Some(1.into()));
        assert_eq!(at(&[Step::Field("d"), Step::Field("c")]), Some(3.into()));
        assert_eq!(at(&[Step::Field("e")]), Some(5.into()));
        assert_eq!(at(&[Step::Field("f")]), None);
        assert_eq!(at(&[Step::Index(0)]), None);
        assert_eq!(at(&[Step::Field("e"), Step::Field("f")]), None);
        let (key, _) = root.at(&[Step::Field("d")]).and_then(|it| it.entry("b")).expect("merged");
        assert!(key.merged);
    });
}

#[test]
fn surprises_are_told() {
    use SurpriseKind::{Boolean, DuplicateKey, MergeOverrides, Number, Unread};
    assert_eq!(surprises("a: 90\nb: 1.5\nc: true\nd: 0\ne: -1e3\nf: '010'\n"), []);
    assert_eq!(surprises("a: 010\nb: 0x10\nc: 1_0\nd: 08\n"), [1, 2, 3, 4].map(|it| (it, Number)));
    assert_eq!(surprises("a: yes\n'y': n\n"), [(1, Boolean), (2, Boolean)]);
    assert_eq!(surprises("a: 1\nb: 2\na: 3\n"), [(3, DuplicateKey)]);
    let many: String = (0..40).map(|idx| format!("k{}: v\n", idx % 39)).collect();
    assert_eq!(surprises(&many), [(40, DuplicateKey)]);
    let merge = "a: &a {b: 1}\nc:\n  b: 2\n  <<: *a\nd:\n  <<: *a\n  b: 2\n";
    assert_eq!(surprises(merge), [(4, MergeOverrides)]);
    assert_eq!(surprises("a: 1\n...\nb: 2\n---\nc: 3\n...\n"), [(3, Unread)]);
}

#[test]
fn garbled_texts_never_panic() {
    let samples: Vec<&str> = documents::ALIKE.iter().map(|(text, _)| *text).collect();
    let pieces = [
        "\n", " ", "  ", ": ", "- ", "#", "'", "\"", "[", "]", "{", "}", ",", "&a ", "*a", "<<: ",
        "\n---\n", "...", "|\n", ">-\n", "!!int ", "!b ", "? ", "%", "~", "\t", "\r\n", "010",
        "\\", "\\x", "{{", "}}", "é", "\u{feff}", "\u{2028}", "\u{85}", "\0", "0x", "1e", "_",
    ];
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..6000 {
        let mut text = Vec::new();
        for _ in 0..=random.below(2) {
            text.extend_from_slice(samples[random.below(samples.len())].as_bytes());
        }
        for _ in 0..=random.below(4) {
            let at = random.below(text.len() + 1);
            let end = (at + random.below(6)).min(text.len());
            let piece = pieces[random.below(pieces.len())].as_bytes();
            match random.below(5) {
                0 | 1 => drop(text.splice(at..at, piece.iter().copied())),
                2 => drop(text.splice(at..end, piece.iter().copied())),
                3 => drop(text.drain(at..end)),
                _ => text.insert(at, random.below(256).try_into().unwrap_or(0)),
            }
        }
        // A carriage return alone breaks a line in YAML too.
        let lines = text.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 1;
        for document in read(&text) {
            match document {
                Ok(document) => {
                    sound(&document.root, &text, lines);
                    let _ = document.root.to_json();
                }
                Err(error) => assert!((1..=lines).contains(&error.line()), "{error} of {lines}"),
            }
        }
    }
}

/// Checks that the places of a value and its parts are places of the text.
fn sound(node: &Node<'_>, text: &[u8], lines: usize) {
    let bytes = text.get(node.span.clone());
    assert!(bytes.is_some_and(|bytes| str::from_utf8(bytes).is_ok()), "{node:?}");
    assert!((1..=lines).contains(&node.line()), "{node:?}");
    match &node.kind {
        Kind::Scalar(_) => {}
        Kind::List(items) => items.iter().for_each(|item| sound(item, text, lines)),
        Kind::Map(entries) => {
            for (key, value) in entries.iter() {
                assert!(text.get(key.span.clone()).is_some(), "{key:?}");
                sound(value, text, lines);
            }
        }
    }
}

/// A xorshift generator: the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }
}
