//! 平急转换: an order changes limits and categories for its area, on the server and on the handheld
//! without a network, until it ends.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use app_core::CoreError;
use serde_json::{Value, json};
use shared::id::{CatalogueVersion, CategoryId, ConditionId};
use shared::report::{PlaceSource, ReportFault};
use shared::role::Role;
use shared::routing::Mode;
use shared::wire::handheld::{DraftFields, PlaceInput, PreviewView};
use tests::backends::Backend;
use tests::drafts::publish_directly;
use tests::on_both;
use tests::phone::Phone;
use tests::world::{COMMUNITY, ELSEWHERE, HERE, Handheld, Reply, START, World, outcomes};

on_both!(
    an_order_changes_decisions_and_the_preview_without_network_until_it_ends,
    a_category_for_emergencies_is_filed_only_while_an_order_switches_it_on,
    an_order_counts_in_its_own_area_and_only_an_administrator_of_the_district_gives_it,
);

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

fn give(world: &World, token: &str, area: &str, more: &Value) -> Reply {
    let mut body = json!({"number": "潭政〔2026〕12号", "area": area, "words": "防汛二级响应"});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    world.post("/v1/orders", token, &body)
}

fn rubbish(handheld: &mut Handheld) -> Value {
    let mut report = handheld.report();
    report["category"] = json!("E0110");
    report["condition"] = json!("E0110-1");
    handheld.file(report)
}

/// Files a report: its case as the console shows it.
fn file(world: &World, handheld: &mut Handheld) -> Reply {
    let op = rubbish(handheld);
    let reply = world.push(handheld, &[op]);
    assert_eq!(reply.at("/results/0/outcome"), "applied", "{reply:?}");
    let case = reply.at("/results/0/case_id").as_str().unwrap().to_owned();
    let office = world.console_of(Role::Supervisor, "350703", None);
    world.get(&format!("/v1/cases/{case}"), &office)
}

fn fields(category: &str) -> DraftFields {
    DraftFields {
        place: Some(PlaceInput {
            // The usual place of the world.
            lat: 27.1505,
            lon: 118.0292,
            accuracy_m: Some(3.0),
            source: PlaceSource::Gps,
            words: String::new(),
        }),
        category: Some(CategoryId::new(category).unwrap()),
        condition: Some(ConditionId::new(format!("{category}-1")).unwrap()),
        text: String::from("垃圾桶外堆了三袋"),
        self_fixed: false,
        similar: Default::default(),
        contact: (String::new(), String::new()),
    }
}

fn preview(phone: &Phone, category: &str) -> Result<PreviewView, CoreError> {
    phone
        .app
        .preview_fields(&fields(category), phone.edge.now())
}

fn an_order_changes_decisions_and_the_preview_without_network_until_it_ends(backend: &Backend) {
    let world = World::new(backend);
    let admin = world.console_of(Role::Administrator, "350703", None);
    let worker = world.person(Role::GridWorker, COMMUNITY, None);
    let (phone, mut handheld) = (Phone::enrolled(&world, worker), world.worker());
    phone.sync_well();
    // 4工作时 from 10:30: until noon 1.5, from 14:00 2.5.
    let usual = START.0 + 6 * HOUR_MS;
    let urgent = START.0 + 4 * HOUR_MS;
    let before = file(&world, &mut handheld);
    assert_eq!(before.at("/row/deadline_ms"), usual);
    let shown = preview(&phone, "E0110").unwrap().decision;
    assert_eq!(shown.deadline_ms.unwrap().0, usual);
    let given = give(&world, &admin, HERE, &json!({}));
    assert_eq!(given.status, 201, "{given:?}");
    assert_eq!(given.at("/in_force"), true);
    let during = file(&world, &mut handheld);
    assert_eq!(during.at("/row/deadline_ms"), urgent);
    assert_eq!(during.at("/decision/mode"), "emergency");
    // The handheld heard of it with its next contact, and needs none for the preview.
    phone.sync_well();
    let shown = preview(&phone, "E0110").unwrap().decision;
    assert_eq!(
        (shown.deadline_ms.unwrap().0, shown.mode),
        (urgent, Mode::Emergency)
    );
    let notices = phone.app.home().unwrap().orders;
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].place, "潭城街道");
    assert!(notices[0].order.is_in_force(phone.edge.now()));
    let id = given.at("/id").as_str().unwrap();
    world.pass_ms(MINUTE_MS);
    let ended = world.post(&format!("/v1/orders/{id}/end"), &admin, &json!({}));
    assert_eq!(ended.status, 204, "{ended:?}");
    let after = file(&world, &mut handheld);
    assert_eq!(after.at("/row/deadline_ms"), usual + MINUTE_MS);
    // What was decided stays decided, and its light runs on the clock it was counted on.
    world.pass_ms(2 * HOUR_MS - MINUTE_MS);
    let office = world.console_of(Role::Supervisor, "350703", None);
    let case = during.at("/row/id").as_str().unwrap();
    let row = world.get(&format!("/v1/cases/{case}"), &office);
    assert_eq!(row.at("/row/used_permille"), 500);
    phone.sync_well();
    let shown = preview(&phone, "E0110").unwrap().decision;
    assert_eq!(shown.mode, Mode::Peace);
    assert!(phone.app.home().unwrap().orders.is_empty());
    let again = world.post(&format!("/v1/orders/{id}/end"), &admin, &json!({}));
    assert_eq!(again.status, 409);
    let orders = world.get("/v1/orders", &handheld.token);
    assert_eq!(orders.at("/0/in_force"), false, "kept for good");
    assert_eq!(orders.at("/0/given_by"), "", "names are for administrators");
    assert_eq!(orders.at("/0/ended_by"), "", "names are for administrators");
    let orders = world.get("/v1/orders", &admin);
    assert_eq!(orders.at("/0/ended_by"), orders.at("/0/given_by"));
    assert_ne!(orders.at("/0/ended_by"), "");
}

