//! The program as a process: settings from the environment, signals, exit codes.

use std::{
    net::TcpListener,
    process::{Command, Output},
};

use crate::{
    client::{Client, trusting},
    program::{Folder, Running, webhook},
    reviews,
};

fn output(command: &mut Command) -> Output {
    command.output().expect("the program starts")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("the program prints text")
}

#[test]
fn it_lives_until_a_signal_and_flags_win_over_the_environment() {
    for signal in ["TERM", "INT"] {
        let mut running = Running::start(
            webhook()
                .args(["--log", "text", "--tls", "self-signed", "--cluster", "none"])
                .args(["--shutdown-delay", "0"])
                .env("MESHROUTE_LOG", "json"),
        );
        assert!(running.get("/livez").ends_with("\r\n\r\nok"));
        running.signal(signal);
        assert_eq!(running.wait().code(), Some(0));
        assert_eq!(running.line_with("stop"), "info: stopped");
    }
}

#[test]
fn without_a_cluster_the_way_out_is_said() {
    let mut command = webhook();
    command.args(["--tls", "self-signed"]).env("KUBECONFIG", "/nowhere/config");
    let output = output(command.env_remove("KUBERNETES_SERVICE_HOST"));
    assert_eq!(output.status.code(), Some(2));
    let stderr = text(&output.stderr);
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    for words in ["error: cannot find a cluster", "/nowhere/config", "--cluster none"] {
        assert!(stderr.contains(words), "{words}: {stderr}");
    }
}

#[test]
fn a_review_is_one_line_without_the_object() {
    let (running, authority) = Running::self_signed(&["--log", "json"]);
    let config = trusting(&authority, "http/1.1");
    let mut client = Client::new(&running.listen, &config).expect("it listens");
    let answer =
        client.post("/validate?timeout=10s", reviews::bad().as_bytes()).expect("an answer");
    assert_eq!(answer.status, 200, "{answer:?}");
    client.post("/validate", b"no JSON").expect("an answer");
    let line: serde_json::Value =
        serde_json::from_str(&running.line_with("review")).expect("a line is JSON");
    assert_eq!(line["verdict"], "denied", "{line}");
    assert_eq!(line["uid"], "11111111-2222-3333-4444-555555555555");
    assert_eq!((&line["namespace"], &line["name"]), (&"shop".into(), &"reviews".into()));
    assert_eq!((&line["kind"], &line["operation"]), (&"HTTPRoute".into(), &"CREATE".into()));
    assert!(line["codes"].as_str().is_some_and(|codes| codes.contains("MR001")), "{line}");
    assert!(!line.to_string().contains("aaaa"), "{line}");
    let next = running.line();
    assert!(next.contains("400") && next.contains("refused"), "{next}");
    let metrics = running.get("/metrics");
    for counted in [
        "meshroute_http_requests_total{path=\"/validate\",code=\"200\"} 1",
        "meshroute_admission_findings_total{code=\"MR001\",level=\"error\"} 1",
    ] {
        assert!(metrics.contains(counted), "{counted} is not in\n{metrics}");
    }
}

#[test]
fn an_authority_that_cannot_be_written_is_one_line_and_exit_2() {
    let folder = Folder::new();
    let path = folder.path("none").join("ca.pem");
    let flags = ["--tls", "self-signed", "--cluster", "none", "--listen", "127.0.0.1:0"];
    let command = &mut webhook();
    command.args(flags).args(["--admin-listen", "127.0.0.1:0", "--ca-out"]).arg(&path);
    let output = output(command);
    assert_eq!(output.status.code(), Some(2));
    let problem = format!("error: cannot write --ca-out {}: ", path.display());
    assert!(text(&output.stderr).starts_with(&problem), "{}", text(&output.stderr));
    assert_eq!(text(&output.stderr).lines().count(), 1);
}

#[test]
fn an_address_in_use_is_one_line_and_exit_2() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("loopback can be bound");
    let address = taken.local_addr().expect("a bound listener has an address").to_string();
    let output = output(webhook().args(["--tls", "self-signed", "--admin-listen", &address]));
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        text(&output.stderr),
        format!(
            "error: cannot listen on {address}: the address is in use; choose another with --admin-listen\n"
        )
    );
    assert_eq!(text(&output.stdout), "");
}

#[test]
fn a_bad_setting_is_one_line_and_exit_2() {
    for (flags, problem) in [
        (["--tls", "files"], "error: --tls files needs --tls-cert\n"),
        (
            ["--enforce", "maybe"],
            "error: invalid value 'maybe' for '--enforce <MODE>' [possible values: deny, warn] (see --help)\n",
        ),
    ] {
        let output = output(webhook().args(flags));
        assert_eq!(output.status.code(), Some(2), "{flags:?}");
        assert_eq!(text(&output.stderr), problem);
    }
}

#[test]
fn help_is_on_stdout() {
    let output = output(webhook().arg("--help"));
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("MESHROUTE_ADMIN_LISTEN"));
    assert_eq!(text(&output.stderr), "");
}
