//! The kubectl plugin as a library: [`run`] is the whole program, with its streams given.
//!
//! Data flows one way: `args` say what is asked, `source` reads objects into a view of a cluster,
//! `command` asks the [`meshroute`] library, `view` prints the answer. Data goes to stdout,
//! everything else to stderr.

mod args;
mod command;
mod connect;
mod edit;
mod exit;
mod history;
mod patch;
mod progress;
mod source;
mod temporary;
mod view;
mod yaml;

use std::{
    ffi::OsString,
    io::{self, IsTerminal, Read, Write},
    process::ExitCode,
};

use args::{Args, Command, CommandLine};
use exit::{Failure, code};

/// What the streams are like.
#[derive(Debug, Clone, Copy, Default)]
pub struct Look {
    /// Whether colours may be used, unless a flag or the environment says otherwise.
    pub colour: bool,
    /// Whether it is a terminal, where a picture can be drawn over the last one.
    pub terminal: bool,
    /// Whether somebody sits there who can be asked: stdin and stderr are a terminal.
    pub asks: bool,
}

/// The streams of a process.
pub(crate) struct Streams<'a> {
    pub(crate) stdin: &'a mut dyn Read,
    pub(crate) stdout: &'a mut dyn Write,
    pub(crate) stderr: &'a mut dyn Write,
}

/// Runs the program as it runs in a pipe, and returns its exit code. `args` start with the name of
/// the program.
///
/// ```
/// let mut out = Vec::new();
/// let code = kubectl_meshroute::run(
///     ["meshroute".into(), "version".into()], &mut std::io::empty(), &mut out, &mut std::io::sink());
/// assert_eq!((code, out.starts_with(b"meshroute ")), (0, true));
/// ```
pub fn run(
    args: impl IntoIterator<Item = OsString>,
    stdin: &mut dyn Read,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> u8 {
    run_with(Look::default(), args, stdin, stdout, stderr)
}

/// As [`run`], on a terminal or in a pipe.
pub fn run_with(
    look: Look,
    args: impl IntoIterator<Item = OsString>,
    stdin: &mut dyn Read,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> u8 {
    let mut streams = Streams { stdin, stdout, stderr };
    match dispatch(look, args, &mut streams) {
        Ok(code) => code,
        Err(Failure::Pipe) => code::DONE,
        Err(Failure::Interrupted) => code::INTERRUPTED,
        Err(Failure::Said { code, message }) => say(code, &message, &mut streams),
        Err(Failure::Lost(message)) => say(code::NO, &message, &mut streams),
    }
}

/// Runs the program with the arguments and streams of the process.
pub fn main() -> ExitCode {
    let terminal = io::stdout().is_terminal();
    let asks = io::stdin().is_terminal() && io::stderr().is_terminal();
    let look = Look { colour: terminal, terminal, asks };
    let (stdin, stdout) = (io::stdin(), io::stdout());
    ExitCode::from(run_with(
        look,
        std::env::args_os(),
        &mut stdin.lock(),
        &mut stdout.lock(),
        // Not locked: how far a long work is, another thread says.
        &mut io::stderr(),
    ))
}

fn say(code: u8, message: &str, streams: &mut Streams<'_>) -> u8 {
    // Nobody is left to tell if stderr is closed as well.
    let _ = writeln!(streams.stderr, "error: {message}");
    code
}

fn dispatch(
    look: Look,
    args: impl IntoIterator<Item = OsString>,
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    let Args { colour, command, given } = match args::parse(args) {
        CommandLine::Asked(args) => *args,
        CommandLine::Answered { text, is_error: false } => {
            write!(streams.stdout, "{text}")?;
            return Ok(code::DONE);
        }
        CommandLine::Answered { text, is_error: true } => {
            write!(streams.stderr, "{text}")?;
            return Ok(code::USAGE);
        }
    };
    let look = Look { colour: colour.resolve(look.colour), ..look };
    match command {
        Command::Split(split) => command::split::run(&split, &given, look, streams),
        Command::Promote(promote) => command::shift::promote(&promote, &given, look, streams),
        Command::Undo(undo) => command::undo::run(&undo, &given, look, streams),
        Command::History(history) => command::history::run(&history, &given, look, streams),
        Command::Diff(diff) => command::diff::run(&diff, look, streams).map_err(Failure::trouble),
        Command::Lint(lint) => command::lint::run(&lint, look, streams).map_err(Failure::trouble),
        Command::Fmt(fmt) => command::fmt::run(&fmt, streams).map_err(Failure::trouble),
        Command::Explain(explain) => command::explain::run(&explain, look, streams),
        Command::Completion { shell } => {
            let mut script = Vec::new();
            args::completion(shell, &mut script);
            streams.stdout.write_all(&script)?;
            Ok(code::DONE)
        }
        Command::Version => {
            writeln!(streams.stdout, "meshroute {}", env!("CARGO_PKG_VERSION"))?;
            Ok(code::DONE)
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::Pipe
        } else {
            Self::no(format!("cannot write the answer: {error}"))
        }
    }
}
