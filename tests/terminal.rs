//! What somebody sees of the plugin on a terminal, and as a part of kubectl.

use std::{fs, os::unix::fs::symlink, path::Path, process::Command, thread, time::Duration};

use meshroute_tests::{
    control_plane,
    many::manifests,
    running::Running,
    server::{Answer, Server},
    stage::{self, Stage, endpoints, references, routed},
    supervised::Folder,
    terminal::{Outputs, Picture, Terminal},
    tools::{Tool, skip_unless},
};
use serde_json::json;

const PLUGIN: &str = env!("CARGO_BIN_EXE_meshroute-tests-plugin");
const SESSION: &str = env!("CARGO_BIN_EXE_meshroute-tests-session");

fn run(terminal: &Terminal, stage: &Stage<'_>, args: &[&str]) -> Running {
    terminal.run(SESSION, &stage.command(args), Outputs::Both)
}

#[test]
fn a_picture_is_drawn_over_the_last_one() {
    let Some(cluster) = control_plane::shared("a_picture_is_drawn_over_the_last_one") else {
        return;
    };
    let stage = Stage::new(cluster, PLUGIN);
    let terminal = Terminal::open(80, 24);
    let mut followed = run(&terminal, &stage, &["-w"]);
    let first = terminal.until(|picture| picture.shows("90.0%"));
    assert_eq!(first.lines, lines(&stage.fresh(&[])));
    let drawn = terminal.bytes().len();
    let silent = ["annotate", "httproute", "web", "-n", &stage.namespace, "nothing=shows"];
    cluster.kubectl(&silent, "").success();
    stage.shift(&[("web-v1", 1), ("web-v2", 1)]);
    let second = terminal.until(|picture| picture.shows("50.0%") && picture.shows("last change"));
    assert_eq!(second.visible()[..second.lines.len() - 1], lines(&stage.fresh(&[])));
    // One picture was drawn since, in one piece: nothing is blank before it is drawn over.
    let bytes = terminal.bytes().split_off(drawn);
    assert_eq!(bytes.matches("\x1b[J").count(), 1, "{bytes:?}");
    assert!(bytes.ends_with("\x1b[J"), "{bytes:?}");
    stage.apply(&[endpoints("web-v1", &[true])]);
    terminal.until(|picture| picture.shows("1/1"));
    stage.delete(&["httproute/web"]);
    let shorter = terminal.until(|picture| picture.shows("no route in effect"));
    assert_eq!(shorter.visible()[..shorter.lines.len() - 1], lines(&stage.fresh(&[])));
    assert_eq!((shorter.scrolled, shorter.cursor), (0, (0, shorter.lines.len())));

    terminal.enter("\x03");
    assert_eq!(followed.code(), 130);
    // Not even the ^C of the terminal is left.
    assert_eq!(terminal.picture(), shorter);
}

#[test]
fn what_does_not_fit_is_cut_at_any_size() {
    let Some(cluster) = control_plane::shared("what_does_not_fit_is_cut_at_any_size") else {
        return;
    };
    let stage = Stage::new(cluster, PLUGIN);
    let rules: Vec<_> = (0..12)
        .map(|index| {
            let long =
                format!("/a/path/that/goes/on/and/on/{index}/until/it/is/wider/than/a/window");
            json!({"matches": [{"path": {"type": "Exact", "value": long}}],
                   "backendRefs": references(&[("gone", 1)])})
        })
        .collect();
    stage.apply(&[routed("web", "HTTPRoute", &rules)]);
    let whole = lines(&stage.fresh(&[]));
    assert!(whole.iter().any(|line| line.chars().count() > 100));
    let terminal = Terminal::open(80, 10);
    let mut followed = run(&terminal, &stage, &["-w"]);
    let fits = |picture: &Picture, columns: usize, rows: usize| {
        let visible = picture.visible();
        let hidden = whole.len() - (rows - 2);
        let cut = |line: &String| match line.chars().count() {
            length if length > columns => line
                .chars()
                .take(columns - 1)
                .chain(['…'])
                .collect::<String>()
                .trim_end()
                .to_owned(),
            _ => line.clone(),
        };
        let mut wanted: Vec<String> = whole.iter().take(rows - 2).map(cut).collect();
        wanted.push(format!("… {hidden} more lines"));
        visible == wanted
    };
    let first = terminal.until(|picture| fits(picture, 80, 10));
    assert_eq!((first.scrolled, first.cursor), (0, (0, 9)));
    // Errors are red, and nothing else is: colours end where a line is cut.
    let coloured = terminal.coloured();
    assert!(coloured.iter().all(|text| !text.contains("more lines")), "{coloured:#?}");
    // The terminal has wrapped each line twice before it is drawn anew.
    terminal.resize(30, 10);
    terminal.until(|picture| fits(picture, 30, 10));
    terminal.resize(70, 12);
    terminal.until(|picture| fits(picture, 70, 12));
    terminal.resize(200, 40);
    terminal.until(|picture| picture.visible().ends_with(&whole));
    terminal.enter("\x03");
    assert_eq!(followed.code(), 130);
}

