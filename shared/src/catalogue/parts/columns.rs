//! The heads of each part's table, and finding them in whatever order a file has them.

use super::Part;
use crate::catalogue::table::{Table, TableError, TableRow};

/// A column: its head in Chinese, its name in English, and whether a file must have it.
type Column = (&'static str, &'static str, bool);

const CATEGORIES: &[Column] = &[
    ("编号", "id", true),
    ("类型", "kind", true),
    ("大类", "major", true),
    ("小类", "name", true),
    ("主办", "lead", true),
    ("协办", "assisting", false),
    ("需照片", "photo_required", false),
    ("仅急时", "emergency_only", false),
    ("来源", "basis", false),
    ("停用", "retired", false),
];
const CONDITIONS: &[Column] = &[
    ("编号", "id", true),
    ("小类编号", "category", true),
    ("立案条件", "name", true),
    ("结案条件", "closing", false),
    ("时限", "limit_value", true),
    ("单位", "limit_unit", true),
    ("停用", "retired", false),
    ("需处理后照片", "after_photo", false),
];
const STAGED: &[Column] = &[
    ("立案条件编号", "condition", true),
    ("阶段", "name", true),
    ("时限", "limit", true),
];
const DEPARTMENTS: &[Column] = &[
    ("编号", "code", true),
    ("全称", "name", true),
    ("简称", "short_name", true),
    ("层级", "level", false),
    ("职责", "remit", false),
    ("停用", "retired", false),
];
/// The full name of a unit; for reading only.
const UNIT_WORD: Column = ("单位全称", "unit_word", false);
const ABSENT: &[Column] = &[("简称", "short_name", true), UNIT_WORD];
const STREET_MATTERS: &[Column] = &[
    ("街道编号", "street", true),
    ("小类编号", "category", true),
    ("履职", "duty", true),
    ("截止", "until", false),
];
const GRID_MATTERS: &[Column] = &[
    ("区域编号", "area", true),
    ("小类编号", "category", true),
    ("批准文号", "approval", false),
    ("截止", "until", false),
];
/// What a state's code means; for reading only.
const STATE_WORD: Column = ("状态", "state_word", false);
const STAGE_LIMITS: &[Column] = &[("代号", "state", true), STATE_WORD, ("时限", "limit", true)];
const ESCALATIONS: &[Column] = &[
    ("编号", "id", true),
    ("类别", "categories", true),
    ("超时", "late", true),
    ("退回次数", "returns", true),
    ("告知", "tell", true),
    ("层级", "reach", true),
    ("督办", "card", true),
    ("接办单位", "takes_over", true),
];
/// What the code of a category, or its beginning, stands for; for reading only.
const CATEGORY_WORD: Column = ("名称", "category_word", false);
const NEARNESS: &[Column] = &[
    ("类别", "category", true),
    CATEGORY_WORD,
    ("相距米数", "radius_m", true),
    ("相隔小时数", "within_hours", true),
];
const SETTINGS: &[Column] = &[("项目", "key", true), ("内容", "value", true)];
const CALENDAR: &[Column] = &[
    ("日期", "date", true),
    ("类型", "kind", true),
    ("事由", "occasion", false),
];

const LABELS: &[Column] = &[
    ("代号", "key", true),
    ("中文", "zh", true),
    ("英文", "en", false),
];

const PATROLS: &[Column] = &[
    ("路线编号", "round", true),
    ("点位编号", "point", true),
    ("路线名称", "round_name", true),
    ("区域编号", "area", true),
    ("点位名称", "point_name", true),
    ("纬度", "lat", true),
    ("经度", "lon", true),
    ("看什么", "words", false),
    ("停用", "retired", false),
];

/// The columns that only say a code in words.
const TOLD: [Column; 3] = [STATE_WORD, UNIT_WORD, CATEGORY_WORD];

/// The columns of a part.
#[derive(Debug, Clone, Copy)]
pub(in crate::catalogue) struct Columns(&'static [Column]);

/// A row with its cells in the order of the part's columns; none where the file has no such column.
#[derive(Debug)]
pub(super) struct Cells<'t> {
    table: &'t Table,
    line: usize,
    cells: Vec<Option<&'t str>>,
    columns: Columns,
}

impl Columns {
    pub(in crate::catalogue) const fn of(part: Part) -> Self {
        Self(match part {
            Part::Categories => CATEGORIES,
            Part::Conditions => CONDITIONS,
            Part::Staged => STAGED,
            Part::Departments => DEPARTMENTS,
            Part::Absent => ABSENT,
            Part::StreetMatters => STREET_MATTERS,
            Part::GridMatters => GRID_MATTERS,
            Part::StageLimits => STAGE_LIMITS,
            Part::Escalations => ESCALATIONS,
            Part::Nearness => NEARNESS,
            Part::Settings => SETTINGS,
            Part::Calendar => CALENDAR,
            Part::Labels => LABELS,
            Part::Patrols => PATROLS,
        })
    }

    pub(super) fn heads(self) -> Vec<String> {
        self.0.iter().map(|(zh, ..)| (*zh).to_owned()).collect()
    }

    /// The head of a column.
    pub(in crate::catalogue) fn head(self, at: usize) -> &'static str {
        self.0.get(at).map_or("", |(zh, ..)| zh)
    }

    /// Whether a column only says a code in words: it isn't read.
    pub(in crate::catalogue) fn is_told(self, at: usize) -> bool {
        self.0.get(at).is_some_and(|column| TOLD.contains(column))
    }

    /// Where a column is, by its English name.
    pub(in crate::catalogue) fn position(self, name: &str) -> Option<usize> {
        self.0.iter().position(|(_, known, _)| *known == name)
    }

    /// The rows below the heads.
    pub(super) fn read<'t>(self, table: &'t Table) -> Result<Vec<Cells<'t>>, TableError> {
        let Some((heads, rows)) = table.rows.split_first() else {
            let (zh, en) = ("表是空的，没有表头", "the sheet is empty");
            return Err(table.wrong(1, zh.to_owned(), en.to_owned()));
        };
        let mut places = Vec::with_capacity(self.0.len());
        for (zh, en, needed) in self.0 {
            let named = |cell: &String| {
                let cell = cell.trim();
                cell == *zh || cell.eq_ignore_ascii_case(en)
            };
            let place = heads.cells.iter().position(named);
            if *needed && place.is_none() {
                return Err(table.wrong(
                    heads.line,
                    format!("表头里没有「{zh}」这一列"),
                    format!("there is no column {en:?}"),
                ));
            }
            places.push(place);
        }
        let cells = |row: &'t TableRow| Cells {
            table,
            line: row.line,
            cells: places
                .iter()
                .map(|place| place.map(|at| row.cells.get(at).map_or("", |cell| cell.trim())))
                .collect(),
            columns: self,
        };
        Ok(rows.iter().map(cells).collect())
    }
}

impl<'t> Cells<'t> {
    /// A cell; empty where there is none.
    pub(super) fn text(&self, at: usize) -> &'t str {
        self.given(at).unwrap_or_default()
    }

    /// A cell of a column that the file has.
    pub(super) fn given(&self, at: usize) -> Option<&'t str> {
        self.cells.get(at).copied().flatten()
    }

    /// A complaint about a cell.
    pub(super) fn wrong(&self, at: usize, zh: &str, en: &str) -> TableError {
        let (column, found) = (self.columns.head(at), self.text(at));
        self.table.wrong(
            self.line,
            format!("「{column}」写的是「{found}」，{zh}"),
            format!("{column} says {found:?}: {en}"),
        )
    }
}
