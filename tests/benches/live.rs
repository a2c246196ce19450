//! How long `split` takes on a cluster of 10,000 routes and 5,000 Services, as a ratio to the time
//! that kubectl takes to list the routes; and how much memory.
//!
//! `cargo build --release -p kubectl-meshroute && cargo bench -p meshroute-tests --bench live`.
//! Absolute times depend on the machine; the ratios of one run hardly do. Each figure is the best of
//! several rounds, which alternate.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::{process::Command, thread, time::Duration};

use meshroute_tests::{
    control_plane::{self, ControlPlane},
    many::{NAMESPACES, ROUTES, SERVICES, manifests},
    measure::{Used, program, shown, used},
    tools::Tool,
};

const ROUNDS: usize = 5;
/// How many run at once to fill the cluster.
const WRITERS: usize = 6;

fn main() {
    let Some(program) = program("kubectl-meshroute") else {
        println!("SKIPPED: build the program first, `cargo build --release -p kubectl-meshroute`");
        return;
    };
    let Some(cluster) = control_plane::own("bench") else { return };
    fill(&cluster);
    println!("{ROUTES} routes, {SERVICES} Services in a cluster; best of {ROUNDS} rounds");

    let kubectl = Tool::Kubectl.find().expect("the cluster was filled with it");
    let commands = [
        ("kubectl get httproute", &kubectl, vec!["get", "httproute", "-A", "-o", "json"]),
        ("split SERVICE", &program, vec!["split", "svc-7", "-n", "ns-7"]),
        ("split (a namespace)", &program, vec!["split", "-n", "ns-7"]),
        ("split -A (table)", &program, vec!["split", "-A"]),
        ("split -A -o json", &program, vec!["split", "-A", "-o", "json"]),
        ("start (version)", &program, vec!["version"]),
    ];
    let mut best = [Used { time: Duration::MAX, memory: None }; 6];
    for _ in 0..ROUNDS {
        for ((_, program, args), best) in commands.iter().zip(&mut best) {
            let mut command = Command::new(program);
            command.args(args).env("KUBECONFIG", cluster.kubeconfig());
            let used = used(&mut command).expect("it runs");
            if used.time < best.time {
                *best = used;
            }
        }
    }
    for ((name, _, _), used) in commands.iter().zip(&best) {
        let ratio = used.time.as_secs_f64() / best[0].time.as_secs_f64();
        let memory =
            used.memory.map_or_else(|| "?".into(), |memory| format!("{} MiB", memory >> 10));
        println!("{name:<24} {:>10}   {ratio:.2} of kubectl   {memory}", shown(used.time));
    }
}

/// Creates namespaces, Services and routes.
fn fill(cluster: &ControlPlane) {
    let create = |manifests: &str| cluster.kubectl(&["create", "-f", "-"], manifests).success();
    let namespace =
        |index| format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ns-{index}\n---\n");
    create(&(0..NAMESPACES).map(namespace).collect::<String>());
    let manifests = manifests();
    let documents: Vec<&str> = manifests.split_inclusive("---\n").collect();
    thread::scope(|scope| {
        for part in documents.chunks(documents.len().div_ceil(WRITERS)) {
            scope.spawn(move || create(&part.concat()));
        }
    });
}
