//! Each format of `lint` says the same of a folder with odd names, in a form that its readers take.

use std::{collections::BTreeSet, fs};

use meshroute_tests::{
    process::Process,
    program,
    tools::{Tool, skip_unless},
};
use serde_json::Value;

const FORMATS: [&str; 7] = ["text", "json", "sarif", "junit", "github", "gitlab", "markdown"];

/// A file name that is markup in every format.
const NAME: &str = "a b|ü<\"]]>,50%.yaml";

const ODD: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: \"web|<b>\\\"]]>\\e@all\"}
spec:
  parentRefs:
  - kind: Service
    name: wäb
  rules: [{backendRefs: [{name: web, port: 80}]}]
";

const FINE: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: fine}
spec:
  parentRefs: [{group: '', kind: Service, name: fine}]
  rules: [{backendRefs: [{name: fine, port: 80}]}]
";

/// A folder with a route that is wrong and one that is not, and its path.
fn folder(text: &str) -> (Process, String) {
    let process =
        Process::new(env!("CARGO_BIN_EXE_meshroute-tests-plugin"), env!("CARGO_TARGET_TMPDIR"));
    process.file(&format!("odd/{NAME}"), &format!("{FINE}---{text}"));
    let path = process.folder().join("odd").to_string_lossy().into_owned();
    (process, path)
}

fn lint(path: &str, format: &str) -> String {
    let outcome = program::run(&["lint", path, "-o", format], "");
    assert_eq!(outcome.code, 1, "{format}: {}", outcome.stderr);
    outcome.stdout
}

fn json(path: &str, format: &str) -> Value {
    serde_json::from_str(&lint(path, format)).expect("it is JSON")
}

#[test]
fn the_exit_code_is_the_same_in_every_format() {
    let (_process, odd) = folder(ODD);
    for format in FORMATS {
        for (fail_on, stdin, code) in
            [("error", ODD, 1), ("never", ODD, 0), ("error", FINE, 0), ("error", "a: {{ b }}", 2)]
        {
            let args = ["lint", "-", "-o", format, "--fail-on", fail_on];
            let outcome = program::run(&args, stdin);
            assert_eq!(outcome.code, code, "{args:?}: {stdin}: {}", outcome.stderr);
        }
        let text = lint(&odd, format);
        assert!(!text.chars().any(|it| it.is_control() && it != '\n'), "{format}: {text:?}");
    }
}

