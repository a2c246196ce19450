//! One line per event, as text or as JSON.

use std::io::Write;

use serde_json::{Map, Value};

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// `level: message key=value`, for people.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// A step in the life of the process.
    Info,
    /// Something that its operator should know.
    Warning,
    /// Something that went wrong.
    Error,
}

/// Where lines go, and how they look.
pub struct Log<'a> {
    format: Format,
    out: &'a mut dyn Write,
}

impl<'a> Log<'a> {
    /// Returns a log that writes to `out`.
    pub fn new(format: Format, out: &'a mut dyn Write) -> Self {
        Self { format, out }
    }

    /// Writes one event: a constant message, and what varies as fields.
    pub fn line(&mut self, level: Level, message: &str, fields: &[(&str, &str)]) {
        let level = match level {
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        let line = match self.format {
            Format::Text => text(level, message, fields),
            Format::Json => json(level, message, fields),
        };
        // A log that cannot be written must not stop the server.
        let _ = writeln!(self.out, "{line}").and_then(|()| self.out.flush());
    }
}

fn text(level: &str, message: &str, fields: &[(&str, &str)]) -> String {
    let mut line = format!("{level}: {message}");
    for (key, value) in fields {
        line.push_str(&format!(" {key}={}", quoted(value)));
    }
    line
}

/// Quotes a value that would otherwise not read as one word on one line.
fn quoted(value: &str) -> String {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '"' && c != '=';
    if !value.is_empty() && value.chars().all(plain) {
        value.to_owned()
    } else {
        Value::from(value).to_string()
    }
}

fn json(level: &str, message: &str, fields: &[(&str, &str)]) -> String {
    let mut line = Map::new();
    line.insert("level".to_owned(), level.into());
    line.insert("message".to_owned(), message.into());
    for (key, value) in fields {
        line.insert((*key).to_owned(), (*value).into());
    }
    Value::Object(line).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(format: Format, fields: &[(&str, &str)]) -> String {
        let mut out = Vec::new();
        Log::new(format, &mut out).line(Level::Info, "started", fields);
        String::from_utf8(out).expect("a line is text")
    }

    #[test]
    fn text_quotes_what_is_not_one_word() {
        let fields = [("admin", "127.0.0.1:1"), ("error", "no\n\"way\""), ("empty", "")];
        assert_eq!(
            line(Format::Text, &fields),
            "info: started admin=127.0.0.1:1 error=\"no\\n\\\"way\\\"\" empty=\"\"\n"
        );
    }

    #[test]
    fn json_is_one_object_on_one_line() {
        let line = line(Format::Json, &[("error", "no\n\"way\"")]);
        assert_eq!(line.matches('\n').count(), 1);
        let value: Value = serde_json::from_str(&line).expect("a line is JSON");
        assert_eq!(
            value,
            serde_json::json!({"level": "info", "message": "started", "error": "no\n\"way\""})
        );
    }
}
