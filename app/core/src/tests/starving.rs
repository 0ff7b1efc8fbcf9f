//! What can't be read, doesn't come or doesn't fit waits alone: it takes no turn from photos, and
//! is asked for ever more seldom.

use super::world::{IN_GRID_1, World, manhole, rename_table, wait_for_wifi};
use crate::store::{FILE_NAME, StoreError};
use crate::sync::transport::Failure;
use crate::{App, Config};
use shared::id::{CaseId, CatalogueVersion, ReportId};
use shared::time::{DAY_MS, HOUR_MS};
use std::time::Duration;
use uuid::Uuid;

/// One turn of the loop, and the wait after it.
async fn turn(world: &World, app: &App) -> Duration {
    let wait = app.sync_turn(&world.server, &world.edge()).await;
    world.pass(i64::try_from(wait.as_millis()).unwrap());
    wait
}

async fn live_for_an_hour(world: &World, app: &App) {
    let until = world.now().plus_ms(HOUR_MS);
    while world.now() < until {
        turn(world, app).await;
    }
}

/// Whether the server has all photos of a report.
fn has_photos(world: &World, app: &App, id: ReportId) -> bool {
    let photos = app.report(id).unwrap().photos;
    let kept = world.server.kept.lock().unwrap();
    photos
        .iter()
        .all(|photo| kept.photos.contains_key(&photo.sha256))
}

#[tokio::test]
async fn a_catalogue_that_is_no_good_takes_no_turn_from_photos_and_is_fetched_seldom() {
    let portal = Failure::Foreign("no catalogue".into());
    let too_slow = Failure::Unreachable("no answer in time".into());
    for failure in [Some(portal), Some(too_slow), None] {
        let world = World::new();
        let app = world.enrolled().await;
        {
            let mut kept = world.server.kept.lock().unwrap();
            kept.catalogue_version = "350703-2".into();
            // Where one comes, it is another than was asked for.
            kept.catalogue_named = Some(CatalogueVersion::new("350703-3").unwrap());
            kept.catalogue_fails = failure.clone();
            kept.catalogues = 0;
        }
        let id = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
        turn(&world, &app).await;
        assert!(has_photos(&world, &app, id), "{failure:?}");
        live_for_an_hour(&world, &app).await;
        let fetched = world.server.kept.lock().unwrap().catalogues;
        assert!((5..20).contains(&fetched), "{failure:?}: {fetched}");
        {
            let mut kept = world.server.kept.lock().unwrap();
            kept.catalogue_named = None;
            kept.catalogue_fails = None;
        }
        let report = app.sync_over(&world.server, &world.edge()).await.unwrap();
        assert!(report.catalogue_changed, "whoever asks gets it at once");
    }
}

#[tokio::test]
async fn a_catalogue_that_takes_long_gives_way_to_what_is_filed_meanwhile() {
    let world = World::new();
    let app = world.enrolled().await;
    {
        let mut kept = world.server.kept.lock().unwrap();
        kept.catalogue_version = "350703-2".into();
        kept.catalogue_hangs = true;
    }
    let edge = world.edge();
    let round = app.sync_over(&world.server, &edge);
    let filing = async {
        while world.server.kept.lock().unwrap().catalogue_hangs {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1))
    };
    let both = async { tokio::join!(round, filing) };
    let ended = tokio::time::timeout(Duration::from_secs(60), both).await;
    let (report, id) = ended.expect("the round comes to its end");
    let report = report.unwrap();
    assert_eq!(report.operations_sent, 1);
    assert!(has_photos(&world, &app, id));
    assert!(report.catalogue_changed, "it is fetched after that");
}

#[tokio::test]
async fn states_that_cannot_be_read_or_never_come_hold_up_no_photo_but_a_portal_does() {
    let other = Failure::Unreadable("another version".into());
    let too_slow = Failure::Unreachable("no answer in time".into());
    let portal = Failure::Foreign("a page".into());
    for (failure, goes) in [(other, true), (too_slow, true), (portal, false)] {
        let world = World::new();
        let app = world.enrolled().await;
        {
            let mut kept = world.server.kept.lock().unwrap();
            kept.pull_fails = Some(failure.clone());
            kept.pulls = 0;
        }
        let id = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
        turn(&world, &app).await;
        assert_eq!(has_photos(&world, &app, id), goes, "{failure:?}");
        live_for_an_hour(&world, &app).await;
        let pulls = world.server.kept.lock().unwrap().pulls;
        assert!((5..40).contains(&pulls), "{failure:?}: {pulls}");
    }
}

