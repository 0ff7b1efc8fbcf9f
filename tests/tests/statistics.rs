//! Statistics: counted with every move, within what one may know, and the same when everything is
//! counted again from the trails.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use serde_json::{Value, json};
use shared::indicators::Counter;
use shared::role::Role;
use std::collections::HashMap;
use std::sync::Arc;
use sync_server::service::{Fault, statistics};
use sync_server::store::rollups::{Kind, Slot};
use tests::backends::Backend;
use tests::on_both;
use tests::world::{COMMUNITY, ELSEWHERE, HERE, Handheld, PLACE, PLACE_ELSEWHERE, Reply, World};

on_both!(
    what_happens_to_a_case_is_counted_in_the_same_breath,
    everybody_sees_what_they_answer_for_and_nothing_else,
    after_any_moves_the_numbers_are_what_the_trails_say,
    numbers_that_went_wrong_are_named_and_counted_again,
    what_was_filed_before_anything_was_counted_is_counted_at_the_start,
);

const DAYS: &str = "from=2026-11-01&to=2026-11-30";

/// 暴露生活垃圾: the sanitation centre's by rule, four working hours.
fn rubbish(handheld: &mut Handheld) -> Value {
    let mut report = handheld.report();
    report["category"] = json!("E0110");
    report["condition"] = json!("E0110-1");
    handheld.file(report)
}

fn file(world: &World, handheld: &mut Handheld) -> String {
    let op = rubbish(handheld);
    let reply = world.push(handheld, &[op]);
    assert_eq!(reply.at("/results/0/outcome"), "applied", "{reply:?}");
    reply.at("/results/0/case_id").as_str().unwrap().to_owned()
}

fn make_move(world: &World, token: &str, case: &str, body: &Value) -> Reply {
    world.post(&format!("/v1/cases/{case}/moves"), token, body)
}

fn of<'a>(answer: &'a Reply, key: &str) -> Option<&'a Value> {
    let rows = answer.at("/rows").as_array().unwrap();
    rows.iter().find(|row| row["key"] == key)
}

fn ask(world: &World, token: &str, by: &str) -> Reply {
    let reply = world.get(&format!("/v1/statistics?{DAYS}&by={by}"), token);
    assert_eq!(reply.status, 200, "{reply:?}");
    reply
}

fn differences(world: &World) -> Vec<statistics::Difference> {
    let district = Arc::clone(&world.district);
    world
        .store
        .read_blocking(move |tx| statistics::differences(tx, &district))
        .unwrap_or_else(|fault: Fault| panic!("{fault}"))
}

fn what_happens_to_a_case_is_counted_in_the_same_breath(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let case = file(&world, &mut handheld);
    let dispatcher = world.console_of(Role::Dispatcher, "350703", None);
    let cleaners = world.console_of(Role::Handler, "350703", Some("D22-2"));
    let water = world.console_of(Role::Handler, "350703", Some("E01"));
    let units = ask(&world, &dispatcher, "unit");
    assert_eq!(
        of(&units, "D22-2").unwrap()["counts"],
        json!({"dispatched": 1, "due": 1})
    );
    let steps = [
        (
            &cleaners,
            json!({"kind": "hand_back", "reason": "属供水管线开挖弃土"}),
        ),
        (&dispatcher, json!({"kind": "dispatch", "unit": "E01"})),
        (&water, json!({"kind": "finish", "reason": "已清运"})),
        (&dispatcher, json!({"kind": "rework", "reason": "还有两袋"})),
        (&water, json!({"kind": "finish", "reason": "都清运了"})),
        (&dispatcher, json!({"kind": "close"})),
    ];
    for (revision, (token, mut body)) in (1..).zip(steps) {
        body["base_revision"] = json!(revision);
        let reply = make_move(&world, token, &case, &body);
        assert_eq!(reply.status, 200, "{body} {reply:?}");
    }
    let units = ask(&world, &dispatcher, "unit");
    assert_eq!(
        of(&units, "D22-2").unwrap()["counts"],
        json!({"dispatched": 1, "returned": 1})
    );
    let water = of(&units, "E01").unwrap();
    assert_eq!(water["name"], "供水企业");
    let rate = json!({"numerator": 1, "denominator": 1, "permille": 1000});
    assert_eq!(water["rates"]["closed_in_time"], rate);
    assert_eq!(water["rates"]["reworked"], rate);
    // 100 % × 80 % + (1 − 0) × 10 % + (1 − 1) × 10 %.
    assert_eq!(
        (&water["score"], &water["grade"]),
        (&json!(900), &json!("A"))
    );
    let streets = ask(&world, &dispatcher, "street");
    let here = of(&streets, HERE).unwrap();
    assert_eq!(here["rates"]["solved_district"]["numerator"], 1);
    assert_eq!(here["counts"]["due"], 1);
    assert_eq!(
        here["rates"]["voided"],
        json!({"numerator": 0, "denominator": 1, "permille": 0})
    );
    // The wrong dispatch was the rule's, the right one the desk's; rework is neither's.
    let desks = ask(&world, &dispatcher, "desk");
    let desk = of(&desks, HERE).unwrap();
    assert_eq!(
        desk["rates"]["ruled_right"],
        json!({"numerator": 0, "denominator": 1, "permille": 0})
    );
    assert_eq!(desk["rates"]["dispatched_right"], rate);
    assert!(
        desk["rates"]["filed_in_time"].get("permille").is_none(),
        "of nothing"
    );
    // A month without anything has no rates, and no rows.
    let before = world.get("/v1/statistics?from=2026-10-01&to=2026-10-31", &dispatcher);
    assert_eq!(before.at("/rows"), &json!([]));
    assert!(before.at("/total/rates/closed").get("permille").is_none());
    assert_eq!(differences(&world), []);
}

