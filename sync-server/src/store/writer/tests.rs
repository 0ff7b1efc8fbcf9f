//! The writer against a backend whose commits end as told.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
use super::*;
use crate::store::Cell;
use crate::store::disk::Disk;
use crate::store::rollups::Kind;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Instant;

/// A backend whose commits end as told; it keeps nothing but what it was asked to do.
#[derive(Default)]
struct Told {
    commits: VecDeque<Result<()>>,
    log: Arc<Mutex<Vec<&'static str>>>,
}

impl Told {
    fn note(&self, what: &'static str) {
        self.log.lock().unwrap().push(what);
    }
}

impl Driver for Told {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }
    fn query(&mut self, _sql: &str, _params: &[Value<'_>]) -> Result<Vec<Row>> {
        Ok(vec![Row::new(vec![
            Cell::Int(6),
            Cell::Int(0),
            Cell::Int(0),
            Cell::Int(0),
        ])])
    }
    fn execute(&mut self, sql: &str, _params: &[Value<'_>]) -> Result<u64> {
        if sql.contains("counters") {
            self.note("counters");
        }
        if sql.contains("rollups") {
            self.note("rollups");
        }
        Ok(1)
    }
    fn control(&mut self, sql: &'static str) -> Result<()> {
        self.note(sql);
        Ok(())
    }
    fn script(&mut self, _sql: &str) -> Result<()> {
        Ok(())
    }
    fn begin_write(&mut self) -> Result<()> {
        self.note("begin");
        Ok(())
    }
    fn begin_read(&mut self) -> Result<()> {
        Ok(())
    }
    fn commit(&mut self) -> Result<()> {
        self.note("commit");
        self.commits.pop_front().unwrap_or(Ok(()))
    }
    fn rollback(&mut self) -> Result<()> {
        self.note("rollback");
        Ok(())
    }
    fn is_open(&self) -> bool {
        true
    }
    fn has_table(&mut self, _name: &str) -> Result<bool> {
        Ok(true)
    }
}

type Answer = Receiver<Result<i64>>;

const AT_ONCE: Ending = Ending::AtOnce(Duration::ZERO);

fn job(fails: bool) -> (Box<dyn Job>, Answer) {
    job_meanwhile(fails, || {})
}

/// A job, and what happens while it is run.
fn job_meanwhile(
    fails: bool,
    mut meanwhile: impl FnMut() + Send + 'static,
) -> (Box<dyn Job>, Answer) {
    let (reply, answer) = sync_channel(1);
    let work = move |tx: &mut dyn Tx| {
        meanwhile();
        let seq = tx.next_seq()?;
        if fails { Err(StoreError::Nul) } else { Ok(seq) }
    };
    let reply = Reply::Blocking(reply);
    let (district, weight, outcome) = (Arc::from("350703"), 1, None);
    (
        Box::new(Work {
            district,
            weight,
            work,
            outcome,
            reply,
        }),
        answer,
    )
}

/// Runs some jobs, bad or not, in one batch; what each hears, and what the backend was asked.
fn run(jobs: &[bool], commits: Vec<Result<()>>) -> (Vec<Result<i64>>, Vec<&'static str>) {
    let (queue, waiting) = sync_channel(jobs.len());
    let (jobs, answers): (Vec<_>, Vec<_>) = jobs.iter().copied().map(job).unzip();
    jobs.into_iter().for_each(|job| queue.send(job).unwrap());
    drop(queue);
    run_waiting(&waiting, &answers, commits)
}

fn run_waiting(
    waiting: &Receiver<Box<dyn Job>>,
    answers: &[Answer],
    commits: Vec<Result<()>>,
) -> (Vec<Result<i64>>, Vec<&'static str>) {
    let told = Told {
        commits: commits.into(),
        ..Told::default()
    };
    let log = Arc::clone(&told.log);
    let writer = Writer {
        address: Address::Sqlite(std::path::PathBuf::from("/nowhere")),
        ending: AT_ONCE,
        connection: Some(Box::new(told)),
    };
    writer.run(waiting);
    let heard = answers
        .iter()
        .map(|answer| answer.recv().unwrap())
        .collect();
    let log = log.lock().unwrap().clone();
    (heard, log)
}

#[test]
fn a_batch_is_one_commit_without_savepoints_and_the_counter_written_once() {
    let (heard, log) = run(&[false, false], vec![]);
    assert_eq!(heard, [Ok(7), Ok(8)]);
    assert_eq!(log, ["begin", "counters", "commit"]);
}

#[test]
fn who_comes_while_a_batch_is_written_is_committed_with_it() {
    let (queue, waiting) = sync_channel(2);
    let (later, later_answer) = job(false);
    let mut later = Some((later, queue.clone()));
    let come = move || {
        if let Some((job, queue)) = later.take() {
            queue.send(job).unwrap();
        }
    };
    let (first, first_answer) = job_meanwhile(false, come);
    queue.send(first).unwrap();
    drop(queue);
    let (heard, log) = run_waiting(&waiting, &[first_answer, later_answer], vec![]);
    assert_eq!(heard, [Ok(7), Ok(8)]);
    assert_eq!(log, ["begin", "counters", "commit"]);
}

#[test]
fn a_bad_job_alone_is_rolled_back_without_a_second_run() {
    let (heard, log) = run(&[true], vec![]);
    assert_eq!(heard, [Err(StoreError::Nul)]);
    assert_eq!(log, ["begin", "rollback"]);
}

#[test]
fn a_bad_job_among_others_makes_the_batch_run_again_with_savepoints() {
    let (heard, log) = run(&[false, true, false], vec![]);
    assert_eq!(heard, [Ok(7), Err(StoreError::Nul), Ok(8)]);
    let wanted = [
        "begin",
        "rollback",
        "begin",
        "SAVEPOINT s0",
        "RELEASE SAVEPOINT s0",
        "SAVEPOINT s0",
        "ROLLBACK TO SAVEPOINT s0",
        "RELEASE SAVEPOINT s0",
        "SAVEPOINT s0",
        "RELEASE SAVEPOINT s0",
        "counters",
        "commit",
    ];
    assert_eq!(log, wanted);
}

#[test]
fn a_busy_backend_gets_the_whole_batch_again() {
    let busy = || Err(StoreError::Busy(String::from("locked")));
    let (heard, log) = run(&[false, false], vec![busy(), busy()]);
    assert_eq!(heard, [Ok(7), Ok(8)]);
    assert_eq!(log.iter().filter(|what| **what == "commit").count(), 3);
    assert_eq!(log.iter().filter(|what| **what == "rollback").count(), 2);
}

#[test]
fn when_the_commit_fails_everyone_hears_it_and_nothing_is_run_again() {
    let full = StoreError::Full(String::from("no space"));
    let unknown = StoreError::CommitUnknown(String::from("line lost"));
    for error in [full, unknown] {
        let (heard, log) = run(&[false, true, false], vec![Err(error.clone())]);
        assert!(
            heard.iter().all(|answer| *answer == Err(error.clone())),
            "{heard:?}"
        );
        assert_eq!(log.iter().filter(|what| **what == "commit").count(), 1);
    }
}

#[test]
fn a_backend_that_stays_busy_is_not_asked_for_ever() {
    let busy = StoreError::Busy(String::from("locked"));
    let (heard, log) = run(&[false; 3], vec![Err(busy.clone()); 50]);
    assert_eq!(heard, vec![Err(busy); 3]);
    assert_eq!(log.iter().filter(|what| **what == "commit").count(), 5);
}

#[test]
fn a_batch_waits_for_those_of_the_one_before_but_not_for_ever_and_nobody_waits_alone() {
    let (queue, waiting) = sync_channel(10);
    let offer = |count: usize| (0..count).for_each(|_| queue.send(job(false).0).unwrap());
    let before = |jobs: usize, ms: u64| Before {
        jobs,
        commit: Duration::from_millis(ms),
    };
    let size = |before: Before| {
        let mut batch = Batch::gather(&waiting, before)?;
        while batch.more(&waiting, &AT_ONCE) {}
        Some(batch.jobs.len())
    };
    // Two are there, one of the batch before is on its way.
    offer(2);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(1));
            offer(1);
        });
        assert_eq!(size(before(1, 1_000)), Some(3));
    });
    // It doesn't come: the others go.
    offer(2);
    let begun = Instant::now();
    assert_eq!(size(before(1, 1_000)), Some(2));
    assert!(begun.elapsed() >= gather::PATIENCE_MAX);
    // A client alone comes again and again.
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(20));
            offer(1);
        });
        let begun = Instant::now();
        assert_eq!(size(before(1, 60_000)), Some(1));
        assert!(begun.elapsed() >= Duration::from_millis(20));
    });
    drop(queue);
    assert_eq!(size(before(9, 1)), None);
}

