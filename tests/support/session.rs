//! Runs a program as a shell in a terminal does: at the head of a session that the terminal belongs to.
//!
//! `session PROGRAM ARGUMENT…`, with the terminal as standard input. Only so do Ctrl-C and a new size
//! reach the program.

#![expect(clippy::print_stderr, reason = "there is nobody else to tell")]

use std::{
    env, io,
    os::unix::process::CommandExt as _,
    process::{Command, ExitCode},
};

use rustix::process::{ioctl_tiocsctty, setsid};

fn main() -> ExitCode {
    let mut args = env::args_os().skip(1);
    let program = args.next().unwrap_or_default();
    let lead = || -> io::Result<()> {
        setsid()?;
        Ok(ioctl_tiocsctty(io::stdin())?)
    };
    let error = match lead() {
        Ok(()) => Command::new(&program).args(args).exec(),
        Err(error) => error,
    };
    eprintln!("{} cannot be run in a session: {error}", program.display());
    ExitCode::FAILURE
}
