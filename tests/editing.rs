//! Changes of weights in files, as a team with a repository makes them: nothing but numbers changes,
//! and each printed command does what it says when it is pasted.

use std::fs;

use meshroute_tests::{
    process::Process,
    program::Outcome,
    shop::after,
    tools::{Tool, skip_unless},
};
use serde_json::Value;

/// A folder in which commands run.
fn folder() -> Process {
    Process::new(env!("CARGO_BIN_EXE_meshroute-tests-plugin"), env!("CARGO_TARGET_TMPDIR"))
}

/// A route of `web` in the namespace `shop` with these two weights.
fn route(first: &str, second: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: web, namespace: shop}}
spec:
  parentRefs: [{{group: '', kind: Service, name: web}}]
  rules:
  - backendRefs:
    - {{name: web-v1, port: 80, weight: {first}}}
    - {{name: web-v2, port: 80, weight: {second}}}
"
    )
}

/// All commands that a text proposes.
fn proposed(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    let commands = lines.filter_map(|line| {
        ["try: ", "all the same: ", "undo: "].iter().find_map(|word| line.strip_prefix(word))
    });
    commands.map(str::to_owned).collect()
}

/// The ways in which people write a route; `@` stands before each of the two weights.
fn styles() -> Vec<(&'static str, String)> {
    let block = "# Owned by team-web; see the runbook before you touch this.
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: \"web\"      # not web-v1
  namespace: shop
  annotations:
    note: 'weight: 100 is not a weight'
    long: |
      weight: 100
      weight: 0
spec:
  parentRefs:
  - group: \"\"
    kind: Service
    name: web
  rules:
  - backendRefs:
    -   name: web-v1
        port: 80
        weight:   @100   # stable
        # the next one is the canary

    - weight: @0
      port: 80
      name: web-v2 # weight: 7
";
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {ports: [{port: 80}]}\n";
    let versions: String = ["web-v1", "web-v2"]
        .map(|name| format!("---\n{}", service.replace("name: web,", &format!("name: {name},"))))
        .concat();
    let flow = "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: web, namespace: shop}, spec: {parentRefs: [{group: '', kind: Service, name: web}], rules: [{backendRefs: [{name: web-v1, 'weight': @100, port: 80}, {weight: @0,name: web-v2,port: 80}]}]}}";
    let anchored = "x-defaults:
  backend: &backend {port: 80, filters: []}
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{group: '', kind: Service, name: web}]
  rules:
  - backendRefs:
    - <<: *backend
      name: web-v1
      weight: @100
    - {<<: *backend, name: web-v2, weight: @0}
";
    let json = "{\n\t\"apiVersion\": \"gateway.networking.k8s.io/v1\", \"kind\": \"HTTPRoute\",\n\t\"metadata\": {\"name\": \"web\", \"namespace\": \"shop\"},\n\t\"spec\": {\"parentRefs\": [{\"group\": \"\", \"kind\": \"Service\", \"name\": \"web\"}],\n\t\"rules\": [{\"backendRefs\": [\n\t\t{\"name\": \"web-v1\", \"port\": 80, \"weight\":@100},\n\t\t{\"name\": \"web-v2\", \"port\": 80, \"weight\" : @0}]}]}}\n";
    let list = format!(
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {{name: web}}\n- {}",
        block.split_once('\n').map_or("", |(_, rest)| rest).replace('\n', "\n  ").trim_end()
    );
    vec![
        ("block", block.to_owned()),
        (
            "documents",
            format!("---\n{service}{versions}---\n# empty\n---\n{block}...\n---\n# the end\n"),
        ),
        ("crlf", format!("\u{feff}{}", block.replace('\n', "\r\n"))),
        ("no line break at the end", block.trim_end().to_owned()),
        ("flow", flow.to_owned()),
        ("anchors", anchored.to_owned()),
        ("json", json.to_owned()),
        ("list", list),
        ("GRPCRoute", block.replace("HTTPRoute", "GRPCRoute")),
    ]
}

