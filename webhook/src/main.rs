//! The program `meshroute-webhook`: hands its arguments and streams to the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    meshroute_webhook::run(std::env::args_os(), &mut std::io::stdout(), std::io::stderr()).into()
}
