//! Who may do what, where. Pure: the server asks it on every route, the faces to show what is allowed.
//!
//! A person holds posts (several are normal, and a grid may have none). A post is a role over a
//! scope, and for a handler in a unit.

mod office;
mod staff;

pub use office::OfficePage;
pub use staff::{
    PostPlace, is_own_last_office, leaves_no_administrator, may_give_post, may_run_account,
};

use crate::area::Scope;
use crate::id::{AreaCode, PersonId, PostId, UnitCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a post lets its holder do.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 网格员: files reports, sees the cases of the own grids.
    GridWorker,
    /// 受理员/派遣员: sees the cases of an area, dispatches and closes them.
    Dispatcher,
    /// 处置人员: handles the cases of one unit.
    Handler,
    /// 督查/值班长: sees everything of an area, urges, and grants what strikes a case out.
    Supervisor,
    /// 管理员: people, posts, devices; sees everything of an area.
    Administrator,
}

impl Role {
    /// Every role, for tests and pickers.
    pub const ALL: [Role; 5] = [
        Role::GridWorker,
        Role::Dispatcher,
        Role::Handler,
        Role::Supervisor,
        Role::Administrator,
    ];

    /// Machine name, as stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::GridWorker => "grid_worker",
            Role::Dispatcher => "dispatcher",
            Role::Handler => "handler",
            Role::Supervisor => "supervisor",
            Role::Administrator => "administrator",
        }
    }

    /// The role of a machine name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Role> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// The grade of a grid post: data in the post, shown with its label, no rule depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, Default)]
#[serde(rename_all = "snake_case")]
pub enum PostKind {
    /// 网格员.
    #[default]
    Worker,
    /// 网格长.
    Head,
    /// 专属网格员.
    ExclusiveWorker,
    /// 网格助理, 志愿者.
    Assistant,
    /// Not a grid post.
    Office,
}

/// A person in a role at a place, possibly in a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Post {
    /// Identity of the post.
    pub id: PostId,
    /// What it lets its holder do.
    pub role: Role,
    /// The area and everything below it.
    pub area: AreaCode,
    /// The unit a handler works in.
    pub unit: Option<UnitCode>,
    /// Grade of a grid post.
    #[serde(default)]
    pub kind: PostKind,
}

/// Who acts: a person with the posts held at that moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The person.
    pub person: PersonId,
    /// Posts in force now.
    pub posts: Vec<Post>,
}

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Send operations from an enrolled handheld.
    File,
    /// Read a case.
    ReadCase,
    /// Give a case to a unit.
    Dispatch,
    /// Work on a case: start, finish, hand back.
    Handle,
    /// Close a case.
    Close,
    /// Answer the part of an assisting unit.
    Answer,
    /// Urge, and grant what strikes a case out.
    Supervise,
    /// Look on the spot: 核实 and 核查.
    Look,
    /// Say that one's own report isn't put right.
    Contest,
    /// Add words, a correction or photos to a report.
    Amend,
    /// Take one's own report back.
    Withdraw,
    /// See and settle what is in quarantine.
    Quarantine,
    /// See which device owes what.
    ReadDevices,
    /// Know what was counted of units, places and desks.
    ReadStatistics,
    /// See where the same trouble comes again and again.
    ReadRepeated,
    /// See the rounds of a place and what was ticked on them.
    ReadPatrols,
    /// People, posts, enrolment codes.
    Administer,
    /// See the state of the archive and have it checked.
    ReadArchive,
    /// Read whom to call about a case.
    ReadContact,
    /// Erase whom to call before its time.
    EraseContact,
}

/// What the action is about.
#[derive(Debug, Clone, Copy, Default)]
pub struct Subject<'a> {
    /// Where it is.
    pub area: Option<&'a AreaCode>,
    /// The unit that leads the case.
    pub lead: Option<&'a UnitCode>,
    /// Units that assist.
    pub assisting: &'a [UnitCode],
    /// Who filed the report.
    pub reporter: Option<PersonId>,
}

/// Whether one of the actor's posts allows the action on the subject; gives the post that does.
///
/// Everything is refused unless a line here allows it.
#[must_use]
pub fn may<'a>(actor: &'a Actor, action: Action, subject: Subject<'_>) -> Option<&'a Post> {
    actor
        .posts
        .iter()
        .find(|post| allows(actor, post, action, subject))
}

/// Whether one of the actor's posts allows the action somewhere: in its own area, or for its unit.
#[must_use]
pub fn may_somewhere(actor: &Actor, action: Action) -> bool {
    actor.posts.iter().any(|post| {
        let subject = Subject {
            area: Some(&post.area),
            lead: post.unit.as_ref(),
            ..Subject::default()
        };
        may(actor, action, subject).is_some()
    })
}

/// Whether one of the actor's posts allows the action in an area and everything below it.
#[must_use]
pub fn may_all_of(actor: &Actor, action: Action, area: &AreaCode) -> bool {
    let subject = Subject {
        area: Some(area),
        ..Subject::default()
    };
    may(actor, action, subject).is_some()
}

/// Whether somebody may give out posts in a unit. What a handler sees goes with the unit wherever
/// the post lies, so the unit's own area counts; of the district's units none is left out for who
/// administers all of it.
#[must_use]
pub fn may_give_unit(actor: &Actor, district: &AreaCode, unit_area: &AreaCode) -> bool {
    [district, unit_area]
        .into_iter()
        .any(|area| may_all_of(actor, Action::Administer, area))
}

