//! `split -w`: the answer again and again, each time that it has changed.

use meshroute::split::{Split, SplitRule};

use crate::{
    Look, Streams, args,
    command::{
        answer::{self, Answer},
        services::Asked,
        split::{text, warn, warnings},
    },
    exit::{Failure, code},
    source::{News, Source},
    view::{Output, lines, screen::Screen},
};

/// The weights at which to stop.
#[derive(Debug)]
pub(super) struct Goal(Vec<u64>);

/// What is shown at one moment.
struct Moment {
    /// In the format that is asked for.
    text: String,
    /// A line for each thing that can change by itself.
    lines: Vec<String>,
    warnings: Vec<String>,
    is_reached: bool,
}

/// Shows the answer until the goal is reached, or somebody ends it.
pub(super) fn run(
    source: &mut Source,
    asked: &Asked,
    args: &args::Split,
    goal: Option<&Goal>,
    look: Look,
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    let is_table = matches!(args.output, Output::Table | Output::Wide);
    let mut screen = (look.terminal && is_table).then(Screen::default);
    let mut seen: Option<Moment> = None;
    let mut said: Vec<String> = Vec::new();
    let mut state = None;
    loop {
        let now = moment(source, asked, args, goal, look);
        let told = warnings(source, asked);
        let now = match (now, &seen) {
            (Ok(now), _) => now,
            // What is not there at the start is an error; what goes away later may come again.
            (Err(failure), None) => {
                warn(streams, &told)?;
                return Err(failure);
            }
            (Err(Failure::Said { message, .. }), Some(_)) => Moment {
                text: format!("{message}\n"),
                lines: vec![message],
                warnings: Vec::new(),
                is_reached: false,
            },
            (Err(failure), Some(_)) => return Err(failure),
        };
        match &mut screen {
            Some(screen) => {
                let mut text = now.text.clone();
                for warning in told.iter().chain(&now.warnings) {
                    text.push_str(&format!("warning: {}\n", crate::view::clean(warning)));
                }
                screen.show(&text, state.as_deref(), streams.stdout)?;
            }
            None => {
                warn(streams, &told)?;
                let new: Vec<String> =
                    now.warnings.iter().filter(|it| !said.contains(it)).cloned().collect();
                warn(streams, &new)?;
                said.extend(new);
                write(&now, seen.as_ref(), &args.output, streams)?;
            }
        }
        if now.is_reached {
            return Ok(code::DONE);
        }
        seen = Some(now);
        state = match source.wait()? {
            News::Changed | News::Resized => state,
            News::Lost(message) => {
                let message = format!("{message}; trying again");
                if screen.is_none() {
                    warn(streams, std::slice::from_ref(&message))?;
                }
                Some(message)
            }
            News::Back => {
                if screen.is_none() {
                    writeln!(streams.stderr, "the API server is there again")?;
                }
                None
            }
            News::Interrupted => {
                if let Some(screen) = &mut screen {
                    screen.leave(streams.stdout)?;
                }
                return Ok(code::INTERRUPTED);
            }
        };
    }
}

fn moment(
    source: &mut Source,
    asked: &Asked,
    args: &args::Split,
    goal: Option<&Goal>,
    look: Look,
) -> Result<Moment, Failure> {
    answer::settled(source, asked, args, |answer| {
        let mut text = text(answer, asked, args, look)?;
        let mut lines = lines::lines(&answer.splits);
        if let Some(nothing) = &answer.nothing {
            text.push_str(&format!("{nothing}\n"));
            lines.push(nothing.clone());
        }
        let is_reached = goal.is_some_and(|goal| goal.is_reached(answer));
        Ok(Moment { text, lines, warnings: answer.warnings.clone(), is_reached })
    })
}

/// Writes what has changed, for a reader that cannot go back.
fn write(
    now: &Moment,
    seen: Option<&Moment>,
    output: &Output,
    streams: &mut Streams<'_>,
) -> Result<(), Failure> {
    match output {
        Output::Table | Output::Wide => {
            let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ");
            let before: &[String] = seen.map_or(&[], |seen| &seen.lines);
            for line in now.lines.iter().filter(|line| !before.contains(line)) {
                writeln!(streams.stdout, "{time}  {line}")?;
            }
            for line in before.iter().filter(|line| !now.lines.contains(line)) {
                // What has changed is said by its new line; what has none is gone.
                let subject = lines::subject(line);
                if !now.lines.iter().any(|line| lines::subject(line) == subject) {
                    writeln!(streams.stdout, "{time}  {subject}  gone")?;
                }
            }
        }
        _ if seen.is_some_and(|seen| seen.text == now.text) => {}
        Output::Yaml => write!(streams.stdout, "---\n{}", now.text)?,
        Output::Json | Output::Name | Output::Markdown | Output::JsonPath(_) => {
            streams.stdout.write_all(now.text.as_bytes())?;
        }
    }
    Ok(streams.stdout.flush()?)
}

impl Goal {
    /// Reads `90/10`.
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let weights: Result<Vec<u64>, _> =
            text.split('/').map(|part| part.trim().parse::<u32>().map(u64::from)).collect();
        match weights {
            Ok(weights) if weights.len() > 1 && weights.iter().any(|weight| *weight > 0) => {
                Ok(Self(weights))
            }
            _ => Err(Failure::usage(format!(
                "cannot read {text:?} as a split: write the weights in the order of the table, as in --until 90/10"
            ))),
        }
    }

    /// Whether every rule with as many backends has these shares, and some rule has.
    fn is_reached(&self, answer: &Answer<'_>) -> bool {
        let rules = |split: &'_ Split<'_>| -> Vec<bool> {
            let rules = split.rules.iter().filter(|rule| rule.backends.len() == self.0.len());
            rules.map(|rule| self.is_of(rule)).collect()
        };
        let reached: Vec<bool> = answer.splits.iter().flat_map(rules).collect();
        !reached.is_empty() && reached.iter().all(|reached| *reached)
    }

    /// Whether the weights of a rule are to each other as these.
    fn is_of(&self, rule: &SplitRule<'_>) -> bool {
        let weights: Vec<u64> =
            rule.backends.iter().map(|share| share.weight.map_or(0, u64::from)).collect();
        let (sum, wanted): (u64, u64) = (weights.iter().sum(), self.0.iter().sum());
        sum > 0 && weights.iter().zip(&self.0).all(|(is, want)| is * wanted == want * sum)
    }
}

#[cfg(test)]
mod tests {
    use super::Goal;

    #[test]
    fn what_is_no_split_is_named() {
        for text in ["", "90", "90/", "a/b", "-1/2", "0/0", "90/10%", "4294967296/1"] {
            assert!(Goal::parse(text).is_err(), "{text:?}");
        }
        assert!(Goal::parse("90/10").is_ok() && Goal::parse("0/1/0").is_ok());
    }
}
