//! The archive: every day is sealed and signed once, whoever seals and whenever, and its root is
//! there for everybody to keep. Each on both databases.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use shared::archive::{CHAIN_START, DayRoot, RootsAnswer, link};
use shared::time::{DAY_MS, HOUR_MS};
use std::sync::Arc;
use sync_server::service::{archive, receipts};
use sync_server::store::seals;
use tests::backends::Backend;
use tests::on_both;
use tests::world::{Handheld, World};

on_both!(
    a_day_is_signed_once_and_anybody_may_keep_its_root,
    two_servers_that_seal_at_once_seal_the_same,
    after_a_long_stop_each_day_gets_its_own_root,
    an_entry_of_a_clock_that_was_ahead_holds_up_nothing,
    a_missing_entry_stops_the_sealing_until_somebody_has_looked,
);

fn file(world: &World, handheld: &mut Handheld, count: usize) {
    let ops: Vec<_> = (0..count)
        .map(|_| handheld.file_text("井盖不见了"))
        .collect();
    assert_eq!(world.push(handheld, &ops).status, 200);
}

fn roots(world: &World) -> Vec<DayRoot> {
    let answer = world.get("/v1/archive/roots", "");
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer: RootsAnswer = serde_json::from_value(answer.json).unwrap();
    assert_eq!(answer.key, world.receipt_key());
    answer.roots
}

/// The chain over all entries up to a number, computed from the entries themselves.
fn chain(world: &World, upto: i64) -> shared::id::Sha256 {
    let code = world.district.code.clone();
    let entries = world.look(move |tx| Ok(seals::entries(tx, &code, 0, 100_000)?));
    let covered = entries.iter().take_while(|entry| entry.no <= upto);
    covered.fold(CHAIN_START, |head, entry| {
        link(&head, entry.no, &entry.hash.unwrap())
    })
}

fn a_day_is_signed_once_and_anybody_may_keep_its_root(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    file(&world, &mut handheld, 3);
    assert!(world.seal() >= 6);
    assert_eq!(world.seal(), 0, "nothing is sealed twice");
    assert_eq!(roots(&world), [], "the day isn't over");
    file(&world, &mut handheld, 1);
    world.pass_ms(DAY_MS);
    world.seal();
    let first = roots(&world);
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].day, 20_261_124);
    assert_eq!(first[0].verify(&world.receipt_key()), Ok(()));
    assert_eq!(first[0].head, chain(&world, first[0].last_no));
    for _ in 0..3 {
        file(&world, &mut handheld, 1);
        world.seal();
    }
    assert_eq!(roots(&world), first, "what was signed stays");
    world.pass_ms(DAY_MS);
    world.seal();
    let both = roots(&world);
    assert_eq!(both[1].before, first[0].root);
    assert_eq!(both[1].head, chain(&world, both[1].last_no));
    let later = world.get("/v1/archive/roots?after=20261124", "");
    assert_eq!(later.at("/roots").as_array().unwrap().len(), 1);
    assert!(world.verify().is_good());
}

fn two_servers_that_seal_at_once_seal_the_same(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    file(&world, &mut handheld, 2);
    world.pass_ms(DAY_MS);
    let key = world.look(|tx| receipts::key(tx)).unwrap();
    let (district, now) = (Arc::clone(&world.district), world.now());
    let facts = Arc::clone(&district);
    // Both have looked before either writes.
    let step = world
        .look(move |tx| archive::next(tx, &facts, now))
        .unwrap();
    assert_eq!(step.day(), Some(20_261_124));
    let mut written = Vec::new();
    for _ in 0..2 {
        let (facts, step, key) = (Arc::clone(&district), step.clone(), key.clone());
        let write =
            move |tx: &mut dyn sync_server::store::Tx| archive::seal(tx, &facts, &step, &key, now);
        written.push(world.store.write_blocking(&district.code, write).unwrap());
    }
    assert_eq!(written, [true, false]);
    world.seal();
    assert_eq!(roots(&world).len(), 1);
    assert!(world.verify().is_good());
}

fn after_a_long_stop_each_day_gets_its_own_root(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    for hours in [1, 24, 24 * 5, 24] {
        file(&world, &mut handheld, 2);
        world.pass_ms(hours * HOUR_MS);
    }
    world.seal();
    let days: Vec<i64> = roots(&world).iter().map(|root| root.day).collect();
    assert_eq!(days, [20_261_124, 20_261_125, 20_261_130]);
    // More than one run of a day.
    for _ in 0..6 {
        file(&world, &mut handheld, 90);
    }
    world.pass_ms(2 * DAY_MS);
    file(&world, &mut handheld, 1);
    assert!(world.seal() > archive::RUN_ENTRIES);
    let all = roots(&world);
    assert_eq!(all.last().unwrap().day, 20_261_201);
    for root in &all {
        assert_eq!(root.head, chain(&world, root.last_no), "{}", root.day);
    }
    assert!(world.verify().is_good());
}

fn an_entry_of_a_clock_that_was_ahead_holds_up_nothing(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    for days in [0, 400, -400, 1] {
        world.pass_ms(days * DAY_MS);
        handheld.token = world.again(&handheld);
        file(&world, &mut handheld, 1);
    }
    world.seal();
    world.pass_ms(DAY_MS);
    world.seal();
    let days: Vec<i64> = roots(&world).iter().map(|root| root.day).collect();
    assert_eq!(days, [20_261_124, 20_261_125]);
    let report = world.verify();
    assert!(report.is_good(), "{report:?}");
}

fn a_missing_entry_stops_the_sealing_until_somebody_has_looked(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    file(&world, &mut handheld, 2);
    let mut hand = tests::tamper::Hand::on(backend);
    hand.run(
        "DELETE FROM case_events WHERE entry_no = (SELECT max(entry_no) - 1 FROM case_events)",
    );
    let (facts, now) = (Arc::clone(&world.district), world.now());
    let next = world
        .store
        .read_blocking(move |tx| archive::next(tx, &facts, now));
    assert!(next.is_err(), "a gap is never sealed over");
    assert!(!world.verify().is_good());
}
