//! What falls due by the rules of a city: staged limits, a photo of afterwards, units that take
//! over, the time to sign, and calendars that change while cases are open; on one server and on
//! two. Moments are counted by hand from Tuesday 24 November 2026, 10:30, when the world begins.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

mod anew;
mod take_over;

use serde_json::{Value, json};
use shared::catalogue::CatalogueDoc;
use shared::role::Role;
use shared::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use tests::backends::Backend;
use tests::desk::Desk;
use tests::drafts::{admin, begin, publish, publish_directly, publish_table};
use tests::on_both;
use tests::photos::put;
use tests::world::{HERE, START, World};

on_both!(
    each_stage_has_its_deadline_and_a_missed_one_is_told_once,
    without_a_photo_of_afterwards_the_unit_cannot_finish,
    the_time_to_sign_is_that_of_the_version_in_force,
    a_changed_calendar_moves_open_deadlines_and_says_so,
    a_changed_calendar_moves_parts_stages_and_the_time_to_sign,
    a_calendar_for_later_counts_from_its_moment_on_every_server,
    while_a_case_is_suspended_its_deadline_stays,
    two_servers_tell_each_thing_once,
);

/// 暴露生活垃圾, 4工作时: the sanitation centre's.
const RUBBISH: &str = "E0110";
const SANITATION: &str = "D22-2";
/// 河道违建, 5工作日: the enforcement brigade's.
const ILLEGAL_BUILDING: &str = "E0181";
const BRIGADE: &str = "D22-1";
/// 城管局.
const BUREAU: &str = "D22";

/// A district whose catalogue says what the shipped one doesn't.
fn city(backend: &Backend, rules: impl FnOnce(&mut CatalogueDoc)) -> World {
    World::with(backend, |store| publish_directly(store, 2, rules))
}

/// Somebody who works in a unit; anew after a night, because sessions end.
fn handler(world: &World, unit: &str) -> String {
    world.console_of(Role::Handler, "350703", Some(unit))
}

fn count(desk: &Desk<'_>, token: &str, kind: &str) -> usize {
    let kinds = desk.kinds(token);
    kinds.iter().filter(|one| *one == kind).count()
}

/// What happened after the case was filed and dispatched.
fn since_dispatch(desk: &Desk<'_>, token: &str) -> Vec<String> {
    let kinds = desk.kinds(token);
    assert_eq!(kinds[..2], ["received", "dispatch"]);
    kinds[2..].to_vec()
}

/// Two servers look at the same moment, and then once more.
fn tell_at_once(one: &World, other: &World) {
    for _ in 0..2 {
        std::thread::scope(|scope| {
            for world in [one, other] {
                scope.spawn(move || world.tell_due());
            }
        });
    }
}

fn pass_on_both(one: &World, other: &World, ms: i64) {
    one.pass_ms(ms);
    other.pass_ms(ms);
}

/// A day of the calendar, as a line of its table.
fn with_day(csv: &str, day: &str) -> String {
    format!("{}\n{day},测试\n", csv.trim_end())
}

