//! Who may give posts and take them away, and close, open and unlock other people's accounts. The
//! server asks it, and the console offers only what it allows.

use super::{Action, Actor, Post, Role, may_all_of, may_give_unit};
use crate::id::{AreaCode, PersonId, PostId, UnitCode};

/// Where a post lies, as far as it matters to who gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PostPlace<'a> {
    /// Its area.
    pub area: &'a AreaCode,
    /// The area of its unit, for a handler.
    pub unit_area: Option<&'a AreaCode>,
}

impl<'a> PostPlace<'a> {
    /// That of a post in an area and perhaps in a unit; one that isn't known any more counts as the
    /// district's.
    #[must_use]
    pub fn of(
        area: &'a AreaCode,
        unit: Option<&UnitCode>,
        district: &'a AreaCode,
        area_of: impl FnOnce(&UnitCode) -> Option<&'a AreaCode>,
    ) -> Self {
        let unit_area = unit.map(|unit| area_of(unit).unwrap_or(district));
        Self { area, unit_area }
    }
}

/// Whether somebody may give a post, and end it: in its area, and in its unit if it has one.
#[must_use]
pub fn may_give_post(actor: &Actor, district: &AreaCode, place: PostPlace<'_>) -> bool {
    let unit_ok = place
        .unit_area
        .is_none_or(|area| may_give_unit(actor, district, area));
    unit_ok && may_all_of(actor, Action::Administer, place.area)
}

/// Whether somebody may close or open the account of a person with these posts, or give it a
/// password. Whoever has the password has all the posts, so each must be one to give; an account
/// without any is the district's.
#[must_use]
pub fn may_run_account(actor: &Actor, district: &AreaCode, posts: &[PostPlace<'_>]) -> bool {
    if posts.is_empty() {
        return may_all_of(actor, Action::Administer, district);
    }
    let mut posts = posts.iter();
    posts.all(|place| may_give_post(actor, district, *place))
}

/// Whether a post is the last by which somebody administers anything: nobody ends the own one.
#[must_use]
pub fn is_own_last_office(actor: &Actor, post: PostId) -> bool {
    let offices = |own: &&Post| own.role == Role::Administrator;
    let mut offices = actor.posts.iter().filter(offices);
    offices.next().is_some_and(|own| own.id == post) && offices.next().is_none()
}

/// Whether nobody would administer the district any more, who does now by these people and posts,
/// if those that go were gone.
#[must_use]
pub fn leaves_no_administrator(
    administrators: &[(PersonId, PostId)],
    goes: impl Fn(PersonId, PostId) -> bool,
) -> bool {
    let mut all = administrators.iter();
    !administrators.is_empty() && all.all(|(person, post)| goes(*person, *post))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::super::PostKind;
    use super::*;
    use uuid::Uuid;

    fn code(text: &str) -> AreaCode {
        AreaCode::new(text).unwrap()
    }

    fn id(n: u128) -> PostId {
        PostId(Uuid::from_u128(n))
    }

    fn administrator(areas: &[&str]) -> Actor {
        let post = |(n, area): (u128, &&str)| Post {
            id: id(n),
            role: Role::Administrator,
            area: code(area),
            unit: None,
            kind: PostKind::Office,
        };
        Actor {
            person: PersonId(Uuid::from_u128(1)),
            posts: (1..).zip(areas).map(post).collect(),
        }
    }

    #[test]
    fn an_account_is_run_by_who_could_give_every_post_of_it() {
        let (district, street, other) = (code("350703"), code("350703001"), code("350703002"));
        let of_street = administrator(&["350703001"]);
        let of_district = administrator(&["350703"]);
        let place = |area, unit_area| PostPlace { area, unit_area };
        for (posts, may) in [
            (vec![place(&street, None)], true),
            (vec![place(&street, Some(&street))], true),
            // Who works in the district's unit sees its cases everywhere.
            (vec![place(&street, Some(&district))], false),
            (vec![place(&street, None), place(&other, None)], false),
            (vec![place(&street, None), place(&district, None)], false),
            (vec![], false),
        ] {
            let by_street = may_run_account(&of_street, &district, &posts);
            assert_eq!(by_street, may, "{posts:?}");
            assert!(may_run_account(&of_district, &district, &posts));
        }
    }

    #[test]
    fn a_unit_that_is_not_known_any_more_is_the_districts() {
        let (district, street) = (code("350703"), code("350703001"));
        let unit = UnitCode::new("X1").unwrap();
        let place = PostPlace::of(&street, Some(&unit), &district, |_| None);
        assert!(!may_give_post(
            &administrator(&["350703001"]),
            &district,
            place
        ));
        assert!(may_give_post(&administrator(&["350703"]), &district, place));
    }

    #[test]
    fn nobody_ends_the_last_office_of_the_own() {
        let one = administrator(&["350703"]);
        assert!(is_own_last_office(&one, id(1)));
        assert!(!is_own_last_office(&one, id(2)), "somebody else's");
        let two = administrator(&["350703", "350703001"]);
        assert!(!is_own_last_office(&two, id(1)));
    }

    #[test]
    fn the_district_is_never_left_without_an_administrator() {
        let person = |n| PersonId(Uuid::from_u128(n));
        let all = [(person(1), id(1)), (person(1), id(2)), (person(2), id(3))];
        let closed = |gone: PersonId| move |one: PersonId, _: PostId| one == gone;
        let ended = |gone: PostId| move |_: PersonId, one: PostId| one == gone;
        assert!(!leaves_no_administrator(&all, closed(person(1))));
        assert!(leaves_no_administrator(&all[..2], closed(person(1))));
        assert!(!leaves_no_administrator(&all[..2], closed(person(2))));
        assert!(!leaves_no_administrator(&all[..2], ended(id(1))));
        assert!(leaves_no_administrator(&all[..1], ended(id(1))));
        // Where there is none, nothing is made worse.
        assert!(!leaves_no_administrator(&[], closed(person(1))));
    }
}
