//! What is added to a filed report, offline first: kept, sent in order, answered, shown.

use super::server::Fault;
use super::world::{IN_GRID_1, World, manhole, photo};
use crate::{App, CoreError, Moment};
use shared::addition::{Addition, Amendment, Note, Withdrawal};
use shared::id::{CategoryId, OpId, ReportId};
use shared::report::PhotoRole;
use shared::time::{HOUR_MS, MINUTE_MS};
use shared::wire::handheld::{AdditionStatus, ReportStatus};

fn add(world: &World, app: &App, report: ReportId, addition: &Addition) -> Result<(), CoreError> {
    let op_id = OpId(world.edge().uuid());
    app.add_to_report(report, addition, op_id, &Moment::wall(world.now()))
}

fn note(text: &str) -> Addition {
    Addition::Note(Note { text: text.into() })
}

#[tokio::test]
async fn everything_added_offline_stands_in_the_course_after_one_round() {
    let world = World::new();
    let app = world.enrolled().await;
    let id = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    let amendment = Addition::Amend(Amendment {
        text: "是雨水井盖".into(),
        category: Some(CategoryId::new("C0102").unwrap()),
        ..Amendment::default()
    });
    let withdrawal = Addition::Withdraw(Withdrawal {
        reason: "已自行恢复".into(),
    });
    add(&world, &app, id, &note("旁边还有一个")).unwrap();
    add(&world, &app, id, &amendment).unwrap();
    let moment = Moment::wall(world.now());
    let op_id = OpId(world.edge().uuid());
    app.add_report_photo(
        id,
        &photo("jolla.jpg"),
        PhotoRole::Far,
        "远景",
        op_id,
        &moment,
    )
    .unwrap();
    add(&world, &app, id, &withdrawal).unwrap();
    let before = app.report(id).unwrap();
    assert_eq!(before.additions.len(), 4);
    assert!(
        before
            .additions
            .iter()
            .all(|a| a.status == AdditionStatus::OnDevice)
    );
    assert!(before.additions[1].words.contains("类别应为「"));
    assert_eq!(before.photos.len(), 2, "the report's and the one added");
    assert_eq!(
        before.text, "井盖缺失，已放警示牌",
        "the report itself stays"
    );
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    let after = app.report(id).unwrap();
    assert!(
        after
            .additions
            .iter()
            .all(|a| a.status == AdditionStatus::Accepted)
    );
    let course: Vec<&str> = after
        .course
        .iter()
        .map(|entry| entry.kind.as_str())
        .collect();
    assert_eq!(
        course,
        ["note.add", "report.amend", "photo.add", "report.withdraw"]
    );
    assert!(after.photos.iter().all(|photo| photo.sent == photo.bytes));
    // Two photos, each with its preview.
    assert_eq!(world.server.kept.lock().unwrap().photos.len(), 4);
    assert_eq!(app.sync_status().unwrap().operations_waiting, 0);
}

#[tokio::test]
async fn what_is_held_stays_on_the_handheld_and_goes_again_by_itself() {
    let world = World::new();
    let app = world.enrolled().await;
    let id = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    add(&world, &app, id, &note("再看一眼")).unwrap();
    // The server knows nothing of the report when the addition comes: it was put off alone.
    world.server.kept.lock().unwrap().push_max = 1;
    world
        .server
        .fail([Fault::Say(crate::sync::transport::Failure::TooLarge)]);
    world.server.kept.lock().unwrap().poison = Some("井盖缺失".into());
    for _ in 0..6 {
        app.sync_step(&world.server, &world.edge()).await.unwrap();
    }
    let held = app.report(id).unwrap();
    assert_eq!(held.additions[0].status, AdditionStatus::OnDevice);
    assert!(app.sync_status().unwrap().operations_waiting > 0);
    world.server.kept.lock().unwrap().poison = None;
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    let report = app.report(id).unwrap();
    assert_eq!(report.row.status, ReportStatus::Accepted);
    assert_eq!(report.additions[0].status, AdditionStatus::Accepted);
}

#[tokio::test]
async fn what_came_too_late_says_so_in_the_servers_words() {
    let world = World::new();
    let app = world.enrolled().await;
    let id = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    world.server.close(id);
    add(&world, &app, id, &note("还有一处")).unwrap();
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    let addition = app.report(id).unwrap().additions[0].clone();
    assert_eq!(addition.status, AdditionStatus::NeedsAttention);
    assert_eq!(addition.problem.unwrap().words, "事件已于昨天10:30结案");
    // The first screen counts it, and both lists show it with the words.
    assert_eq!(app.home().unwrap().needs_attention, 1);
    let row = app.reports("").unwrap().remove(0);
    assert_eq!(row.status, ReportStatus::Closed);
    assert_eq!(row.problem.unwrap().words, "事件已于昨天10:30结案");
    let queue = app.queue(world.now()).unwrap();
    assert_eq!(
        queue.rows[0].row.problem.as_ref().unwrap().code,
        "case_closed"
    );
    assert!(!queue.all_safe);
}

