//! `explain`: what a lint means, or which lints there are.

use meshroute::lint::{ALL, Lint};

use crate::{
    Look, Streams, args,
    exit::{Failure, code},
    view,
};

/// Runs the command.
pub(crate) fn run(
    args: &args::Explain,
    look: Look,
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    let text = match &args.code {
        None => view::explain::list(ALL, look),
        Some(asked) => {
            let upper = asked.to_ascii_uppercase();
            let by_name = || ALL.iter().copied().find(|lint| lint.name == asked);
            let lint = Lint::of(&upper).or_else(by_name).ok_or_else(|| {
                Failure::usage(format!(
                    "there is no lint {asked:?}: `explain` without a code lists all of them"
                ))
            })?;
            view::explain::one(lint)
        }
    };
    streams.stdout.write_all(text.as_bytes())?;
    streams.stdout.flush()?;
    Ok(code::DONE)
}