fn each_stage_has_its_deadline_and_a_missed_one_is_told_once(backend: &Backend) {
    let world = city(backend, |doc| {
        let mut all = doc.conditions.iter_mut();
        let condition = all.find(|it| it.id.as_str() == "E0181-1").unwrap();
        condition.staged = serde_json::from_value(json!([
            {"name": "停工", "limit": "4工作时"},
            {"name": "处罚", "limit": "2工作日"},
            {"name": "拆除", "limit": "4工作日"},
        ]))
        .unwrap();
    });
    let desk = Desk::filed(&world, &mut world.worker(), ILLEGAL_BUILDING);
    let unit = handler(&world, BRIGADE);
    // 4 hours: 1.5 until noon, 2.5 from 14:00. Working days later it is 10:30 again: on Thursday,
    // and after a weekend on Monday.
    let why = "只计工作日8:00至12:00、14:00至18:00";
    let why = |limit: &str, until: &str| {
        json!([format!(
            "11月24日 10:30派遣起算，时限{limit}（{why}），至{until}"
        )])
    };
    assert_eq!(
        desk.seen(&unit).at("/life/stages"),
        &json!([
            {"name": "停工", "deadline_ms": START.0 + 6 * HOUR_MS,
                "why": why("4工作时", "11月24日 16:30")},
            {"name": "处罚", "deadline_ms": START.0 + 2 * DAY_MS,
                "why": why("2工作日", "11月26日 10:30")},
            {"name": "拆除", "deadline_ms": START.0 + 6 * DAY_MS,
                "why": why("4工作日", "11月30日 10:30")},
        ])
    );
    let stopped = json!({"stage": "停工"});
    let early = desk.attempt(&unit, "reach", &stopped);
    assert_eq!((early.status, early.code()), (409, "not_possible"));
    desk.go(&unit, "start", &json!({}));
    let unnamed = desk.attempt(&unit, "reach", &json!({}));
    assert_eq!(
        (unnamed.status, unnamed.at("/field")),
        (422, &json!("stage"))
    );
    world.pass_ms(5 * HOUR_MS);
    let reached = desk.go(&unit, "reach", &stopped);
    assert_eq!(reached.at("/life/stages/0/reached_ms"), world.now().0);
    assert_eq!(desk.about(&unit, "reach"), ["停工"]);
    let again = desk.attempt(&unit, "reach", &stopped);
    assert_eq!((again.status, again.code()), (409, "not_possible"));
    // Thursday, 10:00.
    world.pass_ms(2 * DAY_MS - 5 * HOUR_MS - 30 * MINUTE_MS);
    world.tell_due();
    let unit = handler(&world, BRIGADE);
    assert_eq!(count(&desk, &unit, "staged_late"), 0);
    world.pass_ms(HOUR_MS);
    world.tell_due();
    world.tell_due();
    assert_eq!(desk.about(&unit, "staged_late"), ["处罚"]);
    // More time for the whole gives a stage none, and nobody hears of it again.
    let ask = json!({"ask": "extension", "reason": "当事人不在"});
    desk.go(&unit, "ask", &ask);
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    desk.go(&dispatcher, "grant", &json!({}));
    world.tell_due();
    assert_eq!(desk.about(&unit, "staged_late"), ["处罚"]);
    let reached = desk.go(&unit, "reach", &json!({"stage": "处罚"}));
    assert_eq!(reached.at("/life/stages/1/reached_ms"), world.now().0);
    // Whoever has said what came of it misses nothing any more.
    desk.go(&unit, "finish", &json!({"reason": "已自行拆除"}));
    world.pass_ms(10 * DAY_MS);
    world.tell_due();
    let unit = handler(&world, BRIGADE);
    assert_eq!(desk.about(&unit, "staged_late"), ["处罚"]);
    assert_eq!(world.verify().findings, []);
}

