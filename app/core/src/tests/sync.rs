//! Sync against a server that loses, doubles, refuses and forgets: nothing is lost, nothing twice.

use super::server::Fault;
use super::world::{IN_GRID_1, ON_BORDER, World, manhole};
use crate::App;
use crate::sync::backoff;
use crate::sync::engine::{Channel, Event};
use crate::sync::transport::Failure;
use shared::id::ReportId;
use shared::time::{DAY_MS, HOUR_MS, Timestamp};
use shared::wire::handheld::{DraftFields, ReportStatus, SyncState};
use shared::wire::sync::Settled;

/// Steps until nothing is due, at most `limit` times; gives the number of steps taken.
pub(super) async fn steps(world: &World, app: &App, limit: u32) -> u32 {
    for number in 0..limit {
        match app.sync_step(&world.server, &world.edge()).await.unwrap() {
            Event::Rested { until: None } | Event::Paused | Event::NotEnrolled => return number,
            Event::Rested { until: Some(until) } => {
                let wait = until.since(world.now());
                world.pass(wait.max(1));
            }
            _ => {}
        }
    }
    limit
}

/// Everything filed is at the server exactly once, with all its photos, and shown as accepted.
pub(super) fn assert_nothing_lost_or_doubled(world: &World, app: &App, filed: &[ReportId]) {
    let kept = world.server.kept.lock().unwrap();
    assert_eq!(kept.operations.len(), filed.len());
    assert_eq!(kept.cases.len(), filed.len(), "one case per report");
    for id in filed {
        let report = app.report(*id).unwrap();
        assert_eq!(
            report.row.status,
            ReportStatus::Accepted,
            "{:?}",
            report.row
        );
        assert!(report.row.case_no.is_some());
        for photo in &report.photos {
            assert_eq!(photo.sent, photo.bytes);
            assert!(kept.photos.contains_key(&photo.sha256), "photo of {id}");
        }
    }
    drop(kept);
    let status = app.sync_status().unwrap();
    assert_eq!((status.operations_waiting, status.photos_waiting), (0, 0));
}

#[tokio::test]
async fn a_round_sends_words_then_photos_then_brings_the_case_back() {
    let world = World::new();
    let app = world.enrolled().await;
    let filed = [
        world.file(&app, &["jolla.jpg", "DSCN0010.jpg"], &manhole(IN_GRID_1)),
        world.file(&app, &["no_exif.jpg"], &manhole(ON_BORDER)),
        world.file(&app, &["landscape_6.jpg"], &manhole(IN_GRID_1)),
    ];
    let report = app.sync_over(&world.server, &world.edge()).await.unwrap();
    assert_eq!(report.problem, None);
    assert_eq!(
        (
            report.operations_sent,
            report.photos_sent,
            report.rows_pulled
        ),
        (3, 4, 3)
    );
    assert_nothing_lost_or_doubled(&world, &app, &filed);
    assert_eq!(app.sync_status().unwrap().state, SyncState::AllSent);
    assert!(app.sync_status().unwrap().last_success.is_some());
    // What the server decides comes down.
    world.server.close(filed[0]);
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    assert_eq!(
        app.report(filed[0]).unwrap().row.status,
        ReportStatus::Closed
    );
    assert_eq!(app.open_cases(10).unwrap().cases.len(), 2);
}

#[tokio::test]
async fn a_kill_between_any_two_steps_loses_nothing_and_doubles_nothing() {
    let mut after = 0;
    loop {
        let world = World::new();
        let app = world.enrolled().await;
        let filed = [
            world.file(&app, &["jolla.jpg"], &manhole(IN_GRID_1)),
            world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1)),
        ];
        let taken = steps(&world, &app, after).await;
        drop(app);
        let app = world.open();
        assert!(app.categories().len() > 200, "the catalogue survives");
        steps(&world, &app, 200).await;
        assert_nothing_lost_or_doubled(&world, &app, &filed);
        if taken < after {
            break;
        }
        after += 1;
    }
    assert!(after > 6, "a round has more steps than {after}");
}

