//! One line per event, as text or as JSON.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

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

/// How many lines may wait for a reader of the log.
const WAITING: usize = 4096;

/// How long lines are collected before they are written together. To wake the writer for each costs more than to write it:
/// a fifth of the time of a review.
const COLLECT: Duration = Duration::from_millis(10);

/// How long the end of the process waits for a reader of the log.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where lines go, and how they look; clones write to the same place.
///
/// A thread of its own writes, so that nobody who answers a request waits for who reads the log.
#[derive(Clone, Debug)]
pub struct Log {
    format: Format,
    lines: SyncSender<Entry>,
    dropped: Arc<AtomicU64>,
}

enum Entry {
    Line(String),
    /// Everything before it is written when its sender is gone.
    End(SyncSender<()>),
}

impl Log {
    /// Returns a log that writes to `out`.
    pub fn new(format: Format, out: impl Write + Send + 'static) -> Self {
        let (lines, entries) = sync_channel(WAITING);
        thread::spawn(move || write(&entries, out));
        Self { format, lines, dropped: Arc::default() }
    }

    /// Writes one event: a constant message, and what varies as fields.
    pub fn line(&self, level: Level, message: &str, fields: &[(&str, &str)]) {
        let level = match level {
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        let line = match self.format {
            Format::Text => text(level, message, fields),
            Format::Json => json(level, message, fields),
        };
        // A log that nobody reads must not stop the server.
        if self.lines.try_send(Entry::Line(line)).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many lines were lost because nobody read the log.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Waits, but not for ever, until everything so far is written.
    pub fn flush(&self) {
        let (ended, end) = sync_channel(0);
        let mut entry = Entry::End(ended);
        let limit = Instant::now() + PATIENCE;
        while let Err(TrySendError::Full(back)) = self.lines.try_send(entry) {
            if Instant::now() > limit {
                return;
            }
            entry = back;
            thread::sleep(Duration::from_millis(1));
        }
        // It is never sent to: it ends with the sender, or with our patience.
        let _ = end.recv_timeout(PATIENCE);
    }
}

/// Writes what comes: the first line after a silence at once, and what follows it together.
fn write(entries: &Receiver<Entry>, mut out: impl Write) {
    while let Ok(first) = entries.recv() {
        let mut text = String::new();
        let mut ends = Vec::new();
        for entry in std::iter::once(first).chain(entries.try_iter().take(WAITING)) {
            match entry {
                Entry::Line(line) => {
                    text.push_str(&line);
                    text.push('\n');
                }
                Entry::End(end) => ends.push(end),
            }
        }
        // Nobody is left to tell when stderr is gone.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        thread::sleep(COLLECT);
    }
}

fn text(level: &str, message: &str, fields: &[(&str, &str)]) -> String {
    let mut line = format!("{level}: {message}");
    for (key, value) in fields {
        line.extend([" ", *key, "=", &*quoted(value)]);
    }
    line
}

/// Quotes a value that would otherwise not read as one word on one line.
fn quoted(value: &str) -> Cow<'_, str> {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '"' && c != '=';
    if !value.is_empty() && value.chars().all(plain) {
        value.into()
    } else {
        Value::from(value).to_string().into()
    }
}

fn json(level: &str, message: &str, fields: &[(&str, &str)]) -> String {
    let mut line = BTreeMap::from([("level", level), ("message", message)]);
    line.extend(fields.iter().copied());
    serde_json::to_string(&line).expect("texts are JSON")
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// A place to write to that the test can look into.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("nobody panics").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn line(format: Format, fields: &[(&str, &str)]) -> String {
        let kept = Kept::default();
        let log = Log::new(format, kept.clone());
        log.line(Level::Info, "started", fields);
        log.flush();
        let bytes = kept.0.lock().expect("nobody panics").clone();
        String::from_utf8(bytes).expect("a line is text")
    }

    /// A reader that never takes anything.
    struct Stuck(Receiver<()>);

    impl Write for Stuck {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            // It ends with the test.
            let _ = self.0.recv();
            Ok(0)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_log_that_nobody_reads_holds_up_nobody() {
        let (_open, reader) = sync_channel(0);
        let log = Log::new(Format::Text, Stuck(reader));
        for _ in 0..3 * WAITING {
            log.line(Level::Info, "a", &[]);
        }
        assert!(log.dropped() >= 1, "{}", log.dropped());
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
