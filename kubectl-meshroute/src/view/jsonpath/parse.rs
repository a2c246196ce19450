//! Turns the text of a template into actions, one for each run of text and each pair of braces.

use super::Fault;
use super::path::{Action, End, Filter, Node, Operator, Slice, Step};

/// Returns the actions of the template.
pub(super) fn template(text: &str) -> Result<Vec<Action>, Fault> {
    Parser { text, pos: 0, origin: 0, depth: 0 }.template()
}

struct Parser<'t> {
    text: &'t str,
    /// Byte offset in `text` of what is read next.
    pos: usize,
    /// What to add to an offset in `text` for the offset in the whole template.
    origin: usize,
    /// How many brackets this text is inside of.
    depth: usize,
}

impl Parser<'_> {
    fn template(&mut self) -> Result<Vec<Action>, Fault> {
        let mut actions = Vec::new();
        loop {
            let rest = &self.text[self.pos..];
            let brace = rest.find('{');
            let outside = &rest[..brace.unwrap_or(rest.len())];
            if !outside.is_empty() {
                let step = Step::Text(outside.to_owned());
                actions.push(vec![Node { at: self.origin + self.pos, step }]);
            }
            if brace.is_none() {
                return Ok(actions);
            }
            self.pos += outside.len() + 1;
            actions.push(self.action()?);
        }
    }

    /// Reads up to and with the closing brace.
    fn action(&mut self) -> Result<Action, Fault> {
        let mut nodes = Action::new();
        loop {
            let start = self.pos;
            let rest = &self.text[start..];
            if rest.starts_with('}') {
                self.pos += 1;
                return Ok(nodes);
            }
            if rest.starts_with("..") {
                if let Some(Node { step: Step::Descent, .. }) = nodes.last() {
                    return Err(self.fault(start, "\"..\" follows \"..\"; expected a name"));
                }
                self.pos += 2;
                self.push(&mut nodes, start, Step::Descent);
                if self.peek().is_some_and(is_word) {
                    let step = self.field();
                    self.push(&mut nodes, start + 2, step);
                }
                continue;
            }
            if rest.starts_with("[?(") {
                let step = self.filter()?;
                self.push(&mut nodes, start, step);
                continue;
            }
            let step = match self.peek() {
                None | Some('\n' | '\r') => {
                    return Err(self.fault(start, "the braces are not closed; expected \"}\""));
                }
                Some(' ' | '@' | '$') => {
                    self.pos += 1;
                    continue;
                }
                Some('[') => {
                    self.brackets(&mut nodes)?;
                    continue;
                }
                Some(quote @ ('"' | '\'')) => self.quoted(quote)?,
                Some('.') => {
                    self.pos += 1;
                    self.field()
                }
                Some(c) if c == '+' || c == '-' || c.is_numeric() => self.number()?,
                Some(c) if is_word(c) => self.word(),
                Some(c) => {
                    let message = format!(
                        "unexpected {c:?}; expected a path such as .a or [0], a quoted text or \"}}\""
                    );
                    return Err(self.fault(start, message));
                }
            };
            self.push(&mut nodes, start, step);
        }
    }

    /// Reads a name after its dot; a backslash makes the next character part of the name.
    fn field(&mut self) -> Step {
        let start = self.pos;
        while let Some(c) = self.peek().filter(|c| !is_end_of_word(*c)) {
            self.pos += c.len_utf8();
            if c == '\\' {
                self.pos += self.peek().map_or(0, char::len_utf8);
            }
        }
        match &self.text[start..self.pos] {
            "*" => Step::Wildcard,
            name => Step::Field(name.replace('\\', "")),
        }
    }

    fn word(&mut self) -> Step {
        let start = self.pos;
        while let Some(c) = self.peek().filter(|c| !is_end_of_word(*c)) {
            self.pos += c.len_utf8();
        }
        match &self.text[start..self.pos] {
            "true" => Step::Bool(true),
            "false" => Step::Bool(false),
            word => Step::Word(word.to_owned()),
        }
    }

    fn number(&mut self) -> Result<Step, Fault> {
        let start = self.pos;
        if self.text[start..].starts_with(['+', '-']) {
            self.pos += 1;
        }
        while let Some(c) = self.peek().filter(|c| *c == '.' || c.is_numeric()) {
            self.pos += c.len_utf8();
        }
        let number = &self.text[start..self.pos];
        if let Ok(int) = number.parse() {
            return Ok(Step::Int(int));
        }
        match number.parse::<f64>() {
            Ok(float) if float.is_finite() => Ok(Step::Float(float)),
            _ => Err(self.fault(start, format!("{number:?} is not a number"))),
        }
    }

    fn quoted(&mut self, quote: char) -> Result<Step, Fault> {
        let start = self.pos;
        self.pos += 1;
        let body_start = self.pos;
        loop {
            match self.peek() {
                None | Some('\n') => {
                    let message = format!("the quoted text is not closed; expected {quote}");
                    return Err(self.fault(start, message));
                }
                // Only the byte before counts, so `"\\"` goes on: the second backslash escapes the quote.
                Some(c) if c == quote && self.text.as_bytes()[self.pos - 1] != b'\\' => break,
                Some(c) => self.pos += c.len_utf8(),
            }
        }
        let body = &self.text[body_start..self.pos];
        self.pos += 1;
        let bytes = unescape(body, quote).map_err(|offset| {
            let message =
                "not an escape; expected one of \\n \\t \\r \\\\ \\x41 \\u0041 or the quote";
            self.fault(body_start + offset, message)
        })?;
        // Go would print these bytes; what is rendered here is text.
        String::from_utf8(bytes).map(Step::Text).map_err(|_| {
            self.fault(start, "the escapes do not make UTF-8; expected \\u00ff for \\xff")
        })
    }

    /// Reads `[…]`, except filters. A quoted key can stand for several steps, since `['a.b']` is `.a.b`.
    fn brackets(&mut self, nodes: &mut Action) -> Result<(), Fault> {
        let start = self.pos;
        let rest = &self.text[start..];
        let Some(length) = rest.find([']', '\n']).filter(|end| rest[*end..].starts_with(']'))
        else {
            return Err(self.fault(start, "the brackets are not closed; expected \"]\""));
        };
        let body = &rest[1..length];
        self.pos += length + 1;

        if body.contains(',') {
            let mut union = Vec::new();
            let mut offset = start + 1;
            for part in body.split(',') {
                let trimmed = part.trim_start_matches(' ');
                let part_start = offset + (part.len() - trimmed.len());
                let text = format!("{{[{}]}}", trimmed.trim_end_matches(' '));
                union.push(self.inner(&text, part_start - 2)?);
                offset += part.len() + 1;
            }
            self.push(nodes, start, Step::Union(union));
            return Ok(());
        }
        let key = body.strip_prefix('\'').and_then(|key| key.strip_suffix('\''));
        if let Some(key) = key.filter(|key| !key.contains('\'')) {
            nodes.extend(self.inner(&format!("{{.{key}}}"), start)?);
            return Ok(());
        }
        match slice(if body == "*" { ":" } else { body }) {
            Some(slice) => {
                self.push(nodes, start, Step::Slice(slice));
                Ok(())
            }
            None => {
                let message = format!(
                    "[{body}] is not an index; expected [0], [0:2], [*], ['a'] or [?(@.a==\"x\")]"
                );
                Err(self.fault(start, message))
            }
        }
    }

    fn filter(&mut self) -> Result<Step, Fault> {
        let start = self.pos;
        self.pos += "[?(".len();
        let body_start = self.pos;
        let (mut opened, mut closed) = (None, false);
        // The first quote hides every `)` until its like; quotes after that hide nothing.
        loop {
            match self.peek() {
                None | Some('\n') => {
                    return Err(self.fault(start, "the filter is not closed; expected \")]\""));
                }
                Some(')') if opened.is_some() == closed => break,
                Some(c @ ('"' | '\'')) => {
                    match opened {
                        None => opened = Some(c),
                        Some(quote) if c == quote => {
                            closed |= self.text.as_bytes()[self.pos - 1] != b'\\';
                        }
                        Some(_) => {}
                    }
                    self.pos += 1;
                }
                Some(c) => self.pos += c.len_utf8(),
            }
        }
        let body = &self.text[body_start..self.pos];
        self.pos += 1;
        if self.peek() != Some(']') {
            return Err(
                self.fault(self.pos, "the filter is not closed; expected \"]\" after \")\"")
            );
        }
        self.pos += 1;

        let Some((left, operator, right)) = split_comparison(body) else {
            let left = self.inner(&format!("{{{body}}}"), body_start - 1)?;
            return Ok(Step::Filter(Filter { left, test: None }));
        };
        let right_start = body_start + left.len() + operator.len();
        let left = self.inner(&format!("{{{left}}}"), body_start - 1)?;
        let right = self.inner(&format!("{{{right}}}"), right_start - 1)?;
        let operator = match operator {
            "==" => Operator::Equal,
            "!=" => Operator::NotEqual,
            "<" => Operator::Less,
            "<=" => Operator::LessOrEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterOrEqual,
            unknown => Operator::Unknown(unknown.to_owned()),
        };
        Ok(Step::Filter(Filter { left, test: Some((operator, right)) }))
    }

    /// Parses what stands inside brackets, wrapped in braces, as a template of which only the first action counts.
    ///
    /// `origin` is the offset of `text` in this parser's text, had the wrapping been written there.
    fn inner(&self, text: &str, origin: usize) -> Result<Action, Fault> {
        if self.depth == MAX_DEPTH {
            let message = format!("brackets nest deeper than {MAX_DEPTH} levels");
            return Err(self.fault(origin, message));
        }
        let origin = self.origin + origin;
        let actions = Parser { text, pos: 0, origin, depth: self.depth + 1 }.template()?;
        Ok(actions.into_iter().next().unwrap_or_default())
    }

    fn peek(&self) -> Option<char> {
        self.text[self.pos..].chars().next()
    }

    fn push(&self, nodes: &mut Action, start: usize, step: Step) {
        nodes.push(Node { at: self.origin + start, step });
    }

    fn fault(&self, at: usize, message: impl Into<String>) -> Fault {
        Fault::template(self.origin + at, message)
    }
}