#[test]
fn sarif_has_rules_places_and_fixes() {
    let (process, odd) = folder(ODD);
    let log = json(&odd, "sarif");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("a list");
    let ids: BTreeSet<&str> = rules.iter().filter_map(|rule| rule["id"].as_str()).collect();
    assert_eq!(ids.len(), rules.len());
    for rule in rules {
        let id = rule["id"].as_str().expect("a text");
        assert_eq!(rule["helpUri"], format!("https://meshroute.dev/lints/{id}"));
        let level = rule["defaultConfiguration"]["level"].as_str().expect("a text");
        assert!(["none", "note", "warning", "error"].contains(&level), "{id}: {level}");
        for field in ["shortDescription", "fullDescription", "help"] {
            assert!(rule[field]["text"].as_str().is_some_and(|it| !it.is_empty()), "{id}: {field}");
        }
    }
    let results = run["results"].as_array().expect("a list");
    assert!(!results.is_empty());
    for result in results {
        let index = result["ruleIndex"].as_u64().and_then(|it| usize::try_from(it).ok());
        assert_eq!(rules[index.expect("a number")]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().expect("a text");
        assert!(uri.ends_with("/odd/a%20b%7C%C3%BC%3C%22%5D%5D%3E%2C50%25.yaml"), "{uri}");
    }
    let inert = results.iter().find(|it| it["ruleId"] == "MR001").expect("it is found");
    assert_eq!(inert["level"], "error");
    let region = &inert["locations"][0]["physicalLocation"]["region"];
    let start = region["startLine"].as_u64().expect("a line");
    assert_eq!(region["endLine"], start);
    assert!(region["startColumn"].as_u64() < region["endColumn"].as_u64());

    let change = &inert["fixes"][0]["artifactChanges"][0];
    let swap = &change["replacements"][0];
    let number =
        |field: &str| swap["deletedRegion"][field].as_u64().and_then(|it| usize::try_from(it).ok());
    let (line, column) = (number("startLine"), number("startColumn"));
    assert_eq!((line, column), (number("endLine"), number("endColumn")), "it only puts in");
    assert_eq!(column, Some(1));
    let text = fs::read_to_string(process.folder().join("odd").join(NAME)).expect("our own file");
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let put = swap["insertedContent"]["text"].as_str().expect("a text");
    lines.insert(line.expect("a number") - 1, put.into());
    let mended = program::run(&["lint", "-", "-o", "json"], &lines.concat()).stdout;
    assert!(!mended.contains("MR001"), "{mended}");
}

#[test]
fn fingerprints_outlive_moved_lines() {
    let (_process, here) = folder(ODD);
    let (_other, there) = folder(&format!("\n# further down\n\n{ODD}"));
    let prints = |path: &str| -> Vec<String> {
        let log = json(path, "sarif");
        let results = log["runs"][0]["results"].as_array().expect("a list").clone();
        results.iter().map(|it| it["partialFingerprints"].to_string()).collect()
    };
    assert_eq!(prints(&here), prints(&there));
    let all = prints(&here);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
}

#[test]
fn junit_has_a_case_for_each_object() {
    let (_process, odd) = folder(ODD);
    let text = lint(&odd, "junit");
    assert!(text.contains("tests=\"2\" failures=\"1\" errors=\"0\""), "{text}");
    assert!(text.contains("<testcase name=\"HTTPRoute default/fine\""), "{text}");
    assert!(text.contains("name=\"HTTPRoute default/web|&lt;b&gt;&quot;]]&gt;@all\""), "{text}");
    assert!(text.contains("type=\"MR001\""), "{text}");
    // What is no tag of ours has no bracket.
    for line in text.lines().filter(|line| !line.starts_with("<?xml")) {
        let tags = ["testsuites", "testsuite", "testcase", "failure"];
        for part in line.split('<').skip(1) {
            let name = part.trim_start_matches('/');
            assert!(tags.iter().any(|tag| name.starts_with(tag)), "{line}");
        }
    }
    let never = program::run(&["lint", &odd, "-o", "junit", "--fail-on", "never"], "").success();
    assert!(never.contains("tests=\"2\" failures=\"0\""), "{never}");
}

#[test]
fn github_and_gitlab_name_the_line() {
    let (_process, odd) = folder(ODD);
    let text = lint(&odd, "github");
    let line = text.lines().find(|line| line.contains("title=MR001 ")).expect("it is found");
    assert!(line.starts_with("::error file="), "{line}");
    assert!(line.contains("/odd/a b|ü<\"]]>%2C50%25.yaml,line="), "{line}");
    assert_eq!(line.matches("::").count(), 2, "{line}");

    let issues = json(&odd, "gitlab");
    let issues = issues.as_array().expect("a list");
    let inert = issues.iter().find(|it| it["check_name"] == "MR001").expect("it is found");
    assert_eq!(inert["severity"], "major");
    assert!(inert["location"]["path"].as_str().expect("a path").ends_with(NAME));
    assert!(inert["location"]["lines"]["begin"].as_u64() > Some(7));
    let prints: BTreeSet<&str> =
        issues.iter().filter_map(|it| it["fingerprint"].as_str()).collect();
    assert_eq!(prints.len(), issues.len());
}

#[test]
fn what_was_built_stands_in_its_kustomization() {
    let Some(kubectl) = skip_unless("kustomize", Tool::Kubectl.find()) else { return };
    let path = kubectl.parent().expect("it is in a folder").to_string_lossy();
    let process =
        Process::new(env!("CARGO_BIN_EXE_meshroute-tests-plugin"), env!("CARGO_TARGET_TMPDIR"))
            .with("PATH", path);
    process.file("prod/route.yaml", &ODD.replace("name: \"web|<b>\\\"]]>\\e@all\"", "name: web"));
    process.file("prod/kustomization.yaml", "resources: [route.yaml]\n");
    let lint = |format: &str| {
        let outcome = process.run(&["lint", "-k", "prod", "-o", format]);
        assert_eq!(outcome.code, 1, "{format}: {}", outcome.stderr);
        outcome.stdout
    };
    let log: Value = serde_json::from_str(&lint("sarif")).expect("it is JSON");
    let results = log["runs"][0]["results"].as_array().expect("a list");
    let inert = results.iter().find(|it| it["ruleId"] == "MR001").expect("it is found");
    let location = &inert["locations"][0];
    let place = &location["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "prod/kustomization.yaml");
    assert!(place.get("region").is_none(), "a line of what was built is none of that file");
    let name = &location["logicalLocations"][0]["fullyQualifiedName"];
    assert_eq!(name, "default/HTTPRoute/web/spec.parentRefs[0]");
    assert!(inert.get("fixes").is_none(), "{inert}");
    assert!(lint("github").contains("::error file=prod/kustomization.yaml,title=MR001 "));
    assert!(lint("gitlab").contains("\"path\": \"prod/kustomization.yaml\""));
    assert!(!lint("junit").contains(" line="));
    assert!(lint("text").starts_with("kustomize prod:"), "people see the line");
}

#[test]
fn markdown_keeps_its_columns() {
    let (_process, odd) = folder(ODD);
    let text = lint(&odd, "markdown");
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).collect();
    assert!(rows.len() > 1, "{text}");
    for row in rows {
        let bars = row.match_indices('|').filter(|(at, _)| !row[..*at].ends_with('\\'));
        assert_eq!(bars.count(), 6, "{row}");
        // Every second part is code.
        let outside: String = row.split('`').step_by(2).collect();
        assert!(!outside.contains(['<', '@']), "{row}");
    }
}

#[test]
fn one_run_writes_several_reports() {
    let (process, odd) = folder(ODD);
    let at = |name: &str| process.folder().join(name).to_string_lossy().into_owned();
    let [sarif, junit] = [at("lint.sarif"), at("lint.xml")];
    let outputs = [format!("sarif={sarif}"), format!("junit={junit}")];
    let run = |path: &str, stdin: &str| {
        let args = ["lint", path, "-o", "github", "-o", &outputs[0], "--output", &outputs[1]];
        program::run(&args, stdin)
    };
    let outcome = run(&odd, "");
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    assert_eq!(outcome.stdout, lint(&odd, "github"));
    assert_eq!(process.read("lint.sarif"), lint(&odd, "sarif"));
    assert_eq!(process.read("lint.xml"), lint(&odd, "junit"));
    // They are there, and new, also where nothing is wrong.
    assert_eq!(run("-", FINE).code, 0);
    assert!(process.read("lint.sarif").contains("\"results\": []"));
    assert!(process.read("lint.xml").contains("tests=\"1\" failures=\"0\""));
    let entries = fs::read_dir(process.folder()).expect("our own folder");
    assert_eq!(entries.count(), 3, "nothing else is left there");
}

#[test]
fn outputs_that_make_no_sense_are_refused() {
    for (outputs, why) in [
        (["json", "text"], "one format can be printed"),
        (["sarif=a", "junit=a"], "cannot hold two formats"),
        (["sarif=", "text"], "name a file"),
        (["xml", "text"], "there is no format"),
        (["json=/no/such/folder/a", "text"], "cannot write /no/such/folder/a"),
    ] {
        let outcome = program::run(&["lint", "-", "-o", outputs[0], "-o", outputs[1]], FINE);
        assert_eq!(outcome.code, 2, "{outputs:?}");
        assert!(outcome.stderr.contains(why), "{outputs:?}: {}", outcome.stderr);
        assert_eq!(outcome.stdout, "", "{outputs:?}");
    }
}