#[test]
fn a_narrower_window_leaves_nothing_of_the_last_picture() {
    let Some(cluster) =
        control_plane::shared("a_narrower_window_leaves_nothing_of_the_last_picture")
    else {
        return;
    };
    let stage = Stage::new(cluster, PLUGIN);
    let terminal = Terminal::open(80, 24);
    // The picture is at the bottom, below what a shell has printed before.
    let plugin = stage.command(&["-w"]);
    let mut shell = Command::new("sh");
    shell.args(["-c", "yes before | head -n 40; exec \"$@\"", "sh"]);
    shell.arg(plugin.get_program()).args(plugin.get_args());
    shell.env("KUBECONFIG", cluster.kubeconfig());
    let mut followed = terminal.run(SESSION, &shell, Outputs::Both);
    let picture = |picture: &Picture| {
        let start = picture.lines.iter().rposition(|line| line == "before").expect("it is there");
        assert_eq!(start, 39, "{picture:#?}");
        picture.lines[start + 1..].to_vec()
    };
    let wide = picture(&terminal.until(|picture| picture.shows("90.0%")));
    // The terminal wraps the lines, and the program draws over what they have become.
    terminal.resize(30, 24);
    let narrow = picture(&terminal.until(|picture| picture.shows("…")));
    assert_eq!(narrow.len(), wide.len(), "{narrow:#?}");
    terminal.resize(80, 24);
    let again = picture(&terminal.until(|picture| picture.shows("endpoints")));
    assert_eq!(again, wide);
    terminal.enter("\x03");
    assert_eq!(followed.code(), 130);
}

