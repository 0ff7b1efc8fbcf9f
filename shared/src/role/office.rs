//! The pages of the office that aren't open to everybody. The server refuses by this list and the
//! console leaves out by it what would be refused: held by `tests/tests/access.rs`.

use super::{Action, Actor, Post, PostKind, Role, may_all_of, may_somewhere};
use crate::id::{AreaCode, PersonId, PostId, UnitCode};
use uuid::Uuid;

/// A page that some posts open and others don't.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OfficePage {
    /// 待人工确认.
    Quarantine,
    /// 统计.
    Statistics,
    /// 反复发生.
    Repeated,
    /// 手机.
    Devices,
    /// 存档校验: the archive is one for the whole district.
    Archive,
    /// 人员.
    People,
    /// 审计: of the whole district.
    Audit,
    /// 目录与规则, rounds included: they hold for the whole district.
    Catalogue,
    /// Giving and ending emergency orders; everybody reads them.
    Orders,
}

impl OfficePage {
    /// Every page, for tests.
    pub const ALL: [OfficePage; 9] = [
        OfficePage::Quarantine,
        OfficePage::Statistics,
        OfficePage::Repeated,
        OfficePage::Devices,
        OfficePage::Archive,
        OfficePage::People,
        OfficePage::Audit,
        OfficePage::Catalogue,
        OfficePage::Orders,
    ];

    /// What a post has to allow.
    #[must_use]
    pub const fn action(self) -> Action {
        match self {
            Self::Quarantine => Action::Quarantine,
            Self::Statistics => Action::ReadStatistics,
            Self::Repeated => Action::ReadRepeated,
            Self::Devices => Action::ReadDevices,
            Self::Archive => Action::ReadArchive,
            Self::People | Self::Audit | Self::Catalogue | Self::Orders => Action::Administer,
        }
    }

    /// Whether a post has to allow it in the whole district; of the other pages one sees one's part.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        matches!(
            self,
            Self::Archive | Self::Audit | Self::Catalogue | Self::Orders
        )
    }

    /// Whether it is open to somebody in a district.
    #[must_use]
    pub fn is_for(self, actor: &Actor, district: &AreaCode) -> bool {
        if self.is_whole() {
            may_all_of(actor, self.action(), district)
        } else {
            may_somewhere(actor, self.action())
        }
    }

    /// The roles to which it is open, if their post is for the whole district.
    #[must_use]
    pub fn roles(self, district: &AreaCode) -> Vec<Role> {
        let is_open = |role: &Role| {
            let post = Post {
                id: PostId(Uuid::nil()),
                role: *role,
                area: district.clone(),
                // Any will do: a handler works in one.
                unit: UnitCode::new("ANY").ok(),
                kind: PostKind::Office,
            };
            let holder = Actor {
                person: PersonId(Uuid::nil()),
                posts: vec![post],
            };
            self.is_for(&holder, district)
        };
        Role::ALL.into_iter().filter(is_open).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn what_is_one_for_the_district_is_closed_to_who_has_a_street() {
        let district = AreaCode::new("350703").unwrap();
        let open = |role: Role, area: &str| -> Vec<OfficePage> {
            let post = Post {
                id: PostId(Uuid::from_u128(2)),
                role,
                area: AreaCode::new(area).unwrap(),
                unit: None,
                kind: PostKind::Office,
            };
            let actor = Actor {
                person: PersonId(Uuid::from_u128(1)),
                posts: vec![post],
            };
            let all = OfficePage::ALL.into_iter();
            all.filter(|page| page.is_for(&actor, &district)).collect()
        };
        assert_eq!(open(Role::Administrator, "350703"), OfficePage::ALL);
        let of_street = [
            OfficePage::Quarantine,
            OfficePage::Statistics,
            OfficePage::Repeated,
            OfficePage::Devices,
        ];
        assert_eq!(open(Role::Supervisor, "350703001"), of_street);
        let mut of_street = of_street.to_vec();
        of_street.push(OfficePage::People);
        assert_eq!(open(Role::Administrator, "350703001"), of_street);
        assert!(open(Role::GridWorker, "350703").is_empty());
    }

    #[test]
    fn the_roles_of_a_page_are_named_in_their_order() {
        let district = AreaCode::new("350703").unwrap();
        let roles = |page: OfficePage| page.roles(&district);
        assert_eq!(roles(OfficePage::Catalogue), [Role::Administrator]);
        assert_eq!(
            roles(OfficePage::Archive),
            [Role::Supervisor, Role::Administrator]
        );
        assert_eq!(
            roles(OfficePage::Statistics),
            [
                Role::Dispatcher,
                Role::Handler,
                Role::Supervisor,
                Role::Administrator
            ]
        );
    }
}
