//! Every console block of the documents shows what its commands really print.
//!
//! `UPDATE_EXPECT=1 cargo test -p meshroute-tests --test docs` writes the real output into the documents.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use meshroute_tests::transcript::{self, Outcome};

/// Where documents are: these folders and everything below them, and the Markdown files of the root itself.
const FOLDERS: &[&str] = &["docs", "examples", "tests/cases"];

#[test]
fn console_blocks_show_what_the_commands_print() {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are in the workspace");
    // The commands name files as seen from the root. No other test of this program minds.
    std::env::set_current_dir(root).expect("the root can be entered");
    let update = std::env::var_os("UPDATE_EXPECT").is_some();

    let mut problems = Vec::new();
    let mut commands = 0;
    for path in documents() {
        let name = path.display();
        let text = fs::read_to_string(&path).expect("a document can be read");
        let replay = match transcript::replay(&text, &mut |words| run(words)) {
            Ok(replay) => replay,
            Err(found) => {
                problems.extend(found.iter().map(|problem| format!("{name}: {problem}")));
                continue;
            }
        };
        commands += replay.commands;
        if update {
            if replay.text != text {
                fs::write(&path, replay.text).expect("a document can be written");
            }
            continue;
        }
        problems.extend(replay.differences.iter().map(|difference| {
            format!(
                "{name}: line {}: $ {}\n--- the document says\n{}\n--- it prints\n{}\n---",
                difference.line,
                difference.command,
                difference.documented.join("\n"),
                difference.real.join("\n"),
            )
        }));
    }
    assert!(
        problems.is_empty(),
        "{}\n(UPDATE_EXPECT=1 writes the real output into the documents)",
        problems.join("\n")
    );
    assert!(commands > 0, "no document shows a command");
}

/// The documents, in a fixed order.
fn documents() -> Vec<PathBuf> {
    let mut documents = markdown(Path::new("."), false);
    for folder in FOLDERS {
        documents.extend(markdown(Path::new(folder), true));
    }
    documents.sort();
    documents
}

fn markdown(folder: &Path, below: bool) -> Vec<PathBuf> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => panic!("{}: {error}", folder.display()),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.expect("a folder can be listed").path();
        if path.is_dir() && below {
            found.extend(markdown(&path, below));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found
}

/// Runs the plugin in this process, whichever of its names the document calls it by.
fn run(words: &[String]) -> Result<Outcome, String> {
    let args = arguments(words)?.into_iter().map(OsString::from);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = kubectl_meshroute::run(args, &mut io::empty(), &mut out, &mut err);
    out.extend(err);
    let text = String::from_utf8(out).map_err(|error| format!("the output is no text: {error}"))?;
    Ok(Outcome { text, code })
}

/// Returns the arguments of the plugin, the name it is called by first.
fn arguments(words: &[String]) -> Result<Vec<String>, String> {
    let words = words.iter().map(String::as_str).collect::<Vec<_>>();
    let (name, rest) = match words.as_slice() {
        ["kubectl", "meshroute", rest @ ..]
        | ["cargo", "run", "-p", "kubectl-meshroute", "--", rest @ ..]
        | ["cargo", "run", "-q", "-p", "kubectl-meshroute", "--", rest @ ..] => {
            ("kubectl-meshroute", rest)
        }
        ["meshroute", rest @ ..] => ("meshroute", rest),
        _ => {
            return Err(format!(
                "{:?} cannot be run here: use an sh block for it",
                words.join(" ")
            ));
        }
    };
    Ok(std::iter::once(name).chain(rest.iter().copied()).map(str::to_owned).collect())
}

#[test]
fn every_way_to_call_the_plugin_is_known() {
    let call = |line: &str| arguments(&transcript::words(line).expect("a plain command"));
    for (line, expected) in [
        ("kubectl meshroute split a", Some("kubectl-meshroute split a")),
        ("meshroute split a", Some("meshroute split a")),
        ("cargo run -p kubectl-meshroute -- split a", Some("kubectl-meshroute split a")),
        ("cargo run -q -p kubectl-meshroute -- split a", Some("kubectl-meshroute split a")),
        ("kubectl get httproute", None),
        ("cargo test --workspace", None),
    ] {
        assert_eq!(call(line).ok().map(|args| args.join(" ")).as_deref(), expected, "{line}");
    }
}
