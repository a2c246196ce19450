//! Texts that a regular expression takes: all of them where they are few, else some that differ.

use std::{collections::BTreeSet, iter::Peekable, str::Chars};

/// Texts of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Texts {
    pub(super) texts: Vec<String>,
    /// Whether there are no others.
    pub(super) is_all: bool,
}

/// At most so many texts of one expression.
const MOST: usize = 64;
/// What stands for any character.
const ANY: [char; 5] = ['~', 'a', '0', '-', 'Z'];

/// Texts that the expression takes; none where it has something that is not read here. Whoever
/// relies on one of them asks the expression first.
pub(super) fn texts(pattern: &str) -> Option<Texts> {
    let mut reader = Reader(pattern.chars().peekable());
    let texts = reader.alternatives()?;
    reader.0.next().is_none().then_some(texts)
}

struct Reader<'p>(Peekable<Chars<'p>>);

impl Texts {
    fn one(text: impl Into<String>) -> Self {
        Self { texts: vec![text.into()], is_all: true }
    }

    fn of(characters: impl IntoIterator<Item = char>, is_all: bool) -> Self {
        let characters: BTreeSet<char> = characters.into_iter().collect();
        Self { texts: characters.into_iter().map(String::from).collect(), is_all }.limited(MOST)
    }

    fn or(mut self, other: Self) -> Self {
        for text in other.texts {
            if !self.texts.contains(&text) {
                self.texts.push(text);
            }
        }
        Self { is_all: self.is_all && other.is_all, ..self }.limited(MOST)
    }

    /// Each of these followed by each of the others; where that is too many, each at least once.
    fn then(self, other: &Self) -> Self {
        let is_all = self.is_all && other.is_all;
        let (ours, theirs) = (self.texts.len(), other.texts.len());
        if ours * theirs <= MOST {
            let joined = |one: &String| {
                other.texts.iter().map(|two| format!("{one}{two}")).collect::<Vec<_>>()
            };
            let texts = self.texts.iter().flat_map(joined).collect();
            return Self { texts, is_all }.distinct();
        }
        let pairs = (0..ours.max(theirs))
            .map(|index| format!("{}{}", self.texts[index % ours], other.texts[index % theirs]));
        Self { texts: pairs.collect(), is_all: false }.distinct()
    }

    fn distinct(mut self) -> Self {
        let mut seen = BTreeSet::new();
        self.texts.retain(|text| seen.insert(text.clone()));
        self
    }

    fn limited(mut self, most: usize) -> Self {
        if self.texts.len() > most {
            let step = self.texts.len().div_ceil(most);
            self.texts = self.texts.into_iter().step_by(step).collect();
            self.is_all = false;
        }
        self
    }
}