#[test]
fn numbers_change_and_nothing_else_and_the_printed_command_takes_it_back() {
    for (style, text) in styles() {
        let folder = folder();
        let weights = |first: &str, second: &str| text.replace("@100", first).replace("@0", second);
        assert_eq!(text.matches('@').count(), 2, "{style}");
        folder.file("apps/web.yaml", &weights("100", "0"));
        folder.file("apps/other.yaml", "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n");

        let shown = folder.run(&["split", "web", "90/10", "-n", "shop", "-f", "apps"]);
        assert_eq!((shown.code, shown.stderr.as_str()), (0, ""), "{style}");
        assert_eq!(folder.read("apps/web.yaml"), weights("90", "10"), "{style}");
        // Each line that is told holds the weight.
        let now = weights("90", "10");
        let lines: Vec<&str> = now.split('\n').collect();
        for (backend, weight) in [("web-v1", "90"), ("web-v2", "10")] {
            let row = after(&shown.stdout, backend).expect("a row");
            let (_, line) = row.rsplit_once("apps/web.yaml:").expect("a place");
            let line = lines[line.parse::<usize>().expect("a number") - 1];
            assert!(line.contains("weight") && line.contains(weight), "{style}: {line}");
        }

        let again = folder.run(&["split", "web", "9/1", "-n", "shop", "-f", "apps"]);
        let same = folder.run(&["split", "web", "v2=10%", "-n", "shop", "-f", "apps"]);
        assert_eq!((again.code, same.code), (0, 0), "{style}: {}{}", again.stderr, same.stderr);
        assert!(same.stdout.ends_with("unchanged\n"), "{style}: {}", same.stdout);
        let back = folder.shell(&proposed(&again.stdout)[0]);
        assert_eq!(back.code, 0, "{style}: {}", back.stderr);
        let back = folder.shell(&proposed(&shown.stdout)[0]);
        assert_eq!((back.code, back.stderr.as_str()), (0, ""), "{style}");
        assert_eq!(folder.read("apps/web.yaml"), weights("100", "0"), "{style}");
    }
}

#[test]
fn stdin_goes_through_with_new_weights() {
    let folder = folder();
    let before = format!("# a\n{}---\nkind: Else\napiVersion: v1\n", route("100", "0"));
    let after = format!("# a\n{}---\nkind: Else\napiVersion: v1\n", route("95", "5"));
    let moved = folder.feed(&["split", "web", "v2=5%", "-f", "-"], &before);
    assert_eq!((moved.code, moved.stdout.as_str()), (0, after.as_str()), "{}", moved.stderr);
    assert!(moved.stderr.contains("web-v2     0 →  5     0.0% →  5.0%"), "{}", moved.stderr);
    assert!(!moved.stderr.contains("undo"), "{}", moved.stderr);
    let same = folder.feed(&["split", "web", "v2=5%", "-f", "-"], &after);
    assert_eq!((same.code, same.stdout.as_str()), (0, after.as_str()), "{}", same.stderr);
    assert!(same.stderr.contains("unchanged"), "{}", same.stderr);
    // Nothing comes out of what is refused.
    for (words, code) in
        [(&["1/9"][..], 3), (&["1/9/9"], 2), (&["v2=5%", "-o", "json"], 2), (&["v3=5%"], 2)]
    {
        let refused = folder.feed(&[&["split", "web", "-f", "-"], words].concat(), &before);
        assert_eq!((refused.code, refused.stdout.as_str()), (code, ""), "{}", refused.stderr);
    }
}

