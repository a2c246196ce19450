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
    view::{self, Output, lines, screen::Screen},
};

/// The weights at which to stop.
#[derive(Debug)]
pub(super) struct Goal(Vec<u64>);

/// What there is to show at one moment.
#[derive(Debug, PartialEq, Eq)]
struct Moment {
    /// The answer in the format that is asked for, or why there is none.
    text: String,
    /// Whether there is an answer.
    is_there: bool,
    /// A line for each thing that can change by itself.
    lines: Vec<String>,
    warnings: Vec<String>,
    is_reached: bool,
}

/// Where to show it: on a terminal over the last picture, or behind what was printed before.
enum Place {
    Terminal(Screen),
    Stream,
}

/// Shows the answer until the goal is reached, or somebody ends it.
pub(super) fn run(
    source: &mut Source,
    asked: &Asked,
    args: &args::Split,
    given: &args::Given,
    goal: Option<&Goal>,
    look: Look,
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    let is_table = matches!(args.output, Output::Table | Output::Wide);
    let mut place = match look.terminal && is_table {
        true => Place::Terminal(Screen::default()),
        false => Place::Stream,
    };
    let mut seen: Option<Moment> = None;
    // Why the watches, or the last answer, could not be had.
    let mut lost: Option<String> = None;
    let mut since: Option<String> = None;
    let mut changed: Option<String> = None;
    loop {
        let (now, unread) = match (moment(source, asked, args, given, goal, look), seen.is_some()) {
            (Ok(now), _) => (Some(now), None),
            // What is not there at the start is an error; what goes away later may come again.
            (Err(Failure::Said { message, .. }), true) => (Some(Moment::without(&message)), None),
            (Err(Failure::Lost(message)), true) => (None, Some(message)),
            (Err(Failure::Interrupted), true) => return leave(&mut place, streams),
            (Err(failure), _) => {
                warn(streams, &warnings(source, asked))?;
                return Err(failure);
            }
        };
        let trouble: Option<&String> = lost.as_ref().or(unread.as_ref());
        let was_lost = since.is_some();
        since = trouble.map(|_| since.unwrap_or_else(clock));
        if seen.is_some() && now.is_some() && now != seen {
            changed = Some(clock());
        }
        match &mut place {
            Place::Terminal(screen) => {
                let state = match (trouble, &since, &changed) {
                    (Some(trouble), Some(since), _) => {
                        Some(format!("not up to date since {since}, trying again: {trouble}"))
                    }
                    (_, _, Some(changed)) => Some(format!("last change at {changed}")),
                    (_, _, None) => None,
                };
                if let Some(now) = now.as_ref().or(seen.as_ref()) {
                    screen.show(&now.picture(), state.as_deref(), streams.stdout)?;
                }
            }
            Place::Stream => {
                match trouble {
                    Some(trouble) if !was_lost => {
                        warn(streams, &[format!("not up to date, trying again: {trouble}")])?;
                    }
                    None if was_lost => {
                        writeln!(streams.stderr, "the API server is there again")?;
                    }
                    Some(_) | None => {}
                }
                if let Some(now) = &now {
                    write(now, seen.as_ref(), &args.output, streams)?;
                }
            }
        }
        if now.as_ref().is_some_and(|now| now.is_reached) {
            return Ok(code::DONE);
        }
        seen = now.or(seen);
        match source.wait()? {
            News::Changed | News::Resized => {}
            News::Lost(message) => lost = Some(message),
            News::Back => lost = None,
            News::Interrupted => return leave(&mut place, streams),
        }
    }
}

fn leave(place: &mut Place, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    if let Place::Terminal(screen) = place {
        screen.leave(streams.stdout)?;
    }
    Ok(code::INTERRUPTED)
}

fn moment(
    source: &mut Source,
    asked: &Asked,
    args: &args::Split,
    given: &args::Given,
    goal: Option<&Goal>,
    look: Look,
) -> Result<Moment, Failure> {
    let output = match &args.output {
        Output::Json => &Output::JsonLine,
        other => other,
    };
    let moment = answer::settled(source, asked, &args.question, |answer| {
        let mut text = text(answer, asked, args, given, output, look)?;
        let mut lines = lines::lines(&answer.splits);
        let mut warnings = answer.warnings.clone();
        let mut is_there = true;
        match (output, &answer.nothing) {
            (_, None) => {}
            (Output::Table | Output::Wide, Some(nothing)) => {
                text.push_str(&format!("{nothing}\n"));
                lines.push(nothing.clone());
                is_there = false;
            }
            (_, Some(nothing)) => warnings.push(nothing.clone()),
        }
        if !text.ends_with('\n') {
            text.push('\n');
        }
        let is_reached = goal.is_some_and(|goal| goal.is_reached(answer));
        Ok(Moment { text, is_there, lines, warnings, is_reached })
    });
    let mut moment = moment?;
    moment.warnings.splice(0..0, warnings(source, asked));
    Ok(moment)
}

impl Moment {
    /// A moment without an answer.
    fn without(reason: &str) -> Self {
        Self {
            text: format!("{reason}\n"),
            is_there: false,
            lines: vec![reason.into()],
            warnings: Vec::new(),
            is_reached: false,
        }
    }

    /// All that there is to say, for a place without a second stream.
    fn picture(&self) -> String {
        let mut text = self.text.clone();
        for warning in &self.warnings {
            text.push_str(&format!("warning: {}\n", view::clean(warning)));
        }
        text
    }
}

/// Writes what has changed, for a reader that cannot go back.
fn write(
    now: &Moment,
    seen: Option<&Moment>,
    output: &Output,
    streams: &mut Streams<'_>,
) -> Result<(), Failure> {
    let said: &[String] = seen.map_or(&[], |seen| &seen.warnings);
    let new: Vec<String> = now.warnings.iter().filter(|it| !said.contains(it)).cloned().collect();
    warn(streams, &new)?;
    let is_new = seen.is_none_or(|seen| (seen.is_there, &seen.text) != (now.is_there, &now.text));
    match output {
        Output::Table | Output::Wide => write_lines(now, seen, streams)?,
        _ if !is_new => {}
        _ if !now.is_there => warn(streams, &now.lines)?,
        Output::Yaml => write!(streams.stdout, "---\n{}", now.text)?,
        // Without a blank line, a table would go on in the next one.
        Output::Markdown if seen.is_some() => write!(streams.stdout, "\n{}", now.text)?,
        Output::Json | Output::JsonLine | Output::Name | Output::Markdown | Output::JsonPath(_) => {
            streams.stdout.write_all(now.text.as_bytes())?
        }
    }
    Ok(streams.stdout.flush()?)
}

fn write_lines(
    now: &Moment,
    seen: Option<&Moment>,
    streams: &mut Streams<'_>,
) -> Result<(), Failure> {
    let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ");
    let before: &[String] = match seen {
        // What is there again is said in full.
        Some(seen) if seen.is_there == now.is_there => &seen.lines,
        _ => &[],
    };
    for line in now.lines.iter().filter(|line| !before.contains(line)) {
        writeln!(streams.stdout, "{time}  {line}")?;
    }
    for line in before.iter().filter(|line| now.is_there && !now.lines.contains(line)) {
        // What has changed is said by its new line; what has none is gone.
        let subject = lines::subject(line);
        if !now.lines.iter().any(|line| lines::subject(line) == subject) {
            writeln!(streams.stdout, "{time}  {subject}  gone")?;
        }
    }
    Ok(())
}

/// The time of day, as the lines of a stream have it too.
fn clock() -> String {
    jiff::Timestamp::now().strftime("%H:%M:%SZ").to_string()
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
