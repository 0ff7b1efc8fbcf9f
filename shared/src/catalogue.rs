//! The catalogue: categories (小类), filing conditions (立案条件) with their limits, departments,
//! what a street may be given, and the calendar: one versioned value.
//!
//! It travels whole as a [`CatalogueDoc`] and is read into a [`Catalogue`] with its indexes.
//! A limit hangs on (category × condition), never on the category alone (`docs/DOMAIN.md`).
//! The source layout is that of GB/T 30428 as one city publishes it; codes are never compared
//! across schemes, so every report names the catalogue version it was filled with.

pub mod edit;
pub mod parts;
pub mod review;
pub mod table;

mod complaints;
mod files;
mod matters;
mod rules;

pub use complaints::Complaints;
pub use files::{CatalogueFiles, doc_from_files, shipped_doc};
pub use matters::{GridMatter, StreetMatter};
pub use rules::{
    Escalation, Label, Reach, StageLimit, StagedLimit, default_escalations, limited_states,
    stage_limit,
};

use crate::calendar::{Calendar, Limit, LimitUnit};
use crate::id::{CatalogueVersion, CategoryId, ConditionId, UnitCode};
use crate::patrol::Round;
use crate::similar::{Nearness, NearnessRule, nearness_by};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use utoipa::ToSchema;

/// The three kinds of matter; the letter opens a category's id.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum CategoryKind {
    /// 部件: a thing of the city, with an owner (C).
    Component,
    /// 事件: something that happens (E).
    Event,
    /// 社会治理: a request for help (S).
    Social,
}

impl CategoryKind {
    /// The kind that a file calls 部件, 事件 or 社会治理.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "部件" => Some(Self::Component),
            "事件" => Some(Self::Event),
            "社会治理" => Some(Self::Social),
            _ => None,
        }
    }

    /// What people call it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Component => "部件",
            Self::Event => "事件",
            Self::Social => "社会治理",
        }
    }

    /// First letter of the ids of this kind.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Component => 'C',
            Self::Event => 'E',
            Self::Social => 'S',
        }
    }
}

/// A category (小类).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Category {
    /// `C0101`: letter of the kind, major, minor.
    pub id: CategoryId,
    /// What kind of matter.
    pub kind: CategoryKind,
    /// Name of the 大类: 公用设施.
    pub major: String,
    /// Name of the 小类: 上水井盖.
    pub name: String,
    /// Short name of the unit or role that leads: 供水企业, 属地街道.
    pub lead: String,
    /// Short names of the units or roles that assist.
    pub assisting: Vec<String>,
    /// Whether a photo must be filed with it.
    #[serde(default)]
    pub photo_required: bool,
    /// `attested` in a city's table, or `proposed`.
    pub basis: String,
    /// May be filed only while an emergency order switches it on (平急转换).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub emergency_only: bool,
    /// No longer offered; kept, because nothing old is deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
}

/// A filing condition (立案条件) with its own limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Condition {
    /// `C0101-1`; `-0` is the one implied by a category that has no conditions.
    pub id: ConditionId,
    /// The category it belongs to.
    pub category: CategoryId,
    /// What is wrong: 缺失移位(险情).
    pub name: String,
    /// When it counts as put right: 修复或恢复原状.
    pub closing: String,
    /// How many units of time.
    pub limit_value: u32,
    /// Which unit, in the table's word: 工作时, 工作日, 紧急工作时, 紧急工作日.
    pub limit_unit: String,
    /// Whether a photo of how it is afterwards must come with the answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub after_photo: bool,
    /// Limits of several stages, in order; empty for most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub staged: Vec<StagedLimit>,
    /// No longer offered; kept, because nothing old is deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
}

/// A department, utility or role as the table names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Department {
    /// `D22-4`; `S01` to `S03` and `E11` are roles that a place fills.
    pub code: UnitCode,
    /// Full name.
    pub name: String,
    /// Short name, by which categories refer to it.
    pub short_name: String,
    /// 区直部门, 二级单位, 公共服务企业, 街道乡镇, 社区村.
    pub level: String,
    /// What it answers for.
    pub remit: String,
    /// Given nothing any more; kept, because nothing old is deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
}

/// May this matter be given to streets (履职事项清单)?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StreetDuty {
    /// 基本履职: the street's own.
    Own,
    /// 配合履职: the street assists.
    Assist,
    /// 上收: taken back by a higher level; a street may not be given it.
    TakenBack,
}

