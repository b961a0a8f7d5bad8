//! Columns that stand below each other, whatever the width of characters.

use std::fmt::Write as _;

use anstyle::Style;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::command::print::FAINT;

/// Wider texts are cut, but in the last column.
const WIDTH_MAX: usize = 44;

/// One place in a row.
pub(crate) struct Cell {
    text: String,
    style: Style,
    is_number: bool,
}

/// Rows of cells below a heading.
pub(crate) struct Columns {
    rows: Vec<Vec<Cell>>,
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            style: Style::new(),
            is_number: false,
        }
    }

    pub(crate) fn number(number: u64) -> Self {
        Self::text(number.to_string()).right()
    }

    fn right(self) -> Self {
        Self {
            is_number: true,
            ..self
        }
    }

    pub(crate) fn styled(self, style: Style) -> Self {
        Self { style, ..self }
    }
}

impl Columns {
    /// Columns with these names; numbers stand to the right below a name that ends in `>`.
    pub(crate) fn new(names: &[&str]) -> Self {
        let cell = |name: &&str| {
            let cell = match name.strip_suffix('>') {
                Some(name) => Cell::text(name).right(),
                None => Cell::text(*name),
            };
            cell.styled(FAINT)
        };
        Self {
            rows: vec![names.iter().map(cell).collect()],
        }
    }

    pub(crate) fn row(&mut self, cells: impl Into<Vec<Cell>>) {
        self.rows.push(cells.into());
    }

    /// The rows, each on a line of its own.
    pub(crate) fn print(&self) -> String {
        let mut text = String::new();
        let columns = self.rows.first().map_or(0, Vec::len);
        let last = columns.saturating_sub(1);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            let widths = cells.map(|cell| cell.text.width().min(WIDTH_MAX));
            widths.max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &self.rows {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                line.push_str("  ");
                line.push_str(&cell.print(*width, column == last));
            }
            // Writing to a String does not fail.
            let _infallible = writeln!(text, "{}", line.trim_end());
        }
        text
    }
}

impl Cell {
    fn print(&self, width: usize, is_last: bool) -> String {
        let style = self.style;
        let text = match is_last {
            true => self.text.clone(),
            false => cut(&self.text, width),
        };
        let space = " ".repeat(width.saturating_sub(text.width()));
        match (self.is_number, is_last) {
            (true, _) => format!("{space}{style}{text}{style:#}"),
            (false, true) => format!("{style}{text}{style:#}"),
            (false, false) => format!("{style}{text}{style:#}{space}"),
        }
    }
}

/// The beginning of a text, if it is too wide.
pub(crate) fn cut(text: &str, width_max: usize) -> String {
    if text.width() <= width_max {
        return text.to_owned();
    }
    let mut width = 1;
    let fits = |character: &char| {
        width += character.width().unwrap_or(0);
        width <= width_max
    };
    let kept: String = text.chars().take_while(fits).collect();
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_width() {
        let mut columns = Columns::new(&["domain", "loops>", "why"]);
        columns.row([Cell::text("日本.example"), Cell::number(7), Cell::text("a")]);
        columns.row([Cell::text("a.de"), Cell::number(1234), Cell::text("")]);
        columns.row([
            Cell::text("x".repeat(99)),
            Cell::number(1),
            Cell::text("y".repeat(99)),
        ]);
        let printed = anstream::adapter::strip_str(&columns.print()).to_string();
        let lines: Vec<&str> = printed.lines().collect();
        let x = format!("{}…", "x".repeat(43));
        assert_eq!(lines[0], format!("  {:<44}  loops  why", "domain"));
        assert_eq!(
            lines[1],
            format!("  日本.example{}      7  a", " ".repeat(32))
        );
        assert_eq!(lines[2], format!("  {:<44}   1234", "a.de"));
        assert_eq!(lines[3], format!("  {x}      1  {}", "y".repeat(99)));
    }

    #[test]
    fn wide_texts_are_cut_where_they_fit() {
        assert_eq!(cut("日本語", 6), "日本語");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("日本語", 4), "日…");
    }
}
