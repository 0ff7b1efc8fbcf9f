//! The area tree: which place lies in which, and what each level is called here.
//!
//! Codes are nested: a place's code starts with its parent's, so "lies in" is a prefix test and a
//! list of one area is a range of an index. The number and names of levels differ between
//! districts (in 中原区 一级网格 is the street, in 建阳区 it lies under the community), so levels
//! are data and the code speaks of depth and kind only.

use crate::id::AreaCode;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// What sort of place it is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AreaKind {
    /// 区 or 县.
    District,
    /// 街道, 镇 or 乡.
    Street,
    /// 社区 or 村.
    Community,
    /// A territorial grid of some grade; the smallest grade is where reports are filed.
    Grid,
    /// 专属网格: a school, hospital, park or site inside a community, with its own worker.
    ExclusiveGrid,
}

/// One level of the tree as this district calls it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Level {
    /// Machine name, as in the `level` column of the areas file: `street`, `grid2`.
    pub key: String,
    /// What sort of place it is.
    pub kind: AreaKind,
    /// What people call it: 街道, 二级网格.
    pub name: String,
}

/// A place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Area {
    /// Its code; starts with the parent's.
    pub code: AreaCode,
    /// The place it lies in, none for the district.
    pub parent: Option<AreaCode>,
    /// Key of its [`Level`].
    pub level: String,
    /// What sort of place it is.
    pub kind: AreaKind,
    /// Its name: 七贤社区居委会.
    pub name: String,
}

/// A part of the tree: the area itself and everything below it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Scope(pub AreaCode);

impl Scope {
    /// Whether `area` is the scope's root or lies below it.
    #[must_use]
    pub fn contains(&self, area: &AreaCode) -> bool {
        area.as_str().starts_with(self.0.as_str())
    }
}

/// Length of a district's code; streets and communities add three digits each (GB/T 10114).
pub const DISTRICT_CODE_LEN: usize = 6;
/// Length of a street's code.
pub const STREET_CODE_LEN: usize = 9;
/// Length of a community's code.
pub const COMMUNITY_CODE_LEN: usize = 12;

impl AreaCode {
    /// The first `len` characters as a code, when the code is that long.
    fn head(&self, len: usize) -> Option<AreaCode> {
        self.as_str()
            .get(..len)
            .and_then(|head| AreaCode::new(head).ok())
    }

    /// The district this place lies in.
    #[must_use]
    pub fn district(&self) -> Option<AreaCode> {
        self.head(DISTRICT_CODE_LEN)
    }

    /// The street this place lies in or is.
    #[must_use]
    pub fn street(&self) -> Option<AreaCode> {
        self.head(STREET_CODE_LEN)
    }

    /// The community this place lies in or is.
    #[must_use]
    pub fn community(&self) -> Option<AreaCode> {
        self.head(COMMUNITY_CODE_LEN)
    }
}

/// Why an area file was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AreaError {
    /// A row could not be read.
    #[error("areas, line {line}: {problem}")]
    Row {
        /// Line in the file, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// A parent is missing or a code is not below its parent's.
    #[error("area {code} ({name}) does not lie below its parent {parent}")]
    Misplaced {
        /// The area.
        code: String,
        /// Its name.
        name: String,
        /// The parent named in the file.
        parent: String,
    },
    /// There is not exactly one root.
    #[error("expected exactly one district at the root, found {0}")]
    Roots(usize),
}

/// All places of one district by code.
#[derive(Debug, Clone, Default)]
pub struct AreaTree {
    areas: HashMap<AreaCode, Area>,
    children: HashMap<AreaCode, Vec<AreaCode>>,
    levels: Vec<Level>,
    root: Option<AreaCode>,
}

impl AreaTree {
    /// Puts places into a tree.
    ///
    /// # Errors
    /// When a parent is missing, a code is not nested in its parent's, or there isn't one root.
    pub fn new(
        levels: Vec<Level>,
        areas: impl IntoIterator<Item = Area>,
    ) -> Result<Self, AreaError> {
        let areas: HashMap<AreaCode, Area> = areas
            .into_iter()
            .map(|area| (area.code.clone(), area))
            .collect();
        let mut children: HashMap<AreaCode, Vec<AreaCode>> = HashMap::new();
        let mut roots = Vec::new();
        for area in areas.values() {
            let Some(parent) = &area.parent else {
                roots.push(area.code.clone());
                continue;
            };
            if !areas.contains_key(parent) || !Scope(parent.clone()).contains(&area.code) {
                return Err(AreaError::Misplaced {
                    code: area.code.to_string(),
                    name: area.name.clone(),
                    parent: parent.to_string(),
                });
            }
            children
                .entry(parent.clone())
                .or_default()
                .push(area.code.clone());
        }
        let count = roots.len();
        let Some(root) = roots.pop().filter(|_| count == 1) else {
            return Err(AreaError::Roots(count));
        };
        for codes in children.values_mut() {
            codes.sort();
        }
        Ok(Self {
            areas,
            children,
            levels,
            root: Some(root),
        })
    }

