//! A text that is drawn over itself on a terminal.

use std::io::{self, Write};

use unicode_width::UnicodeWidthChar;

/// The place on the terminal.
#[derive(Debug, Default)]
pub(crate) struct Screen {
    /// What was drawn last, above the cursor.
    drawn: Vec<String>,
    /// How many columns there were.
    columns: usize,
}

/// The size of a terminal that does not say.
const UNKNOWN: (usize, usize) = (80, 24);

impl Screen {
    /// Draws a text where the last one was; what does not fit below is cut, and what is longer than
    /// a line. `state` is said at the bottom.
    pub(crate) fn show(
        &mut self,
        text: &str,
        state: Option<&str>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let (columns, rows) = size();
        let frame = frame(text, state, columns, rows);
        if frame == self.drawn && columns == self.columns {
            return Ok(());
        }
        // One write, so that the terminal never shows half of a picture.
        out.write_all(self.drawing(&frame, columns).as_bytes())?;
        out.flush()?;
        (self.drawn, self.columns) = (frame, columns);
        Ok(())
    }

    /// What draws lines over the last ones. CSI A: up; CSI K: clear the rest of the line; CSI J:
    /// clear what follows (ECMA-48).
    fn drawing(&self, frame: &[String], columns: usize) -> String {
        let mut drawing = String::new();
        // Terminals of today wrap lines anew when they become narrower; the cursor stays below.
        let above: usize = self.drawn.iter().map(|line| width(line).div_ceil(columns).max(1)).sum();
        if above > 0 {
            drawing.push_str(&format!("\x1b[{above}A"));
        }
        drawing.push('\r');
        if columns != self.columns {
            drawing.push_str("\x1b[J");
        }
        for line in frame {
            drawing.push_str(line);
            // Behind the last column the cursor stands on it still, and would clear it.
            if width(line) < columns {
                drawing.push_str("\x1b[K");
            }
            drawing.push('\n');
        }
        drawing.push_str("\x1b[J");
        drawing
    }

    /// Leaves the last picture, below which a shell goes on.
    pub(crate) fn leave(&mut self, out: &mut dyn Write) -> io::Result<()> {
        // What the terminal shows of Ctrl-C stands at the start of a line.
        out.write_all(b"\r\x1b[K")?;
        out.flush()
    }
}

/// The lines of a picture.
fn frame(text: &str, state: Option<&str>, columns: usize, rows: usize) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(|line| cut(line, columns)).collect();
    let mut bottom = state.map_or(Vec::new(), |state| wrapped(&super::clean(state), columns));
    bottom.truncate(rows.saturating_sub(3).max(1));
    // The cursor stands below the picture.
    let room = rows.saturating_sub(1 + bottom.len()).max(1);
    if lines.len() > room {
        let hidden = lines.len() - (room - 1);
        lines.truncate(room - 1);
        lines.push(cut(&format!("… {hidden} more lines"), columns));
    }
    lines.extend(bottom);
    lines
}

/// A text in lines that fit, as far as its words do.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(word) <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(cut(word, columns)),
        }
    }
    lines
}

/// The part of a line that fits; the colours that it switches on are switched off.
fn cut(line: &str, columns: usize) -> String {
    if width(line) <= columns {
        return line.into();
    }
    let mut left = columns.saturating_sub(1);
    for (index, character) in visible(line) {
        let width = character.width().unwrap_or(0);
        if width > left {
            let reset = if line[..index].contains('\x1b') { "\x1b[0m" } else { "" };
            return format!("{}…{reset}", &line[..index]);
        }
        left -= width;
    }
    line.into()
}

/// How many columns a line takes.
fn width(line: &str) -> usize {
    visible(line).filter_map(|(_, character)| character.width()).sum()
}

/// The characters that take room, with their places: all but what sets colours.
fn visible(line: &str) -> impl Iterator<Item = (usize, char)> {
    let mut is_escape = false;
    line.char_indices().filter(move |(_, character)| {
        let was_escape = is_escape;
        match character {
            '\x1b' => is_escape = true,
            'm' if is_escape => is_escape = false,
            _ => {}
        }
        !was_escape && !is_escape
    })
}

fn size() -> (usize, usize) {
    match terminal_size::terminal_size() {
        Some((width, height)) if width.0 > 0 && height.0 > 0 => (width.0.into(), height.0.into()),
        _ => UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_cut_and_counted() {
        let text = "a\nb\nc\nd\ne\n";
        assert_eq!(frame(text, None, 80, 6), ["a", "b", "c", "d", "e"]);
        assert_eq!(frame(text, None, 80, 5), ["a", "b", "c", "… 2 more lines"]);
        assert_eq!(frame(text, Some("lost"), 80, 5), ["a", "b", "… 3 more lines", "lost"]);
        assert_eq!(frame(text, Some("not here"), 5, 5), ["a", "… 4 …", "not", "here"]);
        assert_eq!(frame(text, None, 80, 1), ["… 5 more lines"]);
    }

    #[test]
    fn a_picture_is_drawn_over_the_last_one() {
        let mut screen = Screen::default();
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(screen.drawing(&lines("abc\nd"), 3), "\r\x1b[Jabc\nd\x1b[K\n\x1b[J");
        (screen.drawn, screen.columns) = (lines("abc\nd"), 3);
        assert_eq!(screen.drawing(&lines("e"), 3), "\x1b[2A\re\x1b[K\n\x1b[J");
        // "abc" takes two lines by now.
        assert_eq!(screen.drawing(&lines("e"), 2), "\x1b[3A\r\x1b[Je\x1b[K\n\x1b[J");
    }

    #[test]
    fn lines_are_cut_where_they_look_too_long() {
        assert_eq!(cut("reviews", 7), "reviews");
        assert_eq!(cut("reviews", 6), "revie…");
        assert_eq!(cut("\x1b[31mreviews\x1b[0m", 7), "\x1b[31mreviews\x1b[0m");
        assert_eq!(cut("\x1b[31mreviews\x1b[0m", 6), "\x1b[31mrevie…\x1b[0m");
        assert_eq!(cut("評価サービス", 7), "評価サ…");
    }
}
