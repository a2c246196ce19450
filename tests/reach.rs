//! The way to a server, and what goes wrong on it: TLS, proxies, time, and answers that are none.

#![cfg(unix)]

use std::{
    io::Write,
    net::{Ipv4Addr, TcpListener},
    sync::atomic::{AtomicUsize, Ordering},
};

use meshroute_tests::{
    authority::Authority,
    cluster::{Cluster, FAR, HOST},
    process::Process,
    proxy::Proxy,
    server::{Answer, Server},
};

fn process() -> Process {
    Process::new(env!("CARGO_BIN_EXE_meshroute-tests-plugin"), env!("CARGO_TARGET_TMPDIR"))
}

/// Runs a command that needs a cluster, and returns what it says last.
fn said(process: &Process, args: &[&str]) -> String {
    let outcome = process.run(&[&["split", "a"], args].concat());
    assert_eq!(outcome.code, 1, "{args:?}: {}", outcome.stderr);
    let last = outcome.stderr.lines().last().unwrap_or_default();
    last.strip_prefix("error: ").expect("an error").to_owned()
}

fn reached(process: &Process, args: &[&str]) {
    let message = said(process, args);
    assert!(message.ends_with("/a not found"), "{args:?}: {message}");
}

/// A port on loopback where nobody listens.
fn closed() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback is there");
    listener.local_addr().expect("it is bound").port()
}

/// What a server says that answers like this, over plain HTTP.
fn answered(answer: Answer) -> String {
    let server = Server::start(None, move |_| answer.clone());
    let url = format!("http://127.0.0.1:{}", server.port);
    let message = said(&process(), &["-s", &url]);
    assert_eq!(server.firsts().len(), 1, "nothing is asked twice");
    message.replace(&url, "URL")
}

#[test]
fn a_certificate_must_be_known_valid_and_for_the_host() {
    let (cluster, process) = (Cluster::start(), process());
    let url = cluster.url();
    let other = process.file("other.pem", &Authority::new("other").pem());
    let same_name = process.file("same-name.pem", &Authority::new("authority").pem());
    let authority = process.file("ca.pem", &cluster.authority.pem());
    let message = said(&process, &["-s", &url, "--certificate-authority", &other]);
    assert!(
        message.starts_with(&format!("cannot trust {url}: its certificate is from an authority")),
        "{message}"
    );
    let message = said(&process, &["-s", &url, "--certificate-authority", &same_name]);
    assert!(message.starts_with(&format!("cannot trust {url}: ")), "{message}");
    let message = said(&process, &["-s", &url]);
    assert!(message.starts_with(&format!("cannot trust {url}: ")), "{message}");

    let base = ["-s", &url, "--certificate-authority", &authority, "--tls-server-name"];
    reached(&process, &[&base[..], &[HOST]].concat());
    let message = said(&process, &[&base[..], &["elsewhere"]].concat());
    assert!(message.contains("is for 127.0.0.1, cluster.example, not for elsewhere"), "{message}");

    let server = format!("server: '{url}', certificate-authority: ca.pem, tls-server-name: no");
    cluster.configure_at(&process, &server.replace("no", "'wrong'"), "token: t");
    assert!(said(&process, &[]).contains("not for wrong"));
    // The name is that of the server in the kubeconfig.
    reached(&process, &["-s", &url]);

    let old = cluster.authority.sign(&["127.0.0.1"], 2001);
    let old = Server::start(Some(cluster.authority.server(&old)), |_| Answer::nothing());
    let url = format!("https://127.0.0.1:{}", old.port);
    let message = said(&process, &["-s", &url, "--certificate-authority", &authority]);
    assert!(message.contains("has expired"), "{message}");
    assert!(old.asked().is_empty());
}

