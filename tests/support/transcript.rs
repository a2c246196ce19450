//! Console blocks of a document, run again: what they show must be what the commands print.
//!
//! A block is fenced as `console`; in it a line that starts with `$ ` is a command, and the lines up to the next
//! command are all that it prints, first on stdout and then on stderr. `$ echo $?` shows the exit code of the command
//! before it. What cannot be run without a cluster belongs into a block fenced as `sh`.

/// What a command did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What it printed: stdout, then stderr.
    pub text: String,
    /// Its exit code.
    pub code: u8,
}

/// A document whose blocks were run.
#[derive(Debug, PartialEq, Eq)]
pub struct Replay {
    /// The document as it would be with the real output in its blocks.
    pub text: String,
    /// The commands that printed something else than the document says.
    pub differences: Vec<Difference>,
    /// How many commands were run.
    pub commands: usize,
}

/// A command that printed something else than the document says.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    /// The line of the command, from 1.
    pub line: usize,
    /// The command.
    pub command: String,
    /// What the document says.
    pub documented: Vec<String>,
    /// What the command printed.
    pub real: Vec<String>,
}

/// Runs every command of a document's console blocks, in order.
///
/// `run` gets the words of a command and returns what it did, or why it cannot be run.
///
/// # Errors
///
/// Returns one text for each block or command that cannot be read or run, with its line.
pub fn replay(
    document: &str,
    run: &mut dyn FnMut(&[String]) -> Result<Outcome, String>,
) -> Result<Replay, Vec<String>> {
    let mut replay = Replay { text: String::new(), differences: Vec::new(), commands: 0 };
    let mut problems = Vec::new();
    let mut lines = document.lines().enumerate().map(|(idx, line)| (idx + 1, line)).peekable();
    while let Some((number, line)) = lines.next() {
        push(&mut replay.text, line);
        let Some(fence) = Fence::open(line) else { continue };
        let mut body = Vec::new();
        let mut end = None;
        for (number, line) in lines.by_ref() {
            if fence.is_closed_by(line) {
                end = Some(line);
                break;
            }
            body.push((number, line));
        }
        let Some(end) = end else {
            problems.push(format!("line {number}: this block is never closed"));
            break;
        };
        match fence.kind {
            "console" => block(&fence, number, &body, run, &mut replay, &mut problems),
            other => {
                if other.starts_with("console") {
                    problems.push(format!(
                        "line {number}: a console block has no options; use sh for what cannot be run here"
                    ));
                }
                body.iter().for_each(|(_, line)| push(&mut replay.text, line));
            }
        }
        push(&mut replay.text, end);
    }
    if problems.is_empty() { Ok(replay) } else { Err(problems) }
}

/// Runs the commands of one block and adds them with their real output.
fn block(
    fence: &Fence<'_>,
    number: usize,
    body: &[(usize, &str)],
    run: &mut dyn FnMut(&[String]) -> Result<Outcome, String>,
    replay: &mut Replay,
    problems: &mut Vec<String>,
) {
    let body = body.iter().map(|(number, line)| (*number, fence.inside(line))).collect::<Vec<_>>();
    if body.first().is_none_or(|(_, line)| !line.starts_with("$ ")) {
        problems.push(format!("line {number}: a console block starts with a command"));
        return;
    }
    let mut code = 0;
    for step in body.chunk_by(|_, (_, next)| !next.starts_with("$ ")) {
        let (line, prompt) = step[0];
        let command = prompt["$ ".len()..].trim();
        replay.commands += 1;
        let outcome = if command == "echo $?" {
            Ok(Outcome { text: format!("{code}\n"), code: 0 })
        } else {
            words(command).and_then(|words| run(&words))
        };
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(problem) => {
                problems.push(format!("line {line}: {problem}"));
                continue;
            }
        };
        code = outcome.code;
        let documented = step[1..].iter().map(|(_, line)| (*line).to_owned()).collect::<Vec<_>>();
        let real = outcome.text.lines().map(str::to_owned).collect::<Vec<_>>();
        push(&mut replay.text, &fence.outside(prompt));
        real.iter().for_each(|line| push(&mut replay.text, &fence.outside(line)));
        if documented != real {
            replay.differences.push(Difference {
                line,
                command: command.to_owned(),
                documented,
                real,
            });
        }
    }
}

