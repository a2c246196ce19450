//! Whom the plugin asks, and as whom: flags, kubeconfigs and credentials, judged by what a server
//! on loopback sees.

#![cfg(unix)]

use base64::{Engine, prelude::BASE64_STANDARD};
use meshroute_tests::{
    cluster::{Cluster, FAR},
    process::Process,
    program::{self, Outcome},
    server::{Answer, Server},
};

fn process() -> Process {
    Process::new(env!("CARGO_BIN_EXE_meshroute-tests-plugin"), env!("CARGO_TARGET_TMPDIR"))
}

/// Runs a command that needs a cluster, and fails unless it was reached.
fn reached(process: &Process, args: &[&str]) -> Outcome {
    let outcome = split(process, args);
    assert!(outcome.stderr.ends_with("/a not found\n"), "{args:?}: {}", outcome.stderr);
    outcome
}

fn split(process: &Process, args: &[&str]) -> Outcome {
    process.run(&[&["split", "a"], args].concat())
}

/// Runs a command that fails, and returns what it says.
fn refused(process: &Process, args: &[&str]) -> String {
    let outcome = split(process, args);
    assert_eq!(outcome.code, 1, "{args:?}: {}", outcome.stderr);
    let last = outcome.stderr.lines().last().unwrap_or_default();
    last.strip_prefix("error: ").expect("an error").to_owned()
}

fn authorization(cluster: &Cluster) -> String {
    let asked = cluster.server.asked();
    asked.last().expect("it was asked").header("authorization").join("|")
}

#[test]
fn a_kubeconfig_names_server_authority_token_and_namespace() {
    let (cluster, process) = (Cluster::start(), process());
    cluster.configure(&process, "token: t");
    let outcome = reached(&process, &[]);
    assert!(outcome.stderr.contains(" d/a "), "{}", outcome.stderr);
    let asked = cluster.server.firsts();
    let [asked] = asked.as_slice() else { panic!("it is asked once: {asked:?}") };
    assert_eq!(asked.header("authorization"), ["Bearer t"]);
    assert_eq!(asked.header("accept"), ["application/json"]);
    assert_eq!(asked.header("accept-encoding"), ["gzip"]);
    assert!(asked.header("user-agent")[0].starts_with("kubectl-meshroute/"));
    let outcome = reached(&process, &["-n", "e"]);
    assert!(outcome.stderr.contains(" e/a "), "{}", outcome.stderr);
}

#[test]
fn a_path_in_the_address_stays() {
    let (cluster, process) = (Cluster::start(), process());
    let server = format!("server: '{}/k8s/c/', certificate-authority: ca.pem", cluster.url());
    cluster.configure_at(&process, &server, "token: t");
    reached(&process, &[]);
    assert_eq!(cluster.server.firsts()[0].line, "GET /k8s/c/apis HTTP/1.1");
}

#[test]
fn kubeconfigs_merge_and_the_first_wins() {
    let (cluster, process) = (Cluster::start(), process());
    let authority = BASE64_STANDARD.encode(cluster.authority.pem());
    let first = process.file("1", "current-context: x\nusers: [{name: u, user: {token: first}}]");
    let second = process.file(
        "sub/2",
        &format!(
            "current-context: y\ncontexts: [{{name: x, context: {{cluster: c, user: u}}}}]\n\
             clusters: [{{name: c, cluster: {{server: '{}', certificate-authority-data: {authority}}}}}]\n\
             users: [{{name: u, user: {{token: second}}}}]",
            cluster.url()
        ),
    );
    let process = process.with("KUBECONFIG", format!("{first}::gone:{second}:{first}"));
    reached(&process, &[]);
    assert_eq!(authorization(&cluster), "Bearer first");
    let message = refused(&process, &["--context", "z"]);
    assert_eq!(message, format!("there is no context z: {first}, {second} has x"));
    assert!(refused(&process, &["--kubeconfig", &first]).contains("there is no current context x"));
}

