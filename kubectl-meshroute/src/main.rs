//! `kubectl meshroute`: shows, shifts and checks the traffic split that a Service has in a mesh.

use std::process::ExitCode;

fn main() -> ExitCode {
    kubectl_meshroute::main()
}
