//! One row of cells into one item of a document.

use super::columns::Cells;
use super::{DAYS, NO, YES, duty_word};
use crate::catalogue::table::TableError;
use crate::catalogue::{
    Category, CategoryKind, Condition, Department, GridMatter, Label, StreetDuty, StreetMatter,
};
use crate::id::{AreaCode, CategoryId, IdError};
use crate::time::{DAY_MS, Timestamp};
use std::str::FromStr;

pub(super) type Read<T> = Result<T, TableError>;

/// Reads all rows, or says what is wrong with the first that can't be read.
pub(super) fn all<'t, T>(rows: &[Cells<'t>], read: impl Fn(&Cells<'t>) -> Read<T>) -> Read<Vec<T>> {
    rows.iter().map(read).collect()
}

/// A code.
pub(super) fn id<T: FromStr<Err = IdError>>(row: &Cells<'_>, at: usize) -> Read<T> {
    let wrong = |_| row.wrong(at, "不是编号（字母、数字、-、_）", "not a code");
    row.text(at).parse().map_err(wrong)
}

fn area(row: &Cells<'_>, at: usize) -> Read<Option<AreaCode>> {
    match row.text(at) {
        "" | "全区" => Ok(None),
        _ => id(row, at).map(Some),
    }
}

/// A cell that may not be empty.
pub(super) fn filled(row: &Cells<'_>, at: usize) -> Read<String> {
    match row.text(at) {
        "" => Err(row.wrong(at, "不能为空", "may not be empty")),
        text => Ok(text.to_owned()),
    }
}

/// What a cell lists.
pub(super) fn list(text: &str) -> Vec<String> {
    let items = text.split([';', '；', '、']).map(str::trim);
    items
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}

/// A yes or no; `before` where the file doesn't say.
pub(super) fn flag(row: &Cells<'_>, at: usize, before: bool) -> Read<bool> {
    match row.given(at) {
        None | Some("") => Ok(before),
        Some(YES | "1" | "yes" | "true" | "TRUE") => Ok(true),
        Some(NO | "0" | "no" | "false" | "FALSE") => Ok(false),
        Some(_) => Err(row.wrong(at, "请填「是」或「否」", "expected 是 or 否")),
    }
}

/// The last day, or the moment from which it no longer counts; in China's time.
fn end(row: &Cells<'_>, at: usize) -> Read<Option<Timestamp>> {
    let text = row.text(at);
    if text.is_empty() {
        return Ok(None);
    }
    let day = ["%Y-%m-%d", "%Y/%m/%d"]
        .iter()
        .find_map(|form| chrono::NaiveDate::parse_from_str(text, form).ok());
    if let Some(day) = day {
        return Ok(Some(Timestamp::from_china(day.into()).plus_ms(DAY_MS)));
    }
    let moment = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S");
    let wrong = |_| row.wrong(at, "不是日期，应如2026-12-31", "not a date as 2026-12-31");
    Ok(Some(Timestamp::from_china(moment.map_err(wrong)?)))
}

pub(super) fn category(row: &Cells<'_>, known: &[Category]) -> Read<Category> {
    let id: CategoryId = id(row, 0)?;
    let kind = CategoryKind::parse(row.text(1));
    let kind = kind.ok_or_else(|| row.wrong(1, "应是部件、事件或社会治理", "an unknown kind"))?;
    let before = known.iter().find(|one| one.id == id);
    let mut new = before.cloned().unwrap_or_else(|| Category {
        id,
        kind,
        major: String::new(),
        name: String::new(),
        lead: String::new(),
        assisting: Vec::new(),
        photo_required: false,
        basis: String::new(),
        emergency_only: false,
        retired: false,
    });
    new.kind = kind;
    row.text(2).clone_into(&mut new.major);
    row.text(3).clone_into(&mut new.name);
    row.text(4).clone_into(&mut new.lead);
    if let Some(names) = row.given(5) {
        new.assisting = list(names);
    }
    new.photo_required = flag(row, 6, new.photo_required)?;
    new.emergency_only = flag(row, 7, new.emergency_only)?;
    if let Some(basis) = row.given(8) {
        basis.clone_into(&mut new.basis);
    }
    // A row that stands in the file again is in use again, unless the file says otherwise.
    new.retired = flag(row, 9, false)?;
    Ok(new)
}

