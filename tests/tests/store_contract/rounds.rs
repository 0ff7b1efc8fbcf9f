//! Ticks and reports of several rounds at once: of each its newest, and of no other.

use crate::store_contract::rows::{
    area, at, case, cast, district, op_id, open_case, read, report_id, unit, write,
};
use shared::patrol::OnRound;
use sync_server::store::patrol_marks::{self, MarkRow};
use sync_server::store::patrol_rounds::Span;
use sync_server::store::{Result, Store, Tx, cases, patrol_reports};
use tests::backends::Backend;

tests::on_both![
    each_round_gives_its_newest_ticks,
    each_round_gives_the_cases_of_its_newest_reports,
    who_assists_is_looked_up_for_many_cases_at_once,
];

/// Rows of each of three rounds, two in each moment.
const ROWS: u128 = 8;

/// More rounds than one statement takes, most of them never walked.
fn many() -> Vec<String> {
    let ids = (0..130).map(|n| format!("round-{n}"));
    ids.collect()
}

fn round(n: u128) -> String {
    // The first and the last statement have one each, and one is not asked for.
    ["round-0", "round-129", "elsewhere"][usize::try_from(n % 3).unwrap()].to_owned()
}

fn moment(n: u128) -> i64 {
    i64::try_from(n / 6).unwrap()
}

fn asked<T: Send + 'static>(
    store: &Store,
    limit: usize,
    look: impl FnOnce(&mut dyn Tx, &Span<'_>, &[&str]) -> Result<T> + Send + 'static,
) -> T {
    read(store, move |tx| {
        let (ids, district) = (many(), district());
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let span = Span {
            district: &district,
            from: at(0),
            to: at(3),
            limit,
        };
        look(tx, &span, &ids)
    })
}

/// Numbers of the rows that a span of so many holds, of one round, the newest first.
fn wanted(of: &str, limit: usize, up: bool) -> Vec<u128> {
    let mut wanted: Vec<u128> = (0..ROWS * 3)
        .filter(|n| round(*n) == of && moment(*n) < 3)
        .collect();
    wanted.sort_by_key(|n| (-moment(*n), if up { *n } else { u128::MAX - *n }));
    wanted.truncate(limit);
    wanted
}

fn each_round_gives_its_newest_ticks(backend: &Backend) {
    let store = backend.create();
    write(&store, |tx| {
        for n in 0..ROWS * 3 {
            let mark = MarkRow {
                op_id: op_id(n),
                district: if n == 3 { area("410102") } else { district() },
                area: district(),
                round: round(n),
                point: String::from("gate"),
                seen: String::from("fine"),
                note: String::new(),
                made: at(moment(n)),
                received: at(9),
            };
            patrol_marks::insert(tx, &mark)?;
        }
        Ok(())
    });
    for limit in [3, 100] {
        let marks = asked(&store, limit, patrol_marks::between);
        for of in ["round-0", "round-129", "elsewhere"] {
            let found = marks.iter().filter(|mark| mark.round == of);
            let found: Vec<_> = found.map(|mark| mark.op_id).collect();
            let wanted = match of {
                "elsewhere" => Vec::new(),
                _ => wanted(of, 100, true),
            };
            let wanted = wanted.into_iter().filter(|n| *n != 3).take(limit);
            assert_eq!(found, wanted.map(op_id).collect::<Vec<_>>(), "{of}");
        }
    }
}

fn each_round_gives_the_cases_of_its_newest_reports(backend: &Backend) {
    let store = backend.create();
    write(&store, |tx| {
        cast(tx)?;
        for n in 0..ROWS * 3 {
            let on = OnRound {
                round: round(n),
                point: String::from("gate"),
            };
            open_case(tx, &case(n), n, &[])?;
            patrol_reports::note(tx, &district(), report_id(n), &on, at(moment(n)))?;
        }
        Ok(())
    });
    for limit in [3, 100] {
        let (reports, cases) = asked(&store, limit, |tx, span, ids| {
            let reports = patrol_reports::between(tx, span, ids)?;
            Ok((reports, cases::begun_on(tx, span, ids)?))
        });
        for of in ["round-0", "round-129"] {
            let found = reports.iter().filter(|report| report.round == of);
            let found: Vec<_> = found.map(|report| report.report).collect();
            let wanted: Vec<_> = wanted(of, limit, false)
                .into_iter()
                .map(report_id)
                .collect();
            assert_eq!(found, wanted, "{of}");
        }
        let mut begun: Vec<_> = cases.iter().map(|row| row.report).collect();
        let mut wanted: Vec<_> = reports.iter().map(|report| report.report).collect();
        begun.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(begun, wanted);
    }
}

fn who_assists_is_looked_up_for_many_cases_at_once(backend: &Backend) {
    let store = backend.create();
    let found = write(&store, |tx| {
        cast(tx)?;
        for n in 0..60 {
            let mut units = vec![unit("E02"), unit("E01")];
            units.retain(|_| n % 2 == 0);
            open_case(tx, &case(n), n, &units)?;
        }
        let ids: Vec<_> = (0..60).map(|n| case(n).id).collect();
        cases::assisting_in(tx, &ids)
    });
    assert_eq!(found.len(), 30);
    for n in 0..60 {
        let units = found.get(&case(n).id);
        let wanted = (n % 2 == 0).then(|| vec![unit("E01"), unit("E02")]);
        assert_eq!(units, wanted.as_ref(), "{n}");
    }
}
