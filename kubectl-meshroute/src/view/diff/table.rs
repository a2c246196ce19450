//! Changes for people.

use super::{
    Report,
    rows::{self, Mark, Row},
    words,
};
use crate::{
    Look,
    view::grid::{Grid, Paint},
};

/// Prints a heading and a grid for each item, and a line about all.
pub(super) fn table(report: &Report<'_>, no_headers: bool, look: Look) -> String {
    let mut text = String::new();
    for item in &report.items {
        let mut heading = vec![format!("Service {}", words::service(item))];
        heading.extend(words::circumstances(item));
        text.push_str(&format!("{}\n\n", heading.join("  ")));
        let columns = vec!["RULE", "REQUESTS", "BACKEND", "BEFORE", "AFTER", "CHANGE"];
        let mut grid = Grid::new(columns, !no_headers, look);
        for region in &item.change.regions {
            let mut first = [words::rules(region, item.service), words::requests(region)];
            for row in rows::rows(region, item) {
                let change = row.mark.words();
                let paint = paint(&row.mark, &change);
                let [before, after] = [&row.before, &row.after]
                    .map(|it| it.map_or_else(|| "-".into(), |it| format!("{it}%")));
                let [rule, requests] = std::mem::take(&mut first);
                let Row { to, .. } = row;
                grid.add(vec![rule, requests, to, before, after, change], paint);
            }
        }
        text.push_str(&grid.print());
        text.push('\n');
    }
    text.push_str(&format!("{}\n", words::summary(report)));
    words::findings(report).iter().for_each(|line| text.push_str(&format!("{line}\n")));
    text
}

fn paint(mark: &Mark, text: &str) -> Option<Paint> {
    match mark {
        Mark::Fails(_) => Some(Paint::bad(text)),
        Mark::New | Mark::Gone => Some(Paint::odd(text)),
        Mark::Same | Mark::More | Mark::Less | Mark::Mended => None,
    }
}