fn allows(actor: &Actor, post: &Post, action: Action, subject: Subject<'_>) -> bool {
    let in_area = subject
        .area
        .is_some_and(|area| Scope(post.area.clone()).contains(area));
    let leads = post.unit.is_some() && post.unit.as_ref() == subject.lead;
    let assists = post
        .unit
        .as_ref()
        .is_some_and(|unit| subject.assisting.contains(unit));
    match (post.role, action) {
        (Role::GridWorker, Action::File) => true,
        (Role::GridWorker, Action::ReadCase | Action::Amend) => {
            in_area || subject.reporter == Some(actor.person)
        }
        (Role::GridWorker, Action::Withdraw | Action::Contest) => {
            subject.reporter == Some(actor.person)
        }
        (Role::GridWorker, Action::Look | Action::ReadPatrols) => in_area,
        (
            Role::Dispatcher,
            Action::ReadCase
            | Action::Dispatch
            | Action::Close
            | Action::Quarantine
            | Action::ReadDevices
            | Action::ReadStatistics
            | Action::ReadRepeated
            | Action::ReadPatrols
            | Action::ReadContact
            | Action::EraseContact,
        ) => in_area,
        (Role::Handler, Action::ReadCase) => leads || assists,
        (Role::Handler, Action::Handle | Action::ReadStatistics | Action::ReadContact) => leads,
        (Role::Handler, Action::Answer) => assists,
        (
            Role::Supervisor,
            Action::ReadCase
            | Action::Supervise
            | Action::Quarantine
            | Action::ReadDevices
            | Action::ReadStatistics
            | Action::ReadRepeated
            | Action::ReadPatrols
            | Action::ReadArchive,
        ) => in_area,
        (
            Role::Administrator,
            Action::ReadCase
            | Action::Quarantine
            | Action::ReadDevices
            | Action::ReadStatistics
            | Action::ReadRepeated
            | Action::ReadPatrols
            | Action::Administer
            | Action::ReadArchive
            | Action::EraseContact,
        ) => in_area,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use uuid::Uuid;

    fn actor(role: Role, area: &str, unit: Option<&str>) -> Actor {
        Actor {
            person: PersonId(Uuid::from_u128(1)),
            posts: vec![Post {
                id: PostId(Uuid::from_u128(2)),
                role,
                area: AreaCode::new(area).unwrap(),
                unit: unit.map(|unit| UnitCode::new(unit).unwrap()),
                kind: PostKind::Office,
            }],
        }
    }

    #[test]
    fn a_handler_touches_only_what_the_own_unit_leads() {
        let (water, parks) = (
            UnitCode::new("E01").unwrap(),
            UnitCode::new("D22-3").unwrap(),
        );
        let area = AreaCode::new("350703001012").unwrap();
        let subject = Subject {
            area: Some(&area),
            lead: Some(&water),
            ..Subject::default()
        };
        let handler = actor(Role::Handler, "350703", Some("E01"));
        assert!(may(&handler, Action::Handle, subject).is_some());
        let other = Subject {
            lead: Some(&parks),
            assisting: std::slice::from_ref(&water),
            ..subject
        };
        assert!(may(&handler, Action::Handle, other).is_none());
        assert!(may(&handler, Action::ReadCase, other).is_some());
    }

    #[test]
    fn nobody_reaches_beyond_the_own_area() {
        let elsewhere = AreaCode::new("350703002001").unwrap();
        let subject = Subject {
            area: Some(&elsewhere),
            ..Subject::default()
        };
        for role in Role::ALL {
            let actor = actor(role, "350703001", None);
            for action in [
                Action::ReadCase,
                Action::Dispatch,
                Action::Close,
                Action::Administer,
            ] {
                assert!(
                    may(&actor, action, subject).is_none(),
                    "{role:?} {action:?}"
                );
            }
        }
    }

    #[test]
    fn a_supervisor_sees_and_urges_and_does_nobody_elses_work() {
        let area = AreaCode::new("350703001012").unwrap();
        let subject = Subject {
            area: Some(&area),
            ..Subject::default()
        };
        let supervisor = actor(Role::Supervisor, "350703", None);
        assert!(may(&supervisor, Action::ReadCase, subject).is_some());
        assert!(may(&supervisor, Action::Supervise, subject).is_some());
        for action in [
            Action::Dispatch,
            Action::Handle,
            Action::Close,
            Action::Administer,
        ] {
            assert!(may(&supervisor, action, subject).is_none(), "{action:?}");
        }
    }

    #[test]
    fn units_are_given_out_by_who_administers_their_area_or_the_district() {
        let code = |text: &str| AreaCode::new(text).unwrap();
        let (district, street, other) = (code("350703"), code("350703001"), code("350703002"));
        let of_district = actor(Role::Administrator, "350703", None);
        let of_street = actor(Role::Administrator, "350703001", None);
        let community = code("350703001012");
        for (unit_area, given) in [
            (&district, false),
            (&street, true),
            (&community, true),
            (&other, false),
        ] {
            assert!(may_give_unit(&of_district, &district, unit_area));
            let by_street = may_give_unit(&of_street, &district, unit_area);
            assert_eq!(by_street, given, "{unit_area}");
        }
        let supervisor = actor(Role::Supervisor, "350703", None);
        assert!(!may_give_unit(&supervisor, &district, &street));
    }
}