#[test]
fn a_dry_run_prints_a_patch_and_writes_nothing() {
    let folder = folder();
    let before = format!("{}# end", route("100", "0"));
    folder.file("web.yaml", &before);
    let dry = folder.run(&["split", "web", "v2=30%", "-f", "web.yaml", "--dry-run=client"]);
    assert_eq!((dry.code, dry.stderr.as_str()), (0, ""));
    assert_eq!(folder.read("web.yaml"), before);
    assert!(dry.stdout.contains(" split (dry run)\n"), "{}", dry.stdout);
    let (_, patch) = dry.stdout.split_once("\n\n").expect("a patch below a line");
    folder.patch(patch);
    let by_patch = folder.read("web.yaml");
    folder.file("web.yaml", &before);
    assert_eq!(folder.run(&["split", "web", "v2=30%", "-f", "web.yaml"]).code, 0);
    assert_eq!(folder.read("web.yaml"), by_patch);
    // Colours are for terminals, or for those who ask for them.
    let colour = ["split", "web", "v2=30%", "--dry-run=client", "--color=always", "-f", "web.yaml"];
    folder.file("web.yaml", &before);
    let coloured = folder.run(&colour).success();
    let (_, coloured) = coloured.split_once("\n\n").expect("a patch below a line");
    assert!(coloured.contains("\u{1b}[32m+    - {name: web-v1, port: 80, weight: 70}\u{1b}[0m\n"));
    let codes = regex::Regex::new("\u{1b}\\[[0-9]*m").expect("it is well-formed");
    assert_eq!(codes.replace_all(coloured, ""), patch);
    let json = folder.run(&["split", "web", "v2=1%", "-f", "web.yaml", "-o", "json"]).success();
    let json: Value = serde_json::from_str(&json).expect("it is JSON");
    let place = &json["rules"][0]["backends"][1]["place"];
    assert_eq!((&place["file"], &place["line"]), (&"web.yaml".into(), &9.into()));
}

#[test]
fn rules_that_differ_come_back_one_by_one() {
    let folder = folder();
    let rules = "apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web}
spec:
  parentRefs: [{group: '', kind: Service, name: web}]
  rules:
  - name: beta
    matches: [{path: {value: /beta}}]
    backendRefs: [{name: a, port: 80, weight: 1}, {name: b, port: 80, weight: 1}]
  - matches: [{path: {value: /zero}}]
    backendRefs: [{name: a, port: 80, weight: 0}, {name: b, port: 80, weight: 0}]
  - backendRefs: [{name: a, port: 80, weight: 9}, {name: b, port: 80, weight: 1}]
";
    folder.file("web.yaml", rules);
    let unclear = folder.run(&["split", "web", "7/3", "-f", "web.yaml"]);
    assert_eq!(unclear.code, 2, "{}", unclear.stderr);
    let ways = proposed(&unclear.stderr);
    assert_eq!(ways.len(), 4, "{}", unclear.stderr);
    for way in &ways {
        let done = folder.shell(way);
        assert_eq!(done.code, 0, "{way}: {}", done.stderr);
        assert_ne!(folder.read("web.yaml"), rules, "{way}");
        let back = folder.shell(&proposed(&done.stdout)[0]);
        assert_eq!(back.code, 0, "{way}: {}: {}", done.stdout, back.stderr);
        assert_eq!(folder.read("web.yaml"), rules, "{way}: {}", done.stdout);
    }
    // The same backend twice has no name of its own.
    let twice = route("5", "1").replace("web-v2", "web-v1");
    folder.file("web.yaml", &twice);
    let done = folder.run(&["split", "web", "4/2", "-f", "web.yaml"]).success();
    let back = folder.shell(&proposed(&done)[0]);
    assert_eq!((back.code, folder.read("web.yaml")), (0, twice), "{}", back.stderr);
}

/// What a folder holds: the name of each file, and its text.
fn contents(folder: &Process) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![folder.folder().to_path_buf()];
    while let Some(path) = open.pop() {
        for entry in fs::read_dir(path).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let text = fs::read_to_string(&path).unwrap_or_default();
                found.push((path.display().to_string(), text));
            }
        }
    }
    found.sort();
    found
}

/// Checks a refusal: the code, the words, and that every file is as it was.
#[track_caller]
fn refuses(folder: &Process, args: &[&str], code: u8, words: &[&str]) -> Outcome {
    let before = contents(folder);
    let outcome = folder.run(args);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (code, ""), "{args:?}: {}", outcome.stderr);
    for word in words {
        assert!(outcome.stderr.contains(word), "{args:?}: {word:?} is not in {}", outcome.stderr);
    }
    assert!(outcome.stderr.lines().any(|line| line.starts_with("error: ")), "{}", outcome.stderr);
    assert_eq!(contents(folder), before, "{args:?}");
    outcome
}

