//! Units of a district: departments and utilities as named, and the bodies that a place brings.
//!
//! The catalogue names roles (属地街道, 街道执法队, 社区村, 产权单位); a place turns them into the
//! actual street, community or pool. A pool is a unit without staff: its cases wait for a
//! dispatcher or for somebody to claim them.

use crate::area::{AreaKind, AreaTree};
use crate::catalogue::{COMMUNITY_ROLE, Catalogue, OWNER_ROLE, STREET_ROLES};
use crate::id::{AreaCode, UnitCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A unit that a case can be given to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Unit {
    /// Its code.
    pub code: UnitCode,
    /// What people call it.
    pub name: String,
    /// The place it answers for.
    pub area: AreaCode,
    /// A pool has no staff: a person has to take the case out of it.
    pub pool: bool,
}

/// Code prefix of the pool of matters whose owner is still to be found (待认领).
pub const CLAIM_POOL: &str = "POOL-";
/// Code prefix of the dispatcher's pool: nobody was found by rule.
pub const DISPATCH_POOL: &str = "DISPATCH-";

fn code(prefix: &str, area: &AreaCode) -> Option<UnitCode> {
    UnitCode::new(format!("{prefix}{area}")).ok()
}

/// The pool of the dispatchers of this place's district.
#[must_use]
pub fn dispatch_pool(area: &AreaCode) -> UnitCode {
    let district = area.district().unwrap_or_else(|| area.clone());
    // A code made of a valid code and an ASCII prefix is valid unless it is too long.
    code(DISPATCH_POOL, &district).unwrap_or_else(fallback_pool)
}

#[expect(clippy::expect_used, reason = "a constant text of allowed characters")]
fn fallback_pool() -> UnitCode {
    UnitCode::new("DISPATCH-").expect("a constant code")
}

/// Whether cases of this unit wait for a person to take them.
#[must_use]
pub fn is_pool(unit: &UnitCode) -> bool {
    unit.as_str().starts_with(CLAIM_POOL) || unit.as_str().starts_with(DISPATCH_POOL)
}

/// The unit behind a department's or role's short name at this place. `None` when the district
/// lacks it or the place has no such level (a point outside every community).
#[must_use]
pub fn resolve(
    short_name: &str,
    place: Option<&AreaCode>,
    catalogue: &Catalogue,
    areas: &AreaTree,
) -> Option<Unit> {
    let role = catalogue.department(short_name)?;
    let local = |prefix: &str, at: Option<AreaCode>, suffix: &str| {
        let at = at.filter(|at| areas.get(at).is_some())?;
        let name = format!("{}{suffix}", areas.name(&at));
        Some(Unit {
            code: code(prefix, &at)?,
            name,
            pool: prefix == CLAIM_POOL,
            area: at,
        })
    };
    let street = || place.and_then(AreaCode::street);
    match short_name {
        _ if Some(&short_name) == STREET_ROLES.first() => local("S01-", street(), "办事处"),
        _ if STREET_ROLES.contains(&short_name) => local("S02-", street(), "综合行政执法队"),
        COMMUNITY_ROLE => local("S03-", place.and_then(AreaCode::community), ""),
        OWNER_ROLE => local(CLAIM_POOL, street(), "待认领"),
        _ => Some(Unit {
            code: role.code.clone(),
            name: role.short_name.clone(),
            area: areas.root()?.code.clone(),
            pool: false,
        }),
    }
}

/// Every unit of the district, in order of codes: what the server stores at `init`.
#[must_use]
pub fn all(catalogue: &Catalogue, areas: &AreaTree) -> Vec<Unit> {
    let mut units = Vec::new();
    let roles = [STREET_ROLES.as_slice(), &[OWNER_ROLE]].concat();
    for area in areas.all() {
        let names: &[&str] = match area.kind {
            AreaKind::Street => &roles,
            AreaKind::Community => &[COMMUNITY_ROLE],
            _ => continue,
        };
        units.extend(
            names
                .iter()
                .filter_map(|name| resolve(name, Some(&area.code), catalogue, areas)),
        );
    }
    let placed = |name: &str| roles.contains(&name) || name == COMMUNITY_ROLE;
    let departments = catalogue
        .doc()
        .departments
        .iter()
        .filter(|d| !placed(&d.short_name));
    units.extend(departments.filter_map(|d| resolve(&d.short_name, None, catalogue, areas)));
    if let Some(root) = areas.root() {
        let name = String::from("派遣员");
        units.push(Unit {
            code: dispatch_pool(&root.code),
            name,
            area: root.code.clone(),
            pool: true,
        });
    }
    units.sort_by(|a, b| a.code.cmp(&b.code));
    units
}
