//! What kubectl makes of a kustomization.

use std::{
    io,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::{exit::Failure, source::git::Tree};

/// The names that make a folder a kustomization (kustomize, `konfig.RecognizedKustomizationFileNames`).
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Whether a folder is one.
pub(super) fn is_one(folder: &Path) -> bool {
    file(folder).is_some()
}

/// The file that makes a folder one.
pub(super) fn file(folder: &Path) -> Option<PathBuf> {
    NAMES.iter().map(|name| folder.join(name)).find(|file| file.is_file())
}

/// Builds a kustomization.
pub(super) fn build(folder: &str) -> Result<Vec<u8>, Failure> {
    let cannot = |error| failed(folder, &not_run(&error));
    let output = command(Path::new(folder)).output().map_err(cannot)?;
    printed(output).map_err(|why| failed(folder, &why))
}

/// Builds a kustomization as it is in a tree.
pub(super) fn build_in(tree: &mut Tree, name: &str) -> Result<Vec<u8>, Failure> {
    let mut command = command(&tree.folder);
    let cannot = |error| failed(name, &not_run(&error));
    let output = tree.private.output(&mut command, cannot)?;
    printed(output).map_err(|why| {
        let hint = if why.contains("no such file") {
            "; of a ref, only what Git holds is there"
        } else {
            ""
        };
        // Where the tree lies for a moment tells nobody anything.
        let root = format!("{}/", tree.root.display());
        failed(name, &format!("{}{hint}", why.replace(&root, &format!("{}:", tree.reference))))
    })
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new("kubectl");
    command.arg("kustomize").arg(folder);
    command
}

fn not_run(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "kubectl is not on the PATH".into(),
        _ => error.to_string(),
    }
}

/// What it printed, or why it did not.
fn printed(output: Output) -> Result<Vec<u8>, String> {
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(reason(said.trim()))
}

/// What kubectl says, without what it puts around it: some builds of it print a line of a log.
fn reason(said: &str) -> String {
    let logged = said.split_once("] \"command failed\" err=\"").map(|(_, why)| why);
    match logged.and_then(|why| why.strip_suffix('"')) {
        Some(why) => why.replace("\\\"", "\""),
        None => said.trim_start_matches("error: ").to_owned(),
    }
}

fn failed(name: &str, why: &str) -> Failure {
    Failure::no(format!("cannot build {name} with `kubectl kustomize`: {why}"))
}

#[cfg(test)]
mod tests {
    use super::reason;

    #[test]
    fn only_the_reason_is_told() {
        for said in [
            "no",
            "error: no",
            r#"E1125 19:02:48.330957   17728 run.go:72] "command failed" err="no""#,
        ] {
            assert_eq!(reason(said), "no", "{said}");
        }
        let quoted = r#"E1 x.go:7] "command failed" err="at \"a\"""#;
        assert_eq!(reason(quoted), r#"at "a""#);
    }
}
