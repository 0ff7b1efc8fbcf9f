//! Workbooks and CSV files to the tables of `shared`, and back.
//!
//! A workbook is read cell by cell, so that a sheet with one cell in its last corner costs one
//! cell; rows, columns and cells have their limits in `shared::catalogue::table`. Nothing is ever
//! written as a formula. Tests: at the end.

mod weight;

use calamine::{Data, DataRef, ExcelDateTime, Reader, Xlsx};
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use shared::catalogue::parts::Part;
use shared::catalogue::table::{TABLE_COLUMNS_LIMIT, Table, TableError};
use std::io::Cursor;

/// What every workbook begins with, as it is a ZIP archive.
const WORKBOOK_START: &[u8] = b"PK";
/// Numbers beyond have lost digits in a spreadsheet: it keeps fifteen.
const WHOLE_NUMBER_MAX: f64 = 1e15;
/// Width of our columns in letters.
const COLUMN_WIDTH: f64 = 18.0;
/// The column that is written as a number, so that people can reckon with it.
const NUMBER_HEAD: &str = "时限";

fn wrong(sheet: &str, line: usize, zh: &str, en: &str) -> TableError {
    TableError {
        sheet: sheet.to_owned(),
        line,
        zh: zh.to_owned(),
        en: en.to_owned(),
    }
}

/// Reads a file: a workbook, or a CSV text in UTF-8 or GB18030. For a CSV the part has to be named;
/// of a workbook the sheet of that part's name is taken, or its only sheet; without a part every
/// sheet that has a part's name.
///
/// # Errors
/// When the file can't be read, with sheet and line.
pub fn read(part: Option<Part>, bytes: &[u8]) -> Result<Vec<(Part, Table)>, TableError> {
    if bytes.starts_with(WORKBOOK_START) {
        return read_workbook(part, bytes);
    }
    let Some(part) = part else {
        let (zh, en) = (
            "这不是 xlsx 文件；CSV 请选明是哪一部分",
            "not a workbook; for a CSV file name the part",
        );
        return Err(wrong("文件", 1, zh, en));
    };
    Ok(vec![(
        part,
        Table::from_csv(part.word(), &text(part, bytes)?)?,
    )])
}

/// A CSV file as text. Spreadsheets in China write GB18030 unless they are told otherwise.
fn text(part: Part, bytes: &[u8]) -> Result<String, TableError> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.to_owned());
    }
    let (text, _, has_faults) = encoding_rs::GB18030.decode(bytes);
    if has_faults || text.contains('\0') {
        let (zh, en) = (
            "不是文本文件。请用表格软件另存为 xlsx，或「CSV UTF-8」",
            "not a text in UTF-8 or GB18030",
        );
        return Err(wrong(part.word(), 1, zh, en));
    }
    Ok(text.into_owned())
}

