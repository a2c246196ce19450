//! Changes of weights on a real API server: one command moves a canary, and hurts nobody.

use std::{ffi::OsString, fs, io, thread, time::Duration};

use kubectl_meshroute::{Look, run_with};
use meshroute_tests::{
    control_plane,
    shop::{Shop, after, backends, canary, endpoints, route},
    wait,
};
use serde_json::{Value, json};

#[path = "shift/lost.rs"]
mod lost;
#[path = "shift/others.rs"]
mod others;

const VERSIONS: [&str; 2] = ["web-v1", "web-v2"];
const ROUTE: &str = "httproute/web";
const HISTORY: &str = "meshroute.dev/history";

#[test]
fn a_canary_moves_and_comes_back_by_the_printed_command() {
    let test = "a_canary_moves_and_comes_back_by_the_printed_command";
    let Some(cluster) = control_plane::shared(test) else { return };
    let shop = Shop::open(cluster, &VERSIONS);
    shop.create(&canary(100, 0));
    let before = shop.get(ROUTE);

    let moved = shop.run(&["split", "web", "90/10", "--mesh", "istio", "--reason", "it's \"<a>\""]);
    assert_eq!((moved.code, moved.stderr.as_str()), (0, ""), "{}", moved.stdout);
    assert!(
        moved.stdout.starts_with(
            "httproute.gateway.networking.k8s.io/web split\n\
         \u{20} web-v1   100 → 90   100.0% → 90.0%\n\
         \u{20} web-v2     0 → 10     0.0% → 10.0%\n"
        ),
        "{}",
        moved.stdout
    );
    assert_eq!(shop.weights(ROUTE, 0), [90, 10]);
    let history = shop.history(ROUTE);
    assert_eq!(history.len(), 1);
    assert_eq!(
        (&history[0]["who"], &history[0]["reason"]),
        (&json!("admin"), &json!("it's \"<a>\""))
    );
    assert_eq!(
        (&history[0]["rules"][0]["from"], &history[0]["rules"][0]["to"]),
        (&json!([100, 0]), &json!([90, 10]))
    );
    assert!(is_a_time(history[0]["when"].as_str().unwrap_or_default()), "{history:?}");

    // Again: nothing is written.
    let version = shop.get(ROUTE)["metadata"]["resourceVersion"].clone();
    let again = shop.run(&["split", "web", "v1=90", "v2=10"]).success();
    assert_eq!(again, "httproute.gateway.networking.k8s.io/web unchanged\n");
    assert_eq!(shop.get(ROUTE)["metadata"]["resourceVersion"], version);

    let undo = after(&moved.stdout, "undo: ").expect("it says how");
    assert!(undo.starts_with("kubectl meshroute split web web-v1=100 web-v2=0"), "{undo}");
    shop.printed(undo).success();
    let now = shop.get(ROUTE);
    assert_eq!(now["spec"], before["spec"]);
    let managers = now["metadata"]["managedFields"].as_array().expect("a list");
    assert!(
        managers
            .iter()
            .any(|it| it["manager"] == "kubectl-meshroute" && it["operation"] == "Update")
    );

    // The verbs: a share, points, equal, promote, undo, history.
    shop.run(&["split", "web", "v2=25%"]).success();
    shop.run(&["split", "web", "v2+=5%"]).success();
    assert_eq!(shop.weights(ROUTE, 0), [70, 30]);
    shop.run(&["split", "web", "--equal"]).success();
    assert_eq!(shop.weights(ROUTE, 0), [50, 50]);
    let undone = shop.run(&["undo", "web"]).success();
    assert_eq!(shop.weights(ROUTE, 0), [70, 30]);
    shop.printed(after(&undone, "undo: ").expect("it says how")).success();
    assert_eq!(shop.weights(ROUTE, 0), [50, 50]);
    let promoted = shop.run(&["promote", "web"]);
    assert_eq!(promoted.code, 2, "{}", promoted.stderr);
    let named = after(&promoted.stderr, "try: ").expect("it names them");
    shop.printed(named).success();
    assert_eq!(shop.weights(ROUTE, 0), [100, 0]);
    shop.run(&["promote", "web"]).success();
    assert_eq!(shop.weights(ROUTE, 0), [0, 100]);
    // Twice is once: the other backend is not promoted back.
    let again = shop.run(&["promote", "web"]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(again.stdout.ends_with("unchanged\n"), "{}", again.stdout);
    assert!(again.stderr.starts_with("note: this was promoted already"), "{}", again.stderr);
    assert_eq!(shop.weights(ROUTE, 0), [0, 100]);
    shop.run(&["undo", "web", "--to", "1"]).success();
    assert_eq!(shop.weights(ROUTE, 0), [90, 10]);
    let table = shop.run(&["history", "web"]).success();
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("REV") && lines.len() == 11, "{table}");
    assert!(lines[1].starts_with("10") && lines[1].ends_with("undo to 1"), "{table}");
    assert!(lines[1].contains("web-v1 90.0%, web-v2 10.0%"), "{table}");
    let gone = shop.run(&["undo", "web", "--to", "99"]);
    assert!(gone.code == 2 && gone.stderr.contains("it has 1, 2"), "{}", gone.stderr);
}

