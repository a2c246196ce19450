//! The syntax of RE2, as its authors wrote it down again in Go (`regexp/syntax`, flags `Perl`).
//!
//! Written from the syntax's description and compared with Go on hundreds of expressions
//! (`tests/dialects`). What differs between the two is taken: `\C`, names of groups beyond
//! ASCII or there twice, and names of Unicode classes that one of them lacks. So an expression that is refused here is refused by both.

use std::{iter::Peekable, str::Chars};

use regex::Regex;

/// `regexp/syntax`: a count above this, or nested counts that multiply to more, are refused.
const MAX_REPEAT: u32 = 1000;
/// `regexp/syntax`, `maxHeight`.
const MAX_DEPTH: usize = 1000;

const POSIX_CLASSES: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];

type Refused = String;

/// Why the expression is refused; none if it is taken.
pub(super) fn refuses(pattern: &str) -> Option<Refused> {
    Parser { rest: pattern.chars().peekable(), groups: Vec::new() }.all().err()
}

/// An open group, or the whole.
#[derive(Debug, Default)]
struct Group {
    /// The largest product of nested counts in it.
    largest: u32,
    /// That of the last item; none where nothing can be repeated.
    last: Option<u32>,
}

impl Group {
    fn item(&mut self, product: u32) {
        self.largest = self.largest.max(product);
        self.last = Some(product);
    }
}

struct Parser<'p> {
    rest: Peekable<Chars<'p>>,
    groups: Vec<Group>,
}