#[test]
fn a_server_can_be_named_without_a_kubeconfig() {
    let (cluster, process) = (Cluster::start(), process());
    let authority = process.file("ca.pem", &cluster.authority.pem());
    reached(&process, &["-s", &cluster.url(), "--certificate-authority", &authority]);
    assert_eq!(authorization(&cluster), "");
    // Without a scheme it is plain HTTP, and then no secret is sent.
    let plain = Server::start(None, |_| Answer::nothing());
    let address = format!("127.0.0.1:{}", plain.port);
    reached(&process, &["--server", &address, "--token", "t", "--as", "jane"]);
    let asked = plain.firsts();
    assert_eq!(asked[0].header("authorization"), Vec::<&str>::new());
    assert_eq!(asked[0].header("impersonate-user"), ["jane"]);
    assert!(refused(&process, &["-s", "ftp://a"]).contains("is no address of an API server"));
}

#[test]
fn a_token_of_the_flags_stands_for_all_credentials() {
    let (cluster, process) = (Cluster::start(), process());
    let client = cluster.authority.sign(&["a"], FAR);
    process.file(".kube/c.pem", &client.certificate);
    process.file(".kube/k.pem", &client.key);
    let files = "client-certificate: c.pem, client-key: k.pem";
    cluster.configure(&process, &format!("{files}, token: t"));
    reached(&process, &[]);
    assert_eq!(authorization(&cluster), "Bearer t");
    assert!(cluster.server.firsts()[0].has_certificate);
    reached(&process, &["--token", "other"]);
    assert_eq!(authorization(&cluster), "Bearer other");
    assert!(!cluster.server.firsts()[1].has_certificate);
    // Certificates of flags go along with it.
    let (certificate, key) = (".kube/c.pem", ".kube/k.pem");
    reached(&process, &["--token", "x", "--client-certificate", certificate, "--client-key", key]);
    assert!(cluster.server.firsts()[2].has_certificate);
}

#[test]
fn client_certificates_are_files_or_stand_in_the_kubeconfig() {
    let (cluster, process) = (Cluster::start(), process());
    let client = cluster.authority.sign(&["a"], FAR);
    let data = format!(
        "client-certificate-data: {}, client-key-data: {}",
        BASE64_STANDARD.encode(&client.certificate),
        BASE64_STANDARD.encode(&client.key)
    );
    cluster.configure(&process, &data);
    reached(&process, &[]);
    assert!(cluster.server.firsts()[0].has_certificate);
    assert_eq!(authorization(&cluster), "");

    cluster.configure(&process, "client-certificate: gone.pem, client-key: gone.pem");
    assert!(refused(&process, &[]).starts_with("cannot read the client certificate "));
    cluster.configure(&process, "client-certificate: ca.pem");
    assert!(refused(&process, &[]).contains("no key for it"));
    cluster.configure(&process, "client-certificate: ca.pem, client-key: ca.pem");
    assert!(refused(&process, &[]).contains("private key"), "{}", refused(&process, &[]));
    cluster.configure(&process, "client-certificate-data: '%', client-key-data: ''");
    assert!(refused(&process, &[]).contains("client-certificate-data"));
}

#[test]
fn tokens_come_from_files_and_logins_are_encoded() {
    let (cluster, process) = (Cluster::start(), process());
    process.file(".kube/token", "from-a-file\n");
    cluster.configure(&process, "tokenFile: token");
    reached(&process, &[]);
    assert_eq!(authorization(&cluster), "Bearer from-a-file");
    reached(&process, &["--token", "flag"]);
    assert_eq!(authorization(&cluster), "Bearer flag");
    cluster.configure(&process, "tokenFile: gone");
    assert!(refused(&process, &[]).contains("cannot read the token of user c"));

    cluster.configure(&process, "username: a, password: b");
    reached(&process, &[]);
    assert_eq!(authorization(&cluster), format!("Basic {}", BASE64_STANDARD.encode("a:b")));
    reached(&process, &["--password", "c"]);
    assert_eq!(authorization(&cluster), format!("Basic {}", BASE64_STANDARD.encode("a:c")));
    cluster.configure(&process, "username: a, password: b, token: t");
    assert!(refused(&process, &[]).contains("a token and a user name"));
    reached(&process, &["--username", "d", "--password", "e"]);
    assert_eq!(authorization(&cluster), format!("Basic {}", BASE64_STANDARD.encode("d:e")));
}

