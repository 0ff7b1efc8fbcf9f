//! Tasks on the spot on the handheld alone: begun, interrupted, finished without a network, gone.

use super::sync::steps;
use super::world::{IN_GRID_1, START, World, manhole, photo, wait_for_wifi};
use crate::store::cases;
use crate::{App, Moment};
use shared::case::{Class, Found};
use shared::id::{AreaCode, Bucket, CaseId, DraftId, OpId, ReportId};
use shared::report::PhotoRole;
use shared::time::{DAY_MS, MINUTE_MS};
use shared::wire::handheld::TaskStanding;
use shared::wire::queue::NetworkKind;
use shared::wire::sync::{CaseState, OnTheSpot, PulledRow, Why};
use std::sync::atomic::Ordering;
use uuid::Uuid;

const CASE: CaseId = CaseId(Uuid::from_u128(0x7001));

/// A case of 第1网格 that somebody else filed and that waits to be verified.
fn to_verify(grid: &str) -> CaseState {
    serde_json::from_value(serde_json::json!({
        "id": CASE, "report_id": ReportId(Uuid::from_u128(0x7002)), "case_no": "350703-0700",
        "revision": 70, "state": "verifying", "class": Class::Open, "category": "C0101",
        "category_name": "上水井盖", "text": "井盖好像坏了", "grid": AreaCode::new(grid).unwrap(),
        "lat_e7": 273_310_000, "lon_e7": 1_181_210_000, "lead": "E01", "lead_name": "供水企业",
        "rule": "", "because": [], "opened_ms": START, "photos": [0, 0], "mine": false, "course": [],
        "on_the_spot": OnTheSpot {
            place_words: "路口东侧".into(),
            condition_name: "破损".into(),
            closing: "修复或恢复原状".into(),
            since_ms: Some(START),
            by_ms: Some(START.plus_ms(30 * MINUTE_MS)),
        },
    }))
    .unwrap()
}

async fn with_task(world: &World, grid: &str) -> App {
    let app = world.enrolled().await;
    world
        .server
        .kept
        .lock()
        .unwrap()
        .cases
        .push(to_verify(grid));
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    app
}

fn begin(world: &World, app: &App) -> DraftId {
    let (draft, moment) = (world.draft_id(), Moment::wall(world.now()));
    let task = app.take_up_task(CASE, draft, &moment).unwrap();
    let draft = task.draft.unwrap();
    app.add_photo(draft, &photo("no_exif.jpg"), PhotoRole::Near, world.now())
        .unwrap();
    draft
}

fn finish(world: &World, app: &App) {
    let op_id = OpId(world.edge().uuid());
    app.finish_task(CASE, op_id, &Moment::wall(world.now()))
        .unwrap();
}

#[tokio::test]
async fn a_task_that_was_begun_survives_and_is_sent_with_its_photo_when_there_is_a_network() {
    let world = World::new();
    let app = with_task(&world, "350703001012001").await;
    assert_eq!(app.task_number().unwrap(), 1);
    assert_eq!(app.home().unwrap().tasks, 1);
    world.server.go_offline();
    let draft = begin(&world, &app);
    app.set_task(CASE, Some(Found::Unable), "").unwrap();
    drop(app);
    let app = world.open();
    let task = app.task(CASE, Some((27.331, 118.122))).unwrap();
    assert_eq!(task.row.standing, TaskStanding::Begun);
    assert_eq!((task.draft, task.found), (Some(draft), Some(Found::Unable)));
    assert_eq!(task.photos.len(), 1);
    let metres = task.row.distance_m.unwrap();
    assert!((95..=103).contains(&metres), "{metres}");
    assert!(app.drafts().unwrap().is_empty(), "it is no report's draft");
    assert_eq!(app.home().unwrap().drafts, 0);
    // Taken up twice it is the same.
    let again = app.take_up_task(CASE, world.draft_id(), &Moment::wall(world.now()));
    assert_eq!(again.unwrap().draft, Some(draft));
    let op_id = OpId(world.edge().uuid());
    let refused = app.finish_task(CASE, op_id, &Moment::wall(world.now()));
    assert_eq!(refused.unwrap_err().code(), "why_missing");
    app.set_task(CASE, Some(Found::Unable), "围挡里面看不到")
        .unwrap();
    finish(&world, &app);
    assert_eq!(app.task_number().unwrap(), 0);
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    let queue = app.queue(world.now()).unwrap();
    assert!(!queue.all_safe);
    assert_eq!(queue.tasks[0].standing, TaskStanding::OnDevice);
    assert_eq!(
        (queue.sync.operations_waiting, queue.sync.photos_waiting),
        (1, 1)
    );
    world.server.go_online();
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    let rows = app.tasks(None).unwrap();
    assert_eq!(rows[0].standing, TaskStanding::Accepted);
    let kept = world.server.kept.lock().unwrap();
    let operation = kept.operations.values().next().unwrap();
    let value: serde_json::Value = serde_json::from_str(&operation.0).unwrap();
    let sha256 = value["photos"][0]["sha256"].as_str().unwrap();
    assert!(kept.photos.contains_key(&sha256.parse().unwrap()));
    assert_eq!(value["kind"], "case.verify");
    assert!(operation.0.contains("\"base_revision\":70"));
    assert!(operation.0.contains("围挡里面看不到"));
}

