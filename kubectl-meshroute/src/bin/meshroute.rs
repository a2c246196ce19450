//! `meshroute`: the plugin by its own name, for pipelines and whoever has no kubectl.

use std::process::ExitCode;

fn main() -> ExitCode {
    kubectl_meshroute::main()
}