#[tokio::test]
async fn a_note_that_waits_is_not_called_safe() {
    let world = World::new();
    let app = world.enrolled().await;
    let id = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    assert!(app.queue(world.now()).unwrap().all_safe);
    add(&world, &app, id, &note("还有一处")).unwrap();
    assert!(!app.queue(world.now()).unwrap().all_safe);
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    assert!(app.queue(world.now()).unwrap().all_safe);
}

/// Turns of the loop for so long; how often the note came to the server in between.
async fn live_for(world: &World, app: &App, ms: i64) -> u32 {
    let came = || {
        let kept = world.server.kept.lock().unwrap();
        let notes = kept.operations.values();
        notes
            .filter(|(text, _)| text.contains("再看一眼"))
            .map(|(_, times)| *times)
            .sum::<u32>()
    };
    let (before, until) = (came(), world.now().plus_ms(ms));
    while world.now() < until {
        let wait = app.sync_turn(&world.server, &world.edge()).await;
        world.pass(i64::try_from(wait.as_millis()).unwrap());
    }
    came() - before
}

#[tokio::test]
async fn what_is_held_is_offered_ever_more_seldom_and_at_once_when_its_report_arrives() {
    let world = World::new();
    let app = world.enrolled().await;
    let id = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    // The report comes damaged each time, so nothing can be added to it.
    world.server.kept.lock().unwrap().damage = Some("井盖缺失".into());
    app.sync_turn(&world.server, &world.edge()).await;
    add(&world, &app, id, &note("再看一眼")).unwrap();
    let first = live_for(&world, &app, MINUTE_MS).await;
    assert!((4..=8).contains(&first), "{first} in the first minute");
    live_for(&world, &app, HOUR_MS).await;
    let later = live_for(&world, &app, HOUR_MS).await;
    assert!(
        (12..=30).contains(&later),
        "{later} in an hour, hours later"
    );
    assert_eq!(app.home().unwrap().needs_attention, 0, "it is whole here");
    assert_eq!(app.sync_status().unwrap().operations_waiting, 2);
    // The line is good again: with the report's next turn both are there.
    world.server.kept.lock().unwrap().damage = None;
    let deadline = world.now().plus_ms(5 * MINUTE_MS);
    while app.report(id).unwrap().row.status != ReportStatus::Accepted {
        assert!(world.now() < deadline);
        assert_eq!(
            app.report(id).unwrap().additions[0].status,
            AdditionStatus::OnDevice
        );
        let wait = app.sync_turn(&world.server, &world.edge()).await;
        world.pass(i64::try_from(wait.as_millis()).unwrap());
    }
    let report = app.report(id).unwrap();
    assert_eq!(report.additions[0].status, AdditionStatus::Accepted);
}

#[tokio::test]
async fn what_is_damaged_on_the_handheld_itself_needs_somebody() {
    let world = World::new();
    let app = world.enrolled().await;
    let id = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    let sql = "UPDATE operations SET body = replace(body, '井盖', '井蓋')";
    app.store()
        .write(|tx| Ok::<_, CoreError>(tx.execute(sql, []).unwrap()))
        .unwrap();
    world.server.kept.lock().unwrap().damage = Some("井蓋缺失".into());
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    let row = app.report(id).unwrap().row;
    assert_eq!(row.status, ReportStatus::NeedsAttention);
    assert_eq!(row.problem.unwrap().code, "hash_mismatch");
}

#[tokio::test]
async fn what_says_nothing_is_refused_here_and_nothing_is_kept() {
    let world = World::new();
    let app = world.enrolled().await;
    let id = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    let refused = add(&world, &app, id, &note(" ")).unwrap_err();
    assert_eq!(refused.problem().code, "addition_empty");
    let nobody = ReportId(world.edge().uuid());
    assert!(add(&world, &app, nobody, &note("哪一件")).is_err());
    let op_id = OpId(world.edge().uuid());
    let moment = Moment::wall(world.now());
    let broken = app.add_report_photo(id, b"no picture", PhotoRole::Near, "", op_id, &moment);
    assert!(broken.is_err());
    assert!(app.report(id).unwrap().additions.is_empty());
    assert_eq!(app.sync_status().unwrap().operations_waiting, 1);
}
