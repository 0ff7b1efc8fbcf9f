//! Own cases that no bucket tells of any more: closed long ago, while this handheld was away,
//! before a restore or before it was bound anew.

use super::world::{IN_GRID_1, World, manhole};
use crate::App;
use shared::id::ReportId;
use shared::time::DAY_MS;
use shared::wire::handheld::ReportStatus;

async fn sync(world: &World, app: &App) {
    let report = app.sync_over(&world.server, &world.edge()).await.unwrap();
    assert_eq!(report.problem, None);
}

/// A handheld with a report whose case it shows as open.
async fn begun(world: &World) -> (App, ReportId) {
    let app = world.enrolled().await;
    let id = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    sync(world, &app).await;
    assert_eq!(status(&app, id), ReportStatus::Accepted);
    assert_eq!(app.open_cases(10).unwrap().cases.len(), 1);
    (app, id)
}

fn status(app: &App, id: ReportId) -> ReportStatus {
    app.report(id).unwrap().row.status
}

fn named(world: &World) -> usize {
    world.server.kept.lock().unwrap().named.len()
}

#[tokio::test]
async fn a_case_that_was_closed_and_left_meanwhile_is_shown_as_closed() {
    let world = World::new();
    let (app, id) = begun(&world).await;
    assert_eq!(
        named(&world),
        0,
        "nothing is asked by name as long as it comes"
    );
    world.server.leave(id);
    sync(&world, &app).await;
    assert_eq!(status(&app, id), ReportStatus::Closed);
    assert_eq!(app.open_cases(10).unwrap().cases.len(), 0);
    sync(&world, &app).await;
    assert_eq!(named(&world), 1, "once is enough");
}

#[tokio::test]
async fn a_new_binding_tells_of_what_was_closed_long_ago() {
    let world = World::new();
    let (app, id) = begun(&world).await;
    world.server.leave(id);
    app.enrol_over(&world.server, &world.form(), &world.edge())
        .await
        .unwrap();
    assert_eq!(status(&app, id), ReportStatus::Closed);
    assert_eq!(named(&world), 1);
}

#[tokio::test]
async fn a_restore_tells_of_what_was_closed_long_ago() {
    let world = World::new();
    let (app, id) = begun(&world).await;
    world.server.leave(id);
    world.server.kept.lock().unwrap().server_epoch = "life-2".into();
    sync(&world, &app).await;
    assert_eq!(status(&app, id), ReportStatus::Closed);
    assert_eq!(named(&world), 1);
}

#[tokio::test]
async fn what_the_server_says_nothing_of_is_asked_once_a_day() {
    let world = World::new();
    let (app, id) = begun(&world).await;
    world.server.leave(id);
    world.server.kept.lock().unwrap().names_nothing = true;
    for _ in 0..3 {
        sync(&world, &app).await;
    }
    assert_eq!(world.server.kept.lock().unwrap().named, [vec![id]]);
    world.pass(DAY_MS);
    sync(&world, &app).await;
    assert_eq!(named(&world), 2);
    world.server.kept.lock().unwrap().names_nothing = false;
    world.pass(DAY_MS);
    sync(&world, &app).await;
    assert_eq!(status(&app, id), ReportStatus::Closed);
}

#[tokio::test]
async fn a_closed_case_stays_after_a_restore_until_the_same_report_has_another() {
    let world = World::new();
    let (app, id) = begun(&world).await;
    world.server.close(id);
    sync(&world, &app).await;
    world.server.leave(id);
    {
        let mut kept = world.server.kept.lock().unwrap();
        kept.server_epoch = "life-2".into();
        kept.names_nothing = true;
    }
    sync(&world, &app).await;
    assert_eq!(status(&app, id), ReportStatus::Closed);
    {
        // And once more, from before it was filed: it becomes another case.
        let mut kept = world.server.kept.lock().unwrap();
        kept.server_epoch = "life-3".into();
        kept.operations.clear();
        kept.results.clear();
        kept.left.clear();
        let mut other = kept.cases.remove(0);
        other.report_id = ReportId(uuid::Uuid::from_u128(0x8888));
        other.id = shared::id::CaseId(uuid::Uuid::from_u128(0x9999));
        kept.cases.push(other);
    }
    sync(&world, &app).await;
    assert_eq!(status(&app, id), ReportStatus::Accepted);
    let report = app.report(id).unwrap().row;
    assert_eq!(report.case_no.as_deref(), Some("350703-0002"));
}
