//! Tables whose columns line up, whatever script is in them.

use super::text::{columns, cut, escape};

/// Columns of the widest cell.
const CELL_COLUMNS_MAX: usize = 60;
/// Between two columns.
const GAP: &str = "  ";

/// Rows of cells under a heading.
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(heading: &[&str]) -> Self {
        Self { rows: vec![heading.iter().map(ToString::to_string).collect()] }
    }

    /// Adds a row; foreign text is escaped and cut.
    pub(super) fn row<'c>(&mut self, cells: impl IntoIterator<Item = &'c str>) {
        let cells = cells.into_iter().map(|cell| cut(&escape(cell), CELL_COLUMNS_MAX).into_owned());
        self.rows.push(cells.collect());
    }

    /// The whole table without a line end at its end.
    pub(super) fn text(&self) -> String {
        let count = self.rows.first().map_or(0, Vec::len);
        let width = |index: usize| {
            self.rows.iter().filter_map(|row| row.get(index)).map(|cell| columns(cell)).max()
        };
        let widths: Vec<usize> = (0..count).map(|index| width(index).unwrap_or(0)).collect();
        let lines: Vec<String> = self.rows.iter().map(|row| line(row, &widths)).collect();
        lines.join("\n")
    }
}

fn line(row: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in row.iter().zip(widths) {
        line.push_str(cell);
        line.push_str(&" ".repeat(width.saturating_sub(columns(cell))));
        line.push_str(GAP);
    }
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn columns_line_up_with_wide_characters() {
        let mut table = Table::new(&["PROMPT", "STATUS"]);
        table.row(["雨夜霓虹", "SUCCESS"]);
        table.row(["a\tb", "QUEUED"]);
        assert_eq!(table.text(), "PROMPT    STATUS\n雨夜霓虹  SUCCESS\na\\tb      QUEUED");
    }
}
