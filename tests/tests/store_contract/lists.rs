//! Lists of cases for whoever sees them for several reasons: each case once, in order, page by page,
//! counted as they are listed; and which indices lead to them.

use crate::store_contract::cases::{sight, whole};
use crate::store_contract::rows::{
    area, at, case, case_id, cast, district, open_case, person_id, read, unit, write,
};
use shared::case::Class;
use sync_server::store::cases::{self, CaseFilter, CaseRow, Holding, Order, Sight};
use sync_server::store::{Dialect, Store, Value as Bound};
use tests::backends::Backend;

tests::on_both![
    what_is_seen_for_several_reasons_is_listed_once_in_order,
    a_unit_that_assists_later_has_the_case_where_it_belongs,
    a_row_without_the_moment_ends_no_list_in_a_circle,
    the_cases_of_one_unit_are_found_by_their_index,
    what_a_unit_leads_and_assists_in_is_found_by_two_indices,
    the_few_open_ones_are_found_without_those_that_are_closed,
    what_waits_for_a_look_is_found_by_its_index,
];

/// Cases of the test: enough that a page is cut within each moment and each part.
const CASES: u128 = 60;

/// The case of a number, and whether E01 assists in it: reasons that overlap in all ways.
fn made(n: u128) -> (CaseRow, bool) {
    let grids = [
        Some("350703001012001002003"),
        Some("350703001012001002004"),
        Some("350703002001001001001"),
        None,
    ];
    let pick = |of: u128| usize::try_from(n % of).unwrap();
    let ms = |of: u128| i64::try_from(n / of).unwrap();
    let (state, class) = [
        ("dispatched", Class::Open),
        ("suspended", Class::Open),
        ("closed", Class::Closed),
    ][pick(3)];
    let row = CaseRow {
        opened: at(ms(9)),
        deadline: (!n.is_multiple_of(5)).then(|| at(ms(7))),
        lead: unit(["E01", "D22-4"][pick(2)]),
        grid: grids[pick(4)].map(area),
        reporter: person_id(n % 4),
        state: String::from(state),
        class,
        ..case(n)
    };
    (row, n % 7 < 3)
}

fn filled(backend: &Backend) -> Store {
    let store = backend.create();
    write(&store, |tx| {
        cast(tx)?;
        for n in 0..CASES {
            let (row, assisted) = made(n);
            let assisting = if assisted { vec![unit("E01")] } else { vec![] };
            open_case(tx, &row, n, &assisting)?;
        }
        // The same code in another district is another unit.
        let elsewhere = CaseRow {
            district: area("410102"),
            lead: unit("E01"),
            ..case(CASES)
        };
        open_case(tx, &elsewhere, CASES, &[unit("E01")])
    });
    store
}

fn shows(sight: &Sight, row: &CaseRow, assisted: bool) -> bool {
    let holds = match &sight.holding {
        Holding::Area(area) => row
            .grid
            .as_ref()
            .is_some_and(|grid| grid.as_str().starts_with(area.as_str())),
        Holding::Lead(unit) => row.lead == *unit,
        Holding::Assisting(unit) => assisted && unit.as_str() == "E01",
        Holding::Reporter(person) => row.reporter == *person,
    };
    holds && (sight.states.is_empty() || sight.states.contains(&row.state))
}

/// Which filters are tried: all of them can be told from a row.
fn lets_through(filter: &CaseFilter, row: &CaseRow) -> bool {
    (filter.states.is_empty() || filter.states.contains(&row.state))
        && filter.class.is_none_or(|class| row.class == class)
        && filter.from.is_none_or(|from| row.opened >= from)
        && filter.to.is_none_or(|to| row.opened < to)
}

/// All pages of a list, one after another.
pub(super) fn turned(store: &Store, filter: &CaseFilter, newest: bool) -> Vec<CaseRow> {
    let mut seen: Vec<CaseRow> = Vec::new();
    loop {
        let last = seen.last();
        let order = if newest {
            Order::Newest(last.map(|row| (row.opened, row.id)))
        } else {
            Order::Deadline(last.map(|row| (row.deadline, row.id)))
        };
        let asked = filter.clone();
        let page = read(store, move |tx| cases::page(tx, &asked, order, 4));
        if page.is_empty() {
            return seen;
        }
        seen.extend(page);
        assert!(seen.len() < 100, "pages in a circle: {filter:?}");
    }
}

fn several() -> Vec<Vec<Sight>> {
    let e01 = || sight(Holding::Lead(unit("E01")));
    let assisting = || sight(Holding::Assisting(unit("E01")));
    let mine = || sight(Holding::Reporter(person_id(3)));
    let within = |code: &str| sight(Holding::Area(area(code)));
    let waiting = Sight {
        states: vec![String::from("dispatched")],
        ..sight(Holding::Lead(unit("D22-4")))
    };
    let suspended = Sight {
        states: vec![String::from("suspended")],
        ..assisting()
    };
    vec![
        vec![e01(), assisting()],
        vec![assisting()],
        vec![within("350703001"), mine()],
        vec![within("350703001012001002003"), mine()],
        vec![mine(), within("350703001012"), within("350703001")],
        vec![waiting, suspended, mine()],
        vec![assisting(), e01(), sight(Holding::Lead(unit("D22-4")))],
        vec![
            sight(Holding::Lead(unit("E09"))),
            sight(Holding::Assisting(unit("E09"))),
        ],
    ]
}