#[tokio::test]
async fn an_answer_lost_at_any_request_loses_nothing_and_doubles_nothing() {
    for at in 0..14 {
        let world = World::new();
        let app = world.enrolled().await;
        let filed = [
            world.file(&app, &["jolla.jpg"], &manhole(IN_GRID_1)),
            world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1)),
        ];
        // `at` requests go well, then one takes effect and its answer is lost, and the process is
        // killed on top of it.
        let before = world.server.kept.lock().unwrap().requests;
        while world.server.kept.lock().unwrap().requests - before < at {
            let event = app.sync_step(&world.server, &world.edge()).await.unwrap();
            if matches!(event, Event::Rested { until: None }) {
                break;
            }
        }
        world.server.fail([Fault::LoseAnswer]);
        app.sync_step(&world.server, &world.edge()).await.unwrap();
        drop(app);
        let app = world.open();
        steps(&world, &app, 200).await;
        assert_nothing_lost_or_doubled(&world, &app, &filed);
    }
}

#[tokio::test]
async fn without_a_network_everything_waits_and_the_wait_grows_but_never_ends() {
    let world = World::new();
    let app = world.enrolled().await;
    let id = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    world.server.go_offline();
    let mut waits = Vec::new();
    while waits.len() < 14 {
        match app.sync_step(&world.server, &world.edge()).await.unwrap() {
            Event::Failed {
                channel,
                failure,
                retry,
            } => {
                assert_eq!(channel, Channel::Operations);
                assert!(matches!(failure, Failure::Unreachable(_)));
                waits.push(retry.since(world.now()));
                world.pass(retry.since(world.now()));
            }
            event => panic!("{event:?}"),
        }
    }
    assert_eq!(waits[..4], [1_000, 2_000, 4_000, 8_000]);
    assert_eq!(
        waits[13],
        backoff::LONGEST_MS / 2,
        "half of the window: the test draws 0.5"
    );
    let report = app.sync_over(&world.server, &world.edge()).await.unwrap();
    assert_eq!(report.problem.unwrap().code, "offline");
    let status = app.sync_status().unwrap();
    assert_eq!(status.state, SyncState::Waiting);
    assert!(status.next_attempt.is_some());
    world.server.go_online();
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    assert_nothing_lost_or_doubled(&world, &app, &[id]);
    assert_eq!(app.sync_status().unwrap().problem, None);
}

#[tokio::test]
async fn a_refused_token_pauses_sync_and_never_filing() {
    let world = World::new();
    let app = world.enrolled().await;
    let first = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    {
        let mut kept = world.server.kept.lock().unwrap();
        kept.token = "another".into();
        kept.device_key = None;
    }
    let report = app.sync_over(&world.server, &world.edge()).await.unwrap();
    assert_eq!(report.problem.unwrap().code, "unauthenticated");
    assert_eq!(app.sync_status().unwrap().state, SyncState::Paused);
    let second = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    assert_eq!(
        app.sync_step(&world.server, &world.edge()).await.unwrap(),
        Event::Paused
    );
    // Binding again drains everything.
    app.enrol_over(&world.server, &world.form(), &world.edge())
        .await
        .unwrap();
    assert_nothing_lost_or_doubled(&world, &app, &[first, second]);
}