/// The catalogue as it travels and is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CatalogueDoc {
    /// Name of this version: `350703-2026.1`.
    pub version: CatalogueVersion,
    /// The code scheme of the categories: `GB/T 30428`.
    pub scheme: String,
    /// All categories.
    pub categories: Vec<Category>,
    /// All conditions.
    pub conditions: Vec<Condition>,
    /// All departments and roles.
    pub departments: Vec<Department>,
    /// What streets may be given.
    pub street_matters: Vec<StreetMatter>,
    /// What grid staff may be given (网格事项准入); empty when the district keeps no such list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grid_matters: Vec<GridMatter>,
    /// Short names of departments that this district does not have (no 热力企业 in the south).
    #[serde(default)]
    pub absent: Vec<String>,
    /// How long states may last where this city differs from the table of states.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stage_limits: Vec<StageLimit>,
    /// When a case escalates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escalations: Vec<Escalation>,
    /// Short name of the department that may not hand back (兜底); none where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_resort: Option<String>,
    /// Where people turn who aren't content (投诉建议).
    #[serde(default, skip_serializing_if = "Complaints::is_empty")]
    pub complaints: Complaints,
    /// Words that this city says otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
    /// Rounds of points that workers walk (巡查); empty where nobody does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patrols: Vec<Round>,
    /// The working calendar in the shipped CSV form (`date,kind,occasion`).
    pub calendar_csv: String,
    /// How near two reports have to be for the question whether they are one; the rest of the
    /// categories has the default of [`crate::similar`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nearness: Vec<NearnessRule>,
}

/// Why a catalogue was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    /// A row could not be read.
    #[error("{file}, line {line}: {problem}")]
    Row {
        /// Which file.
        file: &'static str,
        /// Line in it, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// Something refers to what isn't there.
    #[error("{what} refers to {missing}, which is not in the catalogue")]
    Dangling {
        /// The referring item.
        what: String,
        /// What is missing.
        missing: String,
    },
    /// An id occurs twice.
    #[error("{0} occurs twice")]
    Twice(String),
    /// The calendar is unreadable.
    #[error("calendar: {0}")]
    Calendar(String),
}

/// A catalogue with its indexes. Build it once, share it.
#[derive(Debug, Clone)]
pub struct Catalogue {
    doc: CatalogueDoc,
    calendar: Calendar,
    categories: HashMap<CategoryId, usize>,
    conditions: HashMap<ConditionId, usize>,
    by_category: HashMap<CategoryId, Vec<usize>>,
    departments: HashMap<String, usize>,
    limits: Vec<Limit>,
    matters: matters::Matters,
    absent: HashSet<String>,
}

impl Catalogue {
    /// Checks a document and builds the indexes.
    ///
    /// # Errors
    /// When an id occurs twice, a condition or matter names an unknown category, a category an
    /// unknown department, or a limit or the calendar can't be read.
    pub fn new(doc: CatalogueDoc) -> Result<Self, CatalogueError> {
        let calendar = Calendar::from_csv(&doc.calendar_csv)
            .map_err(|error| CatalogueError::Calendar(error.to_string()))?;
        let categories = index(doc.categories.iter().map(|c| c.id.clone()))?;
        let conditions = index(doc.conditions.iter().map(|c| c.id.clone()))?;
        let departments = index(doc.departments.iter().map(|d| d.short_name.clone()))?;
        for category in &doc.categories {
            for name in std::iter::once(&category.lead).chain(&category.assisting) {
                if !departments.contains_key(name) {
                    return Err(dangling(format!("category {}", category.id), name));
                }
            }
        }
        let mut by_category: HashMap<CategoryId, Vec<usize>> = HashMap::new();
        let mut limits = Vec::with_capacity(doc.conditions.len());
        for (at, condition) in doc.conditions.iter().enumerate() {
            if !categories.contains_key(&condition.category) {
                return Err(dangling(
                    format!("condition {}", condition.id),
                    condition.category.as_str(),
                ));
            }
            by_category
                .entry(condition.category.clone())
                .or_default()
                .push(at);
            let unit = LimitUnit::parse(&condition.limit_unit).ok_or_else(|| {
                dangling(format!("condition {}", condition.id), &condition.limit_unit)
            })?;
            limits.push(Limit {
                value: condition.limit_value,
                unit,
            });
        }
        let listed = doc.street_matters.iter().map(|matter| &matter.category);
        for category in listed.chain(doc.grid_matters.iter().map(|matter| &matter.category)) {
            if !categories.contains_key(category) {
                return Err(dangling("a list of matters".into(), category.as_str()));
            }
        }
        let matters = matters::Matters::of(&doc);
        let absent = doc.absent.iter().cloned().collect();
        Ok(Self {
            doc,
            calendar,
            categories,
            conditions,
            by_category,
            departments,
            limits,
            matters,
            absent,
        })
    }