fn a_category_for_emergencies_is_filed_only_while_an_order_switches_it_on(backend: &Backend) {
    let second = CatalogueVersion::new("350703-2026.2").unwrap();
    let world = World::with(backend, |store| {
        publish_directly(store, 2, |doc| {
            for category in &mut doc.categories {
                category.emergency_only = category.id.as_str() == "E0110";
            }
        });
    });
    let admin = world.console_of(Role::Administrator, "350703", None);
    let worker = world.person(Role::GridWorker, COMMUNITY, None);
    let (phone, mut handheld) = (Phone::enrolled(&world, worker), world.worker());
    assert_eq!(handheld.catalogue, second);
    phone.sync_well();
    let offered = |phone: &Phone| {
        let all = phone.app.categories();
        all.iter().any(|row| row.id.as_str() == "E0110")
    };
    assert!(!offered(&phone));
    let refused = preview(&phone, "E0110");
    assert!(matches!(
        refused,
        Err(CoreError::Fault(ReportFault::EmergencyOnly))
    ));
    // An old app would offer it: what it files is kept for a person.
    let early = rubbish(&mut handheld);
    let reply = world.push(&handheld, &[early]);
    assert_eq!(outcomes(&reply), ["quarantined: emergency_only"]);
    let only_emergencies = give(&world, &admin, HERE, &json!({"categories": ["C0101"]}));
    assert_eq!(
        (only_emergencies.status, only_emergencies.at("/field")),
        (422, &json!("categories"))
    );
    let more = json!({"categories": ["E0110"], "until_ms": START.0 + HOUR_MS});
    assert_eq!(give(&world, &admin, HERE, &more).status, 201);
    phone.sync_well();
    assert!(offered(&phone));
    assert!(preview(&phone, "E0110").is_ok());
    // Made while the order was in force, delivered when it had ended: it counts.
    let late = rubbish(&mut handheld);
    world.pass_ms(2 * HOUR_MS);
    handheld.wall = world.now();
    let after = rubbish(&mut handheld);
    let reply = world.push(&handheld, &[late, after]);
    assert_eq!(outcomes(&reply), ["applied", "quarantined: emergency_only"]);
    assert!(preview(&phone, "E0110").is_err(), "known without a network");
}

fn an_order_counts_in_its_own_area_and_only_an_administrator_of_the_district_gives_it(
    backend: &Backend,
) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    for (role, area) in [
        (Role::Administrator, HERE),
        (Role::Dispatcher, "350703"),
        (Role::Supervisor, "350703"),
    ] {
        let token = world.console_of(role, area, None);
        assert_eq!(
            give(&world, &token, HERE, &json!({})).status,
            403,
            "{role:?}"
        );
    }
    let admin = world.console_of(Role::Administrator, "350703", None);
    for (more, field) in [
        (json!({"number": " "}), "number"),
        (json!({"area": "350799"}), "area"),
        (json!({"until_ms": START.0 - 1}), "until_ms"),
        (json!({"from_ms": START.0 - 30 * 24 * HOUR_MS}), "from_ms"),
    ] {
        let reply = give(&world, &admin, HERE, &more);
        assert_eq!((reply.status, reply.at("/field")), (422, &json!(field)));
    }
    // Elsewhere, and later: neither counts here and now.
    let later = json!({"from_ms": START.0 + HOUR_MS});
    assert_eq!(give(&world, &admin, ELSEWHERE, &json!({})).status, 201);
    assert_eq!(give(&world, &admin, "350703", &later).status, 201);
    let case = file(&world, &mut handheld);
    assert_eq!(case.at("/row/deadline_ms"), START.0 + 6 * HOUR_MS);
    world.pass_ms(HOUR_MS);
    let case = file(&world, &mut handheld);
    assert_eq!(case.at("/row/deadline_ms"), START.0 + 5 * HOUR_MS);
    let audit = world.get("/v1/audit", &admin);
    let given = audit.at("/rows").as_array().unwrap().iter();
    assert_eq!(given.filter(|row| row["action"] == "order.give").count(), 2);
}
