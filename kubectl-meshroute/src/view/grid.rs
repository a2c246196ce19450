//! Columns as kubectl prints them: no lines, two spaces or more between, never wrapped.

use anstyle::{AnsiColor, Style};
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};

use crate::Look;

/// Rows that are laid out together.
pub(super) struct Grid {
    table: Table,
    columns: Vec<&'static str>,
    paints: Vec<Option<Paint>>,
    headers: bool,
    look: Look,
}

/// A text within a row, and how it looks.
pub(super) struct Paint {
    text: String,
    colour: AnsiColor,
}

impl Paint {
    /// Something that is wrong.
    pub(super) fn bad(text: &str) -> Self {
        Self { text: text.into(), colour: AnsiColor::Red }
    }

    /// Something that a reader should notice.
    pub(super) fn odd(text: &str) -> Self {
        Self { text: text.into(), colour: AnsiColor::Yellow }
    }
}

/// The columns that hold numbers, which align at the right and have the room of a percentage.
const NUMBERS: [&str; 6] = ["RULES", "WEIGHT", "SHARE", "READY", "BEFORE", "AFTER"];
const NUMBER_WIDTH: u16 = 8;

impl Grid {
    /// A grid with these columns.
    pub(super) fn new(columns: Vec<&'static str>, headers: bool, look: Look) -> Self {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        if headers {
            table.set_header(&columns);
        }
        Self { table, columns, paints: Vec::new(), headers, look }
    }

    /// Adds a row; its cells have no line breaks.
    pub(super) fn add(&mut self, cells: Vec<String>, paint: Option<Paint>) {
        self.table.add_row(cells);
        self.paints.push(paint);
    }

    /// Lays out, then paints: colours take no room.
    pub(super) fn print(mut self) -> String {
        for (column, name) in self.table.column_iter_mut().zip(&self.columns) {
            column.set_padding((0, 2));
            if NUMBERS.contains(name) {
                column.set_cell_alignment(CellAlignment::Right);
                column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(NUMBER_WIDTH)));
            }
        }
        let mut text = String::new();
        for (index, line) in self.table.lines().enumerate() {
            let row = index.checked_sub(usize::from(self.headers));
            let paint = row.and_then(|row| self.paints.get(row)).and_then(Option::as_ref);
            match paint.filter(|_| self.look.colour) {
                Some(paint) => text.push_str(&painted(line.trim_end(), paint)),
                None => text.push_str(line.trim_end()),
            }
            text.push('\n');
        }
        text
    }
}

/// The line with the last place of the text in its colour.
fn painted(line: &str, paint: &Paint) -> String {
    let Some(start) = line.rfind(&paint.text) else { return line.into() };
    let (before, rest) = line.split_at(start);
    let (text, after) = rest.split_at(paint.text.len());
    let style = Style::new().fg_color(Some(paint.colour.into()));
    format!("{before}{style}{text}{style:#}{after}")
}