#[tokio::test]
async fn what_vanished_meanwhile_is_shown_as_such_and_can_be_given_up_or_sent() {
    let world = World::new();
    let app = with_task(&world, "350703001012001").await;
    begin(&world, &app);
    {
        let mut kept = world.server.kept.lock().unwrap();
        let case = kept.cases.last_mut().unwrap();
        (case.state, case.revision, case.on_the_spot) = ("dispatched".into(), 71, None);
    }
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    let row = app.tasks(None).unwrap().remove(0);
    assert_eq!(row.standing, TaskStanding::Gone);
    assert_eq!(row.place_words, "路口东侧", "what was known stays");
    assert!(row.said.unwrap().words.contains("已派遣"));
    assert_eq!(app.task_number().unwrap(), 0);
    app.put_down_task(CASE).unwrap();
    assert!(app.tasks(None).unwrap().is_empty());
    assert_eq!(app.sync_status().unwrap().photos_waiting, 0);
    // A case that left this handheld altogether.
    {
        let mut kept = world.server.kept.lock().unwrap();
        let case = kept.cases.last_mut().unwrap();
        *case = CaseState {
            revision: 72,
            ..to_verify("350703001012001")
        };
    }
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    begin(&world, &app);
    world.server.kept.lock().unwrap().bucket_left = true;
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    let task = app.task(CASE, None).unwrap();
    assert_eq!(task.row.standing, TaskStanding::Gone);
    assert_eq!((task.text.as_str(), task.photos.len()), ("井盖好像坏了", 1));
    app.set_task(CASE, Some(Found::Yes), "").unwrap();
    finish(&world, &app);
    assert_eq!(app.sync_status().unwrap().operations_waiting, 1);
}

/// Sets the handheld's clock, and not the server's.
fn set_clock(world: &World, by_ms: i64) {
    world.clock.fetch_add(by_ms, Ordering::SeqCst);
}

/// The server asks for the same case again, by its clock.
fn ask_again(world: &World, ms: i64) {
    let mut kept = world.server.kept.lock().unwrap();
    let case = kept.cases.last_mut().unwrap();
    case.revision += 1;
    case.on_the_spot.as_mut().unwrap().since_ms = Some(START.plus_ms(ms));
}

#[tokio::test]
async fn a_second_request_shows_although_the_first_was_done_by_a_clock_a_day_ahead() {
    // The server's clock was known to differ, or the clock was set ahead without a network.
    for is_known in [true, false] {
        let world = World::new();
        let ahead = if is_known { (DAY_MS, 0) } else { (0, DAY_MS) };
        set_clock(&world, ahead.0);
        let app = with_task(&world, "350703001012001").await;
        set_clock(&world, ahead.1);
        begin(&world, &app);
        app.set_task(CASE, Some(Found::Yes), "").unwrap();
        finish(&world, &app);
        assert_eq!(app.task_number().unwrap(), 0);
        app.sync_over(&world.server, &world.edge()).await.unwrap();
        assert_eq!(app.task_number().unwrap(), 0);
        // The clock is set right.
        set_clock(&world, -DAY_MS);
        ask_again(&world, MINUTE_MS);
        app.sync_over(&world.server, &world.edge()).await.unwrap();
        assert_eq!(app.task_number().unwrap(), 1, "known: {is_known}");
        // Done again it is done, although the first was begun later by its clock.
        world.pass(2 * MINUTE_MS);
        begin(&world, &app);
        app.set_task(CASE, Some(Found::Yes), "").unwrap();
        finish(&world, &app);
        assert_eq!(app.task_number().unwrap(), 0, "known: {is_known}");
        let task = app.task(CASE, None).unwrap();
        assert_eq!(task.row.standing, TaskStanding::OnDevice);
    }
}

#[tokio::test]
async fn whoever_looked_before_sees_the_photos_of_then_when_looking_again() {
    let world = World::new();
    let app = with_task(&world, "350703001012001").await;
    begin(&world, &app);
    app.set_task(CASE, Some(Found::Yes), "").unwrap();
    finish(&world, &app);
    let done = app.task(CASE, None).unwrap();
    assert_eq!((done.photos.len(), done.earlier_photos.len()), (1, 0));
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    ask_again(&world, MINUTE_MS);
    world.pass(MINUTE_MS);
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    // The photo of then is apart from those of now.
    let task = app.task(CASE, None).unwrap();
    assert_eq!(task.row.standing, TaskStanding::Open);
    assert_eq!((task.photos.len(), task.earlier_photos.len()), (0, 1));
    begin(&world, &app);
    let task = app.task(CASE, None).unwrap();
    assert_eq!((task.photos.len(), task.earlier_photos.len()), (1, 1));
    assert_eq!(task.earlier_photos[0].id, done.photos[0].id);
}

