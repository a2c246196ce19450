//! The admission webhook of meshroute.
//!
//! What it does today: it reads and checks its settings, answers `GET /livez` on the admin address, and stops cleanly.
//! What it does not do yet: serve admission.
//! It opens no other address, and says so when it starts.

pub mod admin;
pub mod args;
pub mod log;
pub mod review;

use std::{ffi::OsString, io::Write};

use clap::Parser as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{
    args::Args,
    log::{Level, Log},
};

/// It did what it was asked to do: served until it was told to stop, or printed help.
pub const STOPPED: u8 = 0;

/// It served, and serving ended without a request to stop.
pub const BROKE: u8 = 1;

/// It could not start: a bad setting, or an address that cannot be had.
pub const FAILED: u8 = 2;

/// Runs the program until a signal stops it and returns its exit code.
///
/// Help and version go to `out`, every other line to `err`.
pub fn run(
    args: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(error) if !error.use_stderr() => {
            // A reader that closed the pipe has seen enough.
            let _ = write!(out, "{error}");
            return STOPPED;
        }
        Err(error) => return refuse(err, &args::one_line(&error)),
    };
    if let Err(problem) = args.check() {
        return refuse(err, &problem);
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return refuse(err, &format!("cannot start the runtime: {error}")),
    };
    runtime.block_on(serve(&args, err))
}

/// Binds, says what is and what is not served, and serves until a signal arrives.
async fn serve(args: &Args, err: &mut dyn Write) -> u8 {
    let signals = signal(SignalKind::terminate())
        .and_then(|terminate| Ok((terminate, signal(SignalKind::interrupt())?)));
    let (terminate, interrupt) = match signals {
        Ok(signals) => signals,
        Err(error) => return refuse(err, &format!("cannot listen for signals: {error}")),
    };
    let listener = match admin::bind(args.admin_listen).await {
        Ok(listener) => listener,
        Err(problem) => return refuse(err, &problem),
    };

    let mut log = Log::new(args.log, err);
    let admin = admin::address(&listener);
    log.line(
        Level::Warning,
        "admission is not served yet, only GET /livez",
        &[("admin", &admin), ("unserved", &args.listen.to_string())],
    );
    log.line(Level::Info, "started", &[("admin", &admin)]);
    let served = admin::serve(listener, stopped(terminate, interrupt), admin::DRAIN).await;
    match served {
        Ok(()) => {
            log.line(Level::Info, "stopped", &[]);
            STOPPED
        }
        Err(error) => {
            log.line(Level::Error, "serving ended", &[("error", &error.to_string())]);
            BROKE
        }
    }
}

/// Resolves when the process is asked to stop.
async fn stopped(mut terminate: Signal, mut interrupt: Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// Prints the one line that says why the program does not start.
fn refuse(err: &mut dyn Write, problem: &str) -> u8 {
    // Nobody is left to tell when stderr is gone; the exit code says it too.
    let _ = writeln!(err, "error: {problem}");
    FAILED
}