fn read_workbook(part: Option<Part>, bytes: &[u8]) -> Result<Vec<(Part, Table)>, TableError> {
    let broken = |sheet: &str, error: calamine::XlsxError| {
        let zh = "工作簿读不懂，可能已损坏，请另存为 xlsx 再试";
        wrong(sheet, 1, zh, &error.to_string())
    };
    match weight::is_light(bytes) {
        Some(true) => {}
        Some(false) => {
            let zh = "工作簿展开后太大，请删去多余的内容再试";
            return Err(wrong("工作簿", 1, zh, "it unpacks to too much"));
        }
        None => {
            let zh = "工作簿读不懂，可能已损坏，请另存为 xlsx 再试";
            return Err(wrong("工作簿", 1, zh, "it is no workbook"));
        }
    }
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|error| broken("工作簿", error))?;
    let names = book.sheet_names();
    let named = |part: Part| names.iter().find(|name| name.trim() == part.word());
    let wanted: Vec<(Part, String)> = match (part, names.as_slice()) {
        (Some(part), [only]) => vec![(part, only.clone())],
        (Some(part), _) => named(part)
            .map(|name| (part, name.clone()))
            .into_iter()
            .collect(),
        (None, _) => Part::ALL
            .into_iter()
            .filter_map(|part| Some((part, named(part)?.clone())))
            .collect(),
    };
    if wanted.is_empty() {
        let words: Vec<&str> = Part::ALL.iter().map(|part| part.word()).collect();
        let zh = format!("没有可导入的工作表，表名应是{}之一", words.join("、"));
        return Err(wrong("工作簿", 1, &zh, "no sheet has the name of a part"));
    }
    let mut tables = Vec::with_capacity(wanted.len());
    for (part, name) in wanted {
        let mut table = Table {
            sheet: name.clone(),
            rows: Vec::new(),
        };
        let cells = book.worksheet_cells_reader(&name);
        let mut cells = cells.map_err(|error| broken(&name, error))?;
        let (mut line, mut row) = (1, Vec::new());
        while let Some(cell) = cells.next_cell().map_err(|error| broken(&name, error))? {
            let (at, column) = cell.get_position();
            let at = index(at).saturating_add(1);
            if at != line {
                table.push(line, std::mem::take(&mut row))?;
                line = at;
            }
            let text = cell_text(cell.get_value(), &name, at)?;
            if text.is_empty() {
                continue;
            }
            let column = index(column);
            if column >= TABLE_COLUMNS_LIMIT {
                return Err(wrong(&name, at, "列太多", "too many columns"));
            }
            if row.len() <= column {
                row.resize(column + 1, String::new());
            }
            if let Some(place) = row.get_mut(column) {
                *place = text;
            }
        }
        table.push(line, row)?;
        tables.push((part, table));
    }
    Ok(tables)
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn cell_text(value: &DataRef<'_>, sheet: &str, line: usize) -> Result<String, TableError> {
    Ok(match Data::from(value.clone()) {
        Data::Empty => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => {
            text.trim().to_owned()
        }
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number_text(number, sheet, line)?,
        Data::Bool(flag) => String::from(if flag { "是" } else { "否" }),
        Data::DateTime(at) => date_text(at),
        Data::Error(error) => {
            let zh = format!("有一格是公式错误 {error}");
            return Err(wrong(sheet, line, &zh, "a cell holds an error"));
        }
    })
}

fn number_text(number: f64, sheet: &str, line: usize) -> Result<String, TableError> {
    if number.abs() >= WHOLE_NUMBER_MAX {
        let (zh, en) = (
            "有一格是很长的数字，表格软件只留十五位；编号请设成文本格式",
            "a number of more than fifteen digits; make it a text",
        );
        return Err(wrong(sheet, line, zh, en));
    }
    Ok(number.to_string())
}

/// Days since 1899-12-30 as a date, with the time when it has one.
fn date_text(at: ExcelDateTime) -> String {
    #[expect(
        clippy::as_conversions,
        reason = "a float beyond the range saturates, and no date comes of it"
    )]
    let seconds = (at.as_f64() * 86_400.0).round() as i64;
    let start = chrono::NaiveDate::from_ymd_opt(1899, 12, 30).unwrap_or_default();
    let moment = chrono::Duration::try_seconds(seconds)
        .and_then(|passed| chrono::NaiveDateTime::from(start).checked_add_signed(passed));
    let form = if seconds.rem_euclid(86_400) == 0 {
        "%Y-%m-%d"
    } else {
        "%Y-%m-%d %H:%M:%S"
    };
    moment.map_or_else(String::new, |moment| moment.format(form).to_string())
}