#[test]
fn an_authority_may_be_the_certificate_of_the_server() {
    let process = process();
    let (authority, signed) = Authority::serving(&["127.0.0.1"]);
    let server = Server::start(Some(authority.server(&signed)), |_| Answer::nothing());
    let url = format!("https://127.0.0.1:{}", server.port);
    let pem = process.file("ca.pem", &authority.pem());
    let base = ["-s", &url, "--certificate-authority", &pem];
    reached(&process, &base);
    let message = said(&process, &[&base[..], &["--tls-server-name", "elsewhere"]].concat());
    assert!(message.contains("not for elsewhere"), "{message}");
    let (other, _) = Authority::serving(&["127.0.0.1"]);
    let pem = process.file("other.pem", &other.pem());
    let message = said(&process, &["-s", &url, "--certificate-authority", &pem]);
    assert!(message.starts_with(&format!("cannot trust {url}")), "{message}");
}

#[test]
fn whoever_wants_it_does_without_a_check() {
    let (cluster, process) = (Cluster::start(), process());
    reached(&process, &["-s", &cluster.url(), "--insecure-skip-tls-verify"]);
    let server = format!("server: '{}', insecure-skip-tls-verify: true", cluster.url());
    cluster.configure_at(&process, &server, "token: t");
    reached(&process, &[]);
    let message = said(&process, &["--insecure-skip-tls-verify=false"]);
    assert!(message.starts_with("cannot trust "), "{message}");
    cluster.configure_at(&process, &format!("{server}, certificate-authority: ca.pem"), "token: t");
    assert!(said(&process, &[]).contains("take one of the two out"));
    // The flag puts an authority of the kubeconfig aside.
    reached(&process, &["--insecure-skip-tls-verify"]);
    cluster.configure_at(
        &process,
        &format!("server: '{}', certificate-authority: gone", cluster.url()),
        "",
    );
    assert!(said(&process, &[]).starts_with("cannot read the certificate authority "));
    let rubbish = process.file("rubbish", "no PEM");
    let message = said(&process, &["--certificate-authority", &rubbish]);
    assert_eq!(message, format!("{rubbish} holds no certificate of an authority in PEM"));
}

#[test]
fn servers_that_are_not_there_are_named() {
    let process = process();
    let port = closed();
    let message = said(&process, &["-s", &format!("https://127.0.0.1:{port}")]);
    assert_eq!(
        message,
        format!(
            "https://127.0.0.1:{port} refuses the connection; is it running, and is its address in --server right?"
        )
    );
    let message = said(&process, &["-s", "https://nowhere.invalid:6443"]);
    assert!(
        message.starts_with("the host of https://nowhere.invalid:6443 cannot be looked up"),
        "{message}"
    );
    let plain = Server::start(None, |_| Answer::nothing());
    let message = said(&process, &["-s", &format!("https://127.0.0.1:{}", plain.port)]);
    assert!(message.contains("TLS"), "{message}");
}

#[test]
fn an_answer_must_come_in_time_and_whole() {
    let cut = |cut, is_silent| Answer { cut: Some(cut), is_silent, ..Answer::nothing() };
    for (answer, expected) in [
        (cut(0, true), "has not answered within 0.3 s; --request-timeout says how long to wait"),
        (cut(5, true), "has not answered within 0.3 s; --request-timeout says how long to wait"),
        (cut(0, false), "hangs up without a whole answer"),
        (cut(5, false), "hangs up without a whole answer"),
    ] {
        let server = Server::start(None, move |_| answer.clone());
        let url = format!("http://127.0.0.1:{}", server.port);
        let message = said(&process(), &["-s", &url, "--request-timeout", "300ms"]);
        assert!(message.starts_with(&format!("{url} {expected}")), "{message}");
    }
}

#[test]
fn answers_that_are_no_success_are_told() {
    let status = |message: &str| {
        format!("{{\"kind\": \"Status\", \"message\": \"{message}\", \"reason\": \"Forbidden\"}}")
    };
    let page = "<html>\n<h1>Sign in</h1>";
    for (answer, expected) in [
        (
            Answer::new(status("Unauthorized")).status(401),
            "URL does not accept requests over plain HTTP, which carry no credentials (401): log in anew, or name another user with --context, --user or --token",
        ),
        (
            Answer::new(status("a\\u001b[31m is forbidden:\\nno")).status(403),
            "URL answers 403: a [31m is forbidden: no",
        ),
        (
            Answer::new("").status(302).header("location", "https://login"),
            "URL answers 302 Found and points to https://login: it is no API server; name the right address with --server",
        ),
        (
            Answer::new(page).status(502),
            "URL answers 502 Bad Gateway without a word of Kubernetes: a proxy or login page may stand in between",
        ),
        (
            Answer::new("upstream is\ndown").status(503),
            "URL answers 503 Service Unavailable: upstream is down",
        ),
        (
            Answer::new(page),
            "URL answers with a web page, as a proxy or login page does; is it the address of an API server?",
        ),
        (
            Answer::new("ok"),
            "URL answers with what is no JSON of Kubernetes: expected value at line 1 column 1; is it the address of an API server?",
        ),
    ] {
        assert_eq!(answered(answer), expected);
    }
}

