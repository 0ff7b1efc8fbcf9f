//! Checking an archive: entries of trails a second, beside raw SHA-256 of the same entries.

use crate::figures::Figures;
use std::hint::black_box;
use std::time::Instant;
use sync_server::store::events;
use sync_server::verifier;
use tests::backends::Backend;
use tests::world::World;

/// Reports filed for it, each with two entries.
const REPORTS: usize = 50_000;
/// Reports of one push.
const PUSH: usize = 100;
/// Handhelds that file them.
const HANDHELDS: usize = 10;

pub(crate) fn run(figures: &mut Figures) {
    let backend = Backend::sqlite();
    let world = World::new(&backend);
    let mut handhelds: Vec<_> = (0..HANDHELDS).map(|_| world.worker()).collect();
    for push in 0..REPORTS / PUSH {
        let handheld = &mut handhelds[push % HANDHELDS];
        let ops: Vec<_> = (0..PUSH)
            .map(|_| handheld.file_text("井盖不见了"))
            .collect();
        assert_eq!(world.push(handheld, &ops).status, 200);
    }
    let begun = Instant::now();
    let sealed = world.seal();
    let rate = sealed as f64 / begun.elapsed().as_secs_f64();
    figures.add("entries sealed", rate, "/s");
    let mut best = 0.0_f64;
    for _ in 0..3 {
        let begun = Instant::now();
        let report = verifier::verify(&world.store, None, None).unwrap();
        let took = begun.elapsed().as_secs_f64();
        assert!(report.is_good());
        best = best.max(report.counts.events as f64 / took);
    }
    let rows = world.look(|tx| Ok(events::of_cases_between(tx, "", "~")?));
    let trail: Vec<_> = rows
        .into_iter()
        .map(|kept| (kept.case.parse().unwrap(), kept.row.unwrap()))
        .collect();
    let begun = Instant::now();
    for (case, row) in &trail {
        black_box(events::chain_hash(
            *case,
            row.ordinal,
            row.prev_hash,
            &row.event,
        ));
    }
    let raw = trail.len() as f64 / begun.elapsed().as_secs_f64();
    figures.add("entries verified with their rows and reports", best, "/s");
    figures.add("SHA-256 of the same entries in memory", raw, "/s");
    figures.ratio("verified, of raw SHA-256", best, raw, "aim ≥ 100 000 /s");
}
