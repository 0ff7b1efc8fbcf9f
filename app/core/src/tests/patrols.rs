//! Rounds on the handheld: whose they are, ticking without a network, a report begun at a point.

use super::world::{IN_GRID_1, World, manhole};
use crate::store::outbox::TICKS;
use crate::{App, Moment};
use shared::id::{AreaCode, OpId};
use shared::patrol::{Mark, OnRound, Point, Round, Seen};
use shared::time::{DAY_MS, HOUR_MS};
use shared::wire::handheld::{AdditionStatus, DraftFields};

pub(super) fn round(id: &str, area: &str) -> Round {
    let point = |n: i32| Point {
        id: format!("p{n}"),
        name: format!("第{n}点"),
        lat_e7: 273_310_000,
        lon_e7: 1_181_210_000 + n * 1_000,
        words: "看消防通道".into(),
    };
    Round {
        id: id.into(),
        name: "早间巡查".into(),
        area: AreaCode::new(area).unwrap(),
        points: vec![point(1), point(2)],
        retired: false,
    }
}

async fn with_rounds(world: &World) -> App {
    let mut old = round("old", "350703001012");
    old.retired = true;
    world.server.kept.lock().unwrap().rounds = vec![
        round("mine", "350703001012"),
        round("others", "350703001012002"),
        old,
    ];
    world.enrolled().await
}

fn tick(world: &World, app: &App, point: &str, seen: Seen, note: &str) -> Result<(), String> {
    let mark = Mark {
        round: "mine".into(),
        point: point.into(),
        seen,
        note: note.into(),
    };
    let op_id = OpId(world.edge().uuid());
    app.mark_point(&mark, op_id, &Moment::wall(world.now()))
        .map_err(|error| error.code().to_owned())
}

#[tokio::test]
async fn points_are_ticked_without_a_network_and_today_s_ticks_show() {
    let world = World::new();
    let app = with_rounds(&world).await;
    let cards = app.patrols(world.now()).unwrap();
    assert_eq!(cards.len(), 1, "another grid's round is not mine");
    assert_eq!((cards[0].id.as_str(), cards[0].ticked), ("mine", (0, 2)));
    world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    assert!(app.queue(world.now()).unwrap().all_safe);
    world.server.go_offline();
    tick(&world, &app, "p1", Seen::Fine, "").unwrap();
    let queue = app.queue(world.now()).unwrap();
    assert!(!queue.all_safe, "a tick stands in no row, and waits");
    assert_eq!(
        tick(&world, &app, "p2", Seen::Unreached, ""),
        Err("why_missing".into())
    );
    tick(&world, &app, "p2", Seen::Unreached, "施工围挡").unwrap();
    assert_eq!(
        tick(&world, &app, "p9", Seen::Fine, ""),
        Err("patrol_unknown".into())
    );
    let view = app.patrol("mine", world.now()).unwrap();
    assert_eq!(view.card.ticked, (2, 2));
    let mark = view.points[1].mark.clone().unwrap();
    assert_eq!(
        (mark.note.as_str(), mark.status),
        ("施工围挡", AdditionStatus::OnDevice)
    );
    assert_eq!(app.sync_status().unwrap().operations_waiting, 2);
    let tomorrow = world.now().plus_ms(DAY_MS);
    assert_eq!(app.patrol("mine", tomorrow).unwrap().card.ticked, (0, 2));
}

#[tokio::test]
async fn a_day_of_ticks_ends_at_midnight_in_china_and_costs_no_more_for_those_of_other_days() {
    let world = World::new();
    let app = with_rounds(&world).await;
    // It is 10:30: to the last moment of the day, and on.
    world.pass(13 * HOUR_MS + HOUR_MS / 2 - 1);
    tick(&world, &app, "p1", Seen::Fine, "").unwrap();
    let ticked = || app.patrol("mine", world.now()).unwrap().card.ticked;
    assert_eq!(ticked(), (1, 2));
    world.pass(1);
    assert_eq!(ticked(), (0, 2));
    tick(&world, &app, "p2", Seen::Fine, "").unwrap();
    assert_eq!(ticked(), (1, 2));
    assert_eq!(app.patrols(world.now()).unwrap()[0].ticked, (1, 2));
    let plan: Vec<String> = app
        .store()
        .read(|tx| {
            let mut statement = tx.prepare(&format!("EXPLAIN QUERY PLAN {TICKS}"))?;
            let rows = statement.query_map(rusqlite::params!["mine", 1, 2], |row| row.get(3))?;
            Ok(rows.collect::<Result<Vec<String>, _>>()?)
        })
        .unwrap();
    let by_day = "operations_ticks (subject=? AND made_ms>? AND made_ms<?)";
    assert!(plan.iter().any(|line| line.contains(by_day)), "{plan:?}");
}

#[tokio::test]
async fn a_report_begun_at_a_point_names_it_when_it_is_filed() {
    let world = World::new();
    let app = with_rounds(&world).await;
    let (draft, now) = (world.draft_id(), world.now());
    let at = OnRound {
        round: "mine".into(),
        point: "p2".into(),
    };
    app.begin_report_on_round(&at, draft, now).unwrap();
    let view = app.draft(draft).unwrap();
    assert_eq!(view.place.unwrap().words, "第2点");
    app.add_photo(
        draft,
        &super::world::photo("no_exif.jpg"),
        shared::report::PhotoRole::Near,
        now,
    )
    .unwrap();
    // The form replaces everything that it knows; the round isn't its to forget.
    let fields: DraftFields = manhole(IN_GRID_1);
    app.set_draft(draft, &fields, now).unwrap();
    app.save_report(draft, OpId(world.edge().uuid()), &Moment::wall(now))
        .unwrap();
    let again = app.begin_report_on_round(&at, draft, now).unwrap_err();
    assert_eq!(again.code(), "already_filed");
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    let kept = world.server.kept.lock().unwrap();
    let (text, _) = kept.operations.values().next().unwrap();
    assert!(
        text.contains(r#""patrol":{"point":"p2","round":"mine"}"#),
        "{text}"
    );
}
