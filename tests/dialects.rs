//! Regular expressions that RE2 takes, and those that it refuses, as Go says of its twin.
#![expect(clippy::print_stdout, reason = "a test that judges says how much it judged")]

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use meshroute::dialect::Engine;
use meshroute_tests::tools::skip_unless;

/// What `dialects/main.go` printed: for hand-picked expressions, and for those that it makes up.
/// `cut -f2 go.tsv | go run main.go` prints it anew, `go run main.go 1500` makes others up.
const RECORDED: &str = include_str!("dialects/go.tsv");

#[test]
fn re2_is_judged_as_go_judges() {
    let mut wrong = Vec::new();
    let (mut taken, mut refused) = (0, 0);
    for (go, pattern) in recorded() {
        let why = Engine::Re2.refuses(&pattern);
        match (go, &why) {
            (true, None) => taken += 1,
            (false, Some(_)) => refused += 1,
            (true, Some(why)) => wrong.push(format!("{pattern:?} is fine, not refused: {why}")),
            (false, None) => wrong.push(format!("{pattern:?} is refused, not fine")),
        }
    }
    println!("{taken} are taken, {refused} refused, {} wrong", wrong.len());
    assert!(taken > 300 && refused > 500, "{taken} taken and {refused} refused are too few");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What is recorded is what the Go on this machine says.
#[test]
fn go_still_says_what_is_recorded() {
    let Some(said) = skip_unless("go", ask_go()) else { return };
    assert_eq!(said, RECORDED.trim());
}

#[test]
fn what_only_one_engine_takes_is_told_apart() {
    for (pattern, re2, rust) in [
        ("/users/{id}", true, false),
        (r"/[\w-_]+", true, false),
        ("/[a[b]", true, false),
        (r"/\Qa.b\E", true, false),
        ("/a(?=b)", false, false),
        (r"(a)\1", false, false),
        (r"[\b]", false, false),
        ("a**", false, true),
        ("(?x) a", false, true),
        ("[a&&b]", true, true),
    ] {
        let takes = |engine: Engine| engine.refuses(pattern).is_none();
        assert_eq!((takes(Engine::Re2), takes(Engine::Rust)), (re2, rust), "{pattern}");
    }
}

fn recorded() -> impl Iterator<Item = (bool, String)> {
    RECORDED.lines().map(|line| {
        let (verdict, pattern) = line.split_once('\t').expect("a verdict and an expression");
        (verdict == "ok", serde_json::from_str(pattern).expect("a JSON string"))
    })
}

/// The verdicts of the Go on this machine on the recorded expressions.
fn ask_go() -> Result<String, String> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("dialects/main.go");
    let mut go = Command::new("go")
        .args(["run".as_ref(), program.as_os_str()])
        .current_dir(std::env::temp_dir())
        .env("GOTOOLCHAIN", "local")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("go cannot be run ({error}); install Go"))?;
    let patterns: Vec<&str> =
        RECORDED.lines().filter_map(|line| line.split_once('\t')).map(|(_, it)| it).collect();
    let mut stdin = go.stdin.take().expect("it is a pipe");
    stdin.write_all((patterns.join("\n") + "\n").as_bytes()).map_err(|it| it.to_string())?;
    drop(stdin);
    let output = go.wait_with_output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