/// A job that opens a case: what it counts is what most of them count.
fn counting(unit: usize) -> (Box<dyn Job>, Answer) {
    use shared::indicators::Counter;
    let (reply, answer) = sync_channel(1);
    let work = move |tx: &mut dyn Tx| {
        let unit = format!("D{unit}");
        for (kind, key, counter) in [
            (Kind::Place, "350703001012", Counter::Reported),
            (Kind::Place, "350703001012", Counter::Filed),
            (Kind::Place, "350703001012", Counter::RuleDispatched),
            (Kind::Place, "350703001012", Counter::Dispatched),
            (Kind::Place, "350703001012", Counter::Due),
            (Kind::Unit, unit.as_str(), Counter::Dispatched),
            (Kind::Unit, unit.as_str(), Counter::Due),
        ] {
            let slot = Slot {
                district: "350703".parse().unwrap(),
                kind,
                day: 20_261_127,
                key: key.to_owned(),
                counter,
            };
            tx.add_up(slot, 1)?;
        }
        tx.next_seq()
    };
    let (district, weight, outcome) = (Arc::from("350703"), 1, None);
    let reply = Reply::Blocking(reply);
    let job = Work {
        district,
        weight,
        work,
        outcome,
        reply,
    };
    (Box::new(job), answer)
}

