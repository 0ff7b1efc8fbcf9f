//! Cases that may be one, and places where trouble comes again, asked of a real server.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use serde_json::{Value, json};
use shared::id::AreaCode;
use shared::role::Role;
use shared::similar::{CELLS_LIMIT, cell_of};
use shared::time::{DAY_MS, HOUR_MS, Timestamp};
use sync_server::service::Fault;
use sync_server::store::{Dialect, Value as Bound, cases};
use tests::backends::Backend;
use tests::on_both;
use tests::world::{ELSEWHERE, HERE, Handheld, PLACE, World, outcomes};

on_both!(
    a_second_report_of_the_thing_is_listed_with_its_reasons_and_the_workers_hint,
    what_is_far_or_other_or_closed_is_not_listed_unless_a_worker_named_it,
    a_handheld_gets_what_it_needs_to_compare,
    three_cases_at_a_place_are_listed_until_a_season_has_passed,
    a_withdrawn_case_and_another_street_do_not_count,
    what_is_near_is_found_by_the_index_of_squares,
);

/// What the first photo of a report looks like.
const LOOK: &str = "0f1e2d3c4b5a6978";

/// A report some metres (in 1e-7 degree of latitude, about 1.1 cm) north of [`PLACE`].
fn report(handheld: &Handheld, north_e7: i64) -> Value {
    let mut report = handheld.report();
    report["place"]["lat_e7"] = json!(PLACE.0 + north_e7);
    report
}

/// Files it with a photo that looks like [`LOOK`]; gives the report's and the case's id.
fn file(world: &World, handheld: &mut Handheld, report: Value) -> (String, String) {
    let mut operation = handheld.next(report);
    operation.photos[0].phash = LOOK.parse().ok();
    let subject = operation.subject.clone();
    let operation = handheld.seal(operation);
    let reply = world.push(handheld, &[operation]);
    assert_eq!(outcomes(&reply), ["applied"]);
    let case = reply.at("/results/0/case_id").as_str().unwrap().to_owned();
    (subject, case)
}

/// The same of the usual report at [`PLACE`].
fn file_usual(world: &World, handheld: &mut Handheld) -> (String, String) {
    let report = report(handheld, 0);
    file(world, handheld, report)
}

fn pass(world: &World, handhelds: &mut [&mut Handheld], ms: i64) {
    world.pass_ms(ms);
    for handheld in handhelds {
        handheld.wall = handheld.wall.plus_ms(ms);
    }
}

fn another(world: &World) -> Handheld {
    world.handheld(world.person(Role::GridWorker, HERE, None))
}

fn similar(world: &World, token: &str, case: &str) -> Vec<Value> {
    let reply = world.get(&format!("/v1/cases/{case}/similar"), token);
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.at("/rows").as_array().unwrap().clone()
}

fn repeated(world: &World, area: &str) -> Vec<Value> {
    let token = world.console_of(Role::Supervisor, area, None);
    let reply = world.get("/v1/repeated", &token);
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.at("/rows").as_array().unwrap().clone()
}

fn a_second_report_of_the_thing_is_listed_with_its_reasons_and_the_workers_hint(backend: &Backend) {
    let world = World::new(backend);
    let (mut one, mut other) = (world.worker(), another(&world));
    let (first, first_case) = file_usual(&world, &mut one);
    pass(&world, &mut [&mut one, &mut other], HOUR_MS);
    let mut second = report(&other, 1_000);
    second["text"] = json!("路口的井盖没了");
    second["same_as"] = json!(first);
    let (_, second_case) = file(&world, &mut other, second);
    let token = world.console_of(Role::Dispatcher, HERE, None);
    for (case, found) in [(&first_case, &second_case), (&second_case, &first_case)] {
        let rows = similar(&world, &token, case);
        assert_eq!(rows.len(), 1, "{rows:?}");
        let row = &rows[0];
        assert_eq!(row["row"]["id"], json!(found));
        assert_eq!(row["named_by_worker"], true);
        let likeness = &row["likeness"];
        assert_eq!(likeness["verdict"], "same");
        assert_eq!(likeness["distance_m"], 11);
        let reasons = likeness["reasons"].as_array().unwrap();
        let words: Vec<_> = reasons.iter().map(|why| why["words"].clone()).collect();
        assert_eq!(
            words[..4],
            ["类别相同", "相距11米", "相隔1小时", "照片很像"]
        );
    }
    let elsewhere = world.console_of(Role::Supervisor, ELSEWHERE, None);
    let path = format!("/v1/cases/{first_case}/similar");
    assert_eq!(world.get(&path, &elsewhere).status, 404);
    assert_eq!(world.verify().findings, []);
}

fn what_is_far_or_other_or_closed_is_not_listed_unless_a_worker_named_it(backend: &Backend) {
    let world = World::new(backend);
    let mut worker = world.worker();
    let (first, case) = file_usual(&world, &mut worker);
    // 130 m away.
    let mut far = report(&worker, 12_000);
    file(&world, &mut worker, far.clone());
    let mut other = report(&worker, 0);
    other["category"] = json!("E0110");
    other["condition"] = json!("E0110-1");
    file(&world, &mut worker, other);
    let mut fixed = report(&worker, 0);
    fixed["self_fixed"] = json!(true);
    file(&world, &mut worker, fixed);
    let token = world.console_of(Role::Dispatcher, HERE, None);
    assert_eq!(similar(&world, &token, &case), Vec::<Value>::new());

    pass(&world, &mut [&mut worker], 25 * HOUR_MS);
    let token = world.console_of(Role::Dispatcher, HERE, None);
    file_usual(&world, &mut worker);
    assert_eq!(similar(&world, &token, &case), Vec::<Value>::new());

    far["same_as"] = json!(first);
    far["occurred_ms"] = json!(worker.wall);
    let (_, named) = file(&world, &mut worker, far);
    let rows = similar(&world, &token, &case);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0]["row"]["id"], json!(named));
    assert_eq!(rows[0]["likeness"], Value::Null);
    assert_eq!(world.verify().findings, []);
}

