//! A text that is drawn over itself on a terminal.

use std::io::{self, Write};

use unicode_width::UnicodeWidthChar;

/// The place on the terminal.
#[derive(Debug, Default)]
pub(crate) struct Screen {
    /// How many lines were drawn last.
    drawn: usize,
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
        // One write, so that the terminal never shows half of a picture. CSI A: up; CSI J: clear
        // what follows (ECMA-48).
        let mut drawing = String::new();
        if self.drawn > 0 {
            drawing.push_str(&format!("\x1b[{}A", self.drawn));
        }
        drawing.push_str("\r\x1b[J");
        for line in &frame {
            drawing.push_str(line);
            drawing.push('\n');
        }
        self.drawn = frame.len();
        out.write_all(drawing.as_bytes())?;
        out.flush()
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
    let bottom: Vec<String> =
        state.map(|state| cut(&super::clean(state), columns)).into_iter().collect();
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

/// The part of a line that fits; the colours that it switches on are switched off.
fn cut(line: &str, columns: usize) -> String {
    let width: usize = visible(line).filter_map(|(_, character)| character.width()).sum();
    if width <= columns {
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
        assert_eq!(frame(text, None, 80, 1), ["… 5 more lines"]);
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
