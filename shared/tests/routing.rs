//! Routing on the shipped catalogue and the real areas of 建阳区: who gets what, by when, and why.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

use proptest::prelude::*;
use shared::area::{AreaTree, areas_from_csv, default_levels};
use shared::catalogue::{Catalogue, StreetDuty, StreetMatter, shipped_doc};
use shared::id::{AreaCode, CatalogueVersion, CategoryId, ConditionId};
use shared::routing::{Decision, Facts, Mode, route, rule};
use shared::time::Timestamp;
use shared::unit;

const QIXIAN: &str = "350703001012";
/// Saturday 2026-11-21, 20:00 in China.
const SATURDAY_NIGHT: Timestamp = Timestamp(1_795_262_400_000);

struct Ground {
    areas: AreaTree,
    catalogue: Catalogue,
}

fn ground_with(change: impl FnOnce(&mut shared::catalogue::CatalogueDoc)) -> Ground {
    let levels = default_levels();
    let text = include_str!("../../data/districts/350703/areas.csv");
    let areas = AreaTree::new(levels.clone(), areas_from_csv(text, &levels).unwrap()).unwrap();
    let version = CatalogueVersion::new("350703-1").unwrap();
    let mut doc = shipped_doc(version, vec![String::from("热力企业")]).unwrap();
    change(&mut doc);
    Ground {
        areas,
        catalogue: Catalogue::new(doc).unwrap(),
    }
}

fn ground() -> Ground {
    ground_with(|_| {})
}

impl Ground {
    fn category(&self, name: &str) -> CategoryId {
        let found = self
            .catalogue
            .doc()
            .categories
            .iter()
            .find(|c| c.name == name);
        found
            .unwrap_or_else(|| panic!("no category {name}"))
            .id
            .clone()
    }

    fn condition(&self, category: &CategoryId) -> ConditionId {
        self.catalogue
            .conditions_of(category)
            .next()
            .unwrap()
            .id
            .clone()
    }

    fn route_with(&self, name: &str, grid: Option<&str>, doubt: &[&str], mode: Mode) -> Decision {
        let category = self.category(name);
        let condition = self.condition(&category);
        let grid = grid.map(|grid| AreaCode::new(grid).unwrap());
        let doubt: Vec<AreaCode> = doubt
            .iter()
            .map(|code| AreaCode::new(*code).unwrap())
            .collect();
        let facts = Facts {
            category: &category,
            condition: &condition,
            grid: grid.as_ref(),
            doubt: &doubt,
            self_fixed: false,
        };
        let calendar = self.catalogue.calendar();
        route(
            facts,
            &self.catalogue,
            &self.areas,
            mode,
            calendar,
            SATURDAY_NIGHT,
        )
    }

    fn route(&self, name: &str) -> Decision {
        self.route_with(name, Some(QIXIAN), &[], Mode::Peace)
    }
}

#[test]
fn a_component_goes_to_its_owner_within_urgent_hours_even_on_a_saturday_night() {
    let decision = ground().route("上水井盖");
    assert_eq!(decision.lead.as_str(), "E01");
    assert_eq!(decision.rule, rule::OWNER_FIRST);
    assert_eq!(decision.limit, "2紧急工作时");
    assert_eq!(
        decision.deadline_ms,
        Some(Timestamp(SATURDAY_NIGHT.0 + 2 * 3_600_000))
    );
    assert!(
        decision.because.iter().any(|why| why.contains("供水企业")),
        "{:?}",
        decision.because
    );
    let assisting: Vec<&str> = decision
        .assisting
        .iter()
        .map(|unit| unit.name.as_str())
        .collect();
    assert!(assisting.contains(&"潭城街道办事处"), "{assisting:?}");
}

#[test]
fn a_component_whose_owner_the_district_lacks_goes_to_the_locality() {
    let ground = ground();
    let name = ground
        .catalogue
        .doc()
        .categories
        .iter()
        .find(|c| c.lead == "热力企业" && c.assisting.iter().any(|name| name == "属地街道"))
        .map(|c| c.name.clone())
        .unwrap();
    let decision = ground.route(&name);
    assert_eq!(decision.rule, rule::THEN_LOCALITY);
    assert_eq!(decision.lead.as_str(), "S01-350703001");
    assert!(
        decision.because.contains(&String::from("本区没有热力企业")),
        "{:?}",
        decision.because
    );
}

#[test]
fn an_event_of_the_locality_goes_to_the_actual_street_of_the_place() {
    let ground = ground();
    assert_eq!(ground.route("私搭乱建").lead_name, "潭城街道办事处");
    let elsewhere = ground.route_with("私搭乱建", Some("350703002001"), &[], Mode::Peace);
    assert_eq!(elsewhere.lead_name, "童游街道办事处");
    assert_eq!(elsewhere.rule, rule::LOCALITY_FIRST);
}

