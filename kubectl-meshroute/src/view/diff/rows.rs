//! One line for each place where requests of a region ended or end.

use meshroute::{
    diff::{Destination, Ending, Move, Region},
    ratio::{self, Percent, Ratio},
    split::Answer,
};

use super::{Item, words};

/// What one destination got and gets.
pub(super) struct Row {
    pub(super) to: String,
    /// Its share in percent; none where there was no Service.
    pub(super) before: Option<Percent>,
    pub(super) after: Option<Percent>,
    pub(super) mark: Mark,
}

/// What a line says in a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mark {
    Same,
    More,
    Less,
    New,
    Gone,
    /// The mesh answers these requests now, and why.
    Fails(String),
    /// The mesh does not any more.
    Mended,
}

impl Mark {
    /// In words.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Same => "same".into(),
            Self::More => "more".into(),
            Self::Less => "less".into(),
            Self::New => "new traffic".into(),
            Self::Gone => "no traffic any more".into(),
            Self::Fails(why) if why.is_empty() => "fails".into(),
            Self::Fails(why) => format!("fails: {why}"),
            Self::Mended => "fails no more".into(),
        }
    }

    /// A sign before the words.
    pub(super) fn sign(&self) -> &'static str {
        match self {
            Self::Same => "",
            Self::More | Self::New => "▲ ",
            Self::Less | Self::Gone => "▼ ",
            Self::Fails(_) => "⚠ ",
            Self::Mended => "✓ ",
        }
    }
}

/// The lines of a region.
pub(super) fn rows(region: &Region<'_>, item: &Item<'_>) -> Vec<Row> {
    let moves = region.moves();
    let percents = |share: fn(&Move) -> Ratio, ending: &Ending<'_>| -> Vec<Option<Percent>> {
        let shares: Vec<Ratio> = moves.iter().map(share).collect();
        let is_there = ending.fate.is_some();
        ratio::percentages(&shares).into_iter().map(|it| is_there.then_some(it)).collect()
    };
    let before = percents(|it| it.before, &region.before);
    let after = percents(|it| it.after, &region.after);
    let rows = moves.iter().zip(before.into_iter().zip(after));
    rows.map(|(moved, (before, after))| Row {
        to: words::seen_from(&moved.to, item.service, &moves),
        before,
        after,
        mark: mark(moved, region),
    })
    .collect()
}

fn mark(moved: &Move, region: &Region<'_>) -> Mark {
    let fails = match moved.to {
        Destination::Answer(answer @ (Answer::Status(_) | Answer::Undefined)) => Some(answer),
        Destination::Answer(Answer::Redirect) | Destination::Backend(_) => None,
    };
    // One failure instead of another mends nothing.
    let is_mended = region.after.fate.as_ref().is_some_and(|fate| !fate.fails());
    match fails {
        Some(answer) if moved.after > moved.before => Mark::Fails(words::why(region, answer)),
        Some(_) if is_mended => Mark::Mended,
        _ if moved.after == moved.before => Mark::Same,
        _ if moved.before.is_zero() => Mark::New,
        _ if moved.after.is_zero() => Mark::Gone,
        _ if moved.after > moved.before => Mark::More,
        _ => Mark::Less,
    }
}
