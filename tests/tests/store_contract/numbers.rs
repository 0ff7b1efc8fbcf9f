//! The change sequence and group commit, with real threads.

use crate::store_contract::rows::{bucket, case, cast, district, open_case, write};
use shared::digest::Digest;
use shared::id::AreaCode;
use shared::wire::sync::Why;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use sync_server::params;
use sync_server::store::cases::CaseRow;
use sync_server::store::{
    Store, StoreError, StoreOptions, Tx, buckets, changes, counters, meta, nested,
};
use tests::backends::Backend;

tests::on_both![
    writes_of_a_district_run_one_after_another,
    whoever_saw_a_number_has_seen_everything_below_it,
    two_programs_on_one_database_never_draw_the_same_number,
    numbers_of_undone_work_are_drawn_again_and_never_seen_twice,
    case_serials_begin_at_one_each_day_and_never_go_back,
    a_clock_that_was_years_ahead_dates_no_later_case_and_no_number_comes_twice,
    districts_count_apart,
    waiting_writes_share_a_commit_and_fail_alone,
    a_change_moves_to_its_newest_number,
    a_bucket_counts_what_it_holds_and_one_from_before_is_counted_when_written,
];

const THREADS: usize = 8;
const PREFIX: &str = "350703-";

fn writes_of_a_district_run_one_after_another(backend: &Backend) {
    const ROUNDS: usize = 40;
    let store = backend.create();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    let add = |tx: &mut dyn sync_server::store::Tx| {
                        let seen: usize = meta::get(tx, "sum")?.map_or(0, |n| n.parse().unwrap());
                        meta::set(tx, "sum", &(seen + 1).to_string())
                    };
                    store
                        .write_blocking::<_, StoreError>(&district(), add)
                        .unwrap();
                }
            });
        }
    });
    let sum = store
        .read_blocking::<_, StoreError>(|tx| meta::get(tx, "sum"))
        .unwrap();
    assert_eq!(sum, Some((THREADS * ROUNDS).to_string()));
}

/// Writes changes from many threads, some of which are refused, while a reader follows by cursor.
fn whoever_saw_a_number_has_seen_everything_below_it(backend: &Backend) {
    const ROUNDS: usize = 30;
    let store = backend.create();
    let done = AtomicBool::new(false);
    let followed = std::thread::scope(|scope| {
        let follower = scope.spawn(|| follow(&store, &done));
        std::thread::scope(|writers| {
            for thread in 0..THREADS {
                let store = store.clone();
                writers.spawn(move || {
                    for round in 0..ROUNDS {
                        let row = format!("{thread}-{round}");
                        let outcome = store.write_blocking(&district(), move |tx| {
                            changes::put(tx, &district(), [&bucket()], "cases", &row, 1, Why::Put)?;
                            if round % 5 == 4 {
                                return Err(StoreError::Closed);
                            }
                            Ok(())
                        });
                        assert_eq!(outcome.is_ok(), round % 5 != 4);
                    }
                });
            }
        });
        done.store(true, Ordering::SeqCst);
        follower.join().unwrap()
    });
    let all = page(&store, 0);
    assert_eq!(all.len(), THREADS * ROUNDS * 4 / 5);
    assert_eq!(followed, all, "the follower missed or repeated something");
    assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
}

fn follow(store: &Store, done: &AtomicBool) -> Vec<i64> {
    let mut seen = Vec::new();
    loop {
        let last_round = done.load(Ordering::SeqCst);
        let page = page(store, seen.last().copied().unwrap_or(0));
        if page.is_empty() && last_round {
            return seen;
        }
        seen.extend(page);
    }
}

fn page(store: &Store, after: i64) -> Vec<i64> {
    store
        .read_blocking::<_, StoreError>(move |tx| {
            changes::page(tx, &district(), &bucket(), after, 1_000)
        })
        .unwrap()
        .iter()
        .map(|change| change.seq)
        .collect()
}

