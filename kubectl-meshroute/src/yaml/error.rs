//! The error of a document that cannot be read.
//!
//! A text that breaks and holds a bare `{{` is most likely an unrendered Helm template, and the
//! position of the `{{` helps more than what the parser stumbled over.

use std::fmt;

use granit_parser::{ErrorKind, Marker, ScanError};

use super::read::MAX_DEPTH;
use super::split::Chunk;

/// Why a document cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Error {
    line: usize,
    column: usize,
    message: String,
    template: bool,
}

impl Error {
    pub(super) fn new(line: usize, column: usize, message: impl Into<String>) -> Self {
        Self { line, column, message: message.into(), template: false }
    }

    /// Returns an error at a place the parser has named.
    pub(super) fn at(chunk: &Chunk<'_>, mark: Marker, message: impl Into<String>) -> Self {
        Self::new(chunk.line + mark.line().saturating_sub(1), mark.col() + 1, message)
    }

    /// Returns the error for a text that the parser cannot read.
    pub(super) fn syntax(chunk: &Chunk<'_>, error: &ScanError) -> Self {
        Self::at(chunk, *error.marker(), explain(error.kind())).or_template(chunk)
    }

    /// Returns the error for the template that `chunk` seems to be, or this one if it is none.
    pub(super) fn or_template(self, chunk: &Chunk<'_>) -> Self {
        let broken = self.line.saturating_sub(chunk.line);
        let Some((down, column)) = template_mark(chunk.text, broken) else {
            return self;
        };
        let mut message = TEMPLATE.to_owned();
        if down != broken {
            message
                .push_str(&format!(" (the YAML breaks in line {}: {})", self.line, self.message));
        }
        Self { line: chunk.line + down, column, message, template: true }
    }

    /// Returns the line, from 1.
    pub(crate) fn line(&self) -> usize {
        self.line
    }

    /// Returns the column, in characters from 1.
    pub(crate) fn column(&self) -> usize {
        self.column
    }

    /// Returns what is wrong and the way out, without the place.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Returns whether the document looks like a Helm template that was not rendered.
    pub(crate) fn is_template(&self) -> bool {
        self.template
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for Error {}

/// Returns the line, from 0, and the column, from 1, of the `{{` that is to blame for an error in
/// the line `broken`: the nearest above it or in it, else the first below.
fn template_mark(text: &str, broken: usize) -> Option<(usize, usize)> {
    let mut found = None;
    for (idx, line) in text.split('\n').enumerate() {
        if idx > broken && found.is_some() {
            break;
        }
        if let Some(at) = bare_braces(line) {
            found = Some((idx, line[..at].chars().count() + 1));
        }
    }
    found
}

/// Returns where a line holds a `{{` outside of quotes and comments.
fn bare_braces(line: &str) -> Option<usize> {
    let mut quote = None;
    let mut last = b' ';
    for (at, byte) in line.bytes().enumerate() {
        // A quote opens a string only where a value can begin: "it's" holds none.
        let begins = matches!(last, b' ' | b'\t' | b'[' | b'{' | b',');
        match (quote, byte) {
            (Some(open), _) if byte == open && last != b'\\' => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"') if begins => quote = Some(byte),
            (None, b'#') if matches!(last, b' ' | b'\t') => return None,
            (None, b'{') if last == b'{' => return Some(at - 1),
            (None, _) => {}
        }
        last = byte;
    }
    None
}

/// Returns what the parser means, with the way out where there is a usual one.
fn explain(kind: &ErrorKind) -> String {
    let known = match kind {
        ErrorKind::TabInIndentation
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabNotAllowed
        | ErrorKind::TabInPlainScalar
        | ErrorKind::TabAtBlockScalarStart => TAB,
        ErrorKind::MappingValueNotAllowed => {
            "`: ` where no key can be: put a value that holds `: ` in quotes, or check the \
             indentation"
        }
        ErrorKind::UnclosedQuotedScalar => "a quote is opened and never closed: close it",
        ErrorKind::DirectiveDisallowed => {
            "a line that begins with `%`, which kubectl refuses: delete it"
        }
        ErrorKind::RecursionLimitExceeded => return too_deep(),
        ErrorKind::UndeclaredTagHandle => {
            "a tag with a handle that is not declared: delete the tag"
        }
        ErrorKind::UnexpectedCharacter { character } => {
            return format!("a value cannot begin with `{character}`: put it in quotes");
        }
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            "a line that is neither `key: value` nor part of a value: add the `:` or check the \
             indentation"
        }
        ErrorKind::UnexpectedEofImplicitFlowMapping | ErrorKind::MisplacedFlowCollectionEnd => {
            "a bracket or a comma where a value should be: check what stands in `[]` and `{}`"
        }
        ErrorKind::UnclosedFlowCollection { open } => {
            return format!("`{open}` is opened and never closed: close it");
        }
        // The enumeration may grow, and its other texts say enough.
        other => return format!("this is not YAML: {other}"),
    };
    known.to_owned()
}

/// Returns the text of the error about too much nesting.
pub(super) fn too_deep() -> String {
    format!("nested deeper than {MAX_DEPTH} levels: no Kubernetes object is, so flatten it")
}

/// The text of the error about a tab.
pub(super) const TAB: &str = "a tab where YAML wants spaces: indent with spaces";
const TEMPLATE: &str = "`{{` looks like a Helm template: render it first, as in \
     `helm template CHART | kubectl meshroute ... -f -`";
