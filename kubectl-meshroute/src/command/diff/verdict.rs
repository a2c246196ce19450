//! Whether a difference is one, or too much of one.

use meshroute::{
    diff::{Destination, Region},
    ratio::{Ratio, percentages},
};

use crate::{
    exit::code,
    view::diff::{Item, Report, words},
};

/// The exit code of a report.
pub(super) fn code(report: &Report<'_>) -> u8 {
    let differs = match report.limit {
        Some(_) => !report.over.is_empty(),
        None => !report.items.is_empty(),
    };
    if differs { code::DIFFERS } else { code::SAME }
}

/// What moves more than it may, a line each.
pub(super) fn over(items: &[Item<'_>], limit: Ratio) -> Vec<String> {
    let mut lines = Vec::new();
    for item in items {
        for region in &item.change.regions {
            let which = format!("{}, {}", words::service(item), words::requests(region));
            if region.starts_to_fail() {
                lines.push(format!("starts to fail: {which}: {}", failure(region)));
                continue;
            }
            lines
                .extend(farthest(region, limit).map(|moved| {
                    format!("above --max-shift {}: {which}: {moved}", percent(limit))
                }));
        }
    }
    lines
}

/// How those requests fail.
fn failure(region: &Region<'_>) -> String {
    let Some(fate) = &region.after.fate else { return "it is there no more".into() };
    let answers = fate.shares().filter_map(|(to, share)| match to {
        Destination::Answer(answer) => Some(format!("{} get {answer}", percent(*share))),
        Destination::Backend(_) => None,
    });
    answers.collect::<Vec<_>>().join(", ")
}

/// The move that goes farthest, if that is beyond the limit. Where nothing was there before,
/// nothing moves.
fn farthest(region: &Region<'_>, limit: Ratio) -> Option<String> {
    region.before.fate.as_ref()?;
    let moves = region.moves().into_iter();
    let farthest = moves.rev().max_by_key(|it| it.distance())?;
    (farthest.distance() > limit).then(|| {
        let (before, after) = (percent(farthest.before), percent(farthest.after));
        format!("{} {before} → {after}", words::destination(&farthest.to))
    })
}

fn percent(share: Ratio) -> String {
    let rest = Ratio::ONE.distance(share);
    format!("{}%", percentages(&[share, rest])[0])
}