#[test]
fn counting_a_hundred_new_cases_takes_a_few_statements() {
    let statements = |units: &[usize]| {
        let told = Told::default();
        let log = Arc::clone(&told.log);
        let mut writer = Writer {
            address: Address::Sqlite(std::path::PathBuf::from("/nowhere")),
            ending: AT_ONCE,
            connection: Some(Box::new(told)),
        };
        let (jobs, _answers): (Vec<_>, Vec<_>) = units.iter().copied().map(counting).unzip();
        let (queue, waiting) = sync_channel(jobs.len());
        for job in jobs {
            queue.send(job).unwrap();
        }
        let mut batch = Batch::gather(&waiting, Before::default()).unwrap();
        writer.write(&mut batch, &waiting).unwrap();
        let log = log.lock().unwrap();
        log.iter().filter(|what| **what == "rollups").count()
    };
    // Seven rows for one: 4 + 2 + 1. A hundred cases of thirty units: 5 + 60 rows.
    assert_eq!(statements(&[1]), 3);
    let hundred: Vec<usize> = (0..100).map(|at| at % 30).collect();
    assert_eq!(statements(&hundred), 3);
}

#[test]
fn the_next_batch_is_run_while_the_disk_takes_one_and_nobody_is_answered_before() {
    let told = Told::default();
    let log = Arc::clone(&told.log);
    let (end, ends) = sync_channel::<Result<()>>(10);
    let syncs = Arc::clone(&log);
    let disk = Disk::new(Duration::ZERO, move || {
        let outcome = ends.recv().unwrap_or(Ok(()));
        syncs.lock().unwrap().push("synced");
        outcome
    });
    disk.start().unwrap();
    let (queue, waiting) = sync_channel(10);
    let thread = std::thread::spawn(move || {
        let writer = Writer {
            address: Address::Sqlite(std::path::PathBuf::from("/nowhere")),
            ending: Ending::BySync(disk),
            connection: Some(Box::new(told)),
        };
        writer.run(&waiting);
    });
    let (first, first_answer) = job(false);
    queue.send(first).unwrap();
    let a_while = Duration::from_millis(50);
    assert!(first_answer.recv_timeout(a_while).is_err());
    // It is run at once, and waits with its commit for company as long as the disk is busy.
    let (second, second_answer) = job(false);
    let (third, third_answer) = job(false);
    queue.send(second).unwrap();
    std::thread::sleep(a_while);
    assert_eq!(
        *log.lock().unwrap(),
        ["begin", "counters", "commit", "begin"]
    );
    queue.send(third).unwrap();
    end.send(Ok(())).unwrap();
    assert_eq!(first_answer.recv().unwrap(), Ok(7));
    assert!(second_answer.recv_timeout(a_while).is_err());
    let lost = StoreError::CommitUnknown(String::from("input/output error"));
    end.send(Err(lost.clone())).unwrap();
    assert_eq!(second_answer.recv().unwrap(), Err(lost.clone()));
    assert_eq!(third_answer.recv().unwrap(), Err(lost.clone()));
    let commits = |log: &[&str]| log.iter().filter(|what| **what == "commit").count();
    assert_eq!(commits(&log.lock().unwrap()), 2);
    // What the disk didn't take is built upon no more.
    let (late, late_answer) = job(false);
    queue.send(late).unwrap();
    assert_eq!(late_answer.recv().unwrap(), Err(lost));
    assert_eq!(commits(&log.lock().unwrap()), 2);
    drop(queue);
    thread.join().unwrap();
}
