//! What goes first, what waits for which network, what the queue says, and what is removed when.

use super::server::Fault;
use super::sync::{assert_nothing_lost_or_doubled, steps};
use super::world::{IN_GRID_1, World, manhole, wait_for_wifi};
use crate::sync::backoff;
use crate::sync::engine::{Channel, Event};
use crate::sync::transport::Failure;
use shared::id::ReportId;
use shared::wire::handheld::{ReportStatus, SyncState};
use shared::wire::queue::{Held, NetworkKind, PhotoStanding, SendingRules};
use shared::wire::sync::{DEVICE_ROWS_LIMIT, Room};
use std::time::Duration;

#[tokio::test]
async fn previews_go_after_the_words_and_before_any_photo() {
    let world = World::new();
    let app = world.enrolled().await;
    world.file(&app, &["jolla.jpg", "DSCN0010.jpg"], &manhole(IN_GRID_1));
    world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    let mut order = Vec::new();
    loop {
        order.push(
            match app.sync_step(&world.server, &world.edge()).await.unwrap() {
                Event::Pushed { .. } => "words",
                Event::PreviewSent { .. } => "preview",
                Event::Pulled { .. } => "states",
                Event::PhotoMoved { .. } | Event::PhotoSent { .. } => "photo",
                Event::Rested { until: None } => break,
                other => panic!("{other:?}"),
            },
        );
    }
    order.dedup_by(|one, before| one == before && *one != "preview");
    assert_eq!(
        order,
        ["words", "preview", "preview", "preview", "states", "photo"]
    );
    let kept = world.server.kept.lock().unwrap();
    assert_eq!(kept.photos.len(), 6, "three photos and their previews");
    for (text, _) in kept.operations.values() {
        assert!(text.contains("\"preview\":{\"bytes\":"), "{text}");
    }
}

#[tokio::test]
async fn a_refused_preview_holds_up_neither_its_photo_nor_anything_else() {
    let world = World::new();
    let app = world.enrolled().await;
    let id = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    app.sync_step(&world.server, &world.edge()).await.unwrap();
    world.server.fail([Fault::Say(Failure::Refused {
        status: 403,
        words: "没有上报提到这张照片".into(),
        words_en: "nobody announced it".into(),
    })]);
    let event = app.sync_step(&world.server, &world.edge()).await.unwrap();
    let refused = matches!(
        event,
        Event::Failed {
            channel: Channel::Previews,
            ..
        }
    );
    assert!(refused, "{event:?}");
    steps(&world, &app, 50).await;
    assert_nothing_lost_or_doubled(&world, &app, &[id]);
}

#[tokio::test]
async fn a_photo_that_waits_holds_up_neither_words_nor_previews() {
    let world = World::new();
    let app = world.enrolled().await;
    world.file(&app, &["jolla.jpg"], &manhole(IN_GRID_1));
    loop {
        let event = app.sync_step(&world.server, &world.edge()).await.unwrap();
        if matches!(event, Event::PhotoMoved { .. }) {
            break;
        }
    }
    world.server.fail([Fault::Say(Failure::Busy {
        retry_after_ms: Some(backoff::LONGEST_MS),
    })]);
    let event = app.sync_step(&world.server, &world.edge()).await.unwrap();
    assert!(matches!(event, Event::Failed { .. }), "{event:?}");
    world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    let event = app.sync_step(&world.server, &world.edge()).await.unwrap();
    assert!(matches!(event, Event::Pushed { .. }), "{event:?}");
    let event = app.sync_step(&world.server, &world.edge()).await.unwrap();
    assert!(matches!(event, Event::PreviewSent { .. }), "{event:?}");
}

#[tokio::test]
async fn photos_wait_for_wifi_while_words_and_previews_go() {
    let world = World::new();
    let app = world.enrolled().await;
    app.set_network(NetworkKind::Metered);
    let rules = SendingRules {
        wifi_only: true,
        daily_cap_mb: None,
    };
    app.set_sending_rules(rules).unwrap();
    let id = world.file(&app, &["jolla.jpg"], &manhole(IN_GRID_1));
    steps(&world, &app, 50).await;
    let queue = app.queue(world.now()).unwrap();
    assert_eq!((queue.held, queue.rules), (Some(Held::ForWifi), rules));
    assert!(!queue.all_safe);
    assert_eq!(queue.rows[0].row.status, ReportStatus::Accepted);
    assert_eq!(queue.rows[0].photos[0].standing, PhotoStanding::PreviewSent);
    // Somebody says "now": once, whatever it costs.
    let sent = app.sync_over(&world.server, &world.edge()).await.unwrap();
    assert_eq!(sent.photos_sent, 1);
    assert_nothing_lost_or_doubled(&world, &app, &[id]);
    let queue = app.queue(world.now()).unwrap();
    assert!(queue.all_safe, "{queue:?}");
    assert_eq!(queue.held, None);
    assert_eq!(queue.rows[0].photos[0].standing, PhotoStanding::Received);
    assert_eq!(queue.metered_today, queue.rows[0].photos[0].bytes);
    // The next one waits again, until there is Wi-Fi.
    world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    steps(&world, &app, 50).await;
    assert_eq!(app.sync_status().unwrap().photos_waiting, 1);
    app.set_network(NetworkKind::Free);
    steps(&world, &app, 50).await;
    assert!(app.queue(world.now()).unwrap().all_safe);
}