    /// The place with this code.
    #[must_use]
    pub fn get(&self, code: &AreaCode) -> Option<&Area> {
        self.areas.get(code)
    }

    /// The name of a place, or its code when it isn't known here.
    #[must_use]
    pub fn name<'a>(&'a self, code: &'a AreaCode) -> &'a str {
        self.get(code)
            .map_or(code.as_str(), |area| area.name.as_str())
    }

    /// The district at the root.
    #[must_use]
    pub fn root(&self) -> Option<&Area> {
        self.root.as_ref().and_then(|code| self.get(code))
    }

    /// The places directly below, in order of their codes.
    #[must_use]
    pub fn children(&self, code: &AreaCode) -> &[AreaCode] {
        self.children.get(code).map_or(&[], Vec::as_slice)
    }

    /// The levels from the top down.
    #[must_use]
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// Every place, in order of codes.
    #[must_use]
    pub fn all(&self) -> Vec<&Area> {
        let mut all: Vec<&Area> = self.areas.values().collect();
        all.sort_by(|a, b| a.code.cmp(&b.code));
        all
    }

    /// Names from the street down to the place: `潭城街道 七贤社区 第3网格`.
    #[must_use]
    pub fn path(&self, code: &AreaCode) -> String {
        let mut names = Vec::new();
        let mut at = self.get(code);
        while let Some(area) = at {
            if area.parent.is_some() {
                names.push(area.name.as_str());
            }
            at = area.parent.as_ref().and_then(|parent| self.get(parent));
        }
        names.reverse();
        names.join(" ")
    }
}

/// The levels of 建阳区, which the shipped data follows; another district brings its own.
#[must_use]
pub fn default_levels() -> Vec<Level> {
    [
        ("district", AreaKind::District, "区"),
        ("street", AreaKind::Street, "街道"),
        ("community", AreaKind::Community, "社区"),
        ("grid1", AreaKind::Grid, "一级网格"),
        ("grid2", AreaKind::Grid, "二级网格"),
        ("grid3", AreaKind::Grid, "三级网格"),
        ("exclusive", AreaKind::ExclusiveGrid, "专属网格"),
    ]
    .into_iter()
    .map(|(key, kind, name)| Level {
        key: key.into(),
        kind,
        name: name.into(),
    })
    .collect()
}

/// Reads an areas file with the columns `code,parent_code,level,name`.
///
/// # Errors
/// When a row has a column missing, a bad code, or a level that isn't among `levels`.
pub fn areas_from_csv(text: &str, levels: &[Level]) -> Result<Vec<Area>, AreaError> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut areas = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let line = index + 2;
        let wrong = |problem: String| AreaError::Row { line, problem };
        let record = record.map_err(|error| wrong(error.to_string()))?;
        let field = |at: usize| record.get(at).unwrap_or_default().trim();
        let key = field(2);
        let level = levels
            .iter()
            .find(|level| level.key == key)
            .ok_or_else(|| wrong(format!("unknown level {key:?}")))?;
        let code = |text: &str| AreaCode::new(text).map_err(|error| wrong(error.to_string()));
        areas.push(Area {
            code: code(field(0))?,
            parent: if field(1).is_empty() {
                None
            } else {
                Some(code(field(1))?)
            },
            level: level.key.clone(),
            kind: level.kind,
            name: field(3).to_owned(),
        });
    }
    Ok(areas)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn code(text: &str) -> AreaCode {
        AreaCode::new(text).unwrap()
    }

    #[test]
    fn the_official_areas_of_jianyang_form_one_tree() {
        let text = include_str!("../../data/districts/350703/areas.csv");
        let levels = default_levels();
        let tree = AreaTree::new(levels.clone(), areas_from_csv(text, &levels).unwrap()).unwrap();
        assert_eq!(tree.root().unwrap().name, "建阳区");
        assert_eq!(tree.children(&code("350703")).len(), 16);
        let communities = tree
            .all()
            .iter()
            .filter(|a| a.kind == AreaKind::Community)
            .count();
        assert_eq!(communities, 230);
        assert_eq!(tree.path(&code("350703001012")), "潭城街道 七贤社区居委会");
    }

    #[test]
    fn a_scope_holds_itself_and_what_lies_below_and_nothing_else() {
        let street = Scope(code("350703001"));
        assert!(street.contains(&code("350703001")));
        assert!(street.contains(&code("350703001012001002003")));
        assert!(!street.contains(&code("350703002")));
        assert!(!street.contains(&code("350703")));
    }

    #[test]
    fn a_place_outside_its_parent_is_refused_with_its_name() {
        let text = "code,parent_code,level,name\n350703,,district,建阳区\n350799001,350703,street,某街道\n";
        let levels = default_levels();
        let error =
            AreaTree::new(levels.clone(), areas_from_csv(text, &levels).unwrap()).unwrap_err();
        assert!(error.to_string().contains("某街道"), "{error}");
    }
}
