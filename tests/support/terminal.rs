//! A terminal that a program runs on, and what somebody in front of it would see.

use std::{
    ffi::OsStr,
    fs::File,
    io::{Read as _, Write as _},
    os::{fd::OwnedFd, unix::ffi::OsStrExt as _},
    path::PathBuf,
    process::{Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};

use crate::{running::Running, wait};

/// How long anything may take on a machine that does other work too.
const PATIENCE: Duration = Duration::from_secs(60);

/// A terminal of the kind that wraps lines anew when it becomes narrower.
#[derive(Debug)]
pub struct Terminal {
    master: File,
    path: PathBuf,
    seen: Arc<Mutex<Seen>>,
}

/// Which outputs of a program are the terminal; the other is a pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outputs {
    /// Both.
    Both,
    /// Standard output alone.
    Stdout,
    /// Standard error alone.
    Stderr,
}

/// What a terminal has been sent, and what it makes of that.
struct Seen {
    emulator: avt::Terminal,
    bytes: Vec<u8>,
    /// The start of a character whose end has not come yet.
    rest: Vec<u8>,
}

/// What somebody sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The lines from the top of what can be scrolled back to, without blanks at their ends.
    pub lines: Vec<String>,
    /// How many of them have scrolled out of view.
    pub scrolled: usize,
    /// The column and the row of the cursor.
    pub cursor: (usize, usize),
}

impl Terminal {
    /// Opens a terminal of this size.
    ///
    /// # Panics
    ///
    /// Panics if the system has none.
    #[must_use]
    pub fn open(columns: u16, rows: u16) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal is free");
        grantpt(&master).expect("the terminal is ours");
        unlockpt(&master).expect("the terminal is ours");
        let path = ptsname(&master, Vec::new()).expect("the terminal has a name");
        let path = PathBuf::from(OsStr::from_bytes(path.as_bytes()));
        let emulator = avt::Terminal::with_scrollback(columns.into(), rows.into(), None);
        let emulator = emulator.expect("it is not empty");
        let seen = Seen { emulator, bytes: Vec::new(), rest: Vec::new() };
        let terminal = Self { master: File::from(master), path, seen: Arc::new(Mutex::new(seen)) };
        terminal.set_size(columns, rows);
        terminal
    }

    /// Runs a program on the terminal, by means of the program [`session`](../session.rs).
    ///
    /// # Panics
    ///
    /// Panics if it cannot be started.
    pub fn run(&self, session: &str, command: &Command, outputs: Outputs) -> Running {
        let mut leader = Command::new(session);
        leader.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => leader.env(name, value),
                None => leader.env_remove(name),
            };
        }
        let is_terminal = |only: Outputs| outputs == Outputs::Both || outputs == only;
        let stream = |only| if is_terminal(only) { self.stream() } else { Stdio::piped() };
        leader.stdin(self.stream());
        leader.stdout(stream(Outputs::Stdout)).stderr(stream(Outputs::Stderr));
        let running = Running::start(&mut leader);
        // Until the program has it, nobody holds the other end, and reading ends at once.
        let (mut master, seen) = (self.copy(), Arc::clone(&self.seen));
        thread::spawn(move || {
            let mut buffer = [0; 8_192];
            // The end of a terminal is an error on some systems.
            while let Ok(length @ 1..) = master.read(&mut buffer) {
                seen.lock().unwrap_or_else(PoisonError::into_inner).feed(&buffer[..length]);
            }
        });
        running
    }

    /// Changes the size, as somebody does with a mouse.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.seen().emulator.resize(columns.into(), rows.into());
        self.set_size(columns, rows);
    }

    /// Types something.
    ///
    /// # Panics
    ///
    /// Panics if the terminal is gone.
    pub fn enter(&self, text: &str) {
        self.copy().write_all(text.as_bytes()).expect("the terminal is there");
    }

    /// Returns what can be seen.
    #[must_use]
    pub fn picture(&self) -> Picture {
        self.seen().picture()
    }

    /// Waits for a picture that is as wanted.
    ///
    /// # Panics
    ///
    /// Panics with the picture if that takes too long.
    #[track_caller]
    pub fn until(&self, is_wanted: impl Fn(&Picture) -> bool) -> Picture {
        let picture = wait::until(PATIENCE, || {
            let picture = self.picture();
            if is_wanted(&picture) { Ok(picture) } else { Err(format!("{picture:#?}")) }
        });
        picture.unwrap_or_else(|err| panic!("{err}"))
    }

    /// Returns all that the program has sent, with what steers the terminal.
    #[must_use]
    pub fn bytes(&self) -> String {
        String::from_utf8_lossy(&self.seen().bytes).into_owned()
    }

    /// Whether anything that is written from here on would be coloured, and which text in view is.
    #[must_use]
    pub fn coloured(&self) -> Vec<String> {
        let seen = self.seen();
        let lines = seen.emulator.screen().visible_lines().map(|line| {
            let cells = line.cells().iter().filter(|cell| !cell.pen().is_default());
            cells.map(|cell| cell.char()).collect::<String>().trim().to_owned()
        });
        lines.filter(|text| !text.is_empty()).collect()
    }

    fn set_size(&self, columns: u16, rows: u16) {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&self.master, size).expect("the terminal is there");
    }

    fn stream(&self) -> Stdio {
        let file = File::options().read(true).write(true).open(&self.path);
        Stdio::from(file.expect("the terminal is there"))
    }

    fn copy(&self) -> File {
        let copy: OwnedFd = self.master.try_clone().expect("a descriptor is free").into();
        File::from(copy)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn feed(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.rest.extend_from_slice(bytes);
        let length = match std::str::from_utf8(&self.rest) {
            Ok(text) => text.len(),
            Err(err) if err.error_len().is_none() => err.valid_up_to(),
            Err(_) => self.rest.len(),
        };
        let whole: Vec<u8> = self.rest.drain(..length).collect();
        self.emulator.feed(&*String::from_utf8_lossy(&whole));
    }

    fn picture(&self) -> Picture {
        let screen = self.emulator.screen();
        let mut lines: Vec<String> =
            screen.all_lines().map(|line| line.text().trim_end().to_owned()).collect();
        let scrolled = lines.len() - screen.visible_lines().len();
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        let cursor = self.emulator.cursor();
        Picture { lines, scrolled, cursor: (cursor.col, cursor.row) }
    }
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seen").field("picture", &self.picture()).finish_non_exhaustive()
    }
}

impl Picture {
    /// Whether a line in view has this text.
    #[must_use]
    pub fn shows(&self, text: &str) -> bool {
        self.visible().iter().any(|line| line.contains(text))
    }

    /// The lines in view.
    #[must_use]
    pub fn visible(&self) -> &[String] {
        &self.lines[self.scrolled.min(self.lines.len())..]
    }
}
