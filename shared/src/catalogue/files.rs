//! Reads the shipped catalogue files (`data/catalogue/`) into a document.
//!
//! It knows columns and nothing else: checks between the parts are in [`super::Catalogue::new`].
//! Tests: beside [`super::Catalogue`].

use super::{
    COMMUNITY_ROLE, CatalogueDoc, CatalogueError, Category, CategoryKind, Complaints, Condition,
    Department, STREET_ROLES, StreetDuty, StreetMatter, default_escalations,
};
use crate::id::{CatalogueVersion, CategoryId, ConditionId, UnitCode};
use std::collections::{HashMap, HashSet};

/// The text of the four catalogue files and the calendar, as shipped under `data/catalogue/`.
#[derive(Debug, Clone, Copy)]
pub struct CatalogueFiles<'a> {
    /// `categories.csv`.
    pub categories: &'a str,
    /// `filing_conditions.csv`.
    pub conditions: &'a str,
    /// `departments.csv`.
    pub departments: &'a str,
    /// `calendar.csv`.
    pub calendar: &'a str,
}

/// Reads the shipped files into a document. Streets get the list of matters that the table
/// implies: what it names a street for is theirs, what it names a street to assist is shared,
/// everything else counts as taken back.
///
/// # Errors
/// When a row has a missing column, an unknown kind, or a number that isn't one.
pub fn doc_from_files(
    version: CatalogueVersion,
    files: CatalogueFiles<'_>,
    absent: Vec<String>,
) -> Result<CatalogueDoc, CatalogueError> {
    let departments = read_departments(files.departments)?;
    let mut categories = Vec::new();
    let mut implied = Vec::new();
    for row in rows("categories.csv", files.categories) {
        let row = row?;
        let (category, condition) = read_category(&row)?;
        categories.push(category);
        implied.push(condition);
    }
    let mut conditions = read_conditions(files.conditions)?;
    let with_rows: HashSet<CategoryId> = conditions.iter().map(|c| c.category.clone()).collect();
    conditions.extend(
        implied
            .into_iter()
            .filter(|c| !with_rows.contains(&c.category)),
    );
    let street_matters = categories.iter().map(implied_duty).collect();
    Ok(CatalogueDoc {
        version,
        scheme: String::from("GB/T 30428"),
        categories,
        conditions,
        departments,
        street_matters,
        grid_matters: Vec::new(),
        absent,
        stage_limits: Vec::new(),
        escalations: default_escalations(),
        last_resort: Some(LAST_RESORT.to_owned()),
        complaints: Complaints::default(),
        labels: Vec::new(),
        patrols: Vec::new(),
        calendar_csv: files.calendar.to_owned(),
        nearness: Vec::new(),
    })
}

/// Whoever may not hand back in the shipped table: the body that answers for the city's order.
const LAST_RESORT: &str = "城管局";

fn implied_duty(category: &Category) -> StreetMatter {
    let street = |name: &str| STREET_ROLES.contains(&name) || name == COMMUNITY_ROLE;
    let duty = if street(&category.lead) {
        StreetDuty::Own
    } else if category.assisting.iter().any(|name| street(name)) {
        StreetDuty::Assist
    } else {
        StreetDuty::TakenBack
    };
    StreetMatter {
        street: None,
        category: category.id.clone(),
        duty,
        until_ms: None,
    }
}

/// One CSV row with what is needed to complain about it.
struct Row {
    file: &'static str,
    line: usize,
    record: csv::StringRecord,
}

impl Row {
    fn text(&self, at: usize) -> Result<&str, CatalogueError> {
        self.record
            .get(at)
            .map(str::trim)
            .ok_or_else(|| self.wrong(format!("column {} is missing", at + 1)))
    }

    fn wrong(&self, problem: String) -> CatalogueError {
        CatalogueError::Row {
            file: self.file,
            line: self.line,
            problem,
        }
    }

    fn number(&self, at: usize) -> Result<u32, CatalogueError> {
        let text = self.text(at)?;
        text.parse()
            .map_err(|_| self.wrong(format!("expected a number, found {text:?}")))
    }