/// Splits a command into words as a shell does, as far as one plain command goes.
///
/// # Errors
///
/// Refuses what only a shell could carry out: pipes, redirections, variables, patterns.
pub fn words(command: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = command.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' => words.extend(word.take()),
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        None => return Err(format!("a quote is never closed in {command:?}")),
                        Some(quoted) if quoted == c => break,
                        Some('$' | '`' | '\\') if c == '"' => return Err(plain(command)),
                        Some(quoted) => word.push(quoted),
                    }
                }
            }
            '|' | '&' | ';' | '<' | '>' | '(' | ')' | '$' | '`' | '\\' | '*' | '?' | '[' | '#'
            | '~' => {
                return Err(plain(command));
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

fn plain(command: &str) -> String {
    format!("{command:?} needs a shell; a console block holds plain commands, sh blocks the rest")
}

fn push(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// The line that opens a fenced block.
struct Fence<'a> {
    indent: &'a str,
    ticks: usize,
    kind: &'a str,
}

impl<'a> Fence<'a> {
    fn open(line: &'a str) -> Option<Self> {
        let rest = line.trim_start_matches(' ');
        let kind = rest.trim_start_matches('`');
        let ticks = rest.len() - kind.len();
        // Backticks on the same line again: code in a sentence, not a block.
        (ticks >= 3 && !kind.contains('`')).then(|| Self {
            indent: &line[..line.len() - rest.len()],
            ticks,
            kind: kind.trim(),
        })
    }

    fn is_closed_by(&self, line: &str) -> bool {
        let line = line.trim();
        line.len() >= self.ticks && line.bytes().all(|b| b == b'`')
    }

    /// Takes off the indentation that a block in a list has.
    fn inside<'l>(&self, line: &'l str) -> &'l str {
        line.strip_prefix(self.indent).unwrap_or(line)
    }

    /// Puts the indentation back, but not in front of nothing.
    fn outside(&self, line: &str) -> String {
        if line.is_empty() { String::new() } else { format!("{}{line}", self.indent) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that prints its words, one a line, and exits with how many they are.
    fn print(words: &[String]) -> Result<Outcome, String> {
        match words.first().map(String::as_str) {
            Some("print") => {
                let text = words[1..].iter().map(|word| format!("{word}\n")).collect();
                Ok(Outcome { text, code: u8::try_from(words.len() - 1).expect("few words") })
            }
            other => Err(format!("no program {other:?}")),
        }
    }

    fn text(document: &str) -> String {
        replay(document, &mut print).expect("the document can be run").text
    }

    fn problems(document: &str) -> Vec<String> {
        replay(document, &mut print).expect_err("the document cannot be run")
    }

    #[test]
    fn what_is_right_stays_as_it_is() {
        let document =
            "# a\n\n```console\n$ print 'b c' d\nb c\nd\n$ echo $?\n2\n$ print\n```\n\nend\n";
        let replay = replay(document, &mut print).expect("the document can be run");
        assert_eq!(replay, Replay { text: document.to_owned(), differences: vec![], commands: 3 });
    }

    #[test]
    fn what_differs_is_told_and_put_right() {
        let document = "```console\n$ print a\nb\n\nc\n$ print d\nd\n```\n";
        let replay = replay(document, &mut print).expect("the document can be run");
        assert_eq!(replay.text, "```console\n$ print a\na\n$ print d\nd\n```\n");
        let [difference] = replay.differences.as_slice() else { panic!("{replay:?}") };
        assert_eq!((difference.line, difference.command.as_str()), (2, "print a"));
        assert_eq!(difference.documented, ["b", "", "c"]);
        assert_eq!(difference.real, ["a"]);
    }

    #[test]
    fn other_blocks_are_not_run() {
        let document =
            "```sh\n$ rm a\n```\n\n````\n```console\n$ rm a\n```\n````\nsee ```console```\n";
        assert_eq!(text(document), document);
    }

    #[test]
    fn a_block_in_a_list_keeps_its_indentation() {
        let document = "- a\n\n  ```console\n  $ print b ''\n  ```\n";
        assert_eq!(text(document), "- a\n\n  ```console\n  $ print b ''\n  b\n\n  ```\n");
        assert_eq!(text(&text(document)), text(document));
    }

    #[test]
    fn what_cannot_be_run_is_a_problem() {
        for (document, problem) in [
            ("```console,ignore\n$ print\n```\n", "line 1: a console block has no options"),
            ("a\n```console\nprint\n```\n", "line 2: a console block starts with a command"),
            ("```console\n```\n", "line 1: a console block starts with a command"),
            ("```console\n$ print a\n", "line 1: this block is never closed"),
            ("```console\n$ helm list\n```\n", "line 2: no program Some(\"helm\")"),
            ("```console\n$ print a | b\n```\n", "line 2: \"print a | b\" needs a shell"),
        ] {
            let problems = problems(document);
            assert!(problems.len() == 1 && problems[0].starts_with(problem), "{problems:?}");
        }
    }

    #[test]
    fn words_are_those_of_a_shell() {
        let split = |command| words(command).expect("a plain command");
        assert_eq!(split("a  -o 'b c'd \"e'f\" ''"), ["a", "-o", "b cd", "e'f", ""]);
        assert_eq!(
            split("split v2+=5% v1=90 --x='{.a[0]}'"),
            ["split", "v2+=5%", "v1=90", "--x={.a[0]}"]
        );
        for command in ["a > b", "a $b", "a \"$b\"", "a; b", "a *.yaml", "a \\", "a # b"] {
            assert!(words(command).expect_err("only a shell can").contains("needs a shell"));
        }
        assert!(words("a 'b").expect_err("not closed").contains("never closed"));
    }
}
