//! People, posts and accounts that end while a handheld is out, and clocks that are off: filing goes
//! on, nothing is lost, and what a person has to decide goes to a person.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use serde_json::{Value, json};
use shared::role::Role;
use shared::time::{DAY_MS, HOUR_MS};
use shared::wire::handheld::SyncState;
use sync_server::params;
use sync_server::service::Fault;
use tests::backends::Backend;
use tests::on_both;
use tests::phone::Phone;
use tests::world::{COMMUNITY, World};

on_both!(
    a_handheld_that_was_away_for_a_year_gets_back_in_by_its_key,
    a_handheld_that_was_bound_otherwise_pauses_and_files_on,
    a_disabled_account_drains_into_quarantine,
    a_report_filed_in_office_is_taken_and_says_that_its_reporter_has_left,
    a_clock_two_days_off_is_flagged_and_the_time_of_occurrence_corrected,
);

fn quarantined(world: &World) -> Vec<Value> {
    let token = world.console_of(Role::Dispatcher, "350703", None);
    let page = world.get("/v1/quarantine", &token);
    page.at("/rows").as_array().unwrap().clone()
}

fn a_handheld_that_was_away_for_a_year_gets_back_in_by_its_key(backend: &Backend) {
    let world = World::new(backend);
    let person = world.person(Role::GridWorker, COMMUNITY, None);
    let phone = Phone::enrolled(&world, person);
    phone.file("之前", &["no_exif.jpg"]);
    phone.sync_well();
    world.pass_ms(401 * DAY_MS);
    let late = phone.file("之后", &["no_exif.jpg"]);
    phone.sync_well();
    assert!(phone.app.report(late).unwrap().row.case_no.is_some());
}

fn a_handheld_that_was_bound_otherwise_pauses_and_files_on(backend: &Backend) {
    let world = World::new(backend);
    let person = world.person(Role::GridWorker, COMMUNITY, None);
    let phone = Phone::enrolled(&world, person);
    phone.sync_well();
    // A server from a backup of before: its key isn't known there.
    let forgotten = world
        .store
        .write_blocking::<_, Fault>(&world.district.code, |tx| {
            tx.execute("UPDATE devices SET public_key = NULL", params![])?;
            Ok(tx.execute("DELETE FROM sessions", params![])?)
        });
    assert!(forgotten.unwrap() > 0);
    let late = phone.file("之后", &["no_exif.jpg"]);
    assert_eq!(phone.sync().problem.unwrap().code, "unauthenticated");
    assert_eq!(phone.app.sync_status().unwrap().state, SyncState::Paused);
    let later = phone.file("再之后", &["no_exif.jpg"]);
    phone.enrol(&world, person);
    phone.sync_well();
    for id in [late, later] {
        assert!(phone.app.report(id).unwrap().row.case_no.is_some());
    }
}

fn a_disabled_account_drains_into_quarantine(backend: &Backend) {
    let world = World::new(backend);
    let person = world.person(Role::GridWorker, COMMUNITY, None);
    let phone = Phone::enrolled(&world, person);
    phone.file("停用之前报的", &["no_exif.jpg"]);
    // Its token has long ended: the new one opens delivery and nothing else.
    world.pass_ms(40 * DAY_MS);
    let now = world.now();
    let disabled = world
        .store
        .write_blocking::<_, Fault>(&world.district.code, move |tx| {
            Ok(tx.execute(
                "UPDATE people SET disabled_ms = $1 WHERE id = $2",
                params![now, person],
            )?)
        });
    assert_eq!(disabled.unwrap(), 1);
    let report = phone.sync();
    assert_eq!((report.operations_sent, report.quarantined), (1, 1));
    let kept = quarantined(&world);
    assert_eq!(kept.len(), 1);
    assert!(kept[0]["body"].as_str().unwrap().contains("停用之前报的"));
    // What the account may not see is not sent any more, and the handheld keeps what it has.
    assert_eq!(phone.app.reports("").unwrap().len(), 1);
}

fn a_report_filed_in_office_is_taken_and_says_that_its_reporter_has_left(backend: &Backend) {
    let world = World::new(backend);
    let person = world.person(Role::GridWorker, COMMUNITY, None);
    let phone = Phone::enrolled(&world, person);
    phone.file("在岗时报的", &["no_exif.jpg"]);
    phone.sync_well();
    phone.file("在岗时报的，还没发出", &["no_exif.jpg"]);
    let token = world.console_of(Role::Dispatcher, "350703", None);
    let case = |at: usize| {
        let page = world.get("/v1/cases", &token);
        let id = page
            .at(&format!("/rows/{at}/id"))
            .as_str()
            .unwrap()
            .to_owned();
        world.get(&format!("/v1/cases/{id}"), &token)
    };
    assert!(case(0).json.get("reporter_left_ms").is_none(), "in office");
    world.pass_ms(1_000);
    let left = world.now();
    let ended = world
        .store
        .write_blocking::<_, Fault>(&world.district.code, move |tx| {
            let sql = "UPDATE posts SET to_ms = $1 WHERE person = $2";
            Ok(tx.execute(sql, params![left, person])?)
        });
    assert_eq!(ended.unwrap(), 1);
    world.pass_ms(HOUR_MS);
    phone.sync();
    assert_eq!(quarantined(&world).len(), 0, "it was filed in office");
    for at in [0, 1] {
        assert_eq!(case(at).at("/reporter_left_ms"), &json!(left));
    }
    // What is filed after that goes to a person.
    phone.file("离岗后报的", &["no_exif.jpg"]);
    phone.sync();
    assert_eq!(quarantined(&world)[0]["code"], "not_in_office");
}

fn a_clock_two_days_off_is_flagged_and_the_time_of_occurrence_corrected(backend: &Backend) {
    let world = World::new(backend);
    let folder = tempfile::tempdir().unwrap();
    let phone = Phone::with_clock_off(&world, folder, 2 * DAY_MS);
    phone.enrol(&world, world.person(Role::GridWorker, COMMUNITY, None));
    phone.file("钟快两天", &["no_exif.jpg"]);
    phone.sync_well();
    let token = world.console_of(Role::Dispatcher, "350703", None);
    let page = world.get("/v1/cases", &token);
    let id = page.at("/rows/0/id").as_str().unwrap();
    let case = world.get(&format!("/v1/cases/{id}"), &token);
    let skew = case.at("/clock_skew_ms").as_i64().unwrap();
    assert_eq!(skew, 2 * DAY_MS);
    let occurred = case.at("/occurred_ms").as_i64().unwrap();
    assert_eq!(occurred - skew, world.now().0, "corrected, it is now");
    // Deadlines use the server's time.
    for member in ["/received_ms", "/row/opened_ms", "/row/dispatched_ms"] {
        assert_eq!(case.at(member), &json!(world.now()), "{member}");
    }
}