#[test]
fn whom_we_impersonate_stands_in_headers() {
    let (cluster, process) = (Cluster::start(), process());
    let user =
        "token: t, as: jane, as-uid: '1', as-groups: [x, w], as-user-extra: {k: [v, w], l: [z]}";
    cluster.configure(&process, user);
    reached(&process, &[]);
    let args = [
        "--as",
        "joe",
        "--as-uid",
        "2",
        "--as-group",
        "g",
        "--as-group",
        "h",
        "--as-user-extra",
        "Acme.com/Key %=1",
        "--as-user-extra",
        "k=2=3",
    ];
    reached(&process, &args);
    let asked = cluster.server.firsts();
    let seen = |at: usize, name: &str| asked[at].header(name).join("|");
    assert_eq!(seen(0, "impersonate-user"), "jane");
    assert_eq!(seen(0, "impersonate-uid"), "1");
    assert_eq!(seen(0, "impersonate-group"), "x|w");
    assert_eq!(seen(0, "impersonate-extra-k"), "v|w");
    assert_eq!(seen(1, "impersonate-user"), "joe");
    assert_eq!(seen(1, "impersonate-uid"), "2");
    assert_eq!(seen(1, "impersonate-group"), "g|h");
    assert_eq!(seen(1, "impersonate-extra-acme.com%2fkey%20%25"), "1");
    assert_eq!(seen(1, "impersonate-extra-k"), "2=3");
    assert_eq!(seen(1, "impersonate-extra-l"), "z");

    cluster.configure(&process, "token: t");
    assert!(refused(&process, &["--as-group", "g"]).contains("name one with --as"));
}

/// A kubeconfig's user whose credentials a plugin prints.
fn plugin(command: &str, more: &str) -> String {
    format!(
        "exec: {{apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: {command}{more}}}"
    )
}

const CREDENTIAL: &str =
    r#""kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1""#;

#[test]
fn a_credential_plugin_prints_a_token() {
    let (cluster, process) = (Cluster::start(), process());
    process.script(
        ".kube/bin/p",
        &format!(
            "echo \"$1 $MODE $KUBERNETES_EXEC_INFO\" >> \"$HOME/runs\"; \
             echo '{{{CREDENTIAL}, \"status\": {{\"token\": \"printed\"}}}}'"
        ),
    );
    let more = ", args: [x], env: [{name: MODE, value: z}], provideClusterInfo: true";
    cluster.configure(&process, &plugin("bin/p", more));
    reached(&process, &[]);
    assert_eq!(authorization(&cluster), "Bearer printed");
    let runs = process.read("runs");
    assert_eq!(runs.lines().count(), 1, "{runs}");
    assert!(runs.starts_with("x z {"), "{runs}");
    let url = cluster.url();
    for part in [r#""interactive":false"#, "certificate-authority-data", &url, "ExecCredential"] {
        assert!(runs.contains(part), "{part}: {runs}");
    }
    // A token or certificate of the flags makes it needless.
    reached(&process, &["--token", "t"]);
    assert_eq!(process.read("runs").lines().count(), 1);
}

#[test]
fn a_credential_plugin_prints_a_certificate() {
    let (cluster, process) = (Cluster::start(), process());
    let client = cluster.authority.sign(&["a"], FAR);
    let escape = |pem: &str| pem.replace('\n', "\\n");
    process.file(
        "credential",
        &format!(
            "{{{CREDENTIAL}, \"status\": {{\"token\": \"t\", \"clientCertificateData\": \"{}\", \"clientKeyData\": \"{}\"}}}}",
            escape(&client.certificate),
            escape(&client.key)
        ),
    );
    cluster.configure(&process, &plugin("cat", ", args: [credential]"));
    reached(&process, &[]);
    assert!(cluster.server.firsts()[0].has_certificate);
    assert_eq!(authorization(&cluster), "Bearer t");
}