#[test]
fn a_server_that_has_too_much_to_do_is_asked_again() {
    let busy = |times: usize| {
        let count = AtomicUsize::new(0);
        Server::start(None, move |_| match count.fetch_add(1, Ordering::Relaxed) {
            number if number < times => {
                let status = r#"{"kind": "Status", "message": "Too many requests"}"#;
                Answer::new(status).status(429).header("retry-after", "0")
            }
            _ => Answer::nothing(),
        })
    };
    let server = busy(3);
    reached(&process(), &["-s", &format!("http://127.0.0.1:{}", server.port)]);
    assert_eq!(server.firsts().len(), 4);
    let server = busy(usize::MAX);
    let message = said(&process(), &["-s", &format!("http://127.0.0.1:{}", server.port)]);
    assert!(message.ends_with("429: Too many requests"), "{message}");
    assert_eq!(server.firsts().len(), 5);
}

#[test]
fn answers_may_be_compressed() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&Answer::nothing().body).expect("memory is there");
    let body = gzip.finish().expect("memory is there");
    let (cluster, process) = (
        Cluster::answering(move |asked| match asked.header("accept-encoding").as_slice() {
            ["gzip"] => Answer::new(body.clone()).header("content-encoding", "gzip"),
            [] => Answer::nothing(),
            other => panic!("{other:?}"),
        }),
        process(),
    );
    cluster.configure(&process, "token: t");
    reached(&process, &[]);
    reached(&process, &["--disable-compression"]);
    let server = format!("server: '{}', certificate-authority: ca.pem", cluster.url());
    cluster.configure_at(&process, &format!("{server}, disable-compression: true"), "token: t");
    reached(&process, &[]);
    let encodings: Vec<_> =
        cluster.server.firsts().iter().map(|it| it.header("accept-encoding").len()).collect();
    assert_eq!(encodings, [1, 0, 0]);
}

/// Where a proxy has led to: a command may go there on several connections.
fn ways(proxy: &Proxy) -> Vec<String> {
    let mut led = proxy.led();
    led.dedup();
    led
}

/// A cluster whose host nobody can look up.
fn remote(more: &str) -> (Cluster, Process) {
    let (cluster, process) = (Cluster::start(), process());
    let server = format!("server: 'https://{HOST}:6443', certificate-authority: ca.pem{more}");
    cluster.configure_at(&process, &server, "token: t");
    (cluster, process)
}

#[test]
fn a_proxy_of_the_environment_leads_to_hosts_that_no_proxy_does_not_name() {
    let (cluster, process) = remote("");
    let proxy = Proxy::tunnel(cluster.server.port, 200);
    let url = format!("http://127.0.0.1:{}", proxy.port);
    let process = process.with("HTTPS_PROXY", format!("127.0.0.1:{}", proxy.port));
    reached(&process, &[]);
    assert_eq!(ways(&proxy), ["CONNECT cluster.example:6443 HTTP/1.1"]);
    assert_eq!(cluster.server.firsts()[0].header("authorization"), ["Bearer t"]);
    // Loopback is reached without it.
    let before = proxy.led().len();
    reached(&process, &["-s", &cluster.url()]);
    assert_eq!(proxy.led().len(), before);

    for past in [".example", "example", "*.example", "x, CLUSTER.example:6443", "*"] {
        let process =
            Process::new(env!("CARGO_BIN_EXE_meshroute-tests-plugin"), env!("CARGO_TARGET_TMPDIR"))
                .with("https_proxy", &url)
                .with("NO_PROXY", past);
        let message = said(&process, &["-s", "https://cluster.example:6443"]);
        assert!(
            message.starts_with("the host of https://cluster.example:6443 cannot"),
            "{message}"
        );
    }
    // The names of proxies do not count.
    let process = process.with("NO_PROXY", "127.0.0.1,cluster.example:443,10.0.0.0/8");
    reached(&process, &[]);
    assert!(proxy.led().len() > before);
}