#[test]
fn twenty_operators_at_once_lose_nothing() {
    let Some(cluster) = control_plane::shared("twenty_operators_at_once_lose_nothing") else {
        return;
    };
    let shop = Shop::open(cluster, &VERSIONS);
    shop.create(&canary(1000, 0));
    // Each takes its own hundred-and-first weight, and tries again where somebody was faster.
    let tries: usize = thread::scope(|scope| {
        let operators: Vec<_> = (1..=20)
            .map(|number: u32| {
                let shop = &shop;
                scope.spawn(move || {
                    let weights = format!("{}/{number}", 1000 - number);
                    let reason = format!("operator {number}");
                    let mut tries = 0;
                    let written = wait::until(Duration::from_secs(120), || {
                        tries += 1;
                        let outcome = shop.run(&["split", "web", &weights, "--reason", &reason]);
                        match outcome.code {
                            0 => Ok(()),
                            3 => {
                                assert!(outcome.stderr.contains("meanwhile"), "{}", outcome.stderr);
                                Err(outcome.stderr)
                            }
                            code => panic!("exit code {code}: {}", outcome.stderr),
                        }
                    });
                    written.expect("everyone has a turn");
                    tries
                })
            })
            .collect();
        operators.into_iter().map(|operator| operator.join().expect("no operator panics")).sum()
    });
    assert!(tries >= 20);
    // The last ten changes are there, and each begins where the one before has ended.
    let history = shop.history(ROUTE);
    let revs: Vec<u64> = history.iter().filter_map(|entry| entry["rev"].as_u64()).collect();
    assert_eq!(revs, (11..=20).collect::<Vec<u64>>());
    for pair in history.windows(2) {
        assert_eq!(pair[0]["rules"][0]["to"], pair[1]["rules"][0]["from"], "{history:?}");
    }
    let weights = shop.weights(ROUTE, 0);
    assert_eq!(json!(weights), history[9]["rules"][0]["to"]);
    assert_eq!(weights.iter().sum::<u64>(), 1000);
}