#[tokio::test]
async fn a_photo_that_comes_after_the_finding_was_sent_is_refused_and_begins_nothing() {
    let world = World::new();
    let app = with_task(&world, "350703001012001").await;
    let draft = begin(&world, &app);
    app.set_task(CASE, Some(Found::Yes), "").unwrap();
    finish(&world, &app);
    let late = app.add_photo(draft, &photo("jolla.jpg"), PhotoRole::Far, world.now());
    assert_eq!(late.unwrap_err().code(), "already_filed");
    let late = app.set_draft(draft, &manhole(IN_GRID_1), world.now());
    assert_eq!(late.unwrap_err().code(), "already_filed");
    // Nor is the same task begun anew, before the server has answered or after.
    for _ in 0..2 {
        let moment = Moment::wall(world.now());
        let late = app.take_up_task(CASE, world.draft_id(), &moment);
        assert_eq!(late.unwrap_err().code(), "already_filed");
        app.sync_over(&world.server, &world.edge()).await.unwrap();
    }
    assert!(app.drafts().unwrap().is_empty());
    assert_eq!(app.home().unwrap().drafts, 0);
    let rows = app.tasks(None).unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].standing, TaskStanding::Accepted);
    assert_eq!(app.task(CASE, None).unwrap().photos.len(), 1);
}

#[tokio::test]
async fn not_all_is_called_safe_while_the_photo_of_a_task_waits_for_wifi() {
    let world = World::new();
    let app = world.enrolled().await;
    world.file(&app, &["jolla.jpg"], &manhole(IN_GRID_1));
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    assert!(app.queue(world.now()).unwrap().all_safe);
    let case = to_verify("350703001012001");
    world.server.kept.lock().unwrap().cases.push(case);
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    wait_for_wifi(&app);
    begin(&world, &app);
    app.set_task(CASE, Some(Found::Yes), "").unwrap();
    finish(&world, &app);
    steps(&world, &app, 50).await;
    let queue = app.queue(world.now()).unwrap();
    assert!(queue.tasks.is_empty(), "its words are there: {queue:?}");
    assert_eq!(queue.sync.operations_waiting, 0);
    assert_eq!(queue.sync.photos_waiting, 1);
    assert!(!queue.all_safe);
    app.set_network(NetworkKind::Free);
    steps(&world, &app, 50).await;
    assert!(app.queue(world.now()).unwrap().all_safe);
}

#[tokio::test]
async fn a_case_outside_of_ones_grids_is_no_task() {
    let world = World::new();
    let app = with_task(&world, "350703001012002").await;
    assert_eq!(app.open_cases(10).unwrap().cases.len(), 1);
    assert!(app.tasks(None).unwrap().is_empty());
    assert!(
        app.take_up_task(CASE, world.draft_id(), &Moment::wall(world.now()))
            .is_err()
    );
}

/// Puts cases of 第1网格 into the mirror, as a page of states does.
fn hear_of(app: &App, ids: std::ops::Range<u128>, class: Class) {
    let row = |id: u128| {
        let mut case = to_verify("350703001012001");
        case.id = CaseId(Uuid::from_u128(id));
        case.report_id = ReportId(Uuid::from_u128(id + 0x1_0000));
        case.class = class;
        PulledRow {
            bucket: Bucket::new("person:77").unwrap(),
            also: vec![],
            table: cases::TABLE.into(),
            id: case.id.to_string(),
            revision: case.revision,
            why: Why::Put,
            doc: Some(serde_json::to_value(&case).unwrap()),
        }
    };
    let mut rows = ids.map(row);
    app.store()
        .write(|tx| rows.try_for_each(|row| cases::apply(tx, &row)))
        .unwrap();
}

#[tokio::test]
async fn an_old_open_case_is_listed_however_many_newer_ones_are_closed() {
    let world = World::new();
    let app = with_task(&world, "350703001012001").await;
    hear_of(&app, 0x8000..0x8000 + 600, Class::Closed);
    let listed = |limit: u32| {
        let found = app.open_cases(limit).unwrap();
        let ids: Vec<CaseId> = found.cases.iter().map(|case| case.id).collect();
        (ids, found.more)
    };
    assert_eq!(listed(500), (vec![CASE], false));
    hear_of(&app, 0x9000..0x9002, Class::Open);
    let newer = [0x9001, 0x9000].map(|id| CaseId(Uuid::from_u128(id)));
    assert_eq!(listed(2), (newer.to_vec(), true));
    assert_eq!(listed(3), ([&newer[..], &[CASE]].concat(), false));
}

#[tokio::test]
async fn open_cases_are_read_by_their_index() {
    let world = World::new();
    let app = world.enrolled().await;
    let plan: Vec<String> = app
        .store()
        .read(|tx| {
            let mut statement = tx.prepare(&format!("EXPLAIN QUERY PLAN {}", cases::OPEN))?;
            let rows = statement.query_map([1], |row| row.get(3))?;
            Ok(rows.collect::<Result<Vec<String>, _>>()?)
        })
        .unwrap();
    assert_eq!(plan, ["SCAN cases USING INDEX cases_open"]);
}
