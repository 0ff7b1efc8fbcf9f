//! Lists of what waits for one unit or one person, found by columns that follow from a case's life:
//! what they show, in which order, and by which index.

use crate::store_contract::cases::{sight, whole};
use crate::store_contract::lists::{goes_by, plan, turned};
use crate::store_contract::rows::{
    at, case, case_id, cast, district, open_case, person_id, read, unit, write,
};
use shared::case::{Class, Life, Part};
use shared::time::Timestamp;
use sync_server::store::cases::{self, CaseFilter, CaseRow, Holding, Order};
use tests::backends::Backend;

tests::on_both![
    what_a_unit_owes_is_found_by_its_index_the_most_pressing_first,
    what_is_assigned_to_a_person_is_found_by_its_index,
    what_stays_too_long_in_its_state_is_found_by_its_index,
];

/// A part that E01 or another unit is asked for.
fn part(of: &str, deadline: Option<i64>, answered: Option<i64>) -> Part {
    serde_json::from_value(serde_json::json!({
        "unit": of, "task": "冲洗路面", "asked_ms": 0, "deadline_ms": deadline,
        "answered_ms": answered,
    }))
    .unwrap()
}

fn what_a_unit_owes_is_found_by_its_index_the_most_pressing_first(backend: &Backend) {
    let store = backend.create();
    write(&store, |tx| {
        cast(tx)?;
        let parts = [
            (1, Class::Open, vec![part("E01", Some(90), None)]),
            (2, Class::Open, vec![part("E01", None, None)]),
            (3, Class::Open, vec![part("E01", Some(10), Some(5))]),
            (4, Class::Closed, vec![part("E01", Some(10), None)]),
            (5, Class::Open, vec![part("D01", Some(10), None)]),
            // Answered, and asked for once more.
            (
                6,
                Class::Open,
                vec![part("E01", Some(10), Some(5)), part("E01", Some(40), None)],
            ),
            (7, Class::Open, vec![part("E01", Some(90), None)]),
            (
                8,
                Class::Open,
                vec![part("E02", Some(20), None), part("E01", Some(99), None)],
            ),
        ];
        for (n, class, parts) in parts {
            open_case(tx, &case(n), n, &["D01", "E01", "E02"].map(unit))?;
            let life = Life {
                parts,
                ..Life::default()
            };
            cases::note_parts(tx, case_id(n), class, &life)?;
        }
        Ok(())
    });
    let owed_by = |units: &[&str]| CaseFilter {
        owed_by: Some(units.iter().map(|code| unit(code)).collect()),
        ..CaseFilter::new(
            district(),
            vec![
                sight(Holding::Lead(unit("E01"))),
                sight(Holding::Assisting(unit("E01"))),
            ],
        )
    };
    let ids = |filter: CaseFilter, after: Option<(Option<i64>, u128)>| {
        let after = after.map(|(ms, n)| (ms.map(Timestamp), case_id(n)));
        let page = read(&store, move |tx| {
            cases::page(tx, &filter, Order::Part(after), 9)
        });
        page.iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(owed_by(&["E01"]), None), [6, 1, 7, 8, 2].map(case_id));
    assert_eq!(
        ids(owed_by(&["E01", "E02"]), None),
        [8, 6, 1, 7, 2].map(case_id)
    );
    let behind = Some((Some(90), 1));
    assert_eq!(ids(owed_by(&["E01"]), behind), [7, 8, 2].map(case_id));
    assert_eq!(ids(owed_by(&["E01"]), Some((None, 2))), []);
    assert_eq!(ids(owed_by(&[]), None), []);
    let count = owed_by(&["E01"]);
    assert_eq!(read(&store, move |tx| cases::count(tx, &count)), 5);
    let filter = owed_by(&["E01"]);
    for sql in [
        cases::page_sql(&filter, Order::Part(Some((None, case_id(1)))), 50),
        cases::count_sql(&filter),
    ] {
        let plan = plan(&store, sql);
        let by = |index: &str| plan.iter().any(|step| step.contains(index));
        assert!(
            plan.is_empty() || by("case_assisting_owed (district=? AND unit=?"),
            "{plan:?}"
        );
        assert!(
            plan.is_empty() || by("cases USING INDEX sqlite_autoindex_cases_1 (id=?)"),
            "{plan:?}"
        );
    }
}

fn what_is_assigned_to_a_person_is_found_by_its_index(backend: &Backend) {
    let store = backend.create();
    write(&store, |tx| {
        cast(tx)?;
        for (n, class, person) in [
            (1, Class::Open, Some(3)),
            (2, Class::Open, None),
            (3, Class::Closed, Some(3)),
            (4, Class::Open, Some(2)),
        ] {
            let row = CaseRow {
                class,
                life: Life {
                    assigned: person.map(person_id),
                    ..Life::default()
                },
                ..case(n)
            };
            open_case(tx, &row, n, &[unit("E01")])?;
            cases::put_off(tx, &row, None)?;
        }
        Ok(())
    });
    let filter = CaseFilter {
        assigned: Some(person_id(3)),
        ..CaseFilter::new(
            district(),
            vec![
                sight(Holding::Lead(unit("E01"))),
                sight(Holding::Assisting(unit("E01"))),
            ],
        )
    };
    for newest in [true, false] {
        let ids: Vec<_> = turned(&store, &filter, newest)
            .iter()
            .map(|row| row.id)
            .collect();
        assert_eq!(ids, [case_id(1)]);
    }
    for sql in [
        cases::page_sql(&filter, Order::Deadline(None), 50),
        cases::count_sql(&filter),
    ] {
        let plan = plan(&store, sql);
        let steps = [
            "cases_assigned (district=? AND assigned=?)",
            "case_assisting_case (case_id=? AND unit=?)",
        ];
        assert!(plan.is_empty() || goes_by(&plan, &steps), "{plan:?}");
    }
}

fn what_stays_too_long_in_its_state_is_found_by_its_index(backend: &Backend) {
    let store = backend.create();
    write(&store, |tx| {
        cast(tx)?;
        for (n, state, class, due) in [
            (1, "received", Class::Open, Some(at(1))),
            (2, "received", Class::Open, Some(at(5))),
            (3, "suspended", Class::Open, Some(at(1))),
            (4, "voided", Class::Closed, Some(at(1))),
            (5, "handling", Class::Open, None),
        ] {
            let row = CaseRow {
                state: state.to_owned(),
                class,
                life: Life {
                    stage_due_ms: due,
                    ..Life::default()
                },
                ..case(n)
            };
            open_case(tx, &row, n, &[])?;
        }
        Ok(())
    });
    let filter = |n: i64| CaseFilter {
        stage_late_at: Some(at(n)),
        ..whole()
    };
    let ids = |filter: CaseFilter, newest: bool| {
        let rows = turned(&store, &filter, newest);
        rows.iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(filter(1), true), [], "not yet");
    assert_eq!(ids(filter(2), false), [case_id(1)]);
    assert_eq!(ids(filter(9), true), [2, 1].map(case_id));
    let plan = plan(
        &store,
        cases::page_sql(&filter(2), Order::Deadline(None), 50),
    );
    let steps = [
        "cases_stage_due (district=? AND stage_due_ms<?)",
        "B-TREE FOR ORDER BY",
    ];
    assert!(plan.is_empty() || goes_by(&plan, &steps), "{plan:?}");
}
