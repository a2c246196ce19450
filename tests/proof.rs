//! Nothing is an error that works, and nothing invalid goes unseen: `docs/proof.md` says how we know.
#![expect(clippy::print_stdout, reason = "a test that judges says how much it judged")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use meshroute::lint::ALL;
use meshroute_tests::{
    answers::{self, Answer, Server},
    control_plane::{self, ControlPlane, Programs},
    findings::{self, Finding},
    gateway_api::{self, Channel, Conformance},
    generated, manifests,
    tools::skip_unless,
};

const MESHES: [&str; 7] =
    ["spec", "istio", "istio-ambient", "linkerd", "cilium", "kuma", "kgateway"];

/// Rules without backends are beside the point of these examples.
const BESIDE_THE_POINT: &str = "MR061";

/// A ReferenceGrant that permits nothing that is looked at.
const UNRELATED_GRANT: &str = "
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: unrelated, namespace: unrelated}
spec:
  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: a}]
  to: [{group: '', kind: Service, name: b}]
";

/// Whatever the Gateway API shows in its tests and examples works, and so is no error of ours.
#[test]
fn what_the_gateway_api_shows_has_no_errors() {
    let Some(conformance) = Conformance::find_or_skip() else { return };
    let Some(module) = skip_unless("examples", gateway_api_module()) else { return };
    let mut files = manifests::files(&conformance.folder().join("tests"));
    files.extend(manifests::files(&conformance.folder().join("mesh")));
    files.extend(manifests::files(&module.join("examples")));
    let (mut routes, mut errors) = (0, Vec::new());
    for file in &files {
        let text = manifests::with_service_parents(&read(file));
        routes += manifests::routes(&text);
        for channel in ["experimental", "standard"] {
            // What is experimental shows in the name of the folder.
            if channel == "standard" && file.to_string_lossy().contains("experimental") {
                continue;
            }
            let args = ["--mesh", "spec", "--channel", channel, "--gateway-api", "1.7"];
            errors.extend(errors_of(file, &text, &args));
        }
    }
    println!("{} files, {routes} routes, {} errors", files.len(), errors.len());
    assert!(routes > 200, "only {routes} routes were found");
    assert!(errors.is_empty(), "\n{}", errors.join("\n"));
}

/// The cases of meshes are no errors in any mesh that reads their kind of route.
#[test]
fn mesh_cases_have_no_errors_in_any_mesh() {
    let Some(conformance) = Conformance::find_or_skip() else { return };
    let files = manifests::files(&conformance.folder().join("tests/mesh"));
    let mut errors = Vec::new();
    for file in &files {
        let text = read(file);
        for mesh in MESHES {
            let found = errors_of(file, &text, &["--mesh", mesh]);
            // Kuma reads no GRPCRoutes, and is no error for anything else.
            let is_unread = |it: &String| mesh == "kuma" && it.contains("\"MR112\"");
            errors.extend(found.into_iter().filter(|it| !is_unread(it)));
        }
    }
    println!("{} files in {} meshes", files.len(), MESHES.len());
    assert!(files.len() > 15, "only {} files were found", files.len());
    assert!(errors.is_empty(), "\n{}", errors.join("\n"));
}