#[test]
fn a_proxy_of_the_kubeconfig_is_always_taken() {
    let (cluster, process) = remote("");
    let proxy = Proxy::tunnel(cluster.server.port, 200);
    let login = format!("http://me:p%40ss@127.0.0.1:{}", proxy.port);
    let more =
        format!("server: 'https://{HOST}', certificate-authority: ca.pem, proxy-url: '{login}'");
    cluster.configure_at(&process, &more, "token: t");
    let process = process.with("NO_PROXY", "*").with("HTTPS_PROXY", "http://127.0.0.1:1");
    reached(&process, &[]);
    assert_eq!(ways(&proxy), ["CONNECT cluster.example:443 HTTP/1.1 Basic bWU6cEBzcw=="]);
    let outcome = process.run(&["split", "a", "--proxy-url", "http://me:secret@127.0.0.1:1"]);
    assert_eq!(
        outcome.stderr,
        "error: the proxy http://127.0.0.1:1 refuses the connection; is it running?\n"
    );
    let message = said(&process, &["--proxy-url", "ftp://a"]);
    assert!(
        message.starts_with("proxy-url names no proxy: the scheme ftp is not known"),
        "{message}"
    );
}

#[test]
fn a_proxy_that_opens_no_way_is_to_blame() {
    let (cluster, process) = remote("");
    for (status, expected) in
        [(407, "asks who you are (407)"), (503, "opens no way to https://cluster.example:6443")]
    {
        let proxy = Proxy::tunnel(cluster.server.port, status);
        let url = format!("http://127.0.0.1:{}", proxy.port);
        let message = said(&process, &["--proxy-url", &url]);
        assert!(message.starts_with(&format!("the proxy {url} {expected}")), "{message}");
    }
}

#[test]
fn socks_leads_there_too() {
    let (cluster, process) = remote("");
    let proxy = Proxy::socks(cluster.server.port, false);
    let process = process.with("ALL_PROXY", format!("socks5://127.0.0.1:{}", proxy.port));
    reached(&process, &[]);
    // The proxy looks the name up, not we.
    assert_eq!(ways(&proxy), ["cluster.example:6443"]);
    let proxy = Proxy::socks(cluster.server.port, true);
    let url = format!("socks5://127.0.0.1:{}", proxy.port);
    reached(&process, &["--proxy-url", &url.replace("//", "//me:pass@")]);
    assert_eq!(ways(&proxy), ["cluster.example:6443 me:pass"]);
    let message = said(&process, &["--proxy-url", &url]);
    assert!(
        message.starts_with(&format!("the proxy {url} opens no way to https://cluster.example")),
        "{message}"
    );
}

#[test]
fn requests_are_told_from_level_6_on_and_secrets_never() {
    let (cluster, process) = (Cluster::start(), process());
    let client = cluster.authority.sign(&["a"], FAR);
    process.file(".kube/k", &client.key);
    process.file(".kube/c", &client.certificate);
    cluster.configure(&process, "token: hidden, client-certificate: c, client-key: k");
    let told = |level: &str| process.run(&["split", "a", level]).stderr;
    assert_eq!(told("-v5").lines().count(), 2);
    for level in ["-v6", "-v=9", "--v=6"] {
        let text = told(level);
        let line = format!("GET {}/apis 200 OK in ", cluster.url());
        assert!(
            text.lines().any(|it| it.starts_with(&line) && it.ends_with(" milliseconds")),
            "{text}"
        );
        assert!(!text.contains("hidden"), "{text}");
        assert!(!text.contains("PRIVATE"), "{text}");
    }
}