    /// The document it was built from.
    #[must_use]
    pub fn doc(&self) -> &CatalogueDoc {
        &self.doc
    }

    /// Name of this version.
    #[must_use]
    pub fn version(&self) -> &CatalogueVersion {
        &self.doc.version
    }

    /// The working calendar of this version.
    #[must_use]
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// The category with this id.
    #[must_use]
    pub fn category(&self, id: &CategoryId) -> Option<&Category> {
        self.categories
            .get(id)
            .and_then(|at| self.doc.categories.get(*at))
    }

    /// The condition with this id.
    #[must_use]
    pub fn condition(&self, id: &ConditionId) -> Option<&Condition> {
        self.conditions
            .get(id)
            .and_then(|at| self.doc.conditions.get(*at))
    }

    /// The limit of a condition.
    #[must_use]
    pub fn limit(&self, id: &ConditionId) -> Option<Limit> {
        self.conditions
            .get(id)
            .and_then(|at| self.limits.get(*at))
            .copied()
    }

    /// The conditions of a category in the table's order.
    pub fn conditions_of(&self, id: &CategoryId) -> impl Iterator<Item = &Condition> {
        self.by_category
            .get(id)
            .into_iter()
            .flatten()
            .filter_map(|at| self.doc.conditions.get(*at))
    }

    /// How near another report of this category has to be to be asked about.
    #[must_use]
    pub fn nearness(&self, id: &CategoryId) -> Nearness {
        nearness_by(&self.doc.nearness, id)
    }

    /// The department or role with this short name, unless this district lacks it.
    #[must_use]
    pub fn department(&self, short_name: &str) -> Option<&Department> {
        if self.absent.contains(short_name) {
            return None;
        }
        self.departments
            .get(short_name)
            .and_then(|at| self.doc.departments.get(*at))
            .filter(|department| !department.retired)
    }
}

fn index<K: std::hash::Hash + Eq + Clone + ToString>(
    keys: impl Iterator<Item = K>,
) -> Result<HashMap<K, usize>, CatalogueError> {
    let mut map = HashMap::new();
    for (at, key) in keys.enumerate() {
        if map.insert(key.clone(), at).is_some() {
            return Err(CatalogueError::Twice(key.to_string()));
        }
    }
    Ok(map)
}

fn dangling(what: String, missing: &str) -> CatalogueError {
    CatalogueError::Dangling {
        what,
        missing: missing.to_owned(),
    }
}

/// Short names of the roles that a street fills.
pub const STREET_ROLES: [&str; 2] = ["属地街道", "街道执法队"];
/// Short name of the role that a community fills.
pub const COMMUNITY_ROLE: &str = "社区村";
/// Short name of the place-holder for an owner still to be found.
pub const OWNER_ROLE: &str = "产权单位";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn shipped() -> Catalogue {
        let version = CatalogueVersion::new("test-1").unwrap();
        Catalogue::new(shipped_doc(version, vec!["热力企业".into()]).unwrap()).unwrap()
    }

    #[test]
    fn the_shipped_files_give_285_categories_and_513_conditions() {
        let catalogue = shipped();
        assert_eq!(catalogue.doc().categories.len(), 285);
        let attested = catalogue
            .doc()
            .conditions
            .iter()
            .filter(|c| !c.id.as_str().ends_with("-0"));
        assert_eq!(attested.count(), 513);
        for category in &catalogue.doc().categories {
            assert!(
                catalogue.conditions_of(&category.id).count() > 0,
                "{}",
                category.name
            );
        }
    }

    #[test]
    fn one_category_has_several_limits() {
        let catalogue = shipped();
        let limits: Vec<String> = catalogue
            .conditions_of(&CategoryId::new("C0101").unwrap())
            .map(|c| format!("{}{}", c.limit_value, c.limit_unit))
            .collect();
        assert_eq!(limits.first().map(String::as_str), Some("2紧急工作时"));
        assert!(limits.contains(&"4工作时".to_owned()), "{limits:?}");
    }

    #[test]
    fn a_department_that_the_district_lacks_is_not_found() {
        let catalogue = shipped();
        assert!(catalogue.department("供水企业").is_some());
        assert!(catalogue.department("热力企业").is_none());
    }

    #[test]
    fn a_row_that_cannot_be_read_is_named_by_file_and_line() {
        let files = CatalogueFiles {
            categories: "kind,a,b,c,d,e,f,g,h,i\n部件,01,x,01,上水井盖,供水企业,,two,urgent,attested\n",
            conditions: "",
            departments: "",
            calendar: "date,kind,occasion\n",
        };
        let error = doc_from_files(CatalogueVersion::new("t").unwrap(), files, vec![]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "categories.csv, line 2: expected a number, found \"two\""
        );
    }
}
