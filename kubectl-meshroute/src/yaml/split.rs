//! Cuts a text into documents before any of it is parsed, as kubectl does.
//!
//! Source: `YAMLOrJSONDecoder` and `YAMLReader` of k8s.io/apimachinery/pkg/util/yaml. A line that
//! begins with `---` ends a document wherever it stands, even inside a quoted string, and only
//! blanks or a comment may follow on that line.

use std::str;

use serde_json as json;

use super::error::Error;

/// The bytes of one document.
#[derive(Debug)]
pub(super) struct Chunk<'a> {
    /// The document without the separators around it.
    pub(super) text: &'a str,
    /// The place of its first byte in the whole text.
    pub(super) offset: usize,
    /// The line, from 1, of its first byte in the whole text.
    pub(super) line: usize,
}

/// Returns the documents of a text; one that is not UTF-8 or badly separated is an error.
pub(super) fn chunks(text: &[u8]) -> Vec<Result<Chunk<'_>, Error>> {
    let mut cutter = Cutter { text, start: 0, line: 1, bad: None, chunks: Vec::new() };
    if text.starts_with(BOM) {
        cutter.start = BOM.len();
    }
    cutter.cut_json();
    cutter.cut_yaml();
    cutter.chunks
}

struct Cutter<'a> {
    text: &'a [u8],
    /// Where the document that is being cut starts.
    start: usize,
    /// The line of `start`.
    line: usize,
    /// What is wrong with the separator above that document.
    bad: Option<Error>,
    chunks: Vec<Result<Chunk<'a>, Error>>,
}

impl Cutter<'_> {
    /// Cuts off the objects that are followed by another object: `{...}{...}` is two documents.
    fn cut_json(&mut self) {
        let mut at = skip_blanks(self.text, self.start);
        while let Some(end) = object_end(self.text, at) {
            let next = skip_blanks(self.text, end);
            let json = || json::from_slice::<json::Value>(&self.text[at..end]).is_ok();
            if self.text.get(next) != Some(&b'{') || !json() {
                return;
            }
            self.line += line_breaks(&self.text[self.start..at]);
            self.start = at;
            self.push(end);
            self.line += line_breaks(&self.text[at..next]);
            self.start = next;
            at = next;
        }
    }

    fn cut_yaml(&mut self) {
        let text = self.text;
        let mut at = self.start;
        let mut line = self.line;
        while at < text.len() {
            let end = line_end(text, at);
            if text[at..].starts_with(SEPARATOR) {
                self.push(at);
                self.start = end;
                self.line = line + 1;
                let rest = text[at + SEPARATOR.len()..end].trim_ascii();
                self.bad = match rest.first() {
                    None | Some(b'#') => None,
                    Some(_) => Some(Error::new(line, 1 + SEPARATOR.len(), TEXT_AFTER_SEPARATOR)),
                };
            }
            at = end;
            line += 1;
        }
        self.push(text.len());
    }

    fn push(&mut self, end: usize) {
        let bytes = &self.text[self.start..end];
        let chunk = match self.bad.take() {
            Some(error) => Err(error),
            None if bytes.is_empty() => return,
            None => decode(bytes, self.line).map(|text| Chunk {
                text,
                offset: self.start,
                line: self.line,
            }),
        };
        self.chunks.push(chunk);
    }
}

/// Returns the text of a document; `line` is where it starts, for the error.
fn decode(bytes: &[u8], line: usize) -> Result<&str, Error> {
    match str::from_utf8(bytes) {
        Ok(text) => match control_character(bytes) {
            None => Ok(text),
            Some(at) => {
                let (down, column) = position(&bytes[..at]);
                let message = format!(
                    "a control character (byte 0x{:02x}): delete it, or write it as an escape in a \
                     \"quoted\" string",
                    bytes[at]
                );
                Err(Error::new(line + down, column, message))
            }
        },
        Err(error) => {
            let (down, column) = position(&bytes[..error.valid_up_to()]);
            let utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
            let message = if utf16 {
                "the text is UTF-16: save it as UTF-8"
            } else {
                "the text is not UTF-8: save it as UTF-8"
            };
            Err(Error::new(line + down, column, message))
        }
    }
}

/// Returns where the first character stands that go-yaml refuses ("control characters are not
/// allowed"); it reads tab, line feed, carriage return and U+0085 only.
fn control_character(utf8: &[u8]) -> Option<usize> {
    let suspect = |byte: &u8| {
        *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r') || matches!(byte, 0x7f | 0xc2)
    };
    // Almost no text has one, and whole blocks are looked at much faster than single bytes.
    let clean = |block: &[u8]| !block.iter().fold(false, |found, byte| found | suspect(byte));
    if utf8.chunks(256).all(clean) {
        return None;
    }
    let mut last = 0;
    for (at, &byte) in utf8.iter().enumerate() {
        let c0 = byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
        let c1 = last == 0xc2 && byte < 0xa0 && byte != 0x85;
        if c0 || byte == 0x7f || c1 {
            return Some(at);
        }
        last = byte;
    }
    None
}

/// Returns the number of line breaks in the bytes and the column, from 1, after their end.
fn position(before: &[u8]) -> (usize, usize) {
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let columns = String::from_utf8_lossy(&before[start..]).chars().count();
    (line_breaks(before), columns + 1)
}

/// Returns where the JSON object at `at` ends, if there is one.
fn object_end(text: &[u8], at: usize) -> Option<usize> {
    // A name in quotes tells JSON from `{{ a template }}` and from most of YAML.
    let inside = text.get(at..)?.strip_prefix(b"{")?.trim_ascii_start();
    if !matches!(inside.first(), Some(b'"' | b'}')) {
        return None;
    }
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut escaped = false;
    for (idx, &byte) in text[at..].iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(at + idx + 1),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn skip_blanks(text: &[u8], at: usize) -> usize {
    let rest = &text[at..];
    at + rest.len() - rest.trim_ascii_start().len()
}

fn line_end(text: &[u8], at: usize) -> usize {
    text[at..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |len| at + len + 1)
}

fn line_breaks(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

const BOM: &[u8] = "\u{feff}".as_bytes();
const SEPARATOR: &[u8] = b"---";
const TEXT_AFTER_SEPARATOR: &str =
    "text after the separator `---`, which kubectl refuses: begin the document on the next line";