fn two_programs_on_one_database_never_draw_the_same_number(backend: &Backend) {
    const ROUNDS: usize = 40;
    let stores = [backend.create(), Store::open(&backend.url).unwrap()];
    let mut drawn = std::thread::scope(|scope| {
        let threads: Vec<_> = stores
            .iter()
            .flat_map(|store| [store, store])
            .map(|store| {
                scope.spawn(move || {
                    let draw =
                        || store.write_blocking::<_, StoreError>(&district(), |tx| tx.next_seq());
                    (0..ROUNDS).map(|_| draw().unwrap()).collect::<Vec<_>>()
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect::<Vec<_>>()
    });
    drawn.sort_unstable();
    let count = drawn.len();
    drawn.dedup();
    assert_eq!((drawn.len(), count), (4 * ROUNDS, 4 * ROUNDS));
}

fn numbers_of_undone_work_are_drawn_again_and_never_seen_twice(backend: &Backend) {
    let store = backend.create();
    let (first, undone, second) = store
        .write_blocking::<_, StoreError>(&district(), |tx| {
            let first = tx.next_seq()?;
            let mut undone = 0;
            let refused = nested::<(), StoreError>(tx, |tx| {
                undone = tx.next_seq()?;
                tx.next_case_serial(PREFIX, 20_261_121)?;
                Err(StoreError::Closed)
            });
            assert_eq!(refused, Err(StoreError::Closed));
            Ok((first, undone, tx.next_seq()?))
        })
        .unwrap();
    assert_eq!((first, undone, second), (1, 2, 2));
    let counter = store
        .read_blocking::<_, StoreError>(|tx| counters::get(tx, &district()))
        .unwrap()
        .unwrap();
    assert_eq!((counter.seq, counter.case_serial), (2, 0));
    let next = store
        .write_blocking::<_, StoreError>(&district(), |tx| tx.next_seq())
        .unwrap();
    assert_eq!(next, 3);
}

fn case_serials_begin_at_one_each_day_and_never_go_back(backend: &Backend) {
    let store = backend.create();
    let draw = |day| write(&store, move |tx| tx.next_case_serial(PREFIX, day));
    assert_eq!(draw(20_261_121), (20_261_121, 1));
    assert_eq!(draw(20_261_121), (20_261_121, 2));
    assert_eq!(draw(20_261_122), (20_261_122, 1));
    // The clock was set back: the later day goes on.
    assert_eq!(draw(20_261_121), (20_261_122, 2));
}

/// Numbers a case on a day by the clock and opens it.
fn number(tx: &mut dyn Tx, n: u128, day: i64) -> Result<String, StoreError> {
    let (day, serial) = tx.next_case_serial(PREFIX, day)?;
    let case_no = format!("{PREFIX}{day}-{serial:05}");
    let row = CaseRow {
        case_no: case_no.clone(),
        ..case(n)
    };
    open_case(tx, &row, n, &[])?;
    Ok(case_no)
}

fn a_clock_that_was_years_ahead_dates_no_later_case_and_no_number_comes_twice(backend: &Backend) {
    const DAYS: [i64; 9] = [
        20_261_121, 20_261_121, 20_291_124, 20_261_121, 20_261_121, 20_291_124, 20_261_122,
        20_261_121, 20_261_122,
    ];
    let store = backend.create();
    write(&store, cast);
    // A serial of six digits is no reason to count anew.
    let many = write(&store, |tx| {
        let row = CaseRow {
            case_no: format!("{PREFIX}20261121-100000"),
            ..case(1)
        };
        open_case(tx, &row, 1, &[])?;
        number(tx, 2, 20_261_120)
    });
    assert_eq!(many, "350703-20261120-00001");
    let numbers: Vec<String> = (3..)
        .zip(DAYS)
        .map(|(n, day)| write(&store, move |tx| number(tx, n, day)))
        .collect();
    let expected = [
        "20261121-100001",
        "20261121-100002",
        "20291124-00001",
        "20261121-100003",
        "20261121-100004",
        // Wrong once more: that day goes on, too.
        "20291124-00002",
        "20261122-00001",
        // A day back is no fault of a clock.
        "20261122-00002",
        "20261122-00003",
    ];
    assert_eq!(numbers, expected.map(|number| format!("{PREFIX}{number}")));
    // In one batch, and with a part that is undone.
    let numbers = write(&store, |tx| {
        let first = number(tx, 20, 20_291_124)?;
        let undone = nested::<(), StoreError>(tx, |tx| {
            number(tx, 21, 20_261_121)?;
            Err(StoreError::Closed)
        });
        assert_eq!(undone, Err(StoreError::Closed));
        Ok([first, number(tx, 22, 20_261_121)?])
    });
    let expected = ["20291124-00003", "20261121-100005"];
    assert_eq!(numbers, expected.map(|number| format!("{PREFIX}{number}")));
}

fn districts_count_apart(backend: &Backend) {
    let store = backend.create();
    let other = AreaCode::new("410102").unwrap();
    std::thread::scope(|scope| {
        for district in [district(), other.clone()] {
            let store = &store;
            scope.spawn(move || {
                for wanted in 1..=20 {
                    let seq = store
                        .write_blocking::<_, StoreError>(&district, |tx| tx.next_seq())
                        .unwrap();
                    assert_eq!(seq, wanted);
                }
            });
        }
    });
}

/// With 20 ms for each commit, 64 writes one by one would take 1.28 s; together they take a few
/// commits. Every eighth is refused and takes nobody with it.
fn waiting_writes_share_a_commit_and_fail_alone(backend: &Backend) {
    const WRITES: usize = 64;
    let delay = Duration::from_millis(20);
    let store = backend.create_with(StoreOptions::default().commit_delay(delay));
    let begun = Instant::now();
    let kept = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..WRITES)
            .map(|n| {
                let store = store.clone();
                scope.spawn(move || {
                    store.write_blocking::<_, StoreError>(&district(), move |tx| {
                        meta::set(tx, &format!("shared {n}"), "1")?;
                        let broken = "INSERT INTO meta (key, value) VALUES ('schema_version', '')";
                        if n % 8 == 0 {
                            tx.execute(broken, &[])?;
                        }
                        Ok(())
                    })
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap().is_ok())
            .filter(|kept| *kept)
            .count()
    });
    assert_eq!(kept, WRITES * 7 / 8);
    assert!(
        begun.elapsed() < delay * 64 / 2,
        "{:?} is one commit for each",
        begun.elapsed()
    );
    let rows = store
        .read_blocking(|tx| {
            tx.query(
                "SELECT key FROM meta WHERE key LIKE $1",
                params!["shared %"],
            )
        })
        .unwrap();
    assert_eq!(rows.len(), kept);
}

fn a_change_moves_to_its_newest_number(backend: &Backend) {
    let store = backend.create();
    let put = |row: &'static str, revision, why| {
        store
            .write_blocking::<_, StoreError>(&district(), move |tx| {
                changes::put(tx, &district(), [&bucket()], "cases", row, revision, why)
            })
            .unwrap()
    };
    put("a", 0, Why::Put);
    let b = put("b", 0, Why::Put);
    let a = put("a", 1, Why::Tombstone);
    let look = |after| {
        store
            .read_blocking::<_, StoreError>(move |tx| {
                let newest = changes::newest(tx, &district(), &bucket())?;
                Ok((
                    changes::page(tx, &district(), &bucket(), after, 10)?,
                    newest,
                ))
            })
            .unwrap()
    };
    let (page, newest) = look(0);
    let seen: Vec<_> = page
        .iter()
        .map(|change| (change.seq, change.row_id.as_str()))
        .collect();
    assert_eq!((seen, newest), (vec![(b, "b"), (a, "a")], a));
    assert_eq!((page[1].revision, page[1].why), (1, Why::Tombstone));
    assert_eq!(look(b).0.len(), 1);
    assert!(look(a).0.is_empty());
}

fn a_bucket_counts_what_it_holds_and_one_from_before_is_counted_when_written(backend: &Backend) {
    let store = backend.create();
    let put = |row: &'static str, revision, why| {
        store
            .write_blocking::<_, StoreError>(&district(), move |tx| {
                changes::put(tx, &district(), [&bucket()], "cases", row, revision, why)
            })
            .unwrap()
    };
    let standing = || {
        store
            .read_blocking::<_, StoreError>(|tx| {
                let all = buckets::standing(tx, &district(), &[bucket()])?;
                let counted = buckets::counted(tx, &district(), &bucket())?;
                assert_eq!(all[&bucket()], counted, "kept and counted agree");
                Ok(counted)
            })
            .unwrap()
    };
    assert_eq!(standing(), buckets::Standing::default());
    put("a", 0, Why::Put);
    put("b", 4, Why::Put);
    put("a", 1, Why::Put);
    let last = put("c", 2, Why::Redact);
    let rows = [("cases", "a", 1), ("cases", "b", 4), ("cases", "c", 2)];
    let want = Digest::of(rows);
    assert_eq!((standing().digest, standing().newest), (want, last));
    put("b", 5, Why::Evict);
    put("b", 6, Why::Evict);
    put("d", 1, Why::Tombstone);
    let want = Digest::of([rows[0], rows[2]]);
    assert_eq!(standing().digest, want);
    // A database from before: the feed is there, the count isn't.
    store
        .write_blocking::<_, StoreError>(&district(), |tx| tx.execute("DELETE FROM buckets", &[]))
        .unwrap();
    assert_eq!(standing().digest, want);
    put("b", 7, Why::Put);
    let want = Digest::of([rows[0], rows[2], ("cases", "b", 7)]);
    assert_eq!(standing().digest, want);
    let rows = store.read_blocking::<_, StoreError>(|tx| {
        let below = changes::held_below(tx, &district(), &bucket(), i64::MAX, 2)?;
        let after = changes::held_after(tx, &district(), &bucket(), "cases", "a", 10)?;
        let ids = |rows: Vec<changes::ChangeRow>| {
            rows.into_iter().map(|row| row.row_id).collect::<Vec<_>>()
        };
        Ok((ids(below), ids(after)))
    });
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    assert_eq!(rows.unwrap(), (ids(&["b", "c"]), ids(&["b", "c"])));
}

/// A broken line before the commit is a matter of the store: the write is done again on another.
#[test]
fn a_broken_connection_is_replaced_and_the_write_done() {
    let backend = Backend::postgres();
    let store = backend.create();
    let draw = || store.write_blocking::<_, StoreError>(&district(), |tx| tx.next_seq());
    let look = || store.read_blocking::<_, StoreError>(|tx| meta::get(tx, "schema_version"));
    assert_eq!(draw(), Ok(1));
    assert!(look().unwrap().is_some());
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let mut admin = ::postgres::Client::connect(&backend.url, ::postgres::NoTls).unwrap();
    admin.query(kill, &[]).unwrap();
    assert_eq!(draw(), Ok(2));
    for _ in 0..sync_server::store::READERS_DEFAULT * 2 {
        assert!(look().unwrap().is_some());
    }
}