fn everybody_sees_what_they_answer_for_and_nothing_else(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    for _ in 0..2 {
        file(&world, &mut handheld);
    }
    // The street's own: 私搭乱建.
    let mut street = handheld.report();
    street["category"] = json!("E0101");
    street["condition"] = json!("E0101-1");
    let op = handheld.file(street);
    assert_eq!(world.push(&handheld, &[op]).status, 200);
    let keys = |token: &str, by: &str| {
        let reply = ask(&world, token, by);
        let rows = reply.at("/rows").as_array().unwrap();
        rows.iter()
            .map(|row| row["key"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let whole = world.console_of(Role::Supervisor, "350703", None);
    assert!(keys(&whole, "unit").contains(&String::from("D22-2")));
    assert_eq!(keys(&whole, "street"), [HERE]);
    assert_eq!(keys(&whole, "community"), [COMMUNITY]);
    // A street's supervisor knows the street, and not how a department does elsewhere.
    let here = world.console_of(Role::Supervisor, HERE, None);
    assert_eq!(keys(&here, "street"), [HERE]);
    assert!(keys(&here, "unit").iter().all(|key| key.contains(HERE)));
    let elsewhere = world.console_of(Role::Supervisor, ELSEWHERE, None);
    for by in ["unit", "street", "community", "desk"] {
        assert!(keys(&elsewhere, by).is_empty(), "{by}");
    }
    let community = world.console_of(Role::Dispatcher, COMMUNITY, None);
    assert_eq!(keys(&community, "desk"), [COMMUNITY]);
    assert!(keys(&community, "street").is_empty());
    // A handler knows the own unit's.
    let cleaners = world.console_of(Role::Handler, "350703", Some("D22-2"));
    assert_eq!(keys(&cleaners, "unit"), ["D22-2"]);
    let refused =
        |token: &str, query: &str| world.get(&format!("/v1/statistics?{query}"), token).status;
    assert_eq!(refused(&cleaners, &format!("{DAYS}&by=street")), 403);
    assert_eq!(
        refused(&here, &format!("{DAYS}&by=street&area={ELSEWHERE}")),
        403
    );
    let worker = world.console_of(Role::GridWorker, COMMUNITY, None);
    assert_eq!(refused(&worker, DAYS), 403);
    for query in [
        "from=2026-11-31&to=2026-12-01",
        "from=2026-11-02&to=2026-11-01",
        "from=2020-01-01&to=2026-11-01",
        "from=2026-11-01&to=2026-11-30&by=person",
        "from=2026-11-01&to=2026-11-30&area=x!",
    ] {
        assert_eq!(refused(&whole, query), 422, "{query}");
    }
    // Nothing in the answer names or counts a person.
    let text = ask(&world, &whole, "desk").json.to_string();
    assert!(
        !text.contains("person") && !text.contains("reporter"),
        "{text}"
    );
}

/// Chance with a seed: the same run every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.roll(words.len())]
    }
}

const UNITS: [&str; 4] = ["D22-2", "D22-3", "E01", "S01-350703001"];

/// Everything that a move could ask for.
fn body(kind: &str, shown: &Reply, dice: &mut Dice, others: &[String], now: i64) -> Value {
    let asks = shown.at("/asks").as_array().cloned().unwrap_or_default();
    let ask = asks.get(dice.roll(asks.len().max(1))).cloned();
    let condition = dice.pick(&["E0110-1", "C0101-1"]);
    let (lat_e7, lon_e7) = [PLACE, PLACE_ELSEWHERE][dice.roll(2)];
    json!({
        "kind": kind,
        "base_revision": shown.at("/row/revision"),
        "reason": "因为",
        "unit": dice.pick(&UNITS),
        "until_ms": now + 86_400_000,
        "condition": if kind == "correct" { condition } else { "E0110-1" },
        "category": condition.trim_end_matches("-1"),
        "lat_e7": lat_e7,
        "lon_e7": lon_e7,
        "into": others[dice.roll(others.len())],
        "found": dice.pick(&["yes", "yes", "no", "unable"]),
        "outcome": dice.pick(&["done", "done", "done", "unable", "not_ours", "planned"]),
        "ask": ask,
        "card": dice.pick(&["yellow", "red"]),
    })
}

fn after_any_moves_the_numbers_are_what_the_trails_say(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let mut dice = Dice(42);
    let ids: Vec<String> = (0..10).map(|_| file(&world, &mut handheld)).collect();
    // One put right on the spot, one outside all grids, and a bad one among good ones.
    let mut fixed = handheld.report();
    fixed["self_fixed"] = json!(true);
    let mut nowhere = handheld.report();
    nowhere["place"] = json!({"lat_e7": 0, "lon_e7": 0, "source": "pin", "words": ""});
    let mut bad = handheld.report();
    bad["category"] = json!("C9999");
    let ops: Vec<Value> = [fixed, bad, nowhere]
        .map(|report| handheld.file(report))
        .into();
    assert_eq!(world.push(&handheld, &ops).status, 200);
    let mut tokens = vec![
        world.console_of(Role::Dispatcher, "350703", None),
        world.console_of(Role::Dispatcher, "350703", None),
        world.console_of(Role::Supervisor, "350703", None),
        world.console(handheld.person),
    ];
    let mut handlers: HashMap<String, usize> = HashMap::new();
    let mut made: HashMap<String, usize> = HashMap::new();
    for _ in 0..320 {
        world.pass_ms(i64::try_from(dice.roll(2_500_000)).unwrap());
        let case = &ids[dice.roll(ids.len())];
        let shown = world.get(&format!("/v1/cases/{case}"), &tokens[0]);
        let lead = shown.at("/row/lead").as_str().unwrap().to_owned();
        if !handlers.contains_key(&lead) && !lead.starts_with("DISPATCH") {
            tokens.push(world.console_of(Role::Handler, "350703", Some(&lead)));
            handlers.insert(lead.clone(), tokens.len() - 1);
        }
        let who = match (dice.roll(2), handlers.get(&lead)) {
            (0, Some(at)) => *at,
            _ => dice.roll(4),
        };
        let shown = world.get(&format!("/v1/cases/{case}"), &tokens[who]);
        let moves = shown.at("/moves").as_array().cloned().unwrap_or_default();
        if moves.is_empty() {
            continue;
        }
        let kind = moves[dice.roll(moves.len())]["kind"]
            .as_str()
            .unwrap()
            .to_owned();
        let body = body(&kind, &shown, &mut dice, &ids, world.now().0);
        let reply = make_move(&world, &tokens[who], case, &body);
        assert!([200, 409, 422].contains(&reply.status), "{body} {reply:?}");
        if reply.status == 200 {
            *made.entry(kind).or_default() += 1;
        }
        if dice.roll(3) == 0 {
            world.tell_due();
        }
    }
    let moves: usize = made.values().sum();
    assert!(
        moves > 40 && made.len() > 6,
        "too little happened: {made:?}"
    );
    assert_eq!(differences(&world), [], "{made:?}");
}

fn numbers_that_went_wrong_are_named_and_counted_again(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    file(&world, &mut handheld);
    let slot = Slot {
        district: world.district.code.clone(),
        kind: Kind::Unit,
        day: world.now().china_day(),
        key: String::from("D22-2"),
        counter: Counter::Due,
    };
    let wrong = slot.clone();
    world
        .store
        .write_blocking(&world.district.code, move |tx| tx.add_up(wrong.clone(), 3))
        .unwrap();
    let found = differences(&world);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (&found[0].slot, found[0].kept, found[0].counted),
        (&slot, 4, 1)
    );
    rebuild(&world);
    assert_eq!(differences(&world), []);
}