/// What the meshes and the tools for them document has no error in its mesh, and no warning but
/// those that are marked.
#[test]
fn what_meshes_document_has_no_errors() {
    let mut problems = Vec::new();
    for (file, meshes) in documented() {
        let text = read(&file);
        let expected = marked(&text);
        for mesh in meshes {
            // With the Services that are in the file, and with nothing beside it.
            for flags in [&["--mesh", mesh][..], &["--mesh", mesh, "--complete"]] {
                let found = findings::of(&text, flags);
                let found = found.iter().filter(|it| it.level != "info");
                let wrong = found.filter(|it| {
                    it.level == "error" || !expected.contains(&(it.line, it.code.as_str()))
                });
                problems.extend(wrong.map(|it| format!("{} {flags:?}: {it:?}", file.display())));
            }
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

/// Every invalid example is refused by the API server or found by a lint, and the page says which.
#[test]
fn invalid_examples_are_refused_or_found() {
    let name = "invalid_examples_are_refused_or_found";
    if gateway_api::version() != gateway_api::VERSION {
        println!("SKIPPED {name}: the page is about {}", gateway_api::VERSION);
        return;
    }
    let Some(conformance) = Conformance::find_or_skip() else { return };
    let Some(module) = skip_unless(name, gateway_api_module()) else { return };
    let Some(standard) = control_plane::shared(name) else { return };
    let Some(programs) = skip_unless(name, Programs::find()) else { return };
    let experimental = ControlPlane::start(&programs).unwrap_or_else(|err| panic!("{err}"));
    let crds = gateway_api::crds(gateway_api::VERSION, Channel::Experimental);
    experimental.install_crds(&crds.expect("the module has both channels"));

    let ours = our_examples(&mut Server::new(standard));
    let examples = module.join("hack/invalid-examples");
    let server = &mut Server::new(standard);
    let mut theirs = invalid_examples(server, &examples.join("standard"));
    let server = &mut Server::new(&experimental);
    theirs.extend(invalid_examples(server, &examples.join("experimental")));
    theirs.extend(invalid_cases(&mut Server::new(standard), &conformance));

    let unseen: Vec<&str> = theirs
        .iter()
        .filter(|example| example.answer == Answer::Takes && example.found.is_empty())
        .map(|example| example.name.as_str())
        .collect();
    assert!(theirs.len() > 20, "only {} examples were found", theirs.len());
    assert!(unseen.is_empty(), "neither refused nor found: {unseen:?}");
    generated::hold("docs/proof.md", &page(&ours, &theirs));
}

/// An invalid example, and what becomes of it.
struct Example {
    name: String,
    answer: Answer,
    /// The codes that are found, each with how bad it is at worst.
    found: BTreeMap<String, String>,
}

/// The bad examples of all lints, by the standard definitions.
fn our_examples(server: &mut Server<'_>) -> Vec<Example> {
    ALL.iter()
        .map(|lint| {
            let flags: Vec<&str> = findings::flags(lint.bad).collect();
            let found = findings::of(lint.bad, &flags);
            let found = found.into_iter().filter(|it| it.code == lint.code);
            Example {
                name: format!("{} {}", lint.code, lint.name),
                answer: server.ask(lint.bad),
                found: found.map(|it| (it.code, it.level)).collect(),
            }
        })
        .collect()
}

/// Routes that the Gateway API keeps to show that its definitions refuse them.
fn invalid_examples(server: &mut Server<'_>, folder: &Path) -> Vec<Example> {
    let channel = folder.file_name().and_then(|name| name.to_str()).expect("a name");
    let files = manifests::files(folder);
    let routes = files.iter().map(|file| (file, manifests::with_service_parents(&read(file))));
    routes
        .filter(|(_, text)| manifests::routes(text) > 0)
        .map(|(file, text)| Example {
            name: format!("{channel}/{}", stem(file)),
            answer: server.ask(&text),
            found: worst(&text, &["--gateway-api", "1.6", "--channel", channel]),
        })
        .collect()
}

/// Routes of conformance cases that are stored and then fail requests. Those whose mistake is how
/// they name a Gateway are right as soon as they name a Service. The cases are a whole cluster, in
/// which somebody knows of ReferenceGrants.
fn invalid_cases(server: &mut Server<'_>, conformance: &Conformance) -> Vec<Example> {
    let base = conformance.manifest("base/manifests.yaml");
    let files = manifests::files(&conformance.folder().join("tests"));
    let is_of_backends = |name: &str| {
        name.starts_with("httproute") && name.contains("invalid") && !name.contains("parent")
    };
    let front = manifests::front("gateway-conformance-infra");
    let rest = format!("{base}{front}{UNRELATED_GRANT}");
    files
        .iter()
        .filter(|file| is_of_backends(stem(file)))
        .map(|file| (file, manifests::with_service_parents(&read(file))))
        .filter(|(_, text)| manifests::routes(text) > 0)
        .map(|(file, text)| Example {
            name: format!("conformance/{}", stem(file)),
            answer: server.ask(&text),
            found: worst(&format!("{text}\n---\n{rest}"), &["--complete"]),
        })
        .collect()
}

/// What is found at least as a warning in any mesh, each code with how bad it is at worst.
fn worst(text: &str, flags: &[&str]) -> BTreeMap<String, String> {
    let mut worst: BTreeMap<String, String> = BTreeMap::new();
    for mesh in MESHES {
        let flags: Vec<&str> = ["--mesh", mesh].iter().chain(flags).copied().collect();
        let found = findings::of(text, &flags);
        let found =
            found.into_iter().filter(|it| it.level != "info" && it.code != BESIDE_THE_POINT);
        for Finding { code, level, .. } in found {
            if worst.get(&code).is_none_or(|other| other == "warning") {
                worst.insert(code, level);
            }
        }
    }
    worst
}

fn page(ours: &[Example], theirs: &[Example]) -> String {
    let taken = ours.iter().filter(|it| it.answer == Answer::Takes).count();
    let mut page = format!(
        "<!-- Made by `UPDATE_EXPECT=1 cargo test -p meshroute-tests --test proof`. -->\n\
        # What works is no error, and what is invalid is seen\n\n\
        The API server is the one of Kubernetes {}, with the CRDs of the Gateway API {}, asked by `kubectl create --dry-run=server`.\n\n\
        ## Routes that work\n\n\
        None of these is an error, in any mesh of its row.\n\n\
        - Every HTTPRoute and GRPCRoute in the conformance cases and examples of the Gateway API {}, with a Service put in as parent where there is none: `spec`.\n\
        - Every mesh case of the conformance suite: all seven meshes, but for GRPCRoutes on Kuma, which does not read them.\n\
        - The shapes of what the meshes document, and the tools that steer them ([`tests/cases/documented`](../tests/cases/documented)), with the Services in the file and with nothing beside it:\n\n\
        | shape | routes | meshes |\n|---|---|---|\n",
        answers::kubernetes(),
        gateway_api::VERSION,
        gateway_api::VERSION,
    );
    let mut add = |line: String| writeln!(page, "{line}").expect("a String takes everything");
    for (file, meshes) in documented() {
        let name = file.strip_prefix(documented_folder()).expect("below the folder").display();
        let routes = manifests::routes(&read(&file));
        add(format!("| `{name}` | {routes} | {} |", meshes.join(", ")));
    }
    add("\n## Invalid routes of the Gateway API\n".into());
    add("From `hack/invalid-examples` and the conformance cases about backends, with a Service put in as parent; the lints are those that find a warning or an error in at least one mesh, but for MR061: most of these rules have no backends because it is not about them.\n".into());
    add(table(theirs));
    add("## Bad examples of the lints\n".into());
    add(format!(
        "The API server takes {taken} of these {}; what it refuses is found before it gets there.\n",
        ours.len()
    ));
    add(table(ours).trim_end().into());
    page
}

fn table(examples: &[Example]) -> String {
    let mut table = String::from("| example | the API server | lints |\n|---|---|---|\n");
    for Example { name, answer, found } in examples {
        let found: Vec<String> =
            found.iter().map(|(code, level)| format!("{code} {level}")).collect();
        writeln!(table, "| {name} | {answer} | {} |", found.join(", "))
            .expect("a String takes everything");
    }
    table
}

fn documented_folder() -> PathBuf {
    generated::root().join("tests/cases/documented")
}

/// The files about what is documented, each with the meshes that it is documented for.
fn documented() -> Vec<(PathBuf, &'static [&'static str])> {
    let folder = documented_folder();
    let mut found = Vec::new();
    for file in manifests::files(&folder) {
        let name = file.strip_prefix(&folder).expect("below the folder");
        let mesh = name.iter().next().and_then(|name| name.to_str()).expect("a name");
        let meshes: &[&str] = match mesh {
            // What is documented for both modes.
            "istio" => &["istio", "istio-ambient"],
            mesh => {
                let index = MESHES.iter().position(|other| *other == mesh).expect("a mesh");
                &MESHES[index..=index]
            }
        };
        found.push((file, meshes));
    }
    assert!(found.len() > 15, "only {} files were found", found.len());
    found
}

/// The lines that end in the code of a lint, which is expected there.
fn marked(text: &str) -> BTreeSet<(u64, &str)> {
    let lines = (1..).zip(text.lines());
    lines.filter_map(|(number, line)| Some((number, line.rsplit_once(" # ")?.1))).collect()
}

fn errors_of(file: &Path, text: &str, flags: &[&str]) -> Vec<String> {
    let found = findings::of(text, flags).into_iter().filter(|it| it.level == "error");
    found.map(|it| format!("{} {flags:?}: {it:?}", file.display())).collect()
}

fn gateway_api_module() -> Result<PathBuf, String> {
    gateway_api::module("sigs.k8s.io/gateway-api", gateway_api::VERSION)
}

fn stem(file: &Path) -> &str {
    file.file_stem().and_then(|name| name.to_str()).expect("a name")
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|err| panic!("{}: {err}", file.display()))
}
