//! Writes random manifests, and what they have to become.

use super::super::{Weight, weight};

/// A manifest and what it has to become.
pub(super) struct Written {
    pub(super) old: String,
    pub(super) new: String,
    /// In the order of the text.
    pub(super) weights: Vec<Weight>,
    /// How many weights have to be inserted.
    pub(super) insertions: usize,
}

/// Writes a manifest as it is and as it has to become.
pub(super) struct Writer<'r> {
    random: &'r mut Random,
    old: String,
    new: String,
    weights: Vec<Weight>,
    insertions: usize,
    /// The line breaks that may be used.
    breaks: &'static [&'static str],
    /// The one that was used last.
    last: &'static str,
    /// How many anchors there are.
    anchors: usize,
}

impl<'r> Writer<'r> {
    pub(super) fn manifest(random: &'r mut Random) -> Written {
        let breaks = random.pick(&[&["\n"] as &[_], &["\n"], &["\r\n"], &["\n", "\r\n"]]);
        let mut it = Self {
            random,
            old: String::new(),
            new: String::new(),
            weights: Vec::new(),
            insertions: 0,
            breaks,
            last: "\n",
            anchors: 0,
        };
        if it.random.one_in(10) {
            it.put("\u{feff}");
        }
        if it.random.one_in(6) {
            it.json();
        } else {
            it.documents();
        }
        // A file without a line break at its end; of mixed ones, which one is not known then.
        if it.random.one_in(4) && it.breaks.len() == 1 {
            for text in [&mut it.old, &mut it.new] {
                *text = text.trim_end_matches(['\n', '\r']).to_owned();
            }
        }
        let Self { old, new, weights, insertions, .. } = it;
        Written { old, new, weights, insertions }
    }

    fn documents(&mut self) {
        for _ in 0..self.random.below(3) {
            self.bystander();
            self.line("---");
        }
        self.noise("");
        if self.random.one_in(3) {
            self.line("kind: List");
            self.line("items:");
            let dash = self.random.pick(&["-", "  -", "-   "]);
            self.route(&format!("{dash} "), &" ".repeat(dash.len() + 1));
        } else {
            self.route("", "");
        }
        if self.random.one_in(2) {
            self.line("---");
            self.bystander();
        }
    }

    /// An object that looks like what is edited.
    fn bystander(&mut self) {
        self.line("kind: ConfigMap");
        self.line("metadata: {name: a}");
        self.line("data:");
        self.line("  weight: 90");
        self.line("  text: |");
        self.line("    - name: b");
        self.line("      weight: 90 # no comment");
        self.noise("");
    }

    fn route(&mut self, first: &str, indent: &str) {
        self.line(&format!("{first}apiVersion: gateway.networking.k8s.io/v1"));
        self.line(&format!("{indent}kind: HTTPRoute"));
        self.noise(indent);
        self.line(&format!("{indent}metadata: {{name: a}}"));
        self.line(&format!("{indent}spec:"));
        let step = self.random.pick(&["  ", "    ", " "]);
        let indent = format!("{indent}{step}");
        self.line(&format!("{indent}rules:"));
        let indent = format!("{indent}{}", self.random.pick(&["", step]));
        for rule in 0..1 + self.random.below(3) {
            let dash = self.random.pick(&["- ", "-   "]);
            self.line(&format!("{indent}{dash}name: r{rule}"));
            let indent = format!("{indent}{}", " ".repeat(dash.len()));
            self.noise(&indent);
            if self.random.one_in(3) {
                self.put(&format!("{indent}backendRefs: ["));
                for backend in 0..1 + self.random.below(4) {
                    self.put(if backend == 0 { "" } else { ", " });
                    self.flow(rule, backend);
                }
                self.put("]");
                self.end();
            } else {
                self.line(&format!("{indent}backendRefs:"));
                let indent = format!("{indent}{}", self.random.pick(&["", step]));
                for backend in 0..1 + self.random.below(4) {
                    self.item(&indent, rule, backend);
                }
            }
            self.noise(&indent);
            if self.random.one_in(2) {
                self.line(&format!("{indent}timeouts: {{request: 1s}}"));
            }
        }
    }

    fn item(&mut self, indent: &str, rule: usize, backend: usize) {
        let dash = self.random.pick(&["- ", "-   ", "-  "]);
        match self.random.below(4) {
            0 => {
                self.put(&format!("{indent}{dash}"));
                self.flow(rule, backend);
                self.end();
            }
            1 => self.broken_flow(&format!("{indent}{dash}"), indent, rule, backend),
            _ => self.block(indent, dash, rule, backend),
        }
        if self.random.one_in(3) {
            self.noise(indent);
        }
    }