#[test]
fn a_credential_plugin_that_fails_says_why() {
    let (cluster, process) = (Cluster::start(), process());
    cluster.configure(
        &process,
        &plugin("no-such-plugin", ", installHint: \"get it\\nfrom a\\e[31m\""),
    );
    let message = refused(&process, &[]);
    assert!(message.starts_with("user c of "), "{message}");
    assert!(
        message.ends_with(
            "from the plugin no-such-plugin, which is not on the PATH: get it from a [31m"
        ),
        "{message}"
    );
    process.script(".kube/p", "echo log in first >&2; exit 3");
    cluster.configure(&process, &plugin("./p", ""));
    let outcome = split(&process, &[]);
    assert!(outcome.stderr.starts_with("log in first\nerror: "), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("which failed with exit status: 3"), "{}", outcome.stderr);
    process.script(".kube/p", "echo '<html>'");
    assert!(refused(&process, &[]).contains("printed no credentials"));
    cluster.configure(&process, &plugin("./p", "").replace("Never", "Always"));
    assert!(refused(&process, &[]).contains("stdin is no terminal"));
    assert!(cluster.server.asked().is_empty());
}

#[test]
fn a_login_of_openid_connect_is_used_while_it_is_good() {
    let (cluster, process) = (Cluster::start(), process());
    let token = |expiry: u64| {
        let claims = BASE64_STANDARD.encode(format!("{{\"exp\": {expiry}}}")).replace('=', "");
        format!("h.{claims}.s")
    };
    let user =
        |token: &str| format!("auth-provider: {{name: oidc, config: {{id-token: {token}}}}}");
    let good = token(9_999_999_999);
    cluster.configure(&process, &user(&good));
    reached(&process, &[]);
    assert_eq!(authorization(&cluster), format!("Bearer {good}"));
    cluster.configure(&process, &user(&token(1_000_000_000)));
    assert!(
        refused(&process, &[]).contains("its token has expired; any command of kubectl renews")
    );
    cluster.configure(&process, "auth-provider: {name: gcp}");
    assert!(refused(&process, &[]).contains("gke-gcloud-auth-plugin"));
}

#[test]
fn names_that_are_not_there_are_answered_with_those_that_are() {
    let (cluster, process) = (Cluster::start(), process());
    cluster.configure(&process, "token: t");
    let config = process.file(".kube/x", "");
    let config = config.replace("/x", "/config");
    for (flag, kind, there) in
        [("--context", "context", "a"), ("--cluster", "cluster", "b"), ("--user", "user", "c")]
    {
        let message = refused(&process, &[flag, "nobody"]);
        assert_eq!(message, format!("there is no {kind} nobody: {config} has {there}"));
    }
    process.file(
        ".kube/config",
        "contexts: [{name: a, context: {cluster: b, user: c}}]\nclusters: [{name: b, cluster: {server: 'https://127.0.0.1:1'}}]",
    );
    assert!(refused(&process, &[]).ends_with("no current context: name one of a with --context"));
    assert!(refused(&process, &["--context", "a"]).contains("names the user c, who is not there"));
    let gone = process.with("KUBECONFIG", "gone");
    assert!(refused(&gone, &[]).contains("KUBECONFIG names gone, and nothing is there"));
    assert!(
        refused(&gone, &["--kubeconfig", "gone"]).starts_with("cannot read the kubeconfig gone")
    );
    let nothing = self::process();
    assert_eq!(
        refused(&nothing, &[]),
        "no cluster is configured: KUBECONFIG is not set and ~/.kube/config is not there; name one with --kubeconfig, or read files with -f"
    );
}

#[test]
fn files_need_no_server() {
    let outcome = program::run(
        &[
            "split",
            "a",
            "-f",
            "-",
            "--kubeconfig",
            "gone",
            "--context",
            "gone",
            "-s",
            "ftp://",
            "-v6",
        ],
        "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 80}]}}",
    );
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
}

#[test]
fn many_connections_are_made_in_one_process() {
    let server = Server::start(None, |_| Answer::nothing());
    let url = format!("http://127.0.0.1:{}", server.port);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let outcome =
                    program::run(&["split", "a", "--kubeconfig", "/dev/null", "-s", &url], "");
                assert!(outcome.stderr.ends_with("/a not found\n"), "{}", outcome.stderr);
            });
        }
    });
    assert_eq!(server.firsts().len(), 8);
}
