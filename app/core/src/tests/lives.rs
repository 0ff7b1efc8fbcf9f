//! The server comes back from a backup: what was learnt in one life of its data holds in that one.

use super::patrols::round;
use super::server::{Fault, Meanwhile};
use super::world::{IN_GRID_1, START, World, manhole};
use crate::App;
use crate::sync::transport::Failure;
use shared::courier::{CourierAnswer, open, write_answer};
use shared::id::ReportId;
use shared::time::DAY_MS;
use shared::wire::handheld::ReportStatus;
use shared::wire::sync::{OperationResult, Outcome, PROTOCOL, PushAnswer, PushRequest};
use std::sync::atomic::Ordering;

async fn sync(world: &World, app: &App) {
    app.sync_over(&world.server, &world.edge()).await.unwrap();
}

/// It comes back from a backup of before anything was filed.
fn restore(world: &World) {
    let mut kept = world.server.kept.lock().unwrap();
    kept.server_epoch = "life-2".into();
    kept.operations.clear();
    kept.results.clear();
    kept.photos.clear();
    kept.uploads.clear();
}

#[tokio::test]
async fn a_lost_handheld_sends_what_a_restored_server_lacks_before_its_key_goes() {
    let world = World::new();
    let app = world.enrolled().await;
    world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    sync(&world, &app).await;
    assert_eq!(app.sync_status().unwrap().operations_waiting, 0);
    restore(&world);
    world.server.kept.lock().unwrap().lost = true;
    sync(&world, &app).await;
    let kept = world.server.kept.lock().unwrap();
    assert_eq!(kept.operations.len(), 1, "the report went again");
    assert_eq!(kept.photos.len(), 2, "so did its photo and preview");
    assert!(app.is_erased());
}

/// The answer of a life of the server to everything that waits, as a courier carries it.
fn answer(world: &World, app: &App, life: &str) -> Vec<u8> {
    let path = world.directory.path().join("week.gewu");
    let exported = app.export(&path, &world.edge()).unwrap();
    let file = std::fs::read(&exported.files[0]).unwrap();
    let key = world.server.kept.lock().unwrap().receipt_key();
    let sheet = open(&key, &file).unwrap().sheet;
    let answered = |push: &PushRequest| {
        let ids = push.ops.iter().map(|op| op["op_id"].as_str().unwrap());
        PushAnswer {
            protocol: PROTOCOL.into(),
            nonce: push.nonce.clone(),
            server_epoch: life.into(),
            server_time: START,
            high_water: 0,
            gaps: vec![],
            results: ids
                .map(|id| OperationResult::new(id.into(), Outcome::Applied))
                .collect(),
            seal: None,
        }
    };
    let answer = CourierAnswer {
        device_id: sheet.device_id,
        answers: sheet.pushes.iter().map(answered).collect(),
        photos: vec![],
        server_epoch: Some(life.into()),
    };
    write_answer(&key, &answer).unwrap()
}

#[tokio::test]
async fn what_a_courier_brings_while_a_request_is_out_holds_for_the_life_it_names() {
    let world = World::new();
    let app = world.enrolled().await;
    let id = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    let former = answer(&world, &app, "life-1");
    restore(&world);
    // The push is put off, and the states tell of the new life.
    let busy = || {
        Fault::Say(Failure::Busy {
            retry_after_ms: Some(60_000),
        })
    };
    world.server.fail([busy()]);
    sync(&world, &app).await;
    world.server.fail([busy()]);
    let (carried, edge) = (app.clone(), world.edge());
    *world.server.meanwhile.lock().unwrap() = Some(Meanwhile(Box::pin(async move {
        carried.import(former, &edge).await.unwrap();
    })));
    sync(&world, &app).await;
    assert!(world.server.meanwhile.lock().unwrap().is_none());
    sync(&world, &app).await;
    assert_eq!(world.server.kept.lock().unwrap().operations.len(), 1);
    let status = app.report(id).unwrap().row.status;
    assert_eq!(status, ReportStatus::Accepted);
}

#[tokio::test]
async fn a_catalogue_of_a_former_life_is_fetched_again_though_its_version_is_the_same() {
    let world = World::new();
    let app = world.enrolled().await;
    assert!(app.patrols(world.now()).unwrap().is_empty());
    restore(&world);
    world.server.kept.lock().unwrap().rounds = vec![round("mine", "350703001012")];
    sync(&world, &app).await;
    assert_eq!(app.patrols(world.now()).unwrap().len(), 1);
}

#[tokio::test]
async fn how_long_a_photo_is_kept_is_counted_by_the_server_s_clock() {
    let world = World::new();
    let app = world.enrolled().await;
    let id = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    sync(&world, &app).await;
    let is_whole = |id: ReportId| {
        let photo = app.report(id).unwrap().photos.swap_remove(0);
        app.photo(photo.id).unwrap() != photo.preview
    };
    world.clock.fetch_add(31 * DAY_MS, Ordering::SeqCst);
    sync(&world, &app).await;
    assert!(is_whole(id), "its own clock was set ahead");
    world.pass(31 * DAY_MS);
    sync(&world, &app).await;
    assert!(!is_whole(id), "a month went by");
}