fn filters(sights: &[Sight]) -> [CaseFilter; 7] {
    let every = CaseFilter::new(district(), sights.to_vec());
    let in_states = |states: &[&str]| CaseFilter {
        states: states.iter().map(|state| (*state).to_owned()).collect(),
        ..every.clone()
    };
    [
        CaseFilter {
            class: Some(Class::Open),
            ..every.clone()
        },
        CaseFilter {
            class: Some(Class::Closed),
            ..every.clone()
        },
        CaseFilter {
            from: Some(at(1)),
            to: Some(at(5)),
            ..every.clone()
        },
        in_states(&["closed"]),
        in_states(&["suspended"]),
        in_states(&["suspended", "dispatched"]),
        every,
    ]
}

fn what_is_seen_for_several_reasons_is_listed_once_in_order(backend: &Backend) {
    let store = filled(backend);
    for sights in several() {
        for filter in filters(&sights) {
            let mut wanted: Vec<CaseRow> = (0..CASES)
                .map(made)
                .filter(|(row, assisted)| sights.iter().any(|one| shows(one, row, *assisted)))
                .map(|(row, _)| row)
                .filter(|row| lets_through(&filter, row))
                .collect();
            wanted.sort_by_key(|row| std::cmp::Reverse((row.opened, row.id)));
            assert_eq!(turned(&store, &filter, true), wanted, "{filter:?}");
            wanted.sort_by_key(|row| (row.deadline.map_or(i64::MAX, |at| at.0), row.id));
            assert_eq!(turned(&store, &filter, false), wanted, "{filter:?}");
            let asked = filter.clone();
            let (count, by_state) = read(&store, move |tx| {
                let count = cases::count(tx, &asked)?;
                Ok((count, cases::count_by_state(tx, &asked)?))
            });
            assert_eq!(usize::try_from(count).unwrap(), wanted.len(), "{filter:?}");
            for (state, count) in &by_state {
                let wanted = wanted.iter().filter(|row| row.state == *state).count();
                assert_eq!(usize::try_from(*count).unwrap(), wanted, "{filter:?}");
            }
            assert_eq!(count, by_state.iter().map(|(_, count)| count).sum::<i64>());
        }
    }
}

fn a_unit_that_assists_later_has_the_case_where_it_belongs(backend: &Backend) {
    let store = backend.create();
    write(&store, |tx| {
        cast(tx)?;
        for n in 1..=7 {
            open_case(tx, &case(n), n, &[])?;
        }
        // Asked for in another order than opened, one of them twice, and more than a page.
        for n in [4, 2, 7, 5, 4, 1, 6] {
            cases::assist(tx, &case(n), &unit("E01"))?;
        }
        Ok(())
    });
    let sights = vec![sight(Holding::Assisting(unit("E01")))];
    let listed = turned(&store, &CaseFilter::new(district(), sights), true);
    let ids: Vec<_> = listed.iter().map(|row| row.id).collect();
    assert_eq!(ids, [7, 6, 5, 4, 2, 1].map(case_id));
}

fn a_row_without_the_moment_ends_no_list_in_a_circle(backend: &Backend) {
    let store = backend.create();
    write(&store, |tx| {
        cast(tx)?;
        for n in 1..=6 {
            open_case(tx, &case(n), n, &[unit("E01")])?;
        }
        // As a program writes it that is older than the column and still runs.
        let sql = "UPDATE case_assisting SET case_opened_ms = 0 WHERE case_id = $1";
        tx.execute(sql, &[Bound::from(case_id(6))])
    });
    let sights = vec![sight(Holding::Assisting(unit("E01")))];
    let filter = CaseFilter::new(district(), sights);
    let listed = turned(&store, &filter, true);
    let ids: Vec<_> = listed.iter().map(|row| row.id).collect();
    // It may be missing where it belongs, and is nowhere else.
    assert_eq!(ids, [5, 4, 3, 2, 1].map(case_id));
    assert_eq!(read(&store, move |tx| cases::count(tx, &filter)), 6);
}

/// How SQLite runs a statement; nothing on PostgreSQL, which plans by what tables hold, and these
/// hold next to nothing.
pub(super) fn plan(store: &Store, sql: Option<String>) -> Vec<String> {
    if store.dialect() != Dialect::Sqlite {
        return Vec::new();
    }
    let sql = sql.unwrap();
    let numbers = sql.split('$').skip(1).filter_map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<usize>().ok()
    });
    let values = numbers.max().unwrap_or(0);
    read(store, move |tx| {
        let values = vec![Bound::Null; values];
        let rows = tx.query(&format!("EXPLAIN QUERY PLAN {sql}"), &values)?;
        rows.iter()
            .map(|row| row.text(3).map(str::to_owned))
            .collect::<Result<Vec<_>, _>>()
    })
}