#[test]
fn colours_are_for_terminals() {
    let Some(cluster) = control_plane::shared("colours_are_for_terminals") else { return };
    let stage = Stage::new(cluster, PLUGIN);
    let terminal = |args: &[&str], no_colour: &str| {
        let terminal = Terminal::open(80, 24);
        let mut command = stage.command(args);
        command.env("NO_COLOR", no_colour);
        let code = terminal.run(SESSION, &command, Outputs::Both).code();
        assert_eq!(code, 0);
        terminal.until(|picture| picture.shows("90.0%"));
        terminal.bytes().contains("\x1b[3")
    };
    let goal = ["-w", "--until", "9/1"];
    for follow in [&goal[..], &[]] {
        let with = |more: &[&'static str]| [follow, more].concat();
        assert!(terminal(&with(&[]), ""));
        assert!(!terminal(&with(&[]), "1"));
        assert!(!terminal(&with(&["--color", "never"]), ""));
        assert!(terminal(&with(&["--color", "always"]), "1"));
    }
    let pipe = |args: &[&str]| {
        let mut running = Running::in_pipes(&mut stage.command(args));
        assert_eq!(running.code(), 0);
        running.stdout()
    };
    assert_eq!(pipe(&[]), stage.fresh(&[]));
    assert!(!pipe(&[]).contains('\x1b') && !pipe(&goal).contains('\x1b'));
    assert!(pipe(&["--color", "always"]).contains("\x1b[3"));
}

#[test]
fn each_output_is_a_terminal_by_itself() {
    let Some(cluster) = control_plane::shared("each_output_is_a_terminal_by_itself") else {
        return;
    };
    let stage = Stage::new(cluster, PLUGIN);
    let start = |outputs| {
        let terminal = Terminal::open(80, 24);
        let running = terminal.run(SESSION, &stage.command(&["-w"]), outputs);
        (terminal, running)
    };
    let (screen, mut drawn) = start(Outputs::Stdout);
    let (errors, mut printed) = start(Outputs::Stderr);
    screen.until(|picture| picture.shows("90.0%"));
    printed.until(|stdout, _| stdout.contains("90.0%").then_some(()));
    stage.delete(&["service/web"]);
    let what = format!("Service {}/web not found", stage.namespace);
    let picture = screen.until(|picture| picture.shows(&what));
    assert!(picture.lines[0].starts_with(&what), "{picture:#?}");
    printed.until(|stdout, _| stdout.contains(&what).then_some(()));
    assert!(!printed.stdout().contains("gone") && !printed.stdout().contains('\x1b'));
    assert_eq!((drawn.stderr(), errors.bytes()), (String::new(), String::new()));
    for (terminal, followed) in [(&screen, &mut drawn), (&errors, &mut printed)] {
        terminal.enter("\x03");
        assert_eq!(followed.code(), 130);
    }
}

#[test]
fn a_lost_server_is_said_below_the_picture() {
    let Some(mut cluster) = control_plane::own("a_lost_server_is_said_below_the_picture") else {
        return;
    };
    let stage = Stage::new(&cluster, PLUGIN);
    let terminal = Terminal::open(80, 24);
    let mut followed = run(&terminal, &stage, &["-w"]);
    let first = terminal.until(|picture| picture.shows("90.0%"));
    cluster.kill_api_server();
    let lost = terminal.until(|picture| picture.shows("not up to date since "));
    let (rest, state) = lost.lines.split_at(first.lines.len());
    assert_eq!(rest, first.lines);
    let state = state.join(" ");
    assert!(state.contains("Z, trying again: "), "{state}");
    assert!(state.contains("is it running"), "{state}");
    cluster.start_api_server().expect("it starts again");
    terminal.until(|picture| *picture == first);
    cluster.pause_api_server();
    // Whoever waits for an answer of nobody can be ended still.
    terminal.enter("\x03");
    assert_eq!(followed.code(), 130);
    assert_eq!(terminal.picture(), first);
    cluster.resume_api_server();
}

#[test]
fn tables_of_usual_names_fit_into_80_columns() {
    let Some(cluster) = control_plane::shared("tables_of_usual_names_fit_into_80_columns") else {
        return;
    };
    let stage = Stage::new(cluster, PLUGIN);
    let name = "a-name-of-20-letters";
    stage.apply(&[stage::service(name), endpoints(name, &[true, false])]);
    let other = "b-name-of-20-letters";
    stage.apply(&[stage::service(other), endpoints(other, &[true])]);
    let matches = json!([{"headers": [{"name": "x-beta", "value": "1"}]}]);
    let backends = references(&[(name, 90), (other, 10)]);
    let rules = [
        json!({"name": "canary", "matches": matches, "backendRefs": backends}),
        json!({"backendRefs": references(&[(name, 1)])}),
    ];
    stage.apply(&[routed("web", "HTTPRoute", &rules)]);
    let width = |text: &str| text.lines().map(|line| line.chars().count()).max();
    let table = stage.fresh(&[]);
    assert!(width(&table) <= Some(80), "{table}");
    let wide = stage.fresh(&["-o", "wide"]);
    assert!(width(&wide) > Some(80) && !wide.contains('…'), "{wide}");
    // A terminal gets the same as a pipe: it wraps lines by itself, and can unwrap them.
    for (args, text) in [(&[][..], &table), (&["-o", "wide"], &wide)] {
        let terminal = Terminal::open(80, 40);
        let args = [args, &["--color", "never"]].concat();
        assert_eq!(run(&terminal, &stage, &args).code(), 0);
        terminal.until(|picture| picture.shows("90.0%"));
        assert_eq!(ageless(&terminal.bytes().replace("\r\n", "\n")), ageless(text));
    }
}

#[test]
fn a_long_reading_says_how_far_it_is() {
    let server = Server::start(None, |asked| {
        if asked.path().contains("/services?") {
            thread::sleep(Duration::from_millis(1_500));
        }
        Answer::nothing()
    });
    let terminal = Terminal::open(80, 10);
    let mut command = Command::new(PLUGIN);
    command.args(["split", "a", "-s", &format!("http://127.0.0.1:{}", server.port)]);
    command.env("KUBECONFIG", "/dev/null");
    let mut run = terminal.run(SESSION, &command, Outputs::Both);
    terminal.until(|picture| picture.shows("reading the cluster: 0 objects"));
    assert_eq!(run.code(), 1);
    let last = terminal.until(|picture| picture.shows("error: Service default/a not found"));
    assert!(!last.shows("reading the cluster"), "{last:?}");
}

#[test]
fn a_long_check_says_how_far_it_is() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("long-check.yaml");
    fs::write(&file, manifests()).expect("the target folder can be written");
    let terminal = Terminal::open(80, 10);
    let mut command = Command::new(PLUGIN);
    command.arg("lint").arg(&file);
    let mut run = terminal.run(SESSION, &command, Outputs::Both);
    terminal.until(|picture| picture.shows(" of 15000 objects"));
    assert_eq!(run.code(), 0);
    let last = terminal.until(|picture| picture.shows("1 file: "));
    assert!(!last.shows("objects") && !last.shows("reading"), "{last:?}");
}