#[tokio::test]
async fn a_days_mobile_data_ends_at_the_cap_and_begins_anew_at_midnight() {
    let world = World::new();
    let app = world.enrolled().await;
    app.set_network(NetworkKind::Metered);
    app.set_sending_rules(SendingRules {
        wifi_only: false,
        daily_cap_mb: Some(0),
    })
    .unwrap();
    world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    steps(&world, &app, 50).await;
    let queue = app.queue(world.now()).unwrap();
    assert_eq!(queue.held, Some(Held::ForTomorrow));
    app.set_sending_rules(SendingRules {
        wifi_only: false,
        daily_cap_mb: Some(1),
    })
    .unwrap();
    steps(&world, &app, 50).await;
    let queue = app.queue(world.now()).unwrap();
    assert!(queue.all_safe);
    assert!(queue.metered_today > 0);
    world.pass(shared::time::DAY_MS);
    assert_eq!(app.queue(world.now()).unwrap().metered_today, 0);
}

#[tokio::test]
async fn the_queue_says_what_needs_somebody_and_is_safe_only_when_all_is() {
    let world = World::new();
    let app = world.enrolled().await;
    assert!(!app.queue(world.now()).unwrap().all_safe, "nothing filed");
    world.server.kept.lock().unwrap().quarantine = Some("人民路".into());
    world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    let queue = app.queue(world.now()).unwrap();
    assert_eq!(queue.rows[0].row.status, ReportStatus::OnDevice);
    assert_eq!(queue.rows[0].photos[0].standing, PhotoStanding::OnDevice);
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    let queue = app.queue(world.now()).unwrap();
    assert_eq!(queue.rows[0].row.status, ReportStatus::NeedsAttention);
    assert!(queue.rows[0].row.problem.is_some());
    assert!(!queue.all_safe);
    assert!(queue.stored.0 > 0 && queue.stored.0 < queue.stored.1);
}

#[tokio::test]
async fn a_photo_long_at_the_server_leaves_only_its_preview_and_an_unsent_one_never_goes() {
    let world = World::new();
    let app = world.enrolled().await;
    let sent = world.file(&app, &["jolla.jpg"], &manhole(IN_GRID_1));
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    world.server.go_offline();
    world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    world.pass(31 * shared::time::DAY_MS);
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    let whole = |id: ReportId| {
        let photo = app.report(id).unwrap().photos[0].clone();
        app.photo(photo.id).unwrap() != photo.preview
    };
    assert!(whole(sent), "nothing goes while something waits");
    world.server.go_online();
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    assert!(!whole(sent));
    let reports = app.reports("").unwrap();
    assert!(whole(reports[0].id), "it has only just arrived");
    assert_eq!(reports.len(), 2);
}

#[tokio::test]
async fn after_a_cut_the_server_is_asked_and_nothing_that_arrived_goes_again() {
    const BEFORE_THE_CUT: usize = 1_000;
    let faults = [Fault::CutPiece(BEFORE_THE_CUT), Fault::LoseAnswer];
    let cases = faults.into_iter().zip([false, true]);
    for (fault, is_killed) in cases {
        let world = World::new();
        let app = world.enrolled().await;
        let id = world.file(&app, &["jolla.jpg"], &manhole(IN_GRID_1));
        loop {
            let event = app.sync_step(&world.server, &world.edge()).await.unwrap();
            if matches!(event, Event::PhotoMoved { sent: 0, .. }) {
                break;
            }
        }
        let before = world.server.kept.lock().unwrap().photo_bytes;
        world.server.fail([fault.clone()]);
        let event = app.sync_step(&world.server, &world.edge()).await.unwrap();
        assert!(matches!(event, Event::Failed { .. }), "{event:?}");
        let app = if is_killed {
            drop(app);
            world.open()
        } else {
            app
        };
        steps(&world, &app, 100).await;
        assert_nothing_lost_or_doubled(&world, &app, &[id]);
        let went = world.server.kept.lock().unwrap().photo_bytes - before;
        let photo = app.report(id).unwrap().photos[0].bytes;
        assert_eq!(went as u64, photo, "{fault:?}: every byte once");
    }
}

