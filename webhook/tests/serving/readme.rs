//! The lines of the README, run as they stand there.

use std::{fs, os::unix::fs::symlink, path::Path, process::Command};

use crate::program::{Folder, Running};

/// The `sh` blocks of a section.
fn blocks(section: &str) -> Vec<String> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let text = fs::read_to_string(readme).expect("the README");
    let start = format!("\n## {section}\n");
    let section = text.split(&start).nth(1).expect("the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let blocks = section.split("```sh\n").skip(1);
    blocks.filter_map(|block| block.split("```").next()).map(str::to_owned).collect()
}

fn shell(lines: &str, folder: &Folder) -> Command {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("sh");
    command.args(["-ec", lines]).current_dir(folder.path(""));
    command.env("PATH", format!("{}:{path}", folder.path("bin").display()));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MESHROUTE_")) {
        command.env_remove(name);
    }
    command
}

/// The ports are those that the system chooses: others may be using the usual ones.
#[test]
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn admission_can_be_tried_without_a_cluster() {
    if Command::new("curl").arg("--version").output().is_err() {
        assert!(std::env::var_os("MESHROUTE_REQUIRE").is_none(), "there is no curl");
        println!("SKIPPED readme: there is no curl");
        return;
    }
    let blocks = blocks("Admission");
    let [start, ask, ..] = blocks.as_slice() else { panic!("two blocks: {blocks:?}") };
    let folder = Folder::new();
    fs::create_dir(folder.path("bin")).expect("a folder");
    symlink(env!("CARGO_BIN_EXE_meshroute-webhook"), folder.path("bin/meshroute-webhook"))
        .expect("a link");
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    symlink(examples, folder.path("examples")).expect("a link");

    let running = Running::start(&mut shell(&format!("exec {start}"), &folder));
    running.line_with("certificate taken");
    assert!(ask.contains(":9443/") && ask.contains(":9444/"), "{ask}");
    let port = |address: &str| address.rsplit(':').next().unwrap_or_default().to_owned();
    let ask = ask.replace("9443", &port(&running.listen)).replace("9444", &port(&running.admin));
    let output = shell(&ask, &folder).output().expect("sh runs");
    let answer = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert!(answer.contains("\"allowed\":false") && answer.contains("MR001"), "{answer}");
    assert!(answer.ends_with("ok\n"), "{answer}");
}
