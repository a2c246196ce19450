//! The flags that were given, so that a command can be said that works.

use clap::{Arg, ArgAction, ArgMatches, Command, parser::ValueSource};

/// How the program was called, and with which flags.
#[derive(Debug, Default)]
pub(crate) struct Given {
    name: String,
    /// Each flag with its words.
    flags: Vec<(String, Vec<String>)>,
}

/// Nobody may read these.
const SECRET: [&str; 2] = ["token", "password"];

/// Flags that say how one change is made, not what is meant.
const ONCE: [&str; 19] = [
    "all_namespaces",
    "allow_unready",
    "allow_zero",
    "create",
    "dry_run",
    "equal",
    "expect",
    "no_headers",
    "output",
    "override_owner",
    "reason",
    "selector",
    "timeout",
    "to",
    "until",
    "verbosity",
    "wait",
    "watch",
    "yes",
];

/// Flags that narrow down which rules are meant.
const NARROW: [&str; 5] = ["all_ports", "all_rules", "port", "route", "rule"];

/// Flags that mean nothing where no weights are changed.
const WRITE: [&str; 16] = [
    "all_ports",
    "all_rules",
    "allow_unready",
    "allow_zero",
    "create",
    "dry_run",
    "equal",
    "expect",
    "field_manager",
    "override_owner",
    "reason",
    "route",
    "rule",
    "timeout",
    "wait",
    "yes",
];

/// Flags of a change that mean something in a cluster only.
const CLUSTER: [&str; 5] = ["field_manager", "override_owner", "reason", "timeout", "wait"];

impl Given {
    /// What was given to the subcommand.
    pub(super) fn of(name: &str, command: &Command, matches: &ArgMatches) -> Self {
        let mut given = Self { name: name.into(), flags: Vec::new() };
        let Some((subcommand, matches)) = matches.subcommand() else { return given };
        let Some(command) = command.find_subcommand(subcommand) else { return given };
        for arg in command.get_arguments().filter(|arg| !arg.is_positional()) {
            let id = arg.get_id().as_str();
            let is_given = matches.try_contains_id(id).unwrap_or(false)
                && matches.value_source(id) == Some(ValueSource::CommandLine);
            if is_given && !SECRET.contains(&id) {
                given.flags.push((id.to_owned(), words(arg, matches)));
            }
        }
        given
    }

    /// The same command with other words after its name, without the flags that `flags` replace.
    pub(crate) fn again(&self, verb: &str, words: &[String], flags: &[String]) -> String {
        let replaces = |id: &str| {
            let long = format!("--{}", id.replace('_', "-"));
            let is_narrower = flags.iter().any(|flag| flag == "--rule" || flag == "--all-rules");
            flags.contains(&long) || (is_narrower && ["rule", "all_rules"].contains(&id))
        };
        self.command(verb, words, flags, |id| !replaces(id))
    }

    /// The same command about a file of its own.
    pub(crate) fn about_file(&self, verb: &str, words: &[String], file: &str) -> String {
        let is_source = |id: &str| ["files", "kustomize", "recursive"].contains(&id);
        self.command(verb, words, &with_value("-f", file.to_owned()), |id| !is_source(id))
    }

    /// A command about the same rules.
    pub(crate) fn about_same(&self, verb: &str, words: &[String], flags: &[String]) -> String {
        self.command(verb, words, flags, |id| !ONCE.contains(&id))
    }

    /// A command about one of them, which the flags name.
    pub(crate) fn about_rule(&self, verb: &str, words: &[String], flags: &[String]) -> String {
        let is_kept = |id: &str| !ONCE.contains(&id) && !["rule", "all_rules"].contains(&id);
        self.command(verb, words, flags, is_kept)
    }

    /// A command about the same route.
    pub(crate) fn about_route(&self, verb: &str, words: &[String], flags: &[String]) -> String {
        let is_kept = |id: &str| !ONCE.contains(&id) && (id == "route" || !NARROW.contains(&id));
        self.command(verb, words, flags, is_kept)
    }

    /// A command about the same Service.
    pub(crate) fn about_service(&self, verb: &str, words: &[String]) -> String {
        let is_kept =
            |id: &str| !ONCE.contains(&id) && !NARROW.contains(&id) && id != "field_manager";
        self.command(verb, words, &[], is_kept)
    }

