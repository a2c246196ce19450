//! `kubectl meshroute`: shows the traffic split that a Service has in a mesh.

use std::{
    io::{self, IsTerminal},
    process::ExitCode,
};

use kubectl_meshroute::{Look, run_with};

fn main() -> ExitCode {
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