impl Parser<'_> {
    fn all(mut self) -> Result<(), Refused> {
        let mut group = Group { largest: 1, last: None };
        // Whether the item before is a repetition, which cannot be repeated again.
        let mut repeated = false;
        while let Some(c) = self.rest.next() {
            let mut repeats = false;
            match c {
                '(' => {
                    if self.opens()? {
                        if self.groups.len() >= MAX_DEPTH {
                            return Err("it nests too deeply".into());
                        }
                        self.groups
                            .push(std::mem::replace(&mut group, Group { largest: 1, last: None }));
                    }
                }
                ')' => {
                    let inner = group.largest;
                    group = self.groups.pop().ok_or("a `)` without its `(`")?;
                    group.item(inner);
                }
                '|' => group.last = None,
                '*' | '+' | '?' => {
                    self.repeat(&mut group, repeated, None)?;
                    repeats = true;
                }
                '{' => match self.count() {
                    Some((least, most)) => {
                        let is_wrong = least > MAX_REPEAT
                            || most.is_some_and(|most| most > MAX_REPEAT || most < least);
                        if is_wrong {
                            return Err(format!(
                                "a count is above {MAX_REPEAT}, or ends before it begins"
                            ));
                        }
                        self.repeat(&mut group, repeated, Some((least, most)))?;
                        repeats = true;
                    }
                    None => group.item(1),
                },
                '[' => {
                    self.class()?;
                    group.item(1);
                }
                '\\' => {
                    if self.escape()? {
                        group.item(1);
                    }
                }
                _ => group.item(1),
            }
            repeated = repeats;
        }
        if self.groups.is_empty() { Ok(()) } else { Err("a `(` without its `)`".into()) }
    }

    /// What follows a `(`; whether it opens a group, and does not only set flags.
    fn opens(&mut self) -> Result<bool, Refused> {
        if self.rest.peek() != Some(&'?') {
            return Ok(true);
        }
        self.rest.next();
        let mut ahead = self.rest.clone();
        let named = match (ahead.next(), ahead.next()) {
            (Some('P'), Some('<')) => 2,
            (Some('<'), _) => 1,
            _ => 0,
        };
        if named > 0 {
            self.rest.nth(named - 1);
            return self.name().map(|()| true);
        }
        let mut seen = String::from("(?");
        let (mut negative, mut flagged) = (false, false);
        for c in self.rest.by_ref() {
            seen.push(c);
            match c {
                'i' | 'm' | 's' | 'U' => flagged = true,
                '-' if !negative => (negative, flagged) = (true, false),
                ':' | ')' if !negative || flagged => return Ok(c == ':'),
                _ => break,
            }
        }
        Err(format!("`{seen}` is no group that it knows"))
    }

    /// The name of a group, up to its `>`.
    fn name(&mut self) -> Result<(), Refused> {
        let mut name = String::new();
        loop {
            match self.rest.next() {
                Some('>') => break,
                Some(c) if c == '_' || c.is_alphanumeric() => name.push(c),
                // `(?<=` and `(?<!` look behind in other dialects.
                Some('=' | '!') if name.is_empty() => {
                    return Err("it cannot look behind".into());
                }
                _ => return Err("the name of a group is not closed, or no word".into()),
            }
        }
        // RE2 refuses a name that is there twice, Go does not.
        if name.is_empty() { Err("the name of a group is empty".into()) } else { Ok(()) }
    }

    /// Repeats the last item; `?` after it makes it lazy.
    fn repeat(
        &mut self,
        group: &mut Group,
        repeated: bool,
        count: Option<(u32, Option<u32>)>,
    ) -> Result<(), Refused> {
        self.rest.next_if_eq(&'?');
        let last = group.last.ok_or("a repetition of nothing")?;
        if repeated {
            return Err("a repetition of a repetition".into());
        }
        if let Some((least, most)) = count {
            let times = most.unwrap_or(least);
            let product =
                if times == 0 && most.is_some() { 1 } else { last.saturating_mul(times.max(1)) };
            let is_checked = least >= 2 || most.is_some_and(|most| most >= 2);
            if is_checked && product > MAX_REPEAT {
                return Err(format!("nested counts multiply to more than {MAX_REPEAT}"));
            }
            group.item(product);
        }
        Ok(())
    }

    /// `n}`, `n,}` or `n,m}`; anything else leaves the `{` a letter.
    fn count(&mut self) -> Option<(u32, Option<u32>)> {
        let mut ahead = self.rest.clone();
        let least = number(&mut ahead)?;
        let most = match ahead.next()? {
            '}' => Some(least),
            ',' => {
                if ahead.peek() == Some(&'}') {
                    ahead.next();
                    None
                } else {
                    let most = number(&mut ahead)?;
                    if ahead.next()? != '}' {
                        return None;
                    }
                    Some(most)
                }
            }
            _ => return None,
        };
        self.rest = ahead;
        Some((least, most))
    }

    /// What follows a `\`; whether it is something that can be repeated.
    fn escape(&mut self) -> Result<bool, Refused> {
        match self.rest.peek() {
            Some('Q') => {
                self.rest.next();
                Ok(self.quoted())
            }
            Some('A' | 'b' | 'B' | 'C' | 'z' | 'd' | 'D' | 's' | 'S' | 'w' | 'W') => {
                self.rest.next();
                Ok(true)
            }
            Some('p' | 'P') => self.unicode_class().map(|()| true),
            _ => self.letter().map(|_| true),
        }
    }

    /// Up to `\E`, all is letters; whether there are any.
    fn quoted(&mut self) -> bool {
        let mut letters = false;
        loop {
            match self.rest.next() {
                None => return letters,
                Some('\\') if self.rest.peek() == Some(&'E') => {
                    self.rest.next();
                    return letters;
                }
                Some(_) => letters = true,
            }
        }
    }

    /// `\pN`, `\p{Greek}`, `\p{^Greek}`.
    fn unicode_class(&mut self) -> Result<(), Refused> {
        self.rest.next();
        let name = match self.rest.next() {
            Some('{') => {
                let mut name = String::new();
                loop {
                    match self.rest.next() {
                        Some('}') => break,
                        Some(c) => name.push(c),
                        None => return Err(r"a `\p{` without its `}`".into()),
                    }
                }
                name
            }
            Some(c) => c.into(),
            None => return Err(r"a `\p` without a name".into()),
        };
        let plain = name.strip_prefix('^').unwrap_or(&name);
        let is_word =
            !plain.is_empty() && plain.chars().all(|c| c == '_' || c.is_ascii_alphanumeric());
        // The crate also takes `IsGreek` for `Greek`.
        let is_loose = plain.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("is"));
        let is_word = is_word && !is_loose;
        if plain == "Any" || (is_word && Regex::new(&format!(r"\p{{{plain}}}")).is_ok()) {
            Ok(())
        } else {
            Err(format!(r"`\p{{{name}}}` is no class that it knows"))
        }
    }

    /// What follows the `\` of a letter; its value.
    fn letter(&mut self) -> Result<u32, Refused> {
        let c = self.rest.next().ok_or(r"a `\` at the end")?;
        match c {
            '0'..='7' => {
                let is_octal = |c: &char| ('0'..='7').contains(c);
                // A single digit would refer back to a group, which it cannot.
                if c != '0' && !self.rest.peek().is_some_and(is_octal) {
                    return Err(format!(r"`\{c}` refers back to a group, which it cannot"));
                }
                let mut value = c.to_digit(8).unwrap_or_default();
                for _ in 0..2 {
                    let Some(digit) = self.rest.next_if(is_octal) else { break };
                    value = value * 8 + digit.to_digit(8).unwrap_or_default();
                }
                Ok(value)
            }
            'x' => self.hexadecimal(),
            'a' => Ok(7),
            't' => Ok(9),
            'n' => Ok(10),
            'v' => Ok(11),
            'f' => Ok(12),
            'r' => Ok(13),
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => Ok(c.into()),
            c => Err(format!(r"`\{c}` is no escape that it knows")),
        }
    }

    /// `\x41` or `\x{1F600}`.
    fn hexadecimal(&mut self) -> Result<u32, Refused> {
        let broken =
            || r"`\x` wants two hexadecimal digits, or any number of them in braces".to_owned();
        let mut digits = String::new();
        if self.rest.next_if_eq(&'{').is_some() {
            loop {
                match self.rest.next() {
                    Some('}') => break,
                    Some(c) if c.is_ascii_hexdigit() => digits.push(c),
                    _ => return Err(broken()),
                }
            }
        } else {
            digits.extend(self.rest.by_ref().take(2));
            if digits.chars().count() != 2 {
                return Err(broken());
            }
        }
        let value = u32::from_str_radix(&digits, 16).map_err(|_| broken())?;
        if value > u32::from(char::MAX) { Err(broken()) } else { Ok(value) }
    }

    /// What follows a `[`.
    fn class(&mut self) -> Result<(), Refused> {
        self.rest.next_if_eq(&'^');
        let mut first = true;
        loop {
            match self.rest.peek().copied() {
                None => return Err("a `[` without its `]`".into()),
                Some(']') if !first => {
                    self.rest.next();
                    return Ok(());
                }
                Some('[') if self.posix_class()? => {}
                Some('\\') if self.class_in_class()? => {}
                Some(_) => self.range()?,
            }
            first = false;
        }
    }

    /// `[:alpha:]`; whether there is one. Without its `:]`, the `[` is a letter.
    fn posix_class(&mut self) -> Result<bool, Refused> {
        let rest: String = self.rest.clone().collect();
        let Some(inside) = rest.strip_prefix("[:") else { return Ok(false) };
        let Some((name, _)) = inside.split_once(":]") else { return Ok(false) };
        if !POSIX_CLASSES.contains(&name.strip_prefix('^').unwrap_or(name)) {
            return Err(format!("`[:{name}:]` is no class that it knows"));
        }
        self.rest.nth("[::]".len() + name.chars().count() - 1);
        Ok(true)
    }

    /// `\d`, `\pL` and their kin within a class; whether there is one.
    fn class_in_class(&mut self) -> Result<bool, Refused> {
        let mut ahead = self.rest.clone();
        ahead.next();
        match ahead.peek() {
            Some('d' | 'D' | 's' | 'S' | 'w' | 'W') => {
                self.rest = ahead;
                self.rest.next();
                Ok(true)
            }
            Some('p' | 'P') => {
                self.rest = ahead;
                self.unicode_class().map(|()| true)
            }
            _ => Ok(false),
        }
    }

    /// A letter, or a range of them.
    fn range(&mut self) -> Result<(), Refused> {
        let from = self.class_letter()?;
        let mut ahead = self.rest.clone();
        if ahead.next() != Some('-') || matches!(ahead.peek(), None | Some(']')) {
            return Ok(());
        }
        self.rest = ahead;
        if self.class_letter()? < from {
            return Err("a range of a class ends before it begins".into());
        }
        Ok(())
    }

    fn class_letter(&mut self) -> Result<u32, Refused> {
        match self.rest.next() {
            Some('\\') => self.letter(),
            Some(c) => Ok(c.into()),
            None => Err("a `[` without its `]`".into()),
        }
    }
}

/// A number as a count has it: without zeros before it. One that is too large is still one.
fn number(rest: &mut Peekable<Chars<'_>>) -> Option<u32> {
    let mut digits = String::new();
    while let Some(digit) = rest.next_if(char::is_ascii_digit) {
        digits.push(digit);
    }
    if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    Some(digits.parse().unwrap_or(u32::MAX))
}
