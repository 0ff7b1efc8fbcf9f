//! The parts of a catalogue as tables that people edit in a spreadsheet, and back into a draft.
//!
//! A row that a file no longer has stays in the draft as retired, or with its end set, where reports,
//! cases and ticks refer to it; rules and words are as the file says, and old versions keep what
//! they were. What has no column stays as it was. Whether the outcome makes sense is for
//! [`super::review`] to say; here a cell is only read. Tests: `parts/tests.rs`.

mod columns;
mod patrols;
mod read;
mod rules;
#[cfg(test)]
mod tests;

pub(super) use rules::{LAST_RESORT, meant_by};

use super::table::{Table, TableError};
use super::{CatalogueDoc, StreetDuty};
use crate::id::{AreaCode, CategoryId};
use crate::patrol::Round;
use crate::time::{CHINA_OFFSET_MS, DAY_MS, SECOND_MS, Timestamp};
use columns::Columns;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use utoipa::ToSchema;

/// A part of a catalogue that is one table.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// 小类.
    Categories,
    /// 立案条件.
    Conditions,
    /// 阶段时限: several limits of one condition.
    Staged,
    /// 部门与单位.
    Departments,
    /// 本区没有的单位: those of the table above that this district lacks.
    Absent,
    /// 街道履职清单.
    StreetMatters,
    /// 网格事项准入.
    GridMatters,
    /// 环节时限: how long states may last.
    StageLimits,
    /// 升级规则: who is told, and who takes over.
    Escalations,
    /// 并案范围: how near two reports have to be for the question whether they are one.
    Nearness,
    /// 设置: what is said once for the whole district.
    Settings,
    /// 工作日历.
    Calendar,
    /// 用语: words that this city says otherwise.
    Labels,
    /// 巡查: rounds of points.
    Patrols,
}

impl Part {
    /// Every part, in the order of a workbook.
    pub const ALL: [Self; 14] = [
        Self::Categories,
        Self::Conditions,
        Self::Staged,
        Self::Departments,
        Self::Absent,
        Self::StreetMatters,
        Self::GridMatters,
        Self::StageLimits,
        Self::Escalations,
        Self::Nearness,
        Self::Settings,
        Self::Calendar,
        Self::Labels,
        Self::Patrols,
    ];

    /// Machine name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Categories => "categories",
            Self::Conditions => "conditions",
            Self::Staged => "staged",
            Self::Departments => "departments",
            Self::Absent => "absent",
            Self::StreetMatters => "street_matters",
            Self::GridMatters => "grid_matters",
            Self::StageLimits => "stage_limits",
            Self::Escalations => "escalations",
            Self::Nearness => "nearness",
            Self::Settings => "settings",
            Self::Calendar => "calendar",
            Self::Labels => "labels",
            Self::Patrols => "patrols",
        }
    }

    /// The part of a machine name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.as_str() == text)
    }

    /// What people call it; the name of its sheet.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Categories => "小类",
            Self::Conditions => "立案条件",
            Self::Staged => "阶段时限",
            Self::Departments => "部门",
            Self::Absent => "本区没有的单位",
            Self::StreetMatters => "街道履职",
            Self::GridMatters => "网格准入",
            Self::StageLimits => "环节时限",
            Self::Escalations => "升级规则",
            Self::Nearness => "并案范围",
            Self::Settings => "设置",
            Self::Calendar => "日历",
            Self::Labels => "用语",
            Self::Patrols => "巡查",
        }
    }

    /// How many of its first columns tell its rows apart.
    #[must_use]
    pub const fn key_columns(self) -> usize {
        match self {
            Self::Staged | Self::StreetMatters | Self::GridMatters | Self::Patrols => 2,
            _ => 1,
        }
    }
}

/// Where a column of a part is, by its English name.
#[must_use]
pub(super) fn column(part: Part, name: &str) -> Option<usize> {
    Columns::of(part).position(name)
}

/// The head of a column of a part.
#[must_use]
pub(super) fn head(part: Part, at: usize) -> &'static str {
    Columns::of(part).head(at)
}

/// Whether a column of a part only says a code in words: a difference in it is none.
#[must_use]
pub(super) fn is_told(part: Part, at: usize) -> bool {
    Columns::of(part).is_told(at)
}

/// Yes and no, as cells say them.
pub(super) const YES: &str = "是";
pub(super) const NO: &str = "否";

fn flag(value: bool) -> String {
    String::from(if value { YES } else { NO })
}

/// The word of a street's duty.
#[must_use]
pub const fn duty_word(duty: StreetDuty) -> &'static str {
    match duty {
        StreetDuty::Own => "基本履职",
        StreetDuty::Assist => "配合履职",
        StreetDuty::TakenBack => "上收",
    }
}

