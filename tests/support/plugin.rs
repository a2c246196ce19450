//! The plugin as a program of its own, for tests that need another environment than theirs.

use std::{io, process::ExitCode};

fn main() -> ExitCode {
    let (stdin, stdout, stderr) = (io::stdin(), io::stdout(), io::stderr());
    ExitCode::from(kubectl_meshroute::run(
        std::env::args_os(),
        &mut stdin.lock(),
        &mut stdout.lock(),
        &mut stderr.lock(),
    ))
}