#[test]
fn rules_are_named_where_they_differ_and_every_printed_command_works() {
    let test = "rules_are_named_where_they_differ_and_every_printed_command_works";
    let Some(cluster) = control_plane::shared(test) else { return };
    let shop = Shop::open(cluster, &VERSIONS);
    let rules = json!([
        {"name": "beta", "matches": [{"path": {"type": "PathPrefix", "value": "/beta"}}],
         "backendRefs": backends(&[("web-v1", 1), ("web-v2", 1)])},
        {"backendRefs": backends(&[("web-v1", 9), ("web-v2", -1)])}]);
    shop.create(&route("HTTPRoute", "v1beta1", "web", &rules));

    let unclear = shop.run(&["split", "web", "v2=20%"]);
    assert_eq!(unclear.code, 2, "{}", unclear.stderr);
    let commands: Vec<&str> =
        unclear.stderr.lines().filter_map(|line| line.trim().strip_prefix("try: ")).collect();
    assert_eq!(commands.len(), 3, "{}", unclear.stderr);
    let beta = shop.printed(commands[0]).success();
    assert_eq!((shop.weights(ROUTE, 0), shop.weights(ROUTE, 1)), (vec![4, 1], vec![9, 1]));
    shop.printed(after(&beta, "undo: ").expect("it says how")).success();
    assert_eq!(shop.weights(ROUTE, 0), [1, 1]);
    shop.printed(commands[1]).success();
    assert_eq!((shop.weights(ROUTE, 0), shop.weights(ROUTE, 1)), (vec![1, 1], vec![8, 2]));
    let all = shop.printed(&commands[2].replace("20%", "40%")).success();
    assert_eq!((shop.weights(ROUTE, 0), shop.weights(ROUTE, 1)), (vec![3, 2], vec![6, 4]));
    // The weights before differ, so that only the history can bring them back.
    let undo = after(&all, "undo: ").expect("it says how");
    assert!(undo.starts_with("kubectl meshroute undo web"), "{undo}");
    shop.printed(undo).success();
    assert_eq!((shop.weights(ROUTE, 0), shop.weights(ROUTE, 1)), (vec![1, 1], vec![8, 2]));
    for (words, code) in [
        (&["split", "web", "90/10/5"][..], 2),
        (&["split", "web", "1/1", "--rule", "7"], 2),
        (&["split", "web", "v2=10", "--rule", "1"], 2),
        (&["split", "web", "--rule", "1"], 2),
        (&["split", "web", "9/1", "-o", "markdown"], 2),
        (&["split", "web", "9/1", "-o", "jsonpath={.a"], 2),
        (&["split", "nothing", "9/1"], 1),
        (&["split", "web", "9/1", "--rule", "1", "--expect", "7/3"], 3),
    ] {
        let outcome = shop.run(words);
        assert_eq!(
            (outcome.code, outcome.stdout.as_str()),
            (code, ""),
            "{words:?}: {}",
            outcome.stderr
        );
        assert!(outcome.stderr.contains("error: "), "{words:?}: {}", outcome.stderr);
    }
    shop.run(&["split", "web", "9/1", "--rule", "1", "--expect", "8/2"]).success();
}

#[test]
fn a_grpc_route_moves_too() {
    let Some(cluster) = control_plane::shared("a_grpc_route_moves_too") else { return };
    let shop = Shop::open(cluster, &VERSIONS);
    let rules = json!([{"backendRefs": backends(&[("web-v1", 9), ("web-v2", 1)])}]);
    shop.create(&route("GRPCRoute", "v1", "web", &rules));
    let moved = shop.run(&["split", "web", "v2=50%", "-o", "json"]).success();
    let json: Value = serde_json::from_str(&moved).expect("it is JSON");
    is_valid("docs/shift.schema.json", &json);
    let history = shop.run(&["history", "web", "-o", "json"]).success();
    is_valid("docs/history.schema.json", &serde_json::from_str(&history).expect("it is JSON"));
    assert_eq!((&json["kind"], &json["route"]["kind"]), (&json!("Shift"), &json!("GRPCRoute")));
    assert_eq!(json["rules"][0]["backends"][1]["share"], json!({"from": "1/10", "to": "1/2"}));
    assert_eq!(shop.weights("grpcroute/web", 0), [5, 5]);
    let name = shop.run(&["split", "web", "v2=40%", "-o", "name"]).success();
    assert_eq!(name, "grpcroute.gateway.networking.k8s.io/web\n");
}