pub(super) fn condition(row: &Cells<'_>, known: &[Condition]) -> Read<Condition> {
    let limit = row.text(4);
    let limit_value = limit
        .parse()
        .map_err(|_| row.wrong(4, "应是整数", "not a whole number"))?;
    let id = id(row, 0)?;
    let before = known.iter().find(|one| one.id == id);
    let category: CategoryId = self::id(row, 1)?;
    let mut new = before.cloned().unwrap_or_else(|| Condition {
        id,
        category: category.clone(),
        name: String::new(),
        closing: String::new(),
        limit_value,
        limit_unit: String::new(),
        after_photo: false,
        staged: Vec::new(),
        retired: false,
    });
    new.category = category;
    row.text(2).clone_into(&mut new.name);
    if let Some(closing) = row.given(3) {
        closing.clone_into(&mut new.closing);
    }
    new.limit_value = limit_value;
    row.text(5).clone_into(&mut new.limit_unit);
    new.retired = flag(row, 6, false)?;
    new.after_photo = flag(row, 7, new.after_photo)?;
    Ok(new)
}

pub(super) fn department(row: &Cells<'_>, known: &[Department]) -> Read<Department> {
    let code = id(row, 0)?;
    let before = known.iter().find(|one| one.code == code);
    let mut new = before.cloned().unwrap_or_else(|| Department {
        code,
        name: String::new(),
        short_name: String::new(),
        level: String::new(),
        remit: String::new(),
        retired: false,
    });
    row.text(1).clone_into(&mut new.name);
    row.text(2).clone_into(&mut new.short_name);
    if let Some(level) = row.given(3) {
        level.clone_into(&mut new.level);
    }
    if let Some(remit) = row.given(4) {
        remit.clone_into(&mut new.remit);
    }
    new.retired = flag(row, 5, false)?;
    Ok(new)
}

pub(super) fn street_matter(row: &Cells<'_>) -> Read<StreetMatter> {
    let duties = [StreetDuty::Own, StreetDuty::Assist, StreetDuty::TakenBack];
    let word = row.text(2);
    let duty = duties.into_iter().find(|duty| duty_word(*duty) == word);
    let wrong = || row.wrong(2, "应是基本履职、配合履职或上收", "an unknown duty");
    Ok(StreetMatter {
        street: area(row, 0)?,
        category: id(row, 1)?,
        duty: duty.ok_or_else(wrong)?,
        until_ms: end(row, 3)?,
    })
}

pub(super) fn grid_matter(row: &Cells<'_>) -> Read<GridMatter> {
    Ok(GridMatter {
        area: area(row, 0)?,
        category: id(row, 1)?,
        approval: row.text(2).to_owned(),
        until_ms: end(row, 3)?,
    })
}

/// A word that the city says otherwise.
pub(super) fn label(row: &Cells<'_>) -> Read<Label> {
    Ok(Label {
        key: filled(row, 0)?,
        zh: filled(row, 1)?,
        en: row.text(2).to_owned(),
    })
}

/// A day of the calendar, its cells as they are exported.
pub(super) fn day(row: &Cells<'_>) -> Read<Vec<String>> {
    let date = row.text(0).replace('/', "-");
    let date = chrono::NaiveDate::parse_from_str(&date, "%Y-%m-%d");
    let date = date.map_err(|_| row.wrong(0, "不是日期，应如2027-01-01", "not a date"))?;
    let kind = row.text(1);
    let known = DAYS
        .iter()
        .find(|(word, stored)| *word == kind || *stored == kind);
    let (word, _) = known.ok_or_else(|| row.wrong(1, "应是放假或上班", "an unknown kind"))?;
    let date = date.format("%Y-%m-%d").to_string();
    Ok(vec![date, (*word).to_owned(), row.text(2).to_owned()])
}