#[test]
fn a_street_gets_nothing_that_is_not_on_its_list() {
    let street = AreaCode::new("350703001").unwrap();
    let ground = ground_with(|doc| {
        let category = doc
            .categories
            .iter()
            .find(|c| c.name == "乱倒乱排污水、废水")
            .unwrap()
            .id
            .clone();
        doc.street_matters.push(StreetMatter {
            street: Some(street.clone()),
            category,
            duty: StreetDuty::TakenBack,
            until_ms: None,
        });
    });
    let decision = ground.route("乱倒乱排污水、废水");
    assert_eq!(decision.rule, rule::NOT_FOR_STREET);
    assert_eq!(decision.lead_name, "生态环境分局");
    let why = "潭城街道的履职清单里没有这件事";
    assert!(
        decision.because.iter().any(|line| line == why),
        "{:?}",
        decision.because
    );
}

#[test]
fn a_matter_that_nobody_can_be_given_reaches_the_dispatcher_and_is_never_lost() {
    let ground = ground_with(|doc| {
        doc.absent
            .extend(["生态环境分局".to_owned(), "环卫中心".to_owned()]);
        for matter in &mut doc.street_matters {
            matter.duty = StreetDuty::TakenBack;
        }
    });
    let decision = ground.route("私搭乱建");
    assert_eq!(decision.lead.as_str(), "DISPATCH-350703");
    assert!(decision.needs_person && decision.deadline_ms.is_some());
}

#[test]
fn an_owner_still_to_be_found_is_a_pool_of_the_place() {
    let ground = ground_with(|doc| {
        doc.absent.push(String::from("供水企业"));
        for matter in &mut doc.street_matters {
            matter.duty = StreetDuty::TakenBack;
        }
    });
    let decision = ground.route("上水井盖");
    assert_eq!(decision.lead.as_str(), "POOL-350703001");
    assert_eq!(decision.rule, rule::CLAIM);
    assert!(decision.needs_person);
}

#[test]
fn a_point_outside_every_grid_goes_to_the_dispatcher_with_the_reason() {
    let decision = ground().route_with("上水井盖", None, &[], Mode::Peace);
    assert_eq!(decision.rule, rule::DISPATCHER);
    assert!(
        decision
            .because
            .iter()
            .any(|why| why == "位置不在任何网格内")
    );
}

#[test]
fn doubt_between_two_streets_matters_to_streets_and_not_to_a_department() {
    let ground = ground();
    let doubt = ["350703002001001001001"];
    let street = ground.route_with("私搭乱建", Some(QIXIAN), &doubt, Mode::Peace);
    assert!(street.needs_person, "{street:?}");
    let department = ground.route_with("上水井盖", Some(QIXIAN), &doubt, Mode::Peace);
    assert_eq!(department.lead.as_str(), "E01");
}

#[test]
fn in_an_emergency_working_days_run_through_the_night() {
    let ground = ground();
    let peace = ground.route("私搭乱建");
    let category = ground.category("上水井盖");
    let last = ground
        .catalogue
        .conditions_of(&category)
        .last()
        .unwrap()
        .id
        .clone();
    let facts = |mode| {
        let grid = AreaCode::new(QIXIAN).unwrap();
        let facts = Facts {
            category: &category,
            condition: &last,
            grid: Some(&grid),
            doubt: &[],
            self_fixed: false,
        };
        let calendar = ground.catalogue.calendar();
        route(
            facts,
            &ground.catalogue,
            &ground.areas,
            mode,
            calendar,
            SATURDAY_NIGHT,
        )
    };
    assert!(facts(Mode::Emergency).deadline_ms < facts(Mode::Peace).deadline_ms);
    assert!(peace.deadline_ms.is_some());
}

#[test]
fn each_lead_that_routing_can_give_is_among_the_units_of_the_district() {
    let ground = ground();
    let units = unit::all(&ground.catalogue, &ground.areas);
    assert!(
        units.windows(2).all(|pair| pair[0].code < pair[1].code),
        "codes are unique"
    );
    for category in &ground.catalogue.doc().categories {
        let decision = ground.route(&category.name);
        let known = units
            .iter()
            .any(|unit| unit.code == decision.lead && unit.name == decision.lead_name);
        assert!(
            known,
            "{}: {} {}",
            category.name, decision.lead, decision.lead_name
        );
    }
}

proptest! {
    #[test]
    fn whatever_is_filed_gets_a_lead_and_words(
        category in "[CES][0-9]{4}|[a-z]{1,8}",
        condition in "[CES][0-9]{4}-[0-9]",
        grid in proptest::option::of("3507030[01][0-9]0[0-9]{2}"),
        now in any::<i64>(),
    ) {
        thread_local!(static GROUND: Ground = ground());
        GROUND.with(|ground| {
            let category = CategoryId::new(category).unwrap();
            let condition = ConditionId::new(condition).unwrap();
            let grid = grid.map(|grid| AreaCode::new(grid).unwrap());
            let facts = Facts {
                category: &category,
                condition: &condition,
                grid: grid.as_ref(),
                doubt: &[],
                self_fixed: false,
            };
            let calendar = ground.catalogue.calendar();
            let decision =
                route(facts, &ground.catalogue, &ground.areas, Mode::Peace, calendar, Timestamp(now));
            prop_assert!(!decision.lead.as_str().is_empty() && !decision.because.is_empty());
            Ok(())
        })?;
    }
}