#[test]
fn what_would_hurt_is_refused_and_can_be_had_all_the_same() {
    let test = "what_would_hurt_is_refused_and_can_be_had_all_the_same";
    let Some(cluster) = control_plane::shared(test) else { return };
    let shop = Shop::open(cluster, &["web-v1", "web-v2", "web-v3"]);
    shop.put(&endpoints("web-v2", false));
    let all = [("web-v1", 90), ("web-v2", 0), ("web-v3", 10), ("web-v4", 0)];
    let rules = json!([{"backendRefs": backends(&all)}]);
    shop.create(&route("HTTPRoute", "v1", "web", &rules));
    let version = || shop.get(ROUTE)["metadata"]["resourceVersion"].clone();
    for (words, why) in [
        (&["v2=10%"][..], "web-v2 has no ready endpoint"),
        (&["v4=10%"], "web-v4 does not exist"),
        (&["0/0/0/0"], "would be 0"),
        (&["10/0/90/0"], "moves from web-v1 to web-v3"),
    ] {
        let before = version();
        let weights = shop.weights(ROUTE, 0);
        let refused = shop.run(&[&["split", "web"], words].concat());
        assert_eq!((refused.code, refused.stdout.as_str()), (3, ""), "{words:?}");
        assert!(refused.stderr.contains(why), "{words:?}: {}", refused.stderr);
        assert_eq!(version(), before);
        let command = after(&refused.stderr, "all the same: ").expect("it says how");
        let done = shop.printed(command).success();
        assert_ne!(version(), before);
        if let Some(undo) = after(&done, "undo: ") {
            let back = shop.printed(undo);
            assert!([0, 3].contains(&back.code), "{}", back.stderr);
        }
        put_weights(&shop, &weights);
    }
    // On a terminal it is asked.
    for (answer, code, weights) in [("n\n", 3, [90, 0, 10, 0]), ("y\n", 0, [10, 0, 90, 0])] {
        put_weights(&shop, &[90, 0, 10, 0]);
        let look = Look { asks: true, ..Look::default() };
        let kubeconfig = shop.cluster.kubeconfig().to_string_lossy();
        let words = ["kubectl-meshroute", "split", "web", "10/0/90/0", "-n", &shop.namespace];
        let words = [&words[..], &["--kubeconfig", &kubeconfig]].concat();
        let mut told = Vec::new();
        let words = words.into_iter().map(OsString::from);
        let ended = run_with(look, words, &mut answer.as_bytes(), &mut io::sink(), &mut told);
        let told = String::from_utf8_lossy(&told);
        assert!(told.contains("Go on? [y/N]"), "{told}");
        assert_eq!((ended, shop.weights(ROUTE, 0)), (code, weights.to_vec()), "{told}");
    }
    // What lowers the share of a sick backend passes; an undo that raises it warns.
    put_weights(&shop, &[50, 50, 0, 0]);
    shop.run(&["split", "web", "v2=0%", "v4=0%"]).success();
    let undone = shop.run(&["undo", "web"]);
    assert_eq!(undone.code, 0, "{}", undone.stderr);
    assert!(undone.stderr.contains("warning: web-v2 has no ready endpoint"), "{}", undone.stderr);
}

#[test]
fn a_dry_run_writes_nothing() {
    let Some(cluster) = control_plane::shared("a_dry_run_writes_nothing") else { return };
    let shop = Shop::open(cluster, &VERSIONS);
    shop.create(&canary(9, 1));
    let before = shop.get(ROUTE);
    let client = shop.run(&["split", "web", "v2=20%", "--dry-run=client"]).success();
    let server = shop.run(&["split", "web", "v2=20%", "--dry-run=server"]).success();
    assert!(
        client.starts_with("httproute.gateway.networking.k8s.io/web split (dry run)\n"),
        "{client}"
    );
    assert!(client.contains("web-v2   1 → 2   10.0% → 20.0%"), "{client}");
    // What the server would write is what we would send.
    let lines = |text: &str| {
        let (rows, lines) = text.split_once("\n\n").expect("lines below the rows");
        let lines = lines.lines().filter(|line| !line.contains(HISTORY));
        (rows.to_owned(), lines.map(str::to_owned).collect::<Vec<_>>())
    };
    let ((client, sent), (server, written)) = (lines(&client), lines(&server));
    assert_eq!(server, client.replace("(dry run)", "(server dry run)"));
    assert_eq!(sent, written);
    let changes: Vec<&str> =
        sent.iter().map(String::as_str).filter(|it| !it.starts_with(' ')).collect();
    let name = "httproute.gateway.networking.k8s.io/web";
    assert_eq!(changes[..2], [format!("--- {name}"), format!("+++ {name} (dry run)")]);
    let numbers: Vec<&str> =
        changes.iter().filter(|it| it.contains("weight")).map(|it| it.trim_end()).collect();
    assert_eq!(
        numbers,
        ["-      weight: 9", "+      weight: 8", "-      weight: 1", "+      weight: 2"]
    );
    assert_eq!(shop.get(ROUTE), before);
}

