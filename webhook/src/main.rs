//! The program `meshroute-webhook`: hands its arguments and streams to the library.

use std::process::ExitCode;

/// A review is made of hundreds of small texts: to hand these out is an eighth of its time, and half of that with this.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    meshroute_webhook::run(std::env::args_os(), &mut std::io::stdout(), std::io::stderr()).into()
}