/// Writes tables as the sheets of a workbook: heads bold and fixed, every other cell a text.
///
/// # Errors
/// When a sheet has more rows than a workbook takes.
pub fn write(tables: &[Table]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let bold = Format::new().set_bold();
    for table in tables {
        let sheet = book.add_worksheet();
        sheet.set_name(&table.sheet)?;
        sheet.set_freeze_panes(1, 0)?;
        let heads = table.rows.first();
        let is_number = |column: usize| {
            let head = heads.and_then(|row| row.cells.get(column));
            head.is_some_and(|head| head == NUMBER_HEAD)
        };
        for (line, row) in (0_u32..).zip(&table.rows) {
            for ((column, at), cell) in (0_u16..).zip(0..).zip(&row.cells) {
                match cell.parse::<u32>() {
                    _ if line == 0 => {
                        sheet.set_column_width(column, COLUMN_WIDTH)?;
                        sheet.write_string_with_format(line, column, cell, &bold)?;
                    }
                    Ok(number) if is_number(at) => {
                        sheet.write_number(line, column, f64::from(number))?;
                    }
                    _ => {
                        sheet.write_string(line, column, cell)?;
                    }
                }
            }
        }
    }
    book.save_to_buffer()
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "a test may fail loudly"
    )]
    use super::*;
    use serde_json::json;
    use shared::catalogue::parts::{export, import};
    use shared::catalogue::shipped_doc;
    use shared::id::CatalogueVersion;
    use shared::time::Timestamp;

    #[test]
    fn a_whole_catalogue_goes_out_as_a_workbook_and_comes_back_the_same() {
        let plain = shipped_doc(CatalogueVersion::new("t-1").unwrap(), vec![]).unwrap();
        let mut doc = plain.clone();
        let stages = json!([
            {"name": "007", "limit": "4工作时"},
            {"name": "=处罚", "limit": "2工作日"},
        ]);
        doc.conditions[2].staged = serde_json::from_value(stages).unwrap();
        let limits = json!([
            {"state": "received", "limit": null},
            {"state": "dispatched", "limit": "30分钟"},
        ]);
        doc.stage_limits = serde_json::from_value(limits).unwrap();
        doc.escalations[2].takes_over = Some(String::from("城管局"));
        doc.last_resort = Some(String::from("环卫中心"));
        let near = json!([
            {"category": "E0110", "radius_m": 30, "within_hours": 12},
            {"category": "C01", "radius_m": 20, "within_hours": 48},
        ]);
        doc.nearness = serde_json::from_value(near).unwrap();
        doc.absent = vec![String::from("热力企业")];
        let tables: Vec<Table> = Part::ALL.iter().map(|part| export(&doc, *part)).collect();
        let bytes = write(&tables).unwrap();
        let mut back = plain;
        let read = read(None, &bytes).unwrap();
        assert_eq!(read.len(), Part::ALL.len());
        for (part, table) in &read {
            back = import(&back, *part, table, Timestamp(1)).unwrap();
        }
        assert_eq!(back.categories, doc.categories);
        assert_eq!(back.conditions, doc.conditions);
        assert_eq!(back.departments, doc.departments);
        assert_eq!(back.street_matters, doc.street_matters);
        assert_eq!(back.stage_limits, doc.stage_limits);
        assert_eq!(back.escalations, doc.escalations);
        assert_eq!(back.last_resort, doc.last_resort);
        assert_eq!(back.nearness, doc.nearness);
        assert_eq!(back.absent, doc.absent);
    }

    #[test]
    fn dates_numbers_and_formulas_are_read_as_people_see_them() {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.set_name("日历").unwrap();
        let day = Format::new().set_num_format("yyyy-mm-dd");
        for (column, head) in (0..).zip(["日期", "类型", "事由"]) {
            sheet.write_string(0, column, head).unwrap();
        }
        // 2027-01-01.
        sheet
            .write_number_with_format(2, 0, 46_388.0, &day)
            .unwrap();
        sheet.write_string(2, 1, "放假").unwrap();
        sheet.write_number(2, 2, 7.0).unwrap();
        let bytes = book.save_to_buffer().unwrap();
        let tables = read(Some(Part::Calendar), &bytes).unwrap();
        let row = &tables[0].1.rows[1];
        assert_eq!(
            (row.line, row.cells.join(" ")),
            (3, "2027-01-01 放假 7".into())
        );
    }

    #[test]
    fn a_code_that_a_spreadsheet_cut_is_refused_and_not_guessed() {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write_string(0, 0, "区域编号").unwrap();
        sheet
            .write_number(1, 0, 350_703_001_012_001_000_000.0)
            .unwrap();
        let bytes = book.save_to_buffer().unwrap();
        let error = read(Some(Part::GridMatters), &bytes).unwrap_err();
        assert!(error.words().contains("第2行") && error.zh.contains("文本格式"));
    }

    #[test]
    fn what_is_no_table_is_refused_in_words() {
        for bytes in [
            &b"PK\x03\x04 not a workbook"[..],
            b"\xff\xff\x00\x01",
            b"PK",
        ] {
            let error = read(Some(Part::Calendar), bytes).unwrap_err();
            assert!(error.words().chars().count() > 12, "{error}");
        }
        assert!(read(None, b"a,b\n").is_err());
        let (text, _, _) = encoding_rs::GB18030.encode("日期,类型,事由\n2027-01-01,放假,元旦\n");
        let tables = read(Some(Part::Calendar), &text).unwrap();
        assert_eq!(tables[0].1.rows[1].cells[1], "放假");
    }
}