#[tokio::test]
async fn a_token_that_has_ended_is_renewed_by_the_key_wherever_an_answer_is_lost() {
    // Refused, challenge and token in one step, sent: an answer lost at each, and a kill.
    for calm in 0..4 {
        for fault in [Fault::LoseAnswer, Fault::LoseRequest] {
            let world = World::new();
            let app = world.enrolled().await;
            let first = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
            world.server.kept.lock().unwrap().token = "another".into();
            steps(&world, &app, calm).await;
            world.server.fail([fault]);
            app.sync_step(&world.server, &world.edge()).await.unwrap();
            drop(app);
            let app = world.open();
            let report = app.sync_over(&world.server, &world.edge()).await.unwrap();
            assert_eq!(report.problem, None);
            assert!(world.server.kept.lock().unwrap().renewals > 0);
            assert_nothing_lost_or_doubled(&world, &app, &[first]);
        }
    }
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends_and_only_then() {
    let world = World::new();
    let app = world.enrolled().await;
    let renewals = || world.server.kept.lock().unwrap().renewals;
    for (pass_ms, expected) in [(17 * HOUR_MS, 0), (HOUR_MS, 1), (HOUR_MS, 1), (DAY_MS, 2)] {
        world.pass(pass_ms);
        let report = app.sync_over(&world.server, &world.edge()).await.unwrap();
        assert_eq!(report.problem, None);
        assert_eq!(renewals(), expected);
    }
    // A server from before this: words go as ever, and it isn't asked again every minute.
    world.pass(DAY_MS);
    let said = Failure::Gone {
        words: "没有".into(),
        words_en: "none".into(),
    };
    world.server.fail([Fault::Say(said)]);
    let first = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    for _ in 0..2 {
        let report = app.sync_over(&world.server, &world.edge()).await.unwrap();
        assert_eq!(report.problem, None);
    }
    assert_eq!(renewals(), 2);
    assert_nothing_lost_or_doubled(&world, &app, &[first]);
}

#[tokio::test]
async fn a_batch_that_is_too_large_is_halved_until_it_fits() {
    let world = World::new();
    let app = world.enrolled().await;
    let filed: Vec<ReportId> = (0..9)
        .map(|n| {
            let fields = DraftFields {
                text: format!("第{n}件"),
                ..manhole(IN_GRID_1)
            };
            world.file(&app, &["no_exif.jpg"], &fields)
        })
        .collect();
    world.server.kept.lock().unwrap().push_max = 3;
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    assert_nothing_lost_or_doubled(&world, &app, &filed);
    let pushes = world.server.kept.lock().unwrap().pushes.clone();
    assert_eq!(pushes[..3], [9, 4, 2]);
}

#[tokio::test]
async fn one_operation_that_brings_a_push_down_does_not_block_the_others() {
    let world = World::new();
    let app = world.enrolled().await;
    world.server.kept.lock().unwrap().poison = Some("毒".into());
    let mut filed = Vec::new();
    let mut poisoned = None;
    for n in 0..5 {
        let text = if n == 1 {
            "毒".to_owned()
        } else {
            format!("第{n}件")
        };
        let id = world.file(
            &app,
            &["no_exif.jpg"],
            &DraftFields {
                text,
                ..manhole(IN_GRID_1)
            },
        );
        if n == 1 {
            poisoned = Some(id);
        } else {
            filed.push(id);
        }
    }
    for _ in 0..60 {
        app.sync_step(&world.server, &world.edge()).await.unwrap();
    }
    for id in &filed {
        assert_eq!(app.report(*id).unwrap().row.status, ReportStatus::Accepted);
    }
    let stuck = app.report(poisoned.unwrap()).unwrap();
    assert_eq!(
        stuck.row.status,
        ReportStatus::OnDevice,
        "it waits, it isn't lost"
    );
    world.server.kept.lock().unwrap().poison = None;
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    filed.push(poisoned.unwrap());
    assert_nothing_lost_or_doubled(&world, &app, &filed);
}

#[tokio::test]
async fn quarantine_is_shown_with_its_reason_and_photos_still_go() {
    let world = World::new();
    let app = world.enrolled().await;
    world.server.kept.lock().unwrap().quarantine = Some("怪事".into());
    let fields = DraftFields {
        text: "怪事".into(),
        ..manhole(IN_GRID_1)
    };
    let id = world.file(&app, &["no_exif.jpg"], &fields);
    let report = app.sync_over(&world.server, &world.edge()).await.unwrap();
    assert_eq!(
        (
            report.operations_sent,
            report.quarantined,
            report.photos_sent
        ),
        (1, 1, 1)
    );
    let row = app.report(id).unwrap().row;
    assert_eq!(row.status, ReportStatus::NeedsAttention);
    assert!(row.problem.unwrap().words.contains("不用重报"));
    assert_eq!(app.home().unwrap().needs_attention, 1);
}

#[tokio::test]
async fn what_a_person_settled_is_over_and_says_how() {
    let world = World::new();
    let app = world.enrolled().await;
    world.server.kept.lock().unwrap().quarantine = Some("怪事".into());
    let fields = DraftFields {
        text: "怪事".into(),
        ..manhole(IN_GRID_1)
    };
    let id = world.file(&app, &["no_exif.jpg"], &fields);
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    assert_eq!(
        app.report(id).unwrap().row.status,
        ReportStatus::NeedsAttention,
        "nobody has settled it"
    );
    {
        let mut kept = world.server.kept.lock().unwrap();
        let op_id = kept.results.keys().next().unwrap().parse().unwrap();
        kept.settled.push(Settled {
            op_id,
            at_ms: Timestamp(1_795_487_400_000),
            note: "电话核实，已补报".into(),
        });
    }
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    let row = app.report(id).unwrap().row;
    assert_eq!(row.status, ReportStatus::Settled);
    let words = row.problem.unwrap().words;
    assert!(words.starts_with("已由工作人员处理（"), "{words}");
    assert!(words.ends_with("10:30）：电话核实，已补报"), "{words}");
    assert_eq!(app.home().unwrap().needs_attention, 0);
    let queue = app.queue(world.now()).unwrap();
    assert!(queue.all_safe, "nothing of it waits any more");
}

#[tokio::test]
async fn an_answer_with_another_nonce_is_not_believed() {
    let world = World::new();
    let app = world.enrolled().await;
    let id = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    world.server.kept.lock().unwrap().nonce = Some("of somebody else".into());
    let report = app.sync_over(&world.server, &world.edge()).await.unwrap();
    assert_eq!(report.problem.unwrap().code, "foreign_answer");
    assert_eq!(app.report(id).unwrap().row.status, ReportStatus::OnDevice);
}

#[tokio::test]
async fn an_upload_that_the_server_forgot_is_begun_anew() {
    let world = World::new();
    let app = world.enrolled().await;
    let id = world.file(&app, &["jolla.jpg"], &manhole(IN_GRID_1));
    loop {
        let event = app.sync_step(&world.server, &world.edge()).await.unwrap();
        if let Event::PhotoMoved { sent, .. } = event
            && sent > 0
        {
            break;
        }
    }
    world.server.kept.lock().unwrap().uploads.clear();
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    assert_nothing_lost_or_doubled(&world, &app, &[id]);
}

#[tokio::test]
async fn a_server_back_from_a_backup_gets_everything_again() {
    let world = World::new();
    let app = world.enrolled().await;
    let mut filed = vec![world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1))];
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    {
        let mut kept = world.server.kept.lock().unwrap();
        kept.operations.clear();
        kept.results.clear();
        kept.cases.clear();
        kept.photos.clear();
        kept.uploads.clear();
        kept.server_epoch = "life-2".into();
    }
    filed.push(world.file(&app, &["jolla.jpg"], &manhole(IN_GRID_1)));
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    assert_nothing_lost_or_doubled(&world, &app, &filed);
}