fn rebuild(world: &World) -> usize {
    let (district, now) = (Arc::clone(&world.district), world.now());
    world
        .store
        .write_blocking(&world.district.code, move |tx| {
            statistics::rebuild(tx, &district, now)
        })
        .unwrap_or_else(|fault: Fault| panic!("{fault}"))
}

fn what_was_filed_before_anything_was_counted_is_counted_at_the_start(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    file(&world, &mut handheld);
    let numbers = rebuild(&world);
    assert!(numbers > 5);
    // As a database stands after the step that makes the table.
    let (district, now) = (Arc::clone(&world.district), world.now());
    world
        .store
        .write_blocking(&world.district.code, move |tx| {
            tx.execute("DELETE FROM rollups", &[])?;
            tx.execute("DELETE FROM meta WHERE key = 'rollups'", &[])?;
            Ok::<_, sync_server::store::StoreError>(())
        })
        .unwrap();
    assert_eq!(differences(&world).len(), numbers);
    for _ in 0..2 {
        let district = Arc::clone(&district);
        world
            .store
            .write_blocking(&world.district.code, move |tx| {
                statistics::ensure_counted(tx, &district, now)
            })
            .unwrap_or_else(|fault: Fault| panic!("{fault}"));
        assert_eq!(differences(&world), []);
    }
}
