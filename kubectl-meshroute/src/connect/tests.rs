//! Connections in a process: streams, kube's interface, renewal of credentials, and pods.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::PathBuf,
    sync::mpsc::{Receiver, channel},
    thread,
};

use super::{
    environment::{Environment, Proxies},
    kubeconfig::Exec,
    log::Log,
    login::{Credentials, Login},
    sender::{Patience, Sender},
    target::{self, Target, Trust},
    trouble::Names,
    *,
};
use crate::args::Connection as Flags;

/// Answers one connection after the other with these bytes, and returns the address and the heads
/// of the requests.
fn serve(answers: Vec<&'static [&'static str]>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback is there");
    let address = listener.local_addr().expect("it is bound");
    let (heads, seen) = channel();
    thread::spawn(move || {
        for parts in answers {
            let (mut stream, _) = listener.accept().expect("a client");
            heads.send(head(&stream)).expect("the test waits");
            for part in parts {
                stream.write_all(part.as_bytes()).expect("the client reads");
                stream.flush().expect("the client reads");
            }
        }
    });
    (format!("http://{address}"), seen)
}

fn head(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    lines.take_while(|line| !line.is_empty()).map(|line| line + "\n").collect()
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().expect("a runtime").block_on(future)
}

async fn connect(server: &str) -> Connection {
    let flags = Flags { server: Some(server.to_owned()), ..Flags::default() };
    open_in(&Environment::default(), &flags, None).await.expect("a connection")
}

/// An empty folder of this test.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("meshroute-{}-{name}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for temporary files");
    folder
}

/// A target on plain HTTP that takes credentials all the same.
fn target(server: &str, credentials: Credentials) -> Target {
    Target {
        url: server.parse().expect("a URL"),
        namespace: "default".into(),
        trust: Trust::Anyone,
        tls_name: None,
        proxy: None,
        compressed: true,
        login: Login { credentials, identity: None, headers: Vec::new(), shown: "user a".into() },
        names: Names { server: server.to_owned(), ..Names::default() },
    }
}

const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
const DONE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
const REFUSED: &str = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const GONE: &str = "HTTP/1.1 410 Gone\r\ncontent-length: 62\r\nconnection: close\r\n\r\n\
    {\"kind\": \"Status\", \"message\": \"too old\", \"reason\": \"Expired\"}  ";

#[test]
fn a_stream_comes_in_parts_and_says_how_it_ends() {
    let (server, heads) = serve(vec![
        &[CHUNKED, "3\r\nabc\r\n", "2\r\nde\r\n", "0\r\n\r\n"],
        &[CHUNKED, "3\r\nabc\r\n", "2\r\nd"],
        &[GONE],
    ]);
    block_on(async {
        let connection = connect(&server).await;
        let mut chunks = connection.stream("/a?watch=1").await.expect("a stream");
        let mut text = Vec::new();
        while let Some(chunk) = chunks.next().await.expect("a whole stream") {
            text.extend_from_slice(&chunk);
        }
        assert_eq!(text, b"abcde");
        let mut chunks = connection.stream("/a").await.expect("a stream");
        assert!(chunks.next().await.is_ok_and(|it| it.is_some()));
        let trouble = loop {
            match chunks.next().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("the stream was cut"),
                Err(trouble) => break trouble,
            }
        };
        assert!(matches!(trouble, Trouble::Unreachable(_)), "{trouble:?}");
        match connection.stream("/a").await.map(|_| ()) {
            Err(Trouble::Answered { status, reason, message }) => {
                assert_eq!((status.as_u16(), reason.as_str()), (410, "Expired"));
                assert_eq!(message, format!("{server} answers 410: too old"));
            }
            other => panic!("{other:?}"),
        }
    });
    let first = heads.recv().expect("a head");
    assert!(first.starts_with("GET /a?watch=1 HTTP/1.1\n"), "{first}");
    assert!(first.contains("accept-encoding: identity\n"), "{first}");
}

#[test]
fn an_answer_is_given_whatever_its_status() {
    let (server, _heads) = serve(vec![&[GONE]]);
    block_on(async {
        let connection = connect(&server).await;
        let reply = connection.get("/a").await.expect("an answer");
        assert_eq!((reply.status, reply.body.len()), (StatusCode::GONE, 62));
        assert!(matches!(connection.refusal(&reply), Trouble::Answered { .. }));
        let trouble = connection.get("a b").await.expect_err("no path");
        assert!(matches!(trouble, Trouble::Rubbish(_)), "{trouble:?}");
    });
}

#[test]
fn kube_sends_in_the_same_way_and_its_errors_are_read() {
    let (server, heads) = serve(vec![&[DONE], &[""]]);
    block_on(async {
        let connection = connect(&server).await;
        let request = || Request::get("/a").body(Vec::new()).expect("a request");
        let text = connection.client.request_text(request()).await;
        assert_eq!(text.expect("an answer"), "{}");
        let error = connection.client.request_text(request()).await.expect_err("no answer");
        let trouble = connection.trouble(error);
        assert!(matches!(trouble, Trouble::Unreachable(_)), "{trouble:?}");
        assert!(trouble.message().starts_with(&format!("{server} hangs up")), "{trouble}");
    });
    assert!(heads.recv().expect("a head").contains("user-agent: kubectl-meshroute/"));
}

