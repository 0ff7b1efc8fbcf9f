//! A sheet of a workbook, or a CSV file: named rows of cells, the first row their heads.
//!
//! Pure text: workbooks are read and written by the server. A cell that a spreadsheet would take
//! for a formula is guarded by an apostrophe when it goes out as CSV, and comes back without it.
//! Tests: at the end.

/// Rows of one sheet: forty times what the largest city's table has.
pub const TABLE_ROWS_LIMIT: usize = 20_000;
/// Columns of one sheet; ours have at most a dozen.
pub const TABLE_COLUMNS_LIMIT: usize = 64;
/// Characters of one cell; the longest condition of a real table has some hundreds.
pub const CELL_CHARS_LIMIT: usize = 2_000;

/// What a spreadsheet takes for the beginning of a formula, in either width, and what would hide
/// one.
const FORMULA_STARTS: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];
/// Spreadsheets show a text as it stands after it.
const GUARD: char = '\'';
/// By which spreadsheets know UTF-8.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow {
    /// Line in the file, from 1.
    pub line: usize,
    /// Its cells.
    pub cells: Vec<String>,
}

/// A sheet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// Name of the sheet or of the file.
    pub sheet: String,
    /// Its rows, the heads first.
    pub rows: Vec<TableRow>,
}

/// Why a file was refused: where, and what is wrong, in both languages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{sheet}, line {line}: {en}")]
pub struct TableError {
    /// Sheet or file.
    pub sheet: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong, Chinese.
    pub zh: String,
    /// What is wrong, English.
    pub en: String,
}

impl TableError {
    /// The whole sentence in Chinese.
    #[must_use]
    pub fn words(&self) -> String {
        format!("「{}」第{}行：{}", self.sheet, self.line, self.zh)
    }
}

impl Table {
    /// A sheet of heads and rows.
    #[must_use]
    pub fn of(sheet: &str, rows: impl IntoIterator<Item = Vec<String>>) -> Self {
        let rows = rows.into_iter().zip(1..);
        Self {
            sheet: sheet.to_owned(),
            rows: rows.map(|(cells, line)| TableRow { line, cells }).collect(),
        }
    }

    /// A complaint about a line.
    #[must_use]
    pub fn wrong(&self, line: usize, zh: String, en: String) -> TableError {
        TableError {
            sheet: self.sheet.clone(),
            line,
            zh,
            en,
        }
    }

    /// Adds a row that was read; one without any content is left out.
    ///
    /// # Errors
    /// When the sheet, the row or a cell is too large.
    pub fn push(&mut self, line: usize, cells: Vec<String>) -> Result<(), TableError> {
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            return Ok(());
        }
        let too_large = |zh: String, en: String| Err(self.wrong(line, zh, en));
        if self.rows.len() >= TABLE_ROWS_LIMIT {
            return too_large(
                format!("超过{TABLE_ROWS_LIMIT}行，请分开导入"),
                format!("more than {TABLE_ROWS_LIMIT} rows"),
            );
        }
        if cells.len() > TABLE_COLUMNS_LIMIT {
            return too_large(
                format!("超过{TABLE_COLUMNS_LIMIT}列"),
                format!("more than {TABLE_COLUMNS_LIMIT} columns"),
            );
        }
        let long = |cell: &String| cell.chars().count() > CELL_CHARS_LIMIT;
        if cells.iter().any(long) {
            return too_large(
                format!("有一格超过{CELL_CHARS_LIMIT}字"),
                format!("a cell has more than {CELL_CHARS_LIMIT} characters"),
            );
        }
        self.rows.push(TableRow { line, cells });
        Ok(())
    }

    /// Reads a CSV text.
    ///
    /// # Errors
    /// When a line can't be read or is too large.
    pub fn from_csv(sheet: &str, text: &str) -> Result<Self, TableError> {
        let mut table = Self {
            sheet: sheet.to_owned(),
            rows: Vec::new(),
        };
        let text = text.trim_start_matches(BYTE_ORDER_MARK);
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let line = error.position().map_or(0, csv::Position::line);
                    let en = error.to_string();
                    return Err(table.wrong(line_of(line), String::from("这一行读不懂"), en));
                }
            };
            let line = record.position().map_or(0, |at| first_line(text, at));
            let cells = record.iter().map(unguarded).collect();
            table.push(line_of(line), cells)?;
        }
        Ok(table)
    }

    /// As a CSV text that spreadsheets open as it is: UTF-8 with its mark, formulas guarded.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut writer = csv::WriterBuilder::new()
            .flexible(true)
            .from_writer(Vec::new());
        for row in &self.rows {
            // Writing into memory can't fail.
            let _ = writer.write_record(row.cells.iter().map(|cell| guarded(cell)));
        }
        let bytes = writer.into_inner().unwrap_or_default();
        format!("{BYTE_ORDER_MARK}{}", String::from_utf8_lossy(&bytes))
    }
}

fn line_of(line: u64) -> usize {
    usize::try_from(line).unwrap_or(usize::MAX)
}

/// A cell that no spreadsheet takes for a formula.
#[must_use]
pub fn guarded(cell: &str) -> String {
    if cell.starts_with(FORMULA_STARTS) || cell.starts_with(GUARD) {
        format!("{GUARD}{cell}")
    } else {
        cell.to_owned()
    }
}

/// The cell as it was before it was guarded.
#[must_use]
pub fn unguarded(cell: &str) -> String {
    match cell.strip_prefix(GUARD) {
        Some(rest) if rest.starts_with(FORMULA_STARTS) || rest.starts_with(GUARD) => {
            rest.to_owned()
        }
        _ => cell.to_owned(),
    }
}

/// The line where a record's own text begins: the reader counts the empty lines before it in.
fn first_line(text: &str, at: &csv::Position) -> u64 {
    let empty = usize::try_from(at.byte())
        .ok()
        .and_then(|byte| text.as_bytes().get(byte..))
        .into_iter()
        .flatten()
        .take_while(|byte| matches!(byte, b'\r' | b'\n'))
        .filter(|byte| **byte == b'\n')
        .map(|_| 1_u64);
    at.line() + empty.sum::<u64>()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn a_formula_goes_out_guarded_and_comes_back_as_it_was() {
        let cells = [
            "=1+1",
            "+86",
            "-5",
            "@sum",
            "'=1",
            "井盖,破损",
            "第一行\n第二行",
            "",
        ];
        let row: Vec<String> = cells.iter().map(ToString::to_string).collect();
        let csv = Table::of("t", [row.clone()]).to_csv();
        for formula in ["'=1+1", "'+86", "'-5", "'@sum", "''=1"] {
            assert!(csv.contains(formula), "{csv}");
        }
        let back = Table::from_csv("t", &csv).unwrap();
        assert_eq!(back.rows.first().unwrap().cells, row);
    }

    #[test]
    fn lines_are_those_of_the_file_and_empty_rows_are_left_out() {
        let table = Table::from_csv("小类", "a,b\n\"x\ny\",1\n,\n\nz,2\n").unwrap();
        let lines: Vec<usize> = table.rows.iter().map(|row| row.line).collect();
        assert_eq!(lines, [1, 2, 6], "{table:?}");
    }

    #[test]
    fn what_is_too_large_is_refused_with_sheet_and_line() {
        let text = format!("a\n{}\n", "长".repeat(CELL_CHARS_LIMIT + 1));
        let error = Table::from_csv("立案条件", &text).unwrap_err();
        assert!(error.words().starts_with("「立案条件」第2行："), "{error}");
    }
}