fn a_handheld_gets_what_it_needs_to_compare(backend: &Backend) {
    let world = World::new(backend);
    let mut worker = world.worker();
    let (_, case) = file_usual(&world, &mut worker);
    let rows = world.pull_all(&worker);
    let row = rows.iter().find(|row| row["id"] == json!(case)).unwrap();
    let look = json!({
        "accuracy_m": 3, "seen_ms": worker.wall, "place_words": "路口", "photos": [LOOK],
    });
    assert_eq!(row["doc"]["look"], look);
    assert_eq!(world.verify().findings, []);
}

fn three_cases_at_a_place_are_listed_until_a_season_has_passed(backend: &Backend) {
    let world = World::new(backend);
    let mut worker = world.worker();
    for _ in 0..2 {
        file_usual(&world, &mut worker);
        pass(&world, &mut [&mut worker], 10 * DAY_MS);
    }
    assert_eq!(repeated(&world, HERE), Vec::<Value>::new());
    // Another category of the group, 30 m away, and one of another group.
    let mut third = report(&worker, 2_700);
    third["category"] = json!("C0102");
    third["condition"] = json!("C0102-1");
    file(&world, &mut worker, third);
    let mut other = report(&worker, 0);
    other["category"] = json!("E0110");
    other["condition"] = json!("E0110-1");
    file(&world, &mut worker, other);

    let places = repeated(&world, HERE);
    assert_eq!(places.len(), 1, "{places:?}");
    let place = &places[0];
    assert_eq!(place["family"], "C01");
    assert_eq!(place["family_name"], "公用设施");
    assert_eq!(
        (&place["count"], &place["days"], &place["open"]),
        (&json!(3), &json!(3), &json!(3))
    );
    assert_eq!(
        place["categories"],
        json!([{"name": "上水井盖", "count": 2}, {"name": "污水井盖", "count": 1}])
    );
    let token = world.console_of(Role::Supervisor, HERE, None);
    let query = place["query"].as_str().unwrap();
    let cases = world.get(&format!("/v1/cases?{query}"), &token);
    assert_eq!(cases.at("/rows").as_array().unwrap().len(), 3, "{cases:?}");
    assert_eq!(world.get("/v1/cases?near=1,2", &token).status, 422);

    world.pass_ms(71 * DAY_MS);
    assert_eq!(repeated(&world, HERE), Vec::<Value>::new());
    assert_eq!(world.verify().findings, []);
}

fn a_withdrawn_case_and_another_street_do_not_count(backend: &Backend) {
    let world = World::new(backend);
    let mut worker = world.worker();
    let mut last = String::new();
    for _ in 0..3 {
        (last, _) = file_usual(&world, &mut worker);
    }
    assert_eq!(repeated(&world, HERE).len(), 1);
    assert_eq!(repeated(&world, ELSEWHERE), Vec::<Value>::new());
    let mut operation = worker.next(json!({"reason": "看错了"}));
    operation.kind = "report.withdraw".to_owned();
    operation.subject = last;
    operation.photos.clear();
    let operation = worker.seal(operation);
    assert_eq!(outcomes(&world.push(&worker, &[operation])), ["applied"]);
    assert_eq!(repeated(&world, HERE), Vec::<Value>::new());
    assert_eq!(world.verify().findings, []);
}

fn what_is_near_is_found_by_the_index_of_squares(backend: &Backend) {
    let world = World::new(backend);
    if world.store.dialect() != Dialect::Sqlite {
        // PostgreSQL plans by what tables hold, and these hold next to nothing.
        return;
    }
    let by_square = "cases_cell (cell=? AND opened_ms>? AND opened_ms<?)";
    for (sql, group) in [
        (cases::near_sql(), None),
        (cases::spots_sql(), Some(["C01", "C01~"])),
    ] {
        let plan = world.store.read_blocking(move |tx| {
            let district = AreaCode::new("350703").unwrap();
            let cell = cell_of(PLACE.0, PLACE.1);
            let mut values = vec![Bound::from(cell); CELLS_LIMIT];
            values.push(Bound::from(&district));
            values.extend([0_i64, Timestamp::default().0, 200].map(Bound::from));
            values.extend(group.into_iter().flatten().map(Bound::from));
            let rows = tx.query(&format!("EXPLAIN QUERY PLAN {sql}"), &values)?;
            let text = |row: &sync_server::store::Row| row.text(3).map(str::to_owned);
            let lines: Vec<String> = rows.iter().map(text).collect::<Result<_, _>>()?;
            Ok::<_, Fault>(lines)
        });
        let plan = plan.unwrap();
        assert!(plan.iter().any(|line| line.contains(by_square)), "{plan:?}");
        assert!(!plan.iter().any(|line| line.contains("SCAN")), "{plan:?}");
    }
}
