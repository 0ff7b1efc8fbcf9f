//! Rounds (巡查): ticked offline by a real handheld, read by the office of the place, by point and
//! never by person. On both databases.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use serde_json::json;
use shared::id::{DraftId, OpId};
use shared::operation::kind;
use shared::patrol::{Mark, OnRound, Seen};
use shared::role::Role;
use shared::time::MINUTE_MS;
use tests::backends::Backend;
use tests::on_both;
use tests::phone::Phone;
use tests::world::{COMMUNITY, ELSEWHERE, Handheld, World, outcomes};

on_both!(a_round_is_ticked_offline_and_read_by_point_and_never_by_person,);

fn a_round_is_ticked_offline_and_read_by_point_and_never_by_person(backend: &Backend) {
    let world = World::new(backend);
    let worker = world.person(Role::GridWorker, COMMUNITY, None);
    let phone = Phone::enrolled(&world, worker);
    let cards = phone.app.patrols(world.now()).unwrap();
    assert_eq!((cards[0].id.as_str(), cards[0].ticked), ("morning", (0, 2)));
    let mark = |point: &str, seen, note: &str| Mark {
        round: "morning".into(),
        point: point.into(),
        seen,
        note: note.into(),
    };
    for mark in [
        mark("gate", Seen::Fine, ""),
        mark("market", Seen::Trouble, "后门堆物"),
    ] {
        let op_id = OpId(phone.edge.uuid());
        let moment = phone.edge.moment();
        phone.app.mark_point(&mark, op_id, &moment).unwrap();
        world.pass_ms(MINUTE_MS);
    }
    let at = OnRound {
        round: "morning".into(),
        point: "market".into(),
    };
    let draft = DraftId(phone.edge.uuid());
    let now = phone.edge.now();
    phone.app.begin_report_on_round(&at, draft, now).unwrap();
    phone.sync_well();
    phone.sync_well();
    let office = world.console_of(Role::Supervisor, COMMUNITY, None);
    let rounds = world.get("/v1/patrols", &office);
    assert_eq!(rounds.status, 200, "{rounds:?}");
    assert_eq!(rounds.at("/0/points/0/marks/0/seen"), "fine");
    assert_eq!(rounds.at("/0/points/1/marks/0/note"), "后门堆物");
    assert_eq!(rounds.at("/0/points/1/marks").as_array().unwrap().len(), 1);
    let text = rounds.json.to_string();
    assert!(!text.contains("person") && !text.contains("某人"), "{text}");
    let elsewhere = world.console_of(Role::Supervisor, ELSEWHERE, None);
    let none = world.get("/v1/patrols", &elsewhere);
    assert!(none.at("").as_array().unwrap().is_empty());
    // Whoever has nothing to do with the round is not heard, and neither is a point that isn't one.
    let mut stranger = world.handheld(world.person(Role::GridWorker, ELSEWHERE, None));
    let mut neighbour = world.handheld(world.person(Role::GridWorker, COMMUNITY, None));
    let tick = |handheld: &mut Handheld, point: &str| {
        let payload = json!({"round": "morning", "point": point, "seen": "fine"});
        let mut operation = handheld.next(payload);
        operation.kind = kind::PATROL_MARK.to_owned();
        operation.subject = "morning".to_owned();
        operation.photos = Vec::new();
        handheld.seal(operation)
    };
    let op = tick(&mut stranger, "gate");
    assert_eq!(
        outcomes(&world.push(&stranger, &[op])),
        ["quarantined: not_yours"]
    );
    let op = tick(&mut neighbour, "nowhere");
    assert_eq!(
        outcomes(&world.push(&neighbour, &[op])),
        ["quarantined: patrol_unknown"]
    );
    assert_eq!(world.verify().findings, []);
}