impl Reader<'_> {
    fn alternatives(&mut self) -> Option<Texts> {
        let mut texts = self.sequence()?;
        while self.0.next_if_eq(&'|').is_some() {
            texts = texts.or(self.sequence()?);
        }
        Some(texts)
    }

    fn sequence(&mut self) -> Option<Texts> {
        let mut texts = Texts::one("");
        while let Some(next) = self.0.peek() {
            if matches!(next, '|' | ')') {
                break;
            }
            let piece = self.piece()?;
            texts = texts.then(&self.repeated(piece)?);
        }
        Some(texts)
    }

    fn piece(&mut self) -> Option<Texts> {
        Some(match self.0.next()? {
            '(' => {
                if self.0.next_if_eq(&'?').is_some() {
                    self.group_name()?;
                }
                let texts = self.alternatives()?;
                self.0.next_if_eq(&')')?;
                texts
            }
            '[' => self.class()?,
            '.' => Texts::of(ANY, false),
            // The whole text has to fit anyway.
            '^' | '$' => Texts::one(""),
            '\\' => match self.0.next()? {
                character @ ('d' | 'w' | 's') => Texts::of(shorthand(character)?, true),
                'D' | 'W' | 'S' => Texts::of(['~'], false),
                character if character.is_ascii_alphanumeric() => return None,
                character => Texts::one(character),
            },
            '*' | '+' | '?' | '{' => return None,
            character => Texts::one(character),
        })
    }

    /// After `(?`: `:`, or `P<name>`, or `<name>`.
    fn group_name(&mut self) -> Option<()> {
        if self.0.next_if_eq(&':').is_some() {
            return Some(());
        }
        self.0.next_if_eq(&'P');
        self.0.next_if_eq(&'<')?;
        self.0
            .by_ref()
            .find(|character| !character.is_alphanumeric() && *character != '_')
            .filter(|character| *character == '>')
            .map(|_| ())
    }

    /// After `[`.
    fn class(&mut self) -> Option<Texts> {
        let is_negated = self.0.next_if_eq(&'^').is_some();
        let mut characters: BTreeSet<char> = BTreeSet::new();
        let mut is_first = true;
        loop {
            let mut start = self.0.next()?;
            match start {
                ']' if !is_first => break,
                // Classes within classes.
                '[' | '&' | '~' if self.0.peek() == Some(&start) || start == '[' => return None,
                '\\' => {
                    start = self.0.next()?;
                    if let Some(shorthand) = shorthand(start) {
                        characters.extend(shorthand);
                        is_first = false;
                        continue;
                    }
                    if start.is_ascii_alphanumeric() {
                        return None;
                    }
                }
                _ => {}
            }
            is_first = false;
            let mut ahead = self.0.clone();
            if ahead.next() == Some('-') && ahead.peek().is_some_and(|it| !"]\\[".contains(*it)) {
                self.0.next();
                let end = self.0.next()?;
                if u32::from(end).saturating_sub(u32::from(start)) > 1_000 {
                    return None;
                }
                characters.extend(start..=end);
            } else {
                characters.insert(start);
            }
        }
        if is_negated {
            let others = ANY.into_iter().chain(['/', '_', '.', ' ']);
            return Some(Texts::of(others.filter(|it| !characters.contains(it)), false));
        }
        Some(Texts::of(characters, true))
    }

    /// What follows a piece: `*`, `+`, `?`, `{1,3}`.
    fn repeated(&mut self, piece: Texts) -> Option<Texts> {
        let (least, most) = match self.0.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => {
                self.0.next();
                let within: String = self.0.by_ref().take_while(|it| *it != '}').collect();
                let (least, most) = within.split_once(',').unwrap_or((&within, &within));
                let most = if most.is_empty() { None } else { Some(most.parse().ok()?) };
                let range: (usize, Option<usize>) = (least.parse().ok()?, most);
                return self.times(&piece, range);
            }
            _ => return Some(piece),
        };
        self.0.next();
        self.times(&piece, (least, most))
    }

    fn times(&mut self, piece: &Texts, (least, most): (usize, Option<usize>)) -> Option<Texts> {
        // Lazy or not, the texts are the same.
        self.0.next_if_eq(&'?');
        if least > MOST || most.is_some_and(|most| most < least) {
            return None;
        }
        let mut texts = (0..least).fold(Texts::one(""), |texts, _| texts.then(piece));
        let last = most.unwrap_or(least + 2).min(least + 2);
        let mut longer = texts.clone();
        for _ in least..last {
            longer = longer.then(piece);
            texts = texts.or(longer.clone());
        }
        texts.is_all &= most == Some(last);
        Some(texts)
    }
}

fn shorthand(character: char) -> Option<Vec<char>> {
    Some(match character {
        'd' => ('0'..='9').collect(),
        'w' => ('0'..='9').chain('A'..='Z').chain('a'..='z').chain(['_']).collect(),
        's' => vec![' ', '\t'],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::texts;
    use crate::matching::takes_whole;

    #[test]
    fn few_texts_are_all_there() {
        for (pattern, all) in [
            ("[12]", vec!["1", "2"]),
            ("v[1-3]", vec!["v1", "v2", "v3"]),
            ("a|b|", vec!["a", "b", ""]),
            ("^(?:a|bc)?$", vec!["", "a", "bc"]),
            ("x{2}", vec!["xx"]),
            (r"a\.b", vec!["a.b"]),
        ] {
            let found = texts(pattern).expect("it is read");
            assert_eq!(
                (found.texts, found.is_all),
                (all.into_iter().map(Into::into).collect(), true)
            );
        }
    }

    #[test]
    fn of_many_texts_there_are_some() {
        for pattern in [
            "/items/[0-9]+",
            ".*",
            "/api/.*",
            r"[\w-]+@(?P<host>[a-z]+)\.com",
            "[^/]+/.+?",
            "[a-z]",
            "a{2,}",
            r"\d{3}-\d{4}",
            "(a|b)*c",
            "[]a-]",
            "[a-zA-Z]{1,63}",
        ] {
            let found = texts(pattern).expect("it is read");
            assert!(!found.texts.is_empty(), "{pattern}");
            for text in found.texts {
                assert_eq!(takes_whole(pattern, &text), Some(true), "{pattern} {text:?}");
            }
        }
        assert!(texts("[a-z]").expect("it is read").is_all);
        assert!(!texts("[a-z]{2}").expect("it is read").is_all);
        assert!(!texts("a|.").expect("it is read").is_all);
    }

    #[test]
    fn what_is_not_read_has_no_texts() {
        for pattern in ["(?i)a", r"\bfoo", r"\p{L}", "(", "[a", "*", "a)", "[[:alpha:]]", r"(a)\1"]
        {
            assert_eq!(texts(pattern), None, "{pattern}");
        }
    }
}
