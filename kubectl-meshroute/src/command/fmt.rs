//! `fmt`: the defaults of the Gateway API in manifests, as the API server writes them into objects.
//!
//! What a repository does not say and a cluster does is a difference that tools of GitOps show
//! for ever. Once it is in the files, there is none.

mod defaults;

use std::io;

use crate::{
    Streams,
    args::{self, DryRun},
    command::{
        config::Config,
        rewrite::{self, Rewrite},
        split::warn,
    },
    edit::{self, Refused},
    exit::{Failure, code},
    source::{self, Input},
    view::clean,
    yaml,
};

/// Runs the command; its exit code says whether files would change, where that is the question.
pub(crate) fn run(args: &args::Fmt, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    rewrite::check(args.dry_run)?;
    let files: Vec<String> = args.paths.iter().chain(&args.files).cloned().collect();
    if files.is_empty() {
        return Err(Failure::usage("name files or folders, or - for stdin"));
    }
    let excluded = Config::find(&args.configured)?.exclude;
    let source::Inputs { texts, mut warnings, unread } =
        source::inputs_but(excluded.as_ref(), &files, args.recursive, streams.stdin)?;
    let formatted: Vec<Formatted> = texts.into_iter().map(format).collect();
    let is_left = !unread.is_empty() || formatted.iter().any(|it| it.is_left);
    warnings.extend(unread.iter().map(|it| format!("{}: cannot be read: {}", it.name, it.why)));
    warnings.extend(formatted.iter().flat_map(|it| it.warnings.iter().cloned()));
    let told: Vec<String> = formatted.iter().filter_map(|it| it.told(args.dry_run)).collect();
    let rewrites: Vec<Rewrite> = formatted.into_iter().map(|it| it.rewrite).collect();
    warn(streams, &warnings)?;
    let (printed, code) = if args.check {
        let changed: Vec<&Rewrite> = rewrites.iter().filter(|it| it.is_changed()).collect();
        let names = changed.iter().map(|it| clean(&it.input.origin.to_string()) + "\n");
        let code = if changed.is_empty() { code::CLEAN } else { code::UNFORMATTED };
        (names.collect::<String>().into_bytes(), code)
    } else {
        let printed = rewrite::finish(&rewrites, args.dry_run)?;
        for line in told {
            writeln!(streams.stderr, "{}", clean(&line))?;
        }
        (printed.unwrap_or_default(), code::DONE)
    };
    let code = if is_left { code::TROUBLE } else { code };
    match streams.stdout.write_all(&printed).and_then(|()| streams.stdout.flush()) {
        // Whoever went away may still look at the exit code.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(code),
        written => written.map(|()| code).map_err(Failure::from),
    }
}

/// What came of a text.
struct Formatted {
    rewrite: Rewrite,
    /// The defaults that are written.
    written: usize,
    /// Whether it is not for us to change.
    is_left: bool,
    warnings: Vec<String>,
}

impl Formatted {
    /// What is changed, in a line.
    fn told(&self, dry_run: DryRun) -> Option<String> {
        let what = match (self.written, dry_run) {
            (0, _) => return None,
            (1, DryRun::None) => "1 default written".to_owned(),
            (count, DryRun::None) => format!("{count} defaults written"),
            (1, DryRun::Client | DryRun::Server) => "1 default missing".to_owned(),
            (count, DryRun::Client | DryRun::Server) => format!("{count} defaults missing"),
        };
        Some(format!("{}: {what}", self.rewrite.input.origin))
    }
}

fn format(input: Input) -> Formatted {
    let outcome = {
        let documents = yaml::documents(&input.text);
        edit::whole(&input.origin, &documents)
            .and_then(|documents| {
                let missing = defaults::missing(&input, &documents)?;
                let amended = edit::amend(&input.text, &documents, &missing);
                Ok((missing, amended))
            })
            .map(|(missing, amended)| {
                let mut warnings = Vec::new();
                for (group, refused) in missing.iter().zip(&amended.refused) {
                    let (Some(change), Some(refused)) = (group.first(), refused) else { continue };
                    let Refused { line, why } = refused;
                    warnings.push(format!(
                        "{}:{line}: the default of {} is not written: {why}",
                        input.origin,
                        change.path()
                    ));
                }
                (amended.text, missing.len() - warnings.len(), warnings)
            })
    };
    match outcome {
        Ok((text, written, warnings)) => {
            Formatted { rewrite: Rewrite { input, text }, written, is_left: false, warnings }
        }
        Err(why) => {
            let text = input.text.clone();
            let rewrite = Rewrite { input, text };
            Formatted { rewrite, written: 0, is_left: true, warnings: vec![why] }
        }
    }
}