    fn block(&mut self, indent: &str, dash: &str, rule: usize, backend: usize) {
        let inner = format!("{indent}{}", " ".repeat(dash.len()));
        let quote = self.random.pick(&["", "", "", "\"", "'"]);
        let mut keys = self.keys(backend);
        let has_weight = !self.random.one_in(3);
        if has_weight {
            let at = self.random.below(keys.len() + 1);
            keys.insert(at, ("weight", String::new()));
        }
        let (old, new) = self.numbers(rule, backend, has_weight);
        let mut before = if self.random.one_in(6) {
            // kubectl refuses a tab behind the dash.
            self.put(&format!("{indent}-"));
            self.fresh();
            inner.clone()
        } else {
            format!("{indent}{dash}")
        };
        for (key, value) in keys {
            self.put(&format!("{before}{quote}{key}{quote}:"));
            before.clone_from(&inner);
            if key == "weight" {
                self.number(&old, new);
                self.end();
            } else {
                for (idx, line) in value.split('\n').enumerate() {
                    if idx > 0 {
                        self.put(&format!("{inner}{line}"));
                        self.fresh();
                    } else if value.contains('\n') {
                        self.put(&format!(" {line}"));
                        self.fresh();
                    } else {
                        self.put(&format!(" {line}"));
                        self.end();
                    }
                }
            }
        }
        if !has_weight && new != 1 {
            self.insertions += 1;
            let last = self.last;
            self.new.push_str(&format!("{inner}{quote}weight{quote}: {new}{last}"));
        }
    }

    fn flow(&mut self, rule: usize, backend: usize) {
        let quote = self.random.pick(&["", "", "\"", "'"]);
        let mut keys = self.keys(backend);
        keys.retain(|(_, value)| !value.contains('\n'));
        let has_weight = !self.random.one_in(3);
        if has_weight {
            let at = self.random.below(keys.len() + 1);
            keys.insert(at, ("weight", String::new()));
        }
        let (old, new) = self.numbers(rule, backend, has_weight);
        let comma =
            if keys.len() > 1 { self.random.pick(&[", ", ",  ", " , ", ",\t"]) } else { ", " };
        self.put("{");
        for (idx, (key, value)) in keys.iter().enumerate() {
            let comma = if idx == 0 { "" } else { comma };
            self.put(&format!("{comma}{quote}{key}{quote}:"));
            if *key == "weight" {
                self.number(&old, new);
                // kubectl takes `weight:,` for a word.
                if old.is_empty() {
                    self.put(" ");
                }
            } else {
                self.put(&format!(" {value}"));
            }
        }
        if !has_weight && new != 1 {
            self.insertions += 1;
            self.new.push_str(&format!("{comma}{quote}weight{quote}: {new}"));
        }
        let end = self.random.pick(&["}", " }", ",}", " , }"]);
        self.put(end);
    }

    fn broken_flow(&mut self, before: &str, indent: &str, rule: usize, backend: usize) {
        let inner = format!("{indent}{}", self.random.pick(&["    ", "  ", " \t"]));
        let mut keys = self.keys(backend);
        keys.retain(|(_, value)| !value.contains('\n'));
        let has_weight = self.random.one_in(2);
        if has_weight {
            let at = self.random.below(keys.len() + 1);
            keys.insert(at, ("weight", String::new()));
        }
        let (old, new) = self.numbers(rule, backend, has_weight);
        self.put(&format!("{before}{{"));
        self.end();
        // The break before the last key is the one that is taken.
        let trails = self.random.one_in(2);
        let count = keys.len();
        for (idx, (key, value)) in keys.iter().enumerate() {
            let above = self.last;
            self.put(&format!("{inner}{key}:"));
            if *key == "weight" {
                self.number(&old, new);
                // kubectl takes `weight:,` for a word.
                if old.is_empty() {
                    self.put(" ");
                }
            } else {
                self.put(&format!(" {value}"));
            }
            let last = idx + 1 == count;
            if !last || trails {
                self.put(",");
            }
            if last && !has_weight && new != 1 {
                self.insertions += 1;
                if !trails {
                    self.new.push(',');
                }
                self.comment();
                self.new.push_str(&format!("{above}{inner}weight: {new}"));
                if trails {
                    self.new.push(',');
                }
                self.fresh();
            } else {
                self.end();
            }
        }
        self.put(&format!("{indent} }}"));
        self.end();
    }