/// Splits a filter at its first operator; there is no comparison unless something stands on both sides.
fn split_comparison(body: &str) -> Option<(&str, &str, &str)> {
    const OPERATORS: [char; 4] = ['!', '<', '=', '>'];
    let (left, rest) = body.split_at(body.find(OPERATORS)?);
    let length = rest.len() - rest.trim_start_matches(OPERATORS).len();
    // With nothing after the operators, the last of them is the right side.
    let (operator, right) = rest.split_at(length.min(rest.len() - 1));
    (!left.is_empty() && !operator.is_empty()).then_some((left, operator, right))
}

fn slice(body: &str) -> Option<Slice> {
    let parts: Vec<&str> = body.split(':').collect();
    let number = |part: &str| match part {
        "" => Some(None),
        part if part.starts_with('+') => None,
        part => part.parse::<i64>().ok().map(Some),
    };
    let (start, end, step) = match parts[..] {
        [start] => (start, None, ""),
        [start, end] => (start, Some(end), ""),
        [start, end, step] => (start, Some(end), step),
        _ => return None,
    };
    let start = number(start)?;
    let end = match end {
        None => End::AfterStart(start.unwrap_or(0).wrapping_add(1)),
        Some(end) => number(end)?.map_or(End::OfList, End::Before),
    };
    Some(Slice { start, end, step: number(step)? })
}