#[test]
fn what_is_refused_changes_no_file() {
    let folder = folder();
    let web = folder.file("a/web.yaml", &route("100", "0"));
    let split = |words: &[&'static str]| [&["split", "web"][..], words, &["-f", "a"]].concat();
    for (words, code, says) in [
        (&["90/10/5"][..], 2, "3 weights for 2 backends"),
        (&["90/-10"], 2, "-10"),
        (&["1000001/0"], 2, "1000001"),
        (&["v1=1000001", "v2=0"], 2, "1000001"),
        (&["v2=10"], 2, "bare numbers"),
        (&["v3=10%"], 2, "v3"),
        (&["v2=101%"], 2, "101%"),
        (&["v2+=-1%"], 2, "-1%"),
        (&["0/0"], 3, "would be 0"),
        (&["0/100"], 3, "the majority"),
        (&["90/10", "--expect", "50/50"], 3, "100/0"),
        (&["90/10", "--rule", "7"], 2, "no such rule"),
        (&["90/10", "--route", "other"], 2, "other"),
        (&["90/10", "--wait"], 2, "--wait"),
        (&["90/10", "--reason", "x"], 2, "--reason"),
        (&["90/10", "--dry-run=server"], 2, "--dry-run=client"),
        (&["90/10", "-o", "markdown"], 2, "jsonpath"),
        (&["90/10", "-o", "jsonpath={"], 2, "jsonpath"),
        (&["90/10", "-w"], 2, "'--watch'"),
    ] {
        refuses(&folder, &split(words), code, &[says]);
    }
    for verb in ["undo", "history"] {
        refuses(&folder, &[verb, "web", "-f", "a"], 2, &["git"]);
    }
    refuses(
        &folder,
        &["split", "nothing", "9/1", "-f", "a"],
        1,
        &["Service default/nothing not found"],
    );
    refuses(&folder, &["split", "web", "9/1", "-f", "nowhere"], 1, &["nowhere"]);
    // A route that is there twice: nobody knows which one counts.
    folder.file("a/copy.yaml", &route("100", "0"));
    let twice = refuses(&folder, &split(&["9/1"]), 2, &["a/copy.yaml:1, a/web.yaml:1"]);
    let ways = proposed(&twice.stderr);
    assert_eq!(ways.len(), 2, "{}", twice.stderr);
    assert_eq!(folder.shell(&ways[1]).code, 0);
    assert_eq!(folder.read("a/web.yaml"), route("9", "1"));
    assert_eq!(folder.read("a/copy.yaml"), route("100", "0"));
    folder.file("a/copy.yaml", "");
    // Two routes that share the traffic.
    folder.file(
        "a/other.yaml",
        &route("1", "1")
            .replace("name: web,", "name: api,")
            .replace("- backendRefs", "- matches: [{path: {value: /api}}]\n    backendRefs"),
    );
    let two = refuses(&folder, &split(&["8/2"]), 2, &["2 routes"]);
    for way in proposed(&two.stderr) {
        assert_eq!(folder.shell(&way).code, 0, "{way}");
    }
    assert_eq!(folder.read("a/web.yaml"), route("8", "2"));
    folder.file("a/other.yaml", "");
    // A template of Helm, and the value behind the weight.
    folder.file(
        "a/chart.yaml",
        "{{- if .Values.canary }}\nspec:\n  weight: {{ .Values.canary.weight }}\n{{- end }}\n",
    );
    refuses(&folder, &split(&["9/1"]), 1, &["a Helm template", "canary.weight", "a/chart.yaml:1"]);
    for (weight, says) in [
        ("'{{ .Values.canary.weight }}'", "a Helm template"),
        ("'${WEIGHT}'", "${WEIGHT}, which something fills in later"),
        ("'ENC[AES256_GCM,data:a]'", "use `sops a/chart.yaml`"),
    ] {
        folder.file("a/chart.yaml", &route("9", weight));
        refuses(&folder, &split(&["9/1"]), 1, &[says, "a/chart.yaml:9"]);
    }
    folder.file("a/chart.yaml", "a: [\n");
    refuses(&folder, &split(&["9/1"]), 1, &["a/chart.yaml:"]);
    fs::remove_file(folder.folder().join("a/chart.yaml")).expect("it is ours");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&web, fs::Permissions::from_mode(0o444)).expect("it is ours");
        refuses(&folder, &split(&["9/1"]), 1, &["a/web.yaml: it is read-only"]);
    }
}