#[test]
fn a_service_without_a_route_gets_one_by_the_printed_command() {
    let test = "a_service_without_a_route_gets_one_by_the_printed_command";
    let Some(cluster) = control_plane::shared(test) else { return };
    let shop = Shop::open(cluster, &VERSIONS);
    for words in [&["90/10"][..], &["v1=90", "v2=10"]] {
        let none = shop.run(&[&["split", "web"], words].concat());
        assert_eq!(none.code, 2, "{}", none.stderr);
        let command = after(&none.stderr, "try: ").expect("it says how");
        let yaml = shop.printed(&format!("{command} --dry-run=client -o yaml")).success();
        shop.cluster.kubectl(&["create", "--dry-run=server", "-f", "-"], &yaml).success();
        let made = shop.printed(command).success();
        assert_eq!(made, "httproute.gateway.networking.k8s.io/web created\n");
        assert_eq!(shop.weights(ROUTE, 0), [90, 10]);
        // Where there is a route, it changes that.
        shop.run(&["split", "web", "v1=9", "v2=1", "--create"]).success();
        let shown = shop.run(&["split", "web", "-o", "jsonpath={.rules[*].backends[*].share}"]);
        assert_eq!(shown.success(), "9/10 1/10");
        shop.cluster.kubectl(&["delete", ROUTE, "-n", &shop.namespace], "").success();
    }
    let missing = shop.run(&["split", "web", "v1=1", "gone=1", "--create"]);
    assert_eq!(missing.code, 3, "{}", missing.stderr);
}

#[test]
fn annotations_are_kept_whatever_is_there() {
    let Some(cluster) = control_plane::shared("annotations_are_kept_whatever_is_there") else {
        return;
    };
    let shop = Shop::open(cluster, &VERSIONS);
    let with = |annotations: Value| {
        shop.cluster
            .kubectl(&["delete", ROUTE, "-n", &shop.namespace, "--ignore-not-found"], "")
            .success();
        let mut route = canary(9, 1);
        if !annotations.is_null() {
            route["metadata"]["annotations"] = annotations;
        }
        shop.create(&route);
        shop.run(&["split", "web", "v2=50%"])
    };
    for annotations in
        [Value::Null, json!({}), json!({"a": "b~/<"}), json!({HISTORY: ""}), json!({HISTORY: "[]"})]
    {
        let outcome = with(annotations.clone());
        assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{annotations}");
        assert_eq!(shop.history(ROUTE).len(), 1, "{annotations}");
        let now = shop.get(ROUTE)["metadata"]["annotations"].clone();
        assert_eq!(now["a"], annotations["a"]);
    }
    let outcome = with(json!({HISTORY: "{broken"}));
    assert!(outcome.code == 0 && outcome.stderr.contains("begins anew"), "{}", outcome.stderr);
    // Nearly full: the change is written, and its history is not.
    let full = "x".repeat(256 * 1024 - 40);
    let outcome = with(json!({"a": full}));
    assert!(outcome.code == 0 && outcome.stderr.contains("are full"), "{}", outcome.stderr);
    assert_eq!((shop.weights(ROUTE, 0), shop.history(ROUTE).len()), (vec![5, 5], 0));
    // Room for one change: the older one goes.
    let tight = "x".repeat(256 * 1024 - 250);
    assert_eq!(with(json!({"a": tight})).code, 0);
    let outcome = shop.run(&["split", "web", "v2=20%"]);
    assert!(outcome.code == 0 && outcome.stderr.contains("forgotten"), "{}", outcome.stderr);
    let history = shop.history(ROUTE);
    assert_eq!((history.len(), &history[0]["rev"]), (1, &json!(2)));
}

/// Holds a document against its schema, in which each field is described here.
fn is_valid(schema: &str, document: &Value) {
    let path = format!("{}/../{schema}", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(path).expect("the schema is there");
    let closed = text
        .replace("\"type\": \"object\"", "\"type\": \"object\", \"additionalProperties\": false");
    let schema: Value = serde_json::from_str(&closed).expect("it is JSON");
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|it| format!("{it} at {}", it.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// Sets the weights of the first rule, past the plugin.
fn put_weights(shop: &Shop<'_>, weights: &[u64]) {
    let patch: Vec<Value> = weights
        .iter()
        .enumerate()
        .map(|(index, weight)| {
            json!({"op": "add", "value": weight,
                   "path": format!("/spec/rules/0/backendRefs/{index}/weight")})
        })
        .collect();
    let patch = Value::Array(patch).to_string();
    let args = ["patch", ROUTE, "-n", &shop.namespace, "--type=json", "-p", &patch];
    shop.cluster.kubectl(&args, "").success();
}

fn is_a_time(text: &str) -> bool {
    text.len() == 20 && text.ends_with('Z') && text.as_bytes()[10] == b'T'
}
