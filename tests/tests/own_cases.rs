//! Own cases that no bucket tells of any more come by the names of their reports. On both databases,
//! the handheld being the real one.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use serde_json::{Value, json};
use shared::id::{PersonId, ReportId};
use shared::role::Role;
use shared::time::DAY_MS;
use shared::wire::handheld::ReportStatus;
use shared::wire::sync::CLOSED_KEPT_MS;
use std::sync::Arc;
use sync_server::params;
use sync_server::service::{Fault, feed};
use sync_server::store::{self, Tx};
use tests::backends::Backend;
use tests::on_both;
use tests::phone::Phone;
use tests::world::{COMMUNITY, World};

on_both!(
    an_own_case_that_left_while_the_handheld_was_away_is_shown_as_closed,
    after_a_restore_own_cases_closed_long_ago_come_again,
    a_new_binding_brings_own_cases_closed_long_ago,
    nobody_is_told_of_another_s_case_by_the_name_of_its_report,
);

fn write<T: Send + 'static>(
    world: &World,
    work: impl FnMut(&mut dyn Tx) -> Result<T, Fault> + Send + 'static,
) -> T {
    world
        .store
        .write_blocking(&world.district.code, work)
        .unwrap()
}

/// A handheld with a report whose case it shows as open.
fn begun(world: &World) -> (Phone, PersonId, ReportId) {
    let person = world.person(Role::GridWorker, COMMUNITY, None);
    let phone = Phone::enrolled(world, person);
    let report = phone.file("自己报的", &["no_exif.jpg"]);
    phone.sync_well();
    assert_eq!(status(&phone, report), ReportStatus::Accepted);
    (phone, person, report)
}

fn status(phone: &Phone, report: ReportId) -> ReportStatus {
    phone.app.report(report).unwrap().row.status
}

/// The case of a report is closed, and a month later it leaves the handhelds; none of them asks
/// meanwhile.
fn close_long_ago(world: &World, report: ReportId) {
    let (district, now) = (Arc::clone(&world.district), world.now());
    write(world, move |tx| {
        tx.execute(
            "UPDATE cases
            SET state = 'closed', state_class = 'closed', closed_ms = $2, revision = revision + 1
            WHERE report = $1",
            params![report, now],
        )?;
        let row = store::cases::by_report(tx, report)?.unwrap();
        feed::tell(tx, &district, &row, now)
    });
    world.pass_ms(CLOSED_KEPT_MS + DAY_MS);
    let (district, now) = (Arc::clone(&world.district), world.now());
    let left = write(world, move |tx| {
        feed::let_old_cases_leave(tx, &district, now)
    });
    assert_eq!(left, 1);
}

/// It is shown as it ended, in no bucket, and no more rows come.
fn check(world: &World, phone: &Phone, report: ReportId) {
    assert_eq!(status(phone, report), ReportStatus::Closed);
    assert_eq!(phone.app.open_cases(10).unwrap().cases.len(), 0);
    assert_eq!(phone.rows("SELECT case_id FROM case_buckets").len(), 0);
    phone.check_mirror(world);
    assert_eq!(phone.sync_well().rows_pulled, 0);
    assert_eq!(status(phone, report), ReportStatus::Closed);
}

fn an_own_case_that_left_while_the_handheld_was_away_is_shown_as_closed(backend: &Backend) {
    let world = World::new(backend);
    let (phone, _, report) = begun(&world);
    close_long_ago(&world, report);
    phone.sync_well();
    check(&world, &phone, report);
}

fn after_a_restore_own_cases_closed_long_ago_come_again(backend: &Backend) {
    let world = World::new(backend);
    let (phone, _, report) = begun(&world);
    close_long_ago(&world, report);
    // What it knows is from another life of the server's data.
    let former = "UPDATE device SET server_epoch = 'a former life'";
    phone.database().execute_batch(former).unwrap();
    phone.sync_well();
    check(&world, &phone, report);
}

fn a_new_binding_brings_own_cases_closed_long_ago(backend: &Backend) {
    let world = World::new(backend);
    let (phone, person, report) = begun(&world);
    close_long_ago(&world, report);
    phone.enrol(&world, person);
    check(&world, &phone, report);
}

fn nobody_is_told_of_another_s_case_by_the_name_of_its_report(backend: &Backend) {
    let world = World::new(backend);
    let mut filer = world.worker();
    let filed = filer.file_text("别人报的");
    let pushed = world.push(&filer, std::slice::from_ref(&filed));
    assert_eq!(pushed.status, 200);
    let ask = |token: &str| -> Value {
        let named = [filed["subject"].clone(), json!(uuid::Uuid::now_v7())];
        let body = json!({"buckets": {}, "backfill": {}, "limit": 1, "mine": named});
        let page = world.post("/v1/sync/pull", token, &body);
        assert_eq!(page.status, 200, "{page:?}");
        page.json
    };
    let own = ask(&world.again(&filer));
    assert_eq!(own["mine"].as_array().unwrap().len(), 1, "{own}");
    assert_eq!(own["mine"][0]["report_id"], filed["subject"]);
    let other = ask(&world.worker().token);
    assert!(other.get("mine").is_none(), "{other}");
}