#[test]
fn what_would_hurt_in_a_whole_cluster_of_files_is_refused() {
    let folder = folder();
    let service = |name: &str| {
        format!(
            "---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: shop}}\nspec: {{ports: [{{port: 80}}]}}\n"
        )
    };
    folder.file(
        "a/web.yaml",
        &format!("{}{}{}", route("100", "0"), service("web"), service("web-v1")),
    );
    let refused =
        refuses(&folder, &["split", "web", "90/10", "-f", "a"], 3, &["web-v2 does not exist"]);
    assert_eq!(folder.shell(&proposed(&refused.stderr)[0]).code, 0);
    assert!(folder.read("a/web.yaml").starts_with(&route("90", "10")));
    // The printed command is enough, whatever speaks against it.
    let words = ["split", "web", "10/90", "-f", "a"];
    let refused = refuses(&folder, &words, 3, &["does not exist", "the majority"]);
    assert_eq!(folder.shell(&proposed(&refused.stderr)[0]).code, 0);
    assert!(folder.read("a/web.yaml").starts_with(&route("10", "90")));
    let left = folder.run(&["split", "web", "v2=5%", "-f", "a"]);
    assert_eq!(folder.shell(&proposed(&left.stdout)[0]).code, 0, "{}", left.stdout);
    assert!(folder.read("a/web.yaml").starts_with(&route("10", "90")));
    // Where the Service is kept elsewhere, its versions may be too.
    folder.file("a/web.yaml", &route("100", "0"));
    let moved = folder.run(&["split", "web", "90/10", "-f", "a"]);
    assert_eq!((moved.code, moved.stderr.as_str()), (0, ""));
    let shown = folder.run(&["split", "web", "-f", "a"]);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    assert!(shown.stdout.starts_with("Service shop/web:80 "), "{}", shown.stdout);
    assert!(shown.stderr.contains("warning: Service shop/web is not in these files"));
    folder.file("a/other.yaml", &route("1", "1").replace("namespace: shop", "namespace: pay"));
    let words = ["split", "web", "9/1", "-f", "a"];
    refuses(&folder, &words, 1, &["routes name one in pay, shop: add -n pay"]);
}

#[test]
fn percentages_stay_whole_where_a_route_says_so() {
    let folder = folder();
    let opted = |first, second| {
        route(first, second).replace(
            "namespace: shop}",
            "namespace: shop, annotations: {meshroute.dev/weights: percent}}",
        )
    };
    folder.file("web.yaml", &opted("100", "0"));
    let refused =
        refuses(&folder, &["split", "web", "9/2", "-f", "web.yaml"], 2, &["add up to 11"]);
    assert_eq!(folder.shell(&proposed(&refused.stderr)[0]).code, 0);
    assert_eq!(folder.read("web.yaml"), opted("82", "18"));
    assert_eq!(folder.run(&["split", "web", "v2=12.4%", "-f", "web.yaml"]).code, 0);
    assert_eq!(folder.read("web.yaml"), opted("88", "12"));
}