/// Lines without their ages, which are seconds here, and go on.
fn ageless(text: &str) -> Vec<&str> {
    let is_of_age = |character: char| character.is_ascii_digit() || character == 's';
    text.lines().map(|line| line.trim_end_matches(is_of_age)).collect()
}

#[test]
fn kubectl_runs_it_as_its_own() {
    let Some(cluster) = control_plane::shared("kubectl_runs_it_as_its_own") else { return };
    let Some(kubectl) = skip_unless("kubectl_runs_it_as_its_own", Tool::Kubectl.find()) else {
        return;
    };
    let stage = Stage::new(cluster, PLUGIN);
    let folder = Folder::new().expect("a folder");
    symlink(PLUGIN, folder.path().join("kubectl-meshroute")).expect("the folder is ours");
    let run = |args: &[&str]| {
        let mut command = stage::command(&kubectl.to_string_lossy(), cluster.kubeconfig(), args);
        let mut running = Running::in_pipes(command.env("PATH", folder.path()));
        (running.code(), running.stdout(), running.stderr())
    };
    let (none, answer) = (String::new(), stage.fresh(&[]));
    let split = ["meshroute", "split", "web", "-n", &stage.namespace];
    assert_eq!(run(&split), (0, answer.clone(), none.clone()));
    let (code, stdout, stderr) = run(&[&split[..], &["-w", "--until", "90/10"]].concat());
    assert_eq!((code, stdout.lines().count(), stderr), (0, 2, none.clone()));
    let gone = run(&["meshroute", "split", "gone", "-n", &stage.namespace]);
    let said = format!("error: Service {}/gone not found\n", stage.namespace);
    assert_eq!(gone, (1, none.clone(), said));
    let (code, _, stderr) = run(&["meshroute", "split", "--mesh"]);
    assert_eq!(code, 2, "{stderr}");
    let (_, help, _) = run(&["meshroute", "split", "--help"]);
    assert!(help.contains("Usage: kubectl meshroute split"), "{help}");
    let (code, stdout, _) = run(&["meshroute", "version"]);
    assert!(code == 0 && stdout.starts_with("meshroute "), "{stdout}");
    let (code, stdout, stderr) = run(&["plugin", "list"]);
    assert!(stdout.contains("kubectl-meshroute") && code == 0, "{stdout}{stderr}");
    assert_eq!(stderr, "");
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(|line| line.trim_end().to_owned()).collect()
}