/// Holidays and worked weekends, as cells say them and as the calendar's own text does.
const DAYS: [(&str, &str); 2] = [("放假", "holiday"), ("上班", "workday")];

/// An end as a cell: the last day, when it ends with a day, else the moment.
fn end_cell(until: Option<Timestamp>) -> String {
    let Some(until) = until else {
        return String::new();
    };
    let midnight = until.0.saturating_add(CHINA_OFFSET_MS).rem_euclid(DAY_MS) == 0;
    let (shown, form) = if midnight {
        (until.plus_ms(-1), "%Y-%m-%d")
    } else {
        (until, "%Y-%m-%d %H:%M:%S")
    };
    let china = shown.china();
    china.map_or_else(String::new, |at| at.format(form).to_string())
}

/// A part as a table with its heads.
#[must_use]
pub fn export(doc: &CatalogueDoc, part: Part) -> Table {
    let heads = Columns::of(part).heads();
    let text = |text: &dyn ToString| text.to_string();
    let rows: Vec<Vec<String>> = match part {
        Part::Categories => {
            let row = |it: &super::Category| {
                vec![
                    text(&it.id),
                    text(&it.kind.word()),
                    it.major.clone(),
                    it.name.clone(),
                    it.lead.clone(),
                    it.assisting.join(";"),
                    flag(it.photo_required),
                    flag(it.emergency_only),
                    it.basis.clone(),
                    flag(it.retired),
                ]
            };
            doc.categories.iter().map(row).collect()
        }
        Part::Conditions => {
            let row = |it: &super::Condition| {
                vec![
                    text(&it.id),
                    text(&it.category),
                    it.name.clone(),
                    it.closing.clone(),
                    text(&it.limit_value),
                    it.limit_unit.clone(),
                    flag(it.retired),
                    flag(it.after_photo),
                ]
            };
            doc.conditions.iter().map(row).collect()
        }
        Part::Departments => {
            let row = |it: &super::Department| {
                vec![
                    text(&it.code),
                    it.name.clone(),
                    it.short_name.clone(),
                    it.level.clone(),
                    it.remit.clone(),
                    flag(it.retired),
                ]
            };
            doc.departments.iter().map(row).collect()
        }
        Part::StreetMatters | Part::GridMatters => matter_rows(doc, part),
        Part::Staged => rules::staged_lines(&doc.conditions),
        Part::StageLimits => rules::stage_lines(doc),
        Part::Escalations => doc.escalations.iter().map(rules::escalation_line).collect(),
        Part::Nearness => rules::nearness_lines(doc),
        Part::Absent => rules::absent_lines(doc),
        Part::Settings => rules::setting_lines(doc),
        Part::Calendar => calendar_rows(&doc.calendar_csv),
        Part::Labels => {
            let row = |it: &super::Label| vec![it.key.clone(), it.zh.clone(), it.en.clone()];
            doc.labels.iter().map(row).collect()
        }
        Part::Patrols => patrols::lines(&doc.patrols),
    };
    Table::of(part.word(), std::iter::once(heads).chain(rows))
}

/// The lines of one of the two lists of matters as cells.
fn matter_rows(doc: &CatalogueDoc, part: Part) -> Vec<Vec<String>> {
    let row = |area: Option<&AreaCode>, category: &CategoryId, word: &str, until| {
        vec![
            area.map(ToString::to_string).unwrap_or_default(),
            category.to_string(),
            word.to_owned(),
            end_cell(until),
        ]
    };
    if part == Part::StreetMatters {
        let all = doc.street_matters.iter();
        let cells = |it: &super::StreetMatter| {
            row(
                it.street.as_ref(),
                &it.category,
                duty_word(it.duty),
                it.until_ms,
            )
        };
        return all.map(cells).collect();
    }
    let cells =
        |it: &super::GridMatter| row(it.area.as_ref(), &it.category, &it.approval, it.until_ms);
    doc.grid_matters.iter().map(cells).collect()
}

/// The days of a calendar text as cells; words that it doesn't know stay as they are.
fn calendar_rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    let records = reader.records().filter_map(Result::ok);
    let row = |record: csv::StringRecord| {
        let cell = |at: usize| record.get(at).unwrap_or_default().trim().to_owned();
        let kind = cell(1);
        let word = DAYS.iter().find(|(_, stored)| *stored == kind);
        let kind = word.map_or(kind.clone(), |(word, _)| (*word).to_owned());
        vec![cell(0), kind, cell(2)]
    };
    records.map(row).collect()
}