#[tokio::test]
async fn photos_go_although_nothing_is_filed_any_more_and_states_never_come() {
    let world = World::new();
    let app = world.enrolled().await;
    wait_for_wifi(&app);
    let id = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    turn(&world, &app).await;
    assert!(!has_photos(&world, &app, id), "it waits for Wi-Fi");
    // The app is started anew: the server answered nothing yet, and the kind of network is unknown.
    drop(app);
    let app = world.open();
    let too_slow = Failure::Unreachable("no answer in time".into());
    world.server.kept.lock().unwrap().pull_fails = Some(too_slow);
    turn(&world, &app).await;
    assert!(!has_photos(&world, &app, id), "nobody was reached yet");
    turn(&world, &app).await;
    assert!(has_photos(&world, &app, id));
}

#[tokio::test]
async fn states_that_do_not_fit_hold_up_no_photo_and_old_photos_make_room_all_the_same() {
    let world = World::new();
    let app = world.enrolled().await;
    let old = world.file(&app, &["jolla.jpg"], &manhole(IN_GRID_1));
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    world.pass(31 * DAY_MS);
    let new = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    drop(app);
    {
        // A case that is larger than all the room that is left or can be made.
        let mut kept = world.server.kept.lock().unwrap();
        let mut other = kept.cases[0].clone();
        other.id = CaseId(Uuid::from_u128(0x9999));
        other.report_id = ReportId(Uuid::from_u128(0x8888));
        other.revision = 50;
        other.text = "满".repeat(2_000_000);
        kept.cases.push(other);
        kept.pulls = 0;
    }
    let file = std::fs::metadata(world.directory.path().join(FILE_NAME)).unwrap();
    let app = world.open_with(Config {
        max_bytes: file.len() + 512 * 1024,
        ..Config::default()
    });
    let wait = turn(&world, &app).await;
    assert!(wait >= Duration::from_secs(1), "{wait:?}");
    let problem = app.sync_status().unwrap().problem.unwrap();
    assert_eq!(problem.code, "space_full");
    assert!(has_photos(&world, &app, new));
    let photo = app.report(old).unwrap().photos[0].clone();
    assert!(
        app.photo(photo.id).unwrap() == photo.preview,
        "it was pruned"
    );
    live_for_an_hour(&world, &app).await;
    let pulls = world.server.kept.lock().unwrap().pulls;
    assert!((5..40).contains(&pulls), "{pulls} in an hour");
    drop(app);
    let app = world.open();
    let report = app.sync_over(&world.server, &world.edge()).await.unwrap();
    assert_eq!(report.problem, None);
    assert_eq!(app.open_cases(10).unwrap().cases.len(), 3);
}

#[tokio::test]
async fn a_turn_that_fails_on_the_handheld_itself_is_repeated_ever_more_seldom() {
    let world = World::new();
    let app = world.enrolled().await;
    rename_table(&app, "cursors", "elsewhere");
    let mut waits = Vec::new();
    for _ in 0..8 {
        waits.push(turn(&world, &app).await.as_secs());
        assert!(app.sync_status().unwrap().problem.is_some());
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
    rename_table(&app, "elsewhere", "cursors");
    assert_eq!(turn(&world, &app).await.as_secs(), 60);
    assert_eq!(app.sync_status().unwrap().problem, None);
}

#[tokio::test]
async fn bundles_that_are_of_no_use_any_more_keep_nobody_out_and_are_fetched_again() {
    for kind in ["catalogue", "areas"] {
        let world = World::new();
        let app = world.enrolled().await;
        let id = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
        // As a version wrote it that took more than the one that comes.
        app.store()
            .write(|tx| {
                tx.execute("UPDATE bundles SET body = '{}' WHERE kind = ?1", [kind])?;
                Ok::<_, StoreError>(())
            })
            .unwrap();
        drop(app);
        let app = world.open();
        assert!(!app.home().unwrap().ready_to_file, "{kind}");
        let report = app.sync_over(&world.server, &world.edge()).await.unwrap();
        assert_eq!(report.problem, None, "{kind}");
        assert!(has_photos(&world, &app, id), "{kind}");
        assert!(app.home().unwrap().ready_to_file, "{kind}");
        drop(app);
        assert!(world.open().home().unwrap().ready_to_file, "{kind}");
    }
}