#[tokio::test]
async fn leaving_a_bucket_takes_others_cases_away_and_never_ones_own() {
    let world = World::new();
    let app = world.enrolled().await;
    let id = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    {
        let mut kept = world.server.kept.lock().unwrap();
        let mut other = kept.cases[0].clone();
        other.id = shared::id::CaseId(uuid::Uuid::from_u128(0x9999));
        other.report_id = ReportId(uuid::Uuid::from_u128(0x8888));
        other.revision = 50;
        kept.cases.push(other);
    }
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    assert_eq!(app.open_cases(10).unwrap().cases.len(), 2);
    world.server.kept.lock().unwrap().bucket_left = true;
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    assert_eq!(app.open_cases(10).unwrap().cases.len(), 1);
    assert_eq!(app.report(id).unwrap().row.status, ReportStatus::Accepted);
}

#[tokio::test]
async fn a_new_catalogue_is_fetched_and_used_at_once() {
    let world = World::new();
    let app = world.enrolled().await;
    world.server.kept.lock().unwrap().catalogue_version = "350703-2".into();
    let report = app.sync_over(&world.server, &world.edge()).await.unwrap();
    assert!(report.catalogue_changed);
    let id = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    let kept = world.server.kept.lock().unwrap();
    let (text, _) = kept.operations.values().next().unwrap();
    assert!(text.contains("\"catalogue_version\":\"350703-2\""));
    drop(kept);
    assert_eq!(app.report(id).unwrap().row.status, ReportStatus::Accepted);
}

#[tokio::test]
async fn an_enrolment_whose_answer_is_lost_is_repeated_with_the_same_device() {
    let world = World::new();
    let app = world.open();
    world.server.fail([Fault::LoseAnswer]);
    let form = world.form();
    assert!(
        app.enrol_over(&world.server, &form, &world.edge())
            .await
            .is_err()
    );
    assert_eq!(app.me().unwrap(), None);
    let me = app
        .enrol_over(&world.server, &form, &world.edge())
        .await
        .unwrap();
    assert_eq!(me.name, "陈晓霞");
    assert_eq!(me.posts[0].path, "潭城街道 七贤社区 第1网格");
    assert!(app.home().unwrap().ready_to_file);
}
