//! A network namespace for the tests of a program: the program runs itself again inside of one.
//!
//! There every address and every port is its own. What is started inside ends with the program, and the namespace with it.

use std::{
    env, fs,
    net::Ipv4Addr,
    path::Path,
    process::{Command, ExitStatus},
    sync::OnceLock,
    time::Duration,
};

use crate::{
    supervised::{Folder, Program},
    tools, wait,
};

/// Addresses that are nobody's (RFC 5737): all of `198.51.100.0/24` is our own there.
pub const NETWORK: [u8; 3] = [198, 51, 100];

/// Whether the program runs inside.
const INSIDE: &str = "MESHROUTE_TESTS_INSIDE";

/// Longer than any tests take, also those that run for hours on demand.
const PATIENCE: Duration = Duration::from_secs(24 * 60 * 60);

/// Brings up the only device that there is, and becomes the program. A whole network of a loopback device is local.
///
/// Some tests have many connections, both ends of them.
const ENTER: &str = r#"
ulimit -n "$(ulimit -Hn)"
ip link set lo up && ip address add 198.51.100.1/24 dev lo || exit 125
export MESHROUTE_TESTS_INSIDE=1
exec "$@"
"#;

/// What all tests have printed inside.
struct Run {
    status: ExitStatus,
    output: String,
}

/// Whether this is the program inside.
#[must_use]
pub fn is_inside() -> bool {
    env::var_os(INSIDE).is_some()
}

/// Adds or deletes a route that leads what is for an address out of the only device, and so to nobody.
///
/// # Panics
///
/// Panics if the network cannot be changed.
pub(crate) fn route(verb: &str, address: Ipv4Addr) {
    let address = format!("{address}/32");
    let args = ["route", verb, "unicast", &address, "dev", "lo", "table", "local"];
    let outcome = Command::new("ip").args(args).output().expect("it was there at the start");
    assert!(outcome.status.success(), "{}", String::from_utf8_lossy(&outcome.stderr));
}

/// Runs the tests of this program inside, once for all of them, and says of one how it went there.
///
/// What needs the network outside is done by `prepare` before.
///
/// # Panics
///
/// Panics if the test fails inside, or if there can be no namespace and the environment demands that no test is skipped.
#[expect(clippy::print_stdout, reason = "the output of a test that has run elsewhere")]
pub fn run(test: &str, prepare: impl FnOnce() -> Result<(), String>) {
    static RUN: OnceLock<Result<Run, String>> = OnceLock::new();
    let ran = RUN.get_or_init(|| prepare().and_then(|()| again()));
    let Some(ran) = tools::skip_unless(test, ran.as_ref().map_err(Clone::clone)) else { return };
    let section = section(&ran.output, test);
    let passed = ran.output.lines().any(|line| {
        let name = line.strip_prefix("test ").and_then(|line| line.strip_suffix(" ... ok"));
        name.is_some_and(|name| is_named(name, test))
    });
    assert!(passed, "inside, with {}:\n{section}", ran.status);
    println!("{section}");
}

fn again() -> Result<Run, String> {
    let flags = flags()?;
    let folder = Folder::new().map_err(|err| format!("no folder for an output: {err}"))?;
    let log = folder.path().join("log");
    let program = env::current_exe().map_err(|err| format!("this program is nowhere: {err}"))?;
    let mut args = [flags, &["sh", "-c", ENTER, "sh"]].concat();
    let program = program.to_string_lossy();
    args.push(&program);
    let mut args: Vec<String> = args.into_iter().map(str::to_owned).collect();
    // The same tests; how their output is shown is up to the program outside.
    args.extend(
        env::args().skip(1).filter(|arg| !arg.ends_with("-output") && arg != "--nocapture"),
    );
    args.push("--show-output".to_owned());
    let mut program =
        Program::start(Path::new("unshare"), &args, &log).map_err(|err| err.to_string())?;
    let status = wait::until(PATIENCE, || match program.ended() {
        Ok(status) => status.ok_or_else(|| "the tests inside have not ended".to_owned()),
        Err(err) => Err(err.to_string()),
    })?;
    let output = fs::read(&log).map_err(|err| format!("no output: {err}"))?;
    Ok(Run { status, output: String::from_utf8_lossy(&output).into_owned() })
}

/// How a namespace can be made here: root may, and others where the system gives them users of their own.
fn flags() -> Result<&'static [&'static str], String> {
    let mut reasons = Vec::new();
    for flags in [&["-n"][..], &["-Urn"][..]] {
        let tried =
            Command::new("unshare").args(flags).args(["sh", "-c", ENTER, "sh", "true"]).output();
        match tried {
            Ok(output) if output.status.success() => return Ok(flags),
            Ok(output) => reasons.push(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Err(err) => reasons.push(format!("unshare (util-linux) cannot be run: {err}")),
        }
    }
    Err(format!(
        "no network namespace: {}; it takes unshare (util-linux), ip (iproute2), and root or unprivileged user namespaces",
        reasons.join("; ")
    ))
}

/// What one test has printed; everything, where that cannot be told.
fn section<'a>(output: &'a str, test: &str) -> &'a str {
    let starts = |line: &str| {
        let name = line.strip_prefix("---- ").and_then(|line| line.strip_suffix(" stdout ----"));
        name.is_some_and(|name| is_named(name, test))
    };
    let Some(line) = output.lines().find(|line| starts(line)) else {
        return if output.contains("\ntest result: ") { "" } else { output };
    };
    let start = output.find(line).map_or(0, |at| at + line.len());
    let rest = &output[start..];
    let end = ["\n---- ", "\nfailures:\n", "\nsuccesses:\n"].iter().filter_map(|it| rest.find(it));
    rest[..end.min().unwrap_or(rest.len())].trim()
}

fn is_named(name: &str, test: &str) -> bool {
    name == test || name.strip_suffix(test).is_some_and(|module| module.ends_with("::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_output_of_a_test_is_found() {
        let output = "test a::b ... ok\ntest a::bb ... FAILED\n\nsuccesses:\n\n---- a::b stdout ----\n1 write\n\n\n\
            successes:\n    a::b\n\nfailures:\n\n---- a::bb stdout ----\nbroke\n\n\nfailures:\n    a::bb\n\n\
            test result: FAILED.";
        assert_eq!(section(output, "b"), "1 write");
        assert_eq!(section(output, "bb"), "broke");
        assert_eq!(section(output, "c"), "");
        assert_eq!(section("killed", "c"), "killed");
    }
}