/// Replaces Go's escapes; `Err` is the offset of one that is none.
fn unescape(body: &str, quote: char) -> Result<Vec<u8>, usize> {
    let mut bytes = Vec::with_capacity(body.len());
    let mut chars = body.char_indices();
    while let Some((at, c)) = chars.next() {
        if c == quote {
            return Err(at);
        }
        if c != '\\' {
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let (_, kind) = chars.next().ok_or(at)?;
        let (digits, radix) = match kind {
            'x' => (2, 16),
            'u' => (4, 16),
            'U' => (8, 16),
            '0'..='7' => (3, 8),
            _ => {
                bytes.push(match kind {
                    'a' => 0x07,
                    'b' => 0x08,
                    'f' => 0x0c,
                    'n' => b'\n',
                    'r' => b'\r',
                    't' => b'\t',
                    'v' => 0x0b,
                    '\\' => b'\\',
                    '"' if quote == '"' => b'"',
                    '\'' if quote == '\'' => b'\'',
                    _ => return Err(at),
                });
                continue;
            }
        };
        let mut code = if radix == 8 { kind.to_digit(8).unwrap_or(0) } else { 0 };
        for _ in 0..digits - usize::from(radix == 8) {
            let digit = chars.next().and_then(|(_, c)| c.to_digit(radix)).ok_or(at)?;
            // Eight hexadecimal digits fill the 32 bits and no more.
            code = code * radix + digit;
        }
        if matches!(kind, 'u' | 'U') {
            let c = char::from_u32(code).ok_or(at)?;
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        } else {
            bytes.push(u8::try_from(code).map_err(|_| at)?);
        }
    }
    Ok(bytes)
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn is_end_of_word(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}')
}

/// A filter in a filter is rare, and needs quotes in the right places; this many have no use.
const MAX_DEPTH: usize = 16;