/// Reads a table into a part of a document. What the table no longer has is retired, or ends now.
///
/// # Errors
/// When a head is missing or a cell can't be read, with sheet and line.
pub fn import(
    doc: &CatalogueDoc,
    part: Part,
    table: &Table,
    now: Timestamp,
) -> Result<CatalogueDoc, TableError> {
    let mut new = doc.clone();
    let rows = Columns::of(part).read(table)?;
    // Whole seconds, so that what goes out as a cell comes back the same.
    let ends = Some(Timestamp(now.0.div_euclid(SECOND_MS) * SECOND_MS));
    match part {
        Part::Categories => {
            let read = read::all(&rows, |row| read::category(row, &doc.categories))?;
            let retire = |it: &mut super::Category| it.retired = true;
            new.categories = merge(&doc.categories, read, |it| it.id.clone(), retire);
        }
        Part::Conditions => {
            let read = read::all(&rows, |row| read::condition(row, &doc.conditions))?;
            let retire = |it: &mut super::Condition| it.retired = true;
            new.conditions = merge(&doc.conditions, read, |it| it.id.clone(), retire);
        }
        Part::Departments => {
            let read = read::all(&rows, |row| read::department(row, &doc.departments))?;
            let retire = |it: &mut super::Department| it.retired = true;
            new.departments = merge(&doc.departments, read, |it| it.code.clone(), retire);
        }
        Part::StreetMatters => {
            let read = read::all(&rows, read::street_matter)?;
            let end = |it: &mut super::StreetMatter| it.until_ms = sooner(it.until_ms, ends);
            let key = |it: &super::StreetMatter| (it.street.clone(), it.category.clone());
            new.street_matters = merge(&doc.street_matters, read, key, end);
        }
        Part::GridMatters => {
            let read = read::all(&rows, read::grid_matter)?;
            let end = |it: &mut super::GridMatter| it.until_ms = sooner(it.until_ms, ends);
            let key = |it: &super::GridMatter| (it.area.clone(), it.category.clone());
            new.grid_matters = merge(&doc.grid_matters, read, key, end);
        }
        Part::Staged => new.conditions = rules::staged(&rows, &doc.conditions)?,
        Part::StageLimits => new.stage_limits = rules::stage_limits(&rows, &doc.stage_limits)?,
        // Rules that the file leaves out don't hold any more; old versions keep them.
        Part::Escalations => new.escalations = read::all(&rows, rules::escalation)?,
        Part::Nearness => new.nearness = rules::nearness(&rows)?,
        Part::Absent => new.absent = rules::absent(&rows)?,
        Part::Settings => (new.last_resort, new.complaints) = rules::settings(&rows, doc)?,
        Part::Calendar => {
            let read = read::all(&rows, read::day)?;
            new.calendar_csv = calendar_text(&doc.calendar_csv, read);
        }
        // A word that the file leaves out is said as everywhere again; old versions keep it.
        Part::Labels => new.labels = read::all(&rows, read::label)?,
        // A point that the file leaves out is passed by; a whole round is retired.
        Part::Patrols => {
            let read = patrols::together(read::all(&rows, patrols::line)?);
            let retire = |it: &mut Round| it.retired = true;
            new.patrols = merge(&doc.patrols, read, |it| it.id.clone(), retire);
        }
    }
    Ok(new)
}

fn sooner(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}

/// The new rows in their order, then those of before that are gone, marked.
fn merge<T: Clone, K: Eq + std::hash::Hash>(
    old: &[T],
    new: Vec<T>,
    key: impl Fn(&T) -> K,
    mark: impl Fn(&mut T),
) -> Vec<T> {
    let named: HashSet<K> = new.iter().map(&key).collect();
    let gone = old.iter().filter(|it| !named.contains(&key(it))).cloned();
    let gone: Vec<T> = gone
        .map(|mut it| {
            mark(&mut it);
            it
        })
        .collect();
    new.into_iter().chain(gone).collect()
}

/// The days of the years in the file, and those of before in all other years.
fn calendar_text(before: &str, days: Vec<Vec<String>>) -> String {
    let year = |row: &[String]| row.first().and_then(|day| day.get(..4)).map(str::to_owned);
    let years: HashSet<_> = days.iter().map(|row| year(row)).collect();
    let mut rows: Vec<Vec<String>> = calendar_rows(before)
        .into_iter()
        .filter(|row| !years.contains(&year(row)))
        .chain(days)
        .collect();
    rows.sort();
    rows.dedup();
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing into memory can't fail.
    let _ = writer.write_record(["date", "kind", "occasion"]);
    for row in rows {
        let stored = row.iter().enumerate().map(|(at, cell)| {
            let word = DAYS.iter().find(|(word, _)| at == 1 && *word == cell);
            word.map_or(cell.as_str(), |(_, stored)| stored)
        });
        let _ = writer.write_record(stored);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}