#[cfg(unix)]
#[test]
fn a_plugin_runs_again_when_its_credentials_end_or_are_refused() {
    let folder = folder("plugin");
    let (runs, plugin) = (folder.join("runs"), folder.join("plugin"));
    let _ = fs::remove_file(&runs);
    // The first token has ended at once, the others last.
    let script = format!(
        "echo x >> {runs}; n=$(wc -l < {runs}); [ $n = 1 ] && y=2001 || y=2200
        echo '{{\"kind\": \"ExecCredential\", \"apiVersion\": \"client.authentication.k8s.io/v1beta1\",
        \"status\": {{\"expirationTimestamp\": \"'$y'-01-01T00:00:00Z\", \"token\": \"t'$((n))'\"}}}}'",
        runs = runs.display()
    );
    fs::write(&plugin, script).expect("our own folder");
    let exec = Exec {
        api_version: "client.authentication.k8s.io/v1beta1".into(),
        command: "sh".into(),
        args: Some(vec![plugin.to_string_lossy().into_owned()]),
        interactive_mode: Some("Never".into()),
        ..Exec::default()
    };
    let (server, heads) = serve(vec![&[DONE], &[REFUSED], &[DONE], &[DONE]]);
    let plugin = super::exec::Plugin { user: "user a".into(), exec, cluster: None };
    let target = target(&server, Credentials::Plugin(Box::new(plugin)));
    block_on(async {
        let sender = Sender::new(target, Patience::Endless, Log { level: 0 }).expect("a sender");
        for _ in 0..4 {
            let request = Request::get("/").body(Body::empty()).expect("a request");
            sender.send(request).await.expect("an answer");
        }
    });
    let tokens: Vec<String> = heads
        .iter()
        .map(|head| {
            head.lines()
                .find_map(|it| it.strip_prefix("authorization: ").map(str::to_owned))
                .expect("a token")
        })
        .collect();
    assert_eq!(tokens, ["Bearer t2", "Bearer t2", "Bearer t3", "Bearer t3"]);
    fs::remove_dir_all(folder).expect("our own folder");
}

#[test]
fn a_server_that_goes_silent_is_given_up() {
    // Nobody takes the connection out of the queue, so nobody answers.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback is there");
    let server = format!("http://{}", listener.local_addr().expect("it is bound"));
    let target = target(&server, Credentials::None);
    let patience = Patience::Progress(Duration::from_millis(50));
    block_on(async {
        let sender = Sender::new(target, patience, Log { level: 0 }).expect("a sender");
        let request = Request::get("/").body(Body::empty()).expect("a request");
        let trouble = sender.send(request).await.map(|_| ()).expect_err("no answer");
        assert!(matches!(trouble, Trouble::TooSlow(_)), "{trouble:?}");
    });
}

#[test]
fn a_pod_knows_its_cluster() {
    let account = folder("pod");
    fs::write(account.join("token"), "t\n").expect("our own folder");
    fs::write(account.join("namespace"), "here\n").expect("our own folder");
    let env = Environment {
        service: Some(("fd00::1".into(), "443".into())),
        service_account: account.clone(),
        proxies: Proxies::default(),
        ..Environment::default()
    };
    let find =
        |flags: &Flags, namespace, env: &Environment| match target::find(flags, namespace, env) {
            Ok(target) => target,
            Err(Failure::Said { message, .. }) => panic!("{message}"),
            Err(Failure::Pipe | Failure::Lost(_) | Failure::Interrupted) => {
                panic!("nothing is asked")
            }
        };
    // Without an authority of its own it is refused, and not trusted blindly.
    assert!(target::find(&Flags::default(), None, &env).is_err());
    let flags = Flags { insecure_skip_tls_verify: Some(true), ..Flags::default() };
    let found = find(&flags, None, &env);
    assert_eq!(found.url, "https://[fd00::1]:443");
    assert_eq!(found.namespace, "here");
    assert_eq!(found.login.shown, "the service account of this pod");
    assert!(
        matches!(&found.login.credentials, Credentials::File(path) if *path == account.join("token"))
    );
    assert_eq!(find(&flags, Some("n"), &env).namespace, "n");
    let named = Environment { pod_namespace: Some("there".into()), ..env.clone() };
    assert_eq!(find(&flags, None, &named).namespace, "there");
    // Flags override here, too.
    let flags = Flags { token: Some("x".into()), impersonate: Some("jane".into()), ..flags };
    let found = find(&flags, None, &env);
    assert!(matches!(found.login.credentials, Credentials::Token(_)));
    assert_eq!(found.login.headers.len(), 1);
    // A pod without a service account is no pod to us.
    fs::remove_dir_all(&account).expect("our own folder");
    assert!(target::find(&flags, None, &env).is_err());
}