    /// The command that checks the routes of the same objects.
    pub(crate) fn lint(&self) -> String {
        let is_kept = |id: &str| {
            !ONCE.contains(&id)
                && !NARROW.contains(&id)
                && !["from_namespace", "host"].contains(&id)
        };
        self.command("lint", &[], &[], is_kept)
    }

    /// A flag that means nothing where no weights are changed.
    pub(crate) fn write_flag(&self) -> Option<&str> {
        self.first_of(&WRITE)
    }

    /// A flag that means nothing where weights are changed in files.
    pub(crate) fn cluster_flag(&self) -> Option<&str> {
        self.first_of(&CLUSTER)
    }

    fn first_of(&self, ids: &[&str]) -> Option<&str> {
        let mut flags = self.flags.iter().filter(|(id, _)| ids.contains(&id.as_str()));
        flags.find_map(|(_, words)| words.first()).map(String::as_str)
    }

    fn command(
        &self,
        verb: &str,
        words: &[String],
        flags: &[String],
        is_kept: impl Fn(&str) -> bool,
    ) -> String {
        let kept = self.flags.iter().filter(|(id, _)| is_kept(id)).flat_map(|(_, words)| words);
        let words = words.iter().chain(kept).chain(flags).map(|word| quoted(word));
        let all: Vec<String> =
            [self.name.clone(), verb.to_owned()].into_iter().chain(words).collect();
        all.join(" ")
    }
}

fn words(arg: &Arg, matches: &ArgMatches) -> Vec<String> {
    let flag = match (arg.get_short(), arg.get_long()) {
        (Some(short), _) if !arg.is_require_equals_set() => format!("-{short}"),
        (_, Some(long)) => format!("--{long}"),
        (Some(short), None) => format!("-{short}"),
        (None, None) => return Vec::new(),
    };
    if matches!(arg.get_action(), ArgAction::SetTrue) {
        return vec![flag];
    }
    let values = matches.get_raw(arg.get_id().as_str()).into_iter().flatten();
    let values = values.map(|value| value.to_string_lossy().into_owned());
    if arg.is_require_equals_set() {
        return values.map(|value| format!("{flag}={value}")).collect();
    }
    values.flat_map(|value| with_value(&flag, value)).collect()
}

/// A flag and its value, which is not to be taken for a flag itself.
fn with_value(flag: &str, value: String) -> Vec<String> {
    if value.len() > 1 && value.starts_with('-') {
        return vec![format!("{flag}={value}")];
    }
    vec![flag.to_owned(), value]
}

/// A word as a shell takes it back.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=+%@,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use crate::args::{CommandLine, parse};

    fn again(words: &[&str], flags: &[&str]) -> String {
        let words = ["kubectl-meshroute"].iter().chain(words).map(Into::into);
        let CommandLine::Asked(args) = parse(words) else { panic!("it is well-formed") };
        let flags: Vec<String> = flags.iter().map(ToString::to_string).collect();
        args.given.again("split", &["web".into(), "1/1".into()], &flags)
    }

    #[test]
    fn a_command_is_said_again_without_secrets() {
        let words =
            ["split", "web", "1/1", "-nshop", "--context=it's", "--token", "abc", "--rule=a"];
        let said = again(&words, &["--rule", "b"]);
        assert!(
            said.starts_with("kubectl meshroute split web 1/1 ") && said.ends_with(" --rule b")
        );
        assert!(said.contains("-n shop") && said.contains(r"--context 'it'\''s'"), "{said}");
        assert!(!said.contains("abc") && !said.contains("--rule a"), "{said}");
        let said = again(&["split", "web", "1/1", "--wait", "--as-group=a", "--as-group=b"], &[]);
        assert!(
            said.contains("--wait=true") && said.contains("--as-group a --as-group b"),
            "{said}"
        );
    }

    #[test]
    fn a_value_is_not_taken_for_a_flag() {
        let said = again(&["split", "web", "1/1", "-f=-a.yaml", "--reason=--why"], &[]);
        assert!(said.contains(" -f=-a.yaml") && said.contains(" --reason=--why"), "{said}");
        let said = again(&["split", "web", "1/1", "-f", "-"], &[]);
        assert!(said.contains(" -f -"), "{said}");
    }
}