#[test]
fn a_kustomization_names_the_file_and_the_printed_command_edits_it() {
    let test = "a_kustomization_names_the_file_and_the_printed_command_edits_it";
    let Some(kubectl) = skip_unless(test, Tool::Kubectl.find()) else { return };
    let path = kubectl.parent().expect("a folder").display().to_string();
    let path = format!("{path}:{}", std::env::var("PATH").unwrap_or_default());
    let folder = folder().with("PATH", path);
    folder.file("base/kustomization.yaml", "resources: [web.yaml]\n");
    folder.file("base/web.yaml", &route("100", "0"));
    folder.file("prod/kustomization.yaml", "resources: [../base]\n");
    let told = refuses(&folder, &["split", "web", "90/10", "-k", "prod"], 1, &["base/web.yaml"]);
    let done = folder.shell(&proposed(&told.stderr)[0]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_eq!(folder.read("base/web.yaml"), route("90", "10"));
    assert_eq!(folder.shell(&proposed(&done.stdout)[0]).code, 0);
    assert_eq!(folder.read("base/web.yaml"), route("100", "0"));
    // Under another name than in its file, the route is edited by hand.
    folder.file("prod/kustomization.yaml", "resources: [../base]\nnamespace: prod\n");
    let words = ["base/web.yaml:8  web-v1  weight 100 → 90  (resource)"];
    let told = refuses(&folder, &["split", "web", "90/10", "-k", "prod"], 1, &words);
    assert!(proposed(&told.stderr).is_empty(), "{}", told.stderr);
}

#[test]
fn a_route_for_a_service_without_one_is_printed() {
    let folder = folder();
    let services = ["web", "web-v1", "web-v2"].map(|name| {
        format!("---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: shop}}\nspec: {{ports: [{{port: 80}}]}}\n")
    });
    folder.file("a/services.yaml", &services.concat());
    let split = ["split", "web", "90/10", "-n", "shop", "-f", "a"];
    let none = refuses(&folder, &split, 2, &["no route"]);
    let asked = folder.shell(&proposed(&none.stderr)[0]);
    assert_eq!((asked.code, asked.stderr.as_str()), (0, ""));
    folder.file("a/route.yaml", &asked.stdout);
    let moved = folder.run(&["split", "web", "80/20", "-n", "shop", "-f", "a"]);
    assert_eq!((moved.code, moved.stderr.as_str()), (0, ""));
    assert!(folder.read("a/route.yaml").contains("weight: 20"));
}

/// Two backends of the same name, and what is written behind that of the second.
fn namesakes(second: &str) -> String {
    route("90", "10").replace("name: web-v2, port: 80", &format!("name: web-v1{second}"))
}

#[test]
fn backends_that_share_a_name_are_written_by_position() {
    let folder = folder();
    folder.file("web.yaml", &namesakes(", port: 80"));
    for words in [&["promote", "web"][..], &["promote", "web", "v1"], &["split", "web", "v1=5%"]] {
        let args = [words, &["-f", "web.yaml"]].concat();
        let outcome = refuses(&folder, &args, 2, &["by position"]);
        let way = proposed(&outcome.stderr).pop().expect("a command is printed");
        assert_eq!(folder.shell(&way).code, 0, "{way}");
    }
}

#[test]
fn a_backend_without_a_port_is_not_mixed_up_with_one_that_has_one() {
    let folder = folder();
    folder.file("web.yaml", &namesakes(""));
    let outcome = folder.run(&["split", "web", "80/20", "-f", "web.yaml"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let undo = proposed(&outcome.stdout).pop().expect("a command is printed");
    assert_eq!(folder.shell(&undo).code, 0, "{undo}");
    assert_eq!(folder.read("web.yaml"), namesakes(""));
}

#[cfg(target_os = "linux")]
#[test]
fn what_stdin_comes_from_is_not_written() {
    let folder = folder();
    folder.file("web.yaml", &route("90", "10"));
    let outcome = folder.shell("meshroute split web 8/2 -f /dev/stdin < web.yaml");
    assert_eq!(outcome.code, 1, "{}", outcome.stdout);
    assert!(outcome.stderr.contains("use -f -"), "{}", outcome.stderr);
    assert_eq!(folder.read("web.yaml"), route("90", "10"));
}