    fn json(&mut self) {
        let (space, gap) = self.random.pick(&[("", ""), (" ", ""), (" ", "\n        ")]);
        self.put(&format!(
            "{{\"apiVersion\":{space}\"gateway.networking.k8s.io/v1\",\n \"kind\":{space}\"HTTPRoute\", \
             \"metadata\": {{\"name\": \"a\"}}, \"spec\": {{\"rules\": [{{\"backendRefs\": ["
        ));
        for backend in 0..1 + self.random.below(4) {
            let has_weight = !self.random.one_in(3);
            let (old, new) = self.numbers(0, backend, has_weight);
            self.put(if backend == 0 { "" } else { ", " });
            let comma = match gap {
                "" if space.is_empty() => ",".to_owned(),
                "" => ", ".to_owned(),
                gap => format!(",{gap}"),
            };
            self.put(&format!("{{{gap}\"name\":{space}\"b{backend}\""));
            if has_weight {
                self.put(&format!("{comma}\"weight\":{space}"));
                let number = old.parse::<u32>().map_or("null".to_owned(), |it| it.to_string());
                let number = if old.starts_with('0') { "8".to_owned() } else { number };
                self.json_number(&number, new);
            } else if new != 1 {
                self.insertions += 1;
                self.new.push_str(&format!("{comma}\"weight\":{}{new}", space));
            }
            self.put(if gap.is_empty() { "}" } else { "\n    }" });
        }
        self.put("]}]}}\n");
    }

    /// A number in JSON, whose value is what was read.
    fn json_number(&mut self, number: &str, new: u32) {
        let read = number.parse::<u32>().unwrap_or(1);
        if let Some(last) = self.weights.last_mut() {
            last.old = Some(read);
        }
        self.old.push_str(number);
        let kept = if read == new { number.to_owned() } else { new.to_string() };
        self.new.push_str(&kept);
    }

    /// The keys of a backend, without its weight.
    fn keys(&mut self, backend: usize) -> Vec<(&'static str, String)> {
        let mut keys = vec![("name", format!("b{backend}"))];
        let others = [
            ("port", "80"),
            ("kind", "\"Service\""),
            ("group", "''"),
            ("filters", "[{type: a, x: {weight: 3}}]"),
            ("note", "\"a # b, }\""),
            ("filters", "\n- type: a\n  weight: 4"),
            ("filters", "\n  - x:\n    - weight: 4\n      y:"),
            ("note", "|\n  weight: 5"),
            ("note", ">-\n  weight: 5\n\n  }"),
        ];
        for (key, value) in others {
            if self.random.one_in(4) && !keys.iter().any(|(other, _)| *other == key) {
                let at = self.random.below(keys.len() + 1);
                keys.insert(at, (key, value.to_owned()));
            }
        }
        keys
    }

    /// Chooses how a weight is written and what it is to become.
    fn numbers(&mut self, rule: usize, backend: usize, has_weight: bool) -> (String, u32) {
        let (text, read) = self.random.pick(&[
            ("90", Some(90)),
            ("10", Some(10)),
            ("0", Some(0)),
            ("1", Some(1)),
            ("010", Some(8)),
            ("0x5A", Some(90)),
            ("9_0", Some(90)),
            ("90.0", Some(90)),
            ("+5", Some(5)),
            ("1e2", Some(100)),
            ("!!int 90", Some(90)),
            ("&", Some(90)),
            ("~", None),
            ("", None),
        ]);
        let old = if has_weight { read } else { None };
        let new = self.random.pick(&[0, 1, 7, 90, 100, 1_000_000]);
        self.weights.push(Weight { rule, ..weight(backend, old, new) });
        let text = if text == "&" {
            self.anchors += 1;
            format!("&w{} 90", self.anchors)
        } else {
            text.to_owned()
        };
        (text, new)
    }

    /// Writes the old and the new number behind the colon.
    fn number(&mut self, old: &str, new: u32) {
        let read = self.weights.last().and_then(|it| it.old).unwrap_or(1);
        let space = if old.is_empty() { "" } else { self.random.pick(&[" ", "  "]) };
        self.put(space);
        self.old.push_str(old);
        if read == new {
            self.new.push_str(old);
        } else {
            let kept = old.rsplit_once(' ').map_or(String::new(), |(head, _)| format!("{head} "));
            let space = if old.is_empty() { " " } else { "" };
            self.new.push_str(&format!("{space}{kept}{new}"));
        }
    }

    fn put(&mut self, text: &str) {
        self.old.push_str(text);
        self.new.push_str(text);
    }

    /// Ends a line, perhaps with a comment.
    fn end(&mut self) {
        self.comment();
        self.fresh();
    }

    fn comment(&mut self) {
        let comment =
            self.random.pick(&["", "", "", " # weight: 90", "\t# c", "  # {é}", " # a, b }", " "]);
        self.put(comment);
    }

    /// Ends a line.
    fn fresh(&mut self) {
        self.last = self.random.pick(self.breaks);
        self.put(self.last);
    }

    fn line(&mut self, text: &str) {
        self.put(text);
        // A separator, and the text of a block, have no comments.
        if text.ends_with('|') || text.starts_with("    ") { self.fresh() } else { self.end() }
    }

    /// Lines that mean nothing.
    fn noise(&mut self, indent: &str) {
        match self.random.below(6) {
            0 => self.fresh(),
            1 => self.line(&format!("{indent}# weight: 90")),
            2 => self.line("# c"),
            _ => {}
        }
    }
}

/// A xorshift generator: the same numbers in every run.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }

    pub(super) fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}