#[tokio::test]
async fn a_photo_that_a_restored_server_misses_and_that_is_gone_here_is_said_to_be_gone() {
    let world = World::new();
    let app = world.enrolled().await;
    let old = world.file(&app, &["jolla.jpg"], &manhole(IN_GRID_1));
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    world.pass(31 * shared::time::DAY_MS);
    let new = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    let sha256 = |id: ReportId| app.report(id).unwrap().photos[0].sha256;
    let (gone, here) = (sha256(old), sha256(new));
    {
        // The server comes back from a backup, and no photo with it.
        let mut kept = world.server.kept.lock().unwrap();
        kept.server_epoch = "life-2".into();
        kept.photos.clear();
        kept.uploads.clear();
    }
    let edge = world.edge();
    let round = app.sync_over(&world.server, &edge);
    let ended = tokio::time::timeout(Duration::from_secs(60), round).await;
    ended.expect("the round comes to its end").unwrap();
    let kept = world.server.kept.lock().unwrap();
    assert!(kept.photos.contains_key(&here), "what is here goes again");
    assert!(!kept.photos.contains_key(&gone));
    assert_eq!(Vec::from_iter(kept.gone.clone()), [gone]);
    assert_eq!(kept.photos.len(), 3, "one photo and both previews");
    drop(kept);
    assert!(app.queue(world.now()).unwrap().all_safe);
    assert_eq!(app.sync_status().unwrap().photos_waiting, 0);
}

#[tokio::test]
async fn a_handheld_that_is_nearly_full_of_cases_says_so_until_there_is_room() {
    let world = World::new();
    let app = world.enrolled().await;
    let room = |rows, left_out| Room {
        rows,
        limit: DEVICE_ROWS_LIMIT,
        left_out,
    };
    for said in [Some(room(4_100, 0)), Some(room(4_900, 2)), None] {
        world.server.kept.lock().unwrap().room = said;
        app.sync_over(&world.server, &world.edge()).await.unwrap();
        assert_eq!(app.sync_status().unwrap().room, said);
        assert_eq!(app.queue(world.now()).unwrap().sync.room, said);
    }
}

#[tokio::test]
async fn a_lost_handheld_waits_for_no_wifi() {
    let world = World::new();
    let app = world.enrolled().await;
    wait_for_wifi(&app);
    world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    let waiting = || app.sync_status().unwrap().photos_waiting;
    app.sync_turn(&world.server, &world.edge()).await;
    assert_eq!(waiting(), 1);
    world.server.kept.lock().unwrap().lost = true;
    app.wake_sync();
    app.sync_turn(&world.server, &world.edge()).await;
    assert_eq!(waiting(), 0);
    assert!(app.is_erased());
}

#[tokio::test]
async fn photos_of_what_the_server_rejected_wait_for_nothing() {
    let world = World::new();
    let app = world.enrolled().await;
    world.server.kept.lock().unwrap().reject = Some("人民路".into());
    world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    assert_eq!(app.sync_status().unwrap().photos_waiting, 1);
    assert!(!app.has_sent_everything());
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    let status = app.sync_status().unwrap();
    let waiting = (status.photos_waiting, status.bytes_waiting);
    assert_eq!((status.state, waiting), (SyncState::AllSent, (0, 0)));
    assert!(app.has_sent_everything(), "a locked handheld may close");
    // It isn't at the server, and says so.
    let queue = app.queue(world.now()).unwrap();
    assert_eq!(queue.rows[0].row.status, ReportStatus::NeedsAttention);
    assert!(!queue.all_safe);
    let carried = app.export_here(&world.edge()).unwrap();
    assert_eq!((carried.files.len(), carried.photos), (0, 0));
    world.server.kept.lock().unwrap().lost = true;
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    assert!(app.is_erased());
}

#[tokio::test]
async fn a_new_export_takes_the_place_of_earlier_ones_and_answers_stay() {
    let world = World::new();
    let app = world.enrolled().await;
    world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    let folder = world.directory.path().join("courier");
    let left = || {
        let files = std::fs::read_dir(&folder).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    };
    let name = || format!("{}.gewu", world.now().0);
    app.export_here(&world.edge()).unwrap();
    assert_eq!(left(), [name()]);
    std::fs::write(folder.join("1.gewu.answer"), "carried back").unwrap();
    world.pass(1);
    let view = app.export_here(&world.edge()).unwrap();
    assert_eq!((view.files.len(), view.operations, view.photos), (1, 1, 1));
    let good = ["1.gewu.answer".to_owned(), name()];
    assert_eq!(left(), good);
    // One that can't be written takes nothing away.
    world.pass(1);
    let obstacle = folder.join(format!("{}.part", name()));
    std::fs::create_dir(&obstacle).unwrap();
    assert!(app.export_here(&world.edge()).is_err());
    std::fs::remove_dir(obstacle).unwrap();
    assert_eq!(left(), good);
}