/// Steps of the plan that search in a table or sort, without what else it says.
fn searches(plan: &[String]) -> Vec<&str> {
    let searches = plan
        .iter()
        .filter(|step| step.starts_with("SEARCH") || step.contains("B-TREE"));
    searches.map(String::as_str).collect()
}

/// Whether the plan searches and sorts in just this way.
pub(super) fn goes_by(plan: &[String], steps: &[&str]) -> bool {
    let searches = searches(plan);
    searches.len() == steps.len()
        && searches
            .iter()
            .zip(steps)
            .all(|(search, step)| search.contains(step))
}

fn the_cases_of_one_unit_are_found_by_their_index(backend: &Backend) {
    let store = backend.create();
    let filter = CaseFilter {
        unit: Some(unit("E01")),
        ..whole()
    };
    let plan = plan(&store, cases::page_sql(&filter, Order::Newest(None), 50));
    // In the order of the index: nothing is read that the page doesn't show.
    let steps = ["cases_unit_newest (district=? AND lead_unit=?)"];
    assert!(plan.is_empty() || goes_by(&plan, &steps), "{plan:?}");
}

fn what_a_unit_leads_and_assists_in_is_found_by_two_indices(backend: &Backend) {
    let store = backend.create();
    let sights = vec![
        sight(Holding::Lead(unit("E01"))),
        sight(Holding::Assisting(unit("E01"))),
    ];
    let filter = CaseFilter::new(district(), sights);
    for after in [None, Some((at(1), case_id(1)))] {
        let plan = plan(&store, cases::page_sql(&filter, Order::Newest(after), 50));
        // Two pages, each in the order of its index; only their rows are sorted.
        let steps = [
            "cases USING INDEX sqlite_autoindex_cases_1 (id=?)",
            "cases_unit_newest (district=? AND lead_unit=?",
            "case_assisting_newest (district=? AND unit=?",
            "cases USING INDEX sqlite_autoindex_cases_1 (id=?)",
            "B-TREE FOR ORDER BY",
        ];
        assert!(plan.is_empty() || goes_by(&plan, &steps), "{plan:?}");
        let behind = plan.iter().filter(|step| step.contains("<(?,?)")).count();
        let parts = if after.is_some() { 2 } else { 0 };
        assert!(plan.is_empty() || behind == parts, "{plan:?}");
    }
    let plan = plan(&store, cases::count_sql(&filter));
    let steps = [
        "cases_unit_newest (district=? AND lead_unit=?)",
        "case_assisting_newest (district=? AND unit=?)",
        "cases USING INDEX sqlite_autoindex_cases_1 (id=?)",
    ];
    assert!(plan.is_empty() || goes_by(&plan, &steps), "{plan:?}");
}

fn the_few_open_ones_are_found_without_those_that_are_closed(backend: &Backend) {
    let store = backend.create();
    let sights = vec![
        sight(Holding::Lead(unit("E01"))),
        sight(Holding::Assisting(unit("E01"))),
    ];
    let every = CaseFilter::new(district(), sights);
    let open = CaseFilter {
        class: Some(Class::Open),
        ..every.clone()
    };
    let suspended = CaseFilter {
        states: vec![String::from("suspended")],
        ..every
    };
    let by_deadline = cases::page_sql(&open, Order::Deadline(None), 50);
    let newest = cases::page_sql(&suspended, Order::Newest(None), 50);
    let due = "cases_due (district=? AND state_class=?)";
    let state = "cases_state (district=? AND state=?)";
    let assists = "case_assisting_case (case_id=? AND unit=?)";
    for (sql, leads) in [
        (by_deadline, due),
        (cases::count_sql(&open), due),
        (newest, state),
        (cases::count_sql(&suspended), state),
    ] {
        let plan = plan(&store, sql);
        assert!(
            plan.is_empty() || goes_by(&plan, &[leads, assists]),
            "{plan:?}"
        );
    }
}

fn what_waits_for_a_look_is_found_by_its_index(backend: &Backend) {
    let store = filled(backend);
    let ended = case_id(2);
    write(&store, move |tx| {
        cases::note_news(tx, ended, at(5))?;
        cases::note_news(tx, ended, at(6))
    });
    let since = read(&store, move |tx| cases::news(tx, ended));
    assert_eq!(since, Some(at(5)), "what waits already waits since then");
    let filter = CaseFilter {
        news: true,
        ..whole()
    };
    let listed = turned(&store, &filter, false);
    assert_eq!(listed.iter().map(|row| row.id).collect::<Vec<_>>(), [ended]);
    let by_deadline = cases::page_sql(&filter, Order::Deadline(None), 50);
    let leads = "cases_news (district=? AND news_ms>?)";
    for (sql, steps) in [
        (by_deadline, &[leads, "B-TREE FOR ORDER BY"][..]),
        (cases::count_sql(&filter), &[leads][..]),
    ] {
        let plan = plan(&store, sql);
        assert!(plan.is_empty() || goes_by(&plan, steps), "{plan:?}");
    }
    write(&store, move |tx| cases::clear_news(tx, ended));
    assert_eq!(turned(&store, &filter, false), []);
}