    fn category_id(
        &self,
        kind: usize,
        major: usize,
        minor: usize,
    ) -> Result<(CategoryKind, CategoryId), CatalogueError> {
        let word = self.text(kind)?;
        let kind = CategoryKind::parse(word)
            .ok_or_else(|| self.wrong(format!("unknown kind {word:?}")))?;
        let text = format!(
            "{}{}{}",
            kind.letter(),
            self.text(major)?,
            self.text(minor)?
        );
        let id = CategoryId::new(text).map_err(|error| self.wrong(error.to_string()))?;
        Ok((kind, id))
    }
}

fn rows(file: &'static str, text: &str) -> impl Iterator<Item = Result<Row, CatalogueError>> {
    let records: Vec<_> = csv::Reader::from_reader(text.as_bytes())
        .into_records()
        .collect();
    records.into_iter().enumerate().map(move |(at, record)| {
        let line = at + 2;
        match record {
            Ok(record) => Ok(Row { file, line, record }),
            Err(error) => Err(CatalogueError::Row {
                file,
                line,
                problem: error.to_string(),
            }),
        }
    })
}

fn read_departments(text: &str) -> Result<Vec<Department>, CatalogueError> {
    rows("departments.csv", text)
        .map(|row| {
            let row = row?;
            Ok(Department {
                code: UnitCode::new(row.text(0)?).map_err(|error| row.wrong(error.to_string()))?,
                name: row.text(1)?.to_owned(),
                short_name: row.text(2)?.to_owned(),
                level: row.text(3)?.to_owned(),
                remit: row.text(4)?.to_owned(),
                retired: false,
            })
        })
        .collect()
}

/// A category and the condition that it implies if the conditions file has none for it.
fn read_category(row: &Row) -> Result<(Category, Condition), CatalogueError> {
    let (kind, id) = row.category_id(0, 1, 3)?;
    let assisting = row
        .text(6)?
        .split(';')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    let limit_unit = if row.text(8)? == "urgent" {
        "紧急工作时"
    } else {
        "工作时"
    };
    let condition = Condition {
        id: ConditionId::new(format!("{id}-0")).map_err(|error| row.wrong(error.to_string()))?,
        category: id.clone(),
        name: String::from("出现即可立案"),
        closing: String::from("处理到位"),
        limit_value: row.number(7)?,
        limit_unit: limit_unit.to_owned(),
        after_photo: false,
        staged: Vec::new(),
        retired: false,
    };
    let category = Category {
        id,
        kind,
        major: row.text(2)?.to_owned(),
        name: row.text(4)?.to_owned(),
        lead: row.text(5)?.to_owned(),
        assisting,
        // The state of a thing or a place is shown; a request for help needs no picture, and in
        // an emergency (突发事件) the words go first.
        photo_required: kind != CategoryKind::Social && row.text(2)? != "突发事件",
        basis: row.text(9)?.to_owned(),
        emergency_only: false,
        retired: false,
    };
    Ok((category, condition))
}

fn read_conditions(text: &str) -> Result<Vec<Condition>, CatalogueError> {
    let mut counts: HashMap<CategoryId, u32> = HashMap::new();
    rows("filing_conditions.csv", text)
        .map(|row| {
            let row = row?;
            let (_, category) = row.category_id(0, 1, 2)?;
            let count = counts.entry(category.clone()).or_insert(0);
            *count += 1;
            Ok(Condition {
                id: ConditionId::new(format!("{category}-{count}"))
                    .map_err(|error| row.wrong(error.to_string()))?,
                category,
                name: row.text(4)?.to_owned(),
                closing: row.text(5)?.to_owned(),
                limit_value: row.number(6)?,
                limit_unit: row.text(7)?.to_owned(),
                after_photo: false,
                staged: Vec::new(),
                retired: false,
            })
        })
        .collect()
}

/// The shipped catalogue for a district: the files under `data/catalogue/`.
///
/// # Errors
/// Never with the shipped files (a test reads them); the signature is that of its parts.
pub fn shipped_doc(
    version: CatalogueVersion,
    absent: Vec<String>,
) -> Result<CatalogueDoc, CatalogueError> {
    let files = CatalogueFiles {
        categories: include_str!("../../../data/catalogue/categories.csv"),
        conditions: include_str!("../../../data/catalogue/filing_conditions.csv"),
        departments: include_str!("../../../data/catalogue/departments.csv"),
        calendar: include_str!("../../../data/catalogue/calendar.csv"),
    };
    doc_from_files(version, files, absent)
}