fn without_a_photo_of_afterwards_the_unit_cannot_finish(backend: &Backend) {
    let world = World::new(backend);
    let (admin, mut handheld) = (admin(&world), world.worker());
    let old = Desk::filed(&world, &mut handheld, RUBBISH);
    let asked = |csv: &str| {
        let lines = csv.lines().map(|line| match line.strip_suffix("否") {
            Some(cells) if line.starts_with("E0110-1,") => format!("{cells}是"),
            _ => line.to_owned(),
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    let version = publish_table(&world, &admin, "conditions", asked, None);
    handheld.catalogue = version.parse().unwrap();
    let desk = Desk::filed(&world, &mut handheld, RUBBISH);
    let unit = handler(&world, SANITATION);
    assert_eq!(desk.seen(&unit).at("/life/after_photo"), true);
    let done = json!({"reason": "已清运"});
    // The worker's photo of before is none of afterwards.
    let refused = desk.attempt(&unit, "finish", &done);
    assert_eq!(
        (refused.status, refused.at("/field")),
        (422, &json!("photos"))
    );
    assert_eq!(
        refused.at("/words"),
        "这个立案条件要求处理后照片，请先加一张。"
    );
    assert_eq!(desk.seen(&unit).at("/row/state"), "dispatched");
    let photo = include_bytes!("../data/photos/no_exif.jpg");
    let added = put(&world, &unit, &desk.case, photo);
    assert_eq!(added.status, 200, "{}", added.at("/words"));
    let finished = desk.go(&unit, "finish", &done);
    assert_eq!(finished.at("/row/state"), "handled");
    // What was filled with the version before is finished by it.
    let finished = old.go(&unit, "finish", &done);
    assert_eq!(finished.at("/row/state"), "handled");
    assert_eq!(world.verify().findings, []);
}

fn the_time_to_sign_is_that_of_the_version_in_force(backend: &Backend) {
    let world = World::with(backend, |store| {
        publish_directly(store, 2, |doc| {
            let limits = json!([{"state": "dispatched", "limit": "30分钟"}]);
            doc.stage_limits = serde_json::from_value(limits).unwrap();
        });
        publish_directly(store, 3, |_| {});
    });
    let (admin, mut handheld) = (admin(&world), world.worker());
    let before = Desk::filed(&world, &mut handheld, RUBBISH);
    let draft = begin(&world, &admin, Some("350703-2026.2"));
    let body = json!({"base_revision": 1, "suspicions_seen": true});
    let published = publish(&world, &admin, &draft, &body);
    assert_eq!(published.status, 200, "{}", published.at("/words"));
    let after = Desk::filed(&world, &mut handheld, RUBBISH);
    let unit = handler(&world, SANITATION);
    let due = |desk: &Desk<'_>| desk.seen(&unit).at("/row/stage_due_ms").clone();
    // 2 working hours: 1.5 until noon and half an hour from 14:00. What was given stays as given.
    assert_eq!(due(&before), START.0 + 4 * HOUR_MS);
    assert_eq!(due(&after), START.0 + 30 * MINUTE_MS);
    world.pass_ms(30 * MINUTE_MS);
    world.tell_due();
    world.tell_due();
    assert_eq!(count(&after, &unit, "stage_late"), 1);
    assert_eq!(count(&before, &unit, "stage_late"), 0);
    // Signed at last: nothing is due on it but the case's own deadline.
    after.go(&unit, "start", &json!({}));
    assert_eq!(due(&after), Value::Null);
    world.pass_ms(3 * HOUR_MS + 30 * MINUTE_MS);
    world.tell_due();
    assert_eq!(count(&after, &unit, "stage_late"), 1);
    assert_eq!(count(&before, &unit, "stage_late"), 1);
    assert_eq!(world.verify().findings, []);
}

fn a_changed_calendar_moves_open_deadlines_and_says_so(backend: &Backend) {
    let world = World::new(backend);
    let (chief, mut handheld) = (admin(&world), world.worker());
    let desk = Desk::filed(&world, &mut handheld, ILLEGAL_BUILDING);
    let unit = handler(&world, BRIGADE);
    // 5 working days later it is 10:30 again, on the next Tuesday.
    let seen = desk.seen(&unit);
    assert_eq!(seen.at("/row/deadline_ms"), START.0 + 7 * DAY_MS);
    let revision = seen.at("/row/revision").clone();
    // The Wednesday becomes a holiday, hours before anything is due on the case.
    let holiday = |csv: &str| with_day(csv, "2026-11-25,放假");
    // It is November, and nobody has brought in the next year's.
    assert_eq!(
        world.get("/v1/catalogues", &chief).at("/unlisted_year"),
        2027
    );
    assert_eq!(world.get("/v1/me", &chief).at("/unlisted_year"), 2027);
    publish_table(&world, &chief, "calendar", holiday, None);
    world.tell_due();
    world.tell_due();
    let seen = desk.seen(&unit);
    assert_eq!(seen.at("/row/deadline_ms"), START.0 + 8 * DAY_MS);
    assert_eq!(since_dispatch(&desk, &unit), ["recounted"]);
    let last = seen.at("/events").as_array().unwrap().last().unwrap();
    assert_eq!(last["deadline_ms"], START.0 + 8 * DAY_MS);
    let why = seen.at("/life/deadline_why").as_array().unwrap();
    assert_eq!(why.len(), 2, "{why:?}");
    let given = why[0].as_str().unwrap();
    assert!(given.contains("时限5工作日"), "{given}");
    assert!(given.ends_with("至12月1日 10:30"), "{given}");
    assert_eq!(why[1], "11月24日 10:30工作日历调整，重算至12月2日 10:30");
    // Whoever had the case open before moves it all the same.
    assert_eq!(seen.at("/row/revision"), &revision);
    let body = json!({"kind": "start", "base_revision": revision});
    let path = format!("/v1/cases/{}/moves", desk.case);
    assert_eq!(world.post(&path, &unit, &body).status, 200);
    // A report that was filled with the version before is promised what its case gets.
    let new = Desk::filed(&world, &mut handheld, ILLEGAL_BUILDING);
    let seen = new.seen(&unit);
    assert_eq!(seen.at("/row/deadline_ms"), START.0 + 8 * DAY_MS);
    assert_eq!(seen.at("/decision/deadline_ms"), START.0 + 8 * DAY_MS);
    // On Thursday at 10:30, 5.5 hours of Tuesday and 2.5 of Thursday are used: 8 of 40.
    world.pass_ms(2 * DAY_MS);
    let (chief, unit) = (admin(&world), handler(&world, BRIGADE));
    assert_eq!(desk.seen(&unit).at("/row/used_permille"), 200);
    // 调休: the Saturday is worked instead, and it is Tuesday again.
    let worked = |csv: &str| with_day(csv, "2026-11-28,上班");
    publish_table(&world, &chief, "calendar", worked, None);
    world.tell_due();
    let seen = desk.seen(&unit);
    assert_eq!(seen.at("/row/deadline_ms"), START.0 + 7 * DAY_MS);
    assert_eq!(
        seen.at("/life/deadline_why/2"),
        "11月26日 10:30工作日历调整，重算至12月1日 10:30"
    );
    assert_eq!(count(&desk, &unit, "recounted"), 2);
    assert_eq!(world.verify().findings, []);
}

fn a_changed_calendar_moves_parts_stages_and_the_time_to_sign(backend: &Backend) {
    let world = city(backend, |doc| {
        let mut all = doc.conditions.iter_mut();
        let condition = all.find(|it| it.id.as_str() == "E0181-1").unwrap();
        let staged = json!([{"name": "停工", "limit": "4工作时"}]);
        condition.staged = serde_json::from_value(staged).unwrap();
    });
    let chief = admin(&world);
    let desk = Desk::filed(&world, &mut world.worker(), ILLEGAL_BUILDING);
    let unit = handler(&world, BRIGADE);
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    let part = json!({"unit": "E01", "reason": "断水"});
    desk.go(&dispatcher, "add_part", &part);
    let date = START.0 + DAY_MS;
    let dated = json!({"unit": BUREAU, "reason": "清运建渣", "until_ms": date});
    desk.go(&dispatcher, "add_part", &dated);
    // That very Tuesday becomes a holiday: what began there begins on Wednesday at 8:00.
    let holiday = |csv: &str| with_day(csv, "2026-11-24,放假");
    publish_table(&world, &chief, "calendar", holiday, None);
    world.tell_due();
    world.tell_due();
    let seen = desk.seen(&unit);
    // 2 hours to sign, 4 to stop, 5 days for the whole and for the part without a date.
    let wednesday = START.0 + DAY_MS;
    assert_eq!(seen.at("/row/stage_due_ms"), wednesday - 30 * MINUTE_MS);
    assert_eq!(
        seen.at("/life/stages/0/deadline_ms"),
        wednesday + 90 * MINUTE_MS
    );
    let end = START.0 + 7 * DAY_MS + 450 * MINUTE_MS;
    assert_eq!(seen.at("/row/deadline_ms"), end);
    assert_eq!(seen.at("/life/parts/0/deadline_ms"), end);
    assert_eq!(seen.at("/life/parts/1/deadline_ms"), date);
    // One entry says it all, and each its arithmetic.
    assert_eq!(count(&desk, &unit, "recounted"), 1);
    let last = seen.at("/events").as_array().unwrap().last().unwrap();
    assert_eq!(last["deadline_ms"], end);
    let reason = last["reason"].as_str().unwrap();
    assert!(reason.starts_with("本环节改到11月25日 10:00；"), "{reason}");
    assert!(reason.contains("协办改到12月1日 18:00；"), "{reason}");
    assert!(reason.ends_with("；停工改到11月25日 12:00"), "{reason}");
    let anew = |until: &str| json!(format!("11月24日 10:30工作日历调整，重算至{until}"));
    let signing = anew("11月25日 10:00");
    assert_eq!(seen.at("/life/stage_why/1"), &signing);
    assert_eq!(seen.at("/life/stages/0/why/1"), &anew("11月25日 12:00"));
    assert_eq!(seen.at("/life/parts/0/why/1"), &anew("12月1日 18:00"));
    assert_eq!(seen.at("/life/parts/1/why"), &Value::Null);
    // Nothing is told at the former moments, and each once at its new one.
    world.pass_ms(8 * HOUR_MS);
    world.tell_due();
    let unit = handler(&world, BRIGADE);
    let told = ["stage_late", "staged_late"];
    assert_eq!(told.map(|kind| count(&desk, &unit, kind)), [0, 0]);
    world.pass_ms(18 * HOUR_MS);
    world.tell_due();
    world.tell_due();
    let unit = handler(&world, BRIGADE);
    assert_eq!(told.map(|kind| count(&desk, &unit, kind)), [1, 1]);
    assert_eq!(count(&desk, &unit, "recounted"), 1);
    assert_eq!(world.verify().findings, []);
}

fn a_calendar_for_later_counts_from_its_moment_on_every_server(backend: &Backend) {
    let world = World::new(backend);
    let other = World::serve(backend, tempfile::tempdir().unwrap());
    let chief = admin(&world);
    let desk = Desk::filed(&world, &mut world.worker(), ILLEGAL_BUILDING);
    let unit = handler(&world, BRIGADE);
    let holiday = |csv: &str| with_day(csv, "2026-11-25,放假");
    let from = Some(START.0 + HOUR_MS);
    publish_table(&world, &chief, "calendar", holiday, from);
    tell_at_once(&world, &other);
    assert!(since_dispatch(&desk, &unit).is_empty());
    pass_on_both(&world, &other, HOUR_MS);
    // The one that heard of it by the database alone, and then both.
    other.tell_due();
    assert_eq!(since_dispatch(&desk, &unit), ["recounted"]);
    tell_at_once(&world, &other);
    assert_eq!(since_dispatch(&desk, &unit), ["recounted"]);
    let seen = desk.seen(&unit);
    assert_eq!(seen.at("/row/deadline_ms"), START.0 + 8 * DAY_MS);
    assert_eq!(world.verify().findings, []);
}

fn while_a_case_is_suspended_its_deadline_stays(backend: &Backend) {
    let world = World::new(backend);
    let chief = admin(&world);
    let desk = Desk::filed(&world, &mut world.worker(), ILLEGAL_BUILDING);
    let unit = handler(&world, BRIGADE);
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    desk.go(&unit, "start", &json!({}));
    let until = START.0 + 2 * DAY_MS;
    let ask = json!({"ask": "suspension", "reason": "等材料", "until_ms": until});
    desk.go(&unit, "ask", &ask);
    desk.go(&dispatcher, "grant", &json!({}));
    let holiday = |csv: &str| with_day(csv, "2026-11-30,放假");
    publish_table(&world, &chief, "calendar", holiday, None);
    world.tell_due();
    let seen = desk.seen(&unit);
    assert_eq!(seen.at("/row/deadline_ms"), START.0 + 7 * DAY_MS);
    assert_eq!(count(&desk, &unit, "recounted"), 0);
    // It goes on on Thursday at 10:30 with all 40 hours: 5.5 and Friday's 8; not Monday, which is
    // a holiday by now; 24 until Thursday evening, and on Friday 2.5 until 10:30.
    world.pass_ms(2 * DAY_MS);
    world.tell_due();
    world.tell_due();
    let unit = handler(&world, BRIGADE);
    let seen = desk.seen(&unit);
    assert_eq!(seen.at("/row/state"), "handling");
    assert_eq!(seen.at("/row/deadline_ms"), START.0 + 10 * DAY_MS);
    assert_eq!(count(&desk, &unit, "resume"), 1);
    assert_eq!(count(&desk, &unit, "recounted"), 0);
    assert_eq!(world.verify().findings, []);
}

fn two_servers_tell_each_thing_once(backend: &Backend) {
    let world = World::new(backend);
    let other = World::serve(backend, tempfile::tempdir().unwrap());
    let mut handheld = world.worker();
    let desks: Vec<Desk<'_>> = (0..3)
        .map(|_| Desk::filed(&world, &mut handheld, RUBBISH))
        .collect();
    // 14:30, when the 2 hours to sign are over; 16:30, the deadline; a working day later.
    for hours in [4, 2, 24] {
        pass_on_both(&world, &other, hours * HOUR_MS);
        tell_at_once(&world, &other);
    }
    let unit = handler(&world, SANITATION);
    for desk in &desks {
        assert_eq!(
            since_dispatch(desk, &unit),
            ["stage_late", "yellow", "late", "escalation", "escalation"]
        );
        let told = ["已告知潭城街道督查", "已告知建阳区督查"];
        assert_eq!(desk.about(&unit, "escalation"), told);
        assert_eq!(desk.seen(&unit).at("/row/card"), "red");
    }
    assert_eq!(world.verify().findings, []);
}
