//! Cases, their lists and their trails.

use crate::store_contract::rows::{
    area, at, bucket, case, case_id, cast, district, hash, open_case, person_id, read, report_id,
    unit, write,
};
use shared::case::{Class, Life};
use shared::id::{AreaCode, CategoryId, EventId};
use shared::report::{PhotoPreview, PhotoRef, PhotoRole};
use shared::role::Role;
use sync_server::store::cases::{CaseFilter, CaseMove, CaseRow, Holding, Order, Sight};
use sync_server::store::events::{self, NewEvent};
use sync_server::store::{Store, cases, changes, photos, previews};
use tests::backends::Backend;
use uuid::Uuid;

tests::on_both![
    a_case_comes_back_as_opened_by_id_number_and_report,
    of_two_moves_from_one_revision_exactly_one_is_made,
    a_case_that_is_to_be_looked_at_stays_so_until_it_was,
    pages_hold_every_case_once_in_order,
    the_most_pressing_come_first_and_those_without_deadline_last,
    each_filter_keeps_what_it_says,
    nobody_sees_beyond_what_they_may,
    a_search_finds_words_and_takes_nothing_as_a_pattern,
    a_trail_shows_where_it_was_changed,
    an_arrived_photo_counts_at_its_cases_and_stales_no_move,
];

pub(crate) fn whole() -> CaseFilter {
    CaseFilter::new(district(), vec![sight(Holding::Area(district()))])
}

pub(crate) fn sight(holding: Holding) -> Sight {
    Sight {
        holding,
        states: Vec::new(),
    }
}

fn found(store: &Store, filter: CaseFilter) -> Vec<u128> {
    let counted = filter.clone();
    let (rows, count, by_state) = read(store, move |tx| {
        Ok((
            cases::page(tx, &filter, Order::Newest(None), 1_000)?,
            cases::count(tx, &counted)?,
            cases::count_by_state(tx, &counted)?,
        ))
    });
    assert_eq!(rows.len(), usize::try_from(count).unwrap());
    assert_eq!(count, by_state.iter().map(|(_, count)| count).sum::<i64>());
    let mut found: Vec<u128> = rows.iter().map(|row| row.id.0.as_u128() - 0xc000).collect();
    found.sort_unstable();
    found
}

fn open(store: &Store, rows: Vec<CaseRow>) {
    write(store, move |tx| {
        cast(tx)?;
        for row in &rows {
            open_case(tx, row, row.id.0.as_u128() - 0xc000, &[])?;
        }
        Ok(())
    });
}

fn a_case_comes_back_as_opened_by_id_number_and_report(backend: &Backend) {
    let store = backend.create();
    let full = CaseRow {
        dispatched: Some(at(3)),
        deadline: Some(at(4)),
        handled: Some(at(5)),
        closed: Some(at(6)),
        self_fixed: true,
        solved_level: Some(0),
        photos_expected: 3,
        ..case(1)
    };
    let bare = CaseRow {
        grid: None,
        ..case(2)
    };
    let kept = [full.clone(), bare.clone()];
    write(&store, move |tx| {
        cast(tx)?;
        open_case(tx, &kept[0], 1, &[unit("E01"), unit("D01"), unit("E01")])?;
        open_case(tx, &kept[1], 2, &[])
    });
    let (by_id, by_no, by_report, assisting, decision) = read(&store, |tx| {
        Ok((
            cases::get(tx, case_id(1))?,
            cases::by_no(tx, "350703-20261124-00002")?,
            cases::by_report(tx, report_id(1))?,
            cases::assisting(tx, case_id(1))?,
            cases::decision(tx, case_id(1))?,
        ))
    });
    assert_eq!(by_id.as_ref(), Some(&full));
    assert_eq!((by_no, by_report), (Some(bare), Some(full)));
    assert_eq!(assisting, [unit("D01"), unit("E01")]);
    assert!(decision.unwrap().decision.contains("部件先属主"));
    assert_eq!(read(&store, |tx| cases::get(tx, case_id(9))), None);
}

fn of_two_moves_from_one_revision_exactly_one_is_made(backend: &Backend) {
    let store = backend.create();
    open(&store, vec![case(1)]);
    let made = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|n| {
                let store = &store;
                scope.spawn(move || {
                    write(store, move |tx| {
                        let lead = unit(&format!("E0{n}"));
                        let to = CaseMove {
                            id: case_id(1),
                            base_revision: 0,
                            revision: 1,
                            state: "dispatched",
                            class: Class::Open,
                            lead: &lead,
                            dispatched: Some(at(1)),
                            deadline: Some(at(2)),
                            handled: None,
                            closed: None,
                            solved_level: None,
                            life: &Life::default(),
                            next_due: None,
                        };
                        Ok(cases::move_on(tx, &to)?.then_some(lead))
                    })
                })
            })
            .collect();
        let made = threads
            .into_iter()
            .filter_map(|thread| thread.join().unwrap());
        made.collect::<Vec<_>>()
    });
    let now = read(&store, |tx| cases::get(tx, case_id(1))).unwrap();
    assert_eq!(made, std::slice::from_ref(&now.lead));
    assert_eq!(
        (now.revision, now.state.as_str(), now.deadline),
        (1, "dispatched", Some(at(2)))
    );
}

fn a_case_that_is_to_be_looked_at_stays_so_until_it_was(backend: &Backend) {
    let store = backend.create();
    open(&store, vec![case(1)]);
    let moved = |revision: i64, class: Class| {
        write(&store, move |tx| {
            let lead = unit("E01");
            let to = CaseMove {
                id: case_id(1),
                base_revision: revision - 1,
                revision,
                state: "handling",
                class,
                lead: &lead,
                dispatched: Some(at(1)),
                deadline: Some(at(9)),
                handled: None,
                closed: None,
                solved_level: None,
                life: &Life::default(),
                next_due: Some(at(9)),
            };
            assert!(cases::move_on(tx, &to)?);
            Ok(cases::due_before(tx, &district(), at(2), 10)?.len())
        })
    };
    assert_eq!(moved(1, Class::Open), 0);
    write(&store, |tx| cases::look_at_open(tx, &district()));
    assert_eq!(moved(2, Class::Open), 1, "nobody has looked yet");
    write(&store, |tx| cases::put_off(tx, &case(1), Some(at(9))));
    assert_eq!(moved(3, Class::Open), 0);
    write(&store, |tx| cases::look_at_open(tx, &district()));
    assert_eq!(moved(4, Class::Closed), 0, "nothing is due any more");
}

fn pages_hold_every_case_once_in_order(backend: &Backend) {
    let store = backend.create();
    // Seven of each moment, so that pages of five are cut inside a moment.
    let rows: Vec<_> = (0..35_u128)
        .map(|n| CaseRow {
            opened: at(i64::try_from(n / 7).unwrap()),
            ..case(n)
        })
        .collect();
    open(&store, rows.clone());
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = read(&store, move |tx| {
            cases::page(tx, &whole(), Order::Newest(after), 5)
        });
        let Some(last) = page.last() else { break };
        after = Some((last.opened, last.id));
        seen.extend(page);
    }
    let mut wanted = rows;
    wanted.sort_by_key(|row| std::cmp::Reverse((row.opened, row.id)));
    assert_eq!(seen, wanted);
}

fn the_most_pressing_come_first_and_those_without_deadline_last(backend: &Backend) {
    let store = backend.create();
    let due = |n, ms: Option<i64>| CaseRow {
        deadline: ms.map(at),
        ..case(n)
    };
    open(
        &store,
        vec![
            due(1, None),
            due(2, Some(9)),
            due(3, Some(1)),
            due(4, Some(9)),
            due(5, None),
        ],
    );
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = read(&store, move |tx| {
            cases::page(tx, &whole(), Order::Deadline(after), 2)
        });
        let Some(last) = page.last() else { break };
        after = Some((last.deadline, last.id));
        seen.extend(page.iter().map(|row| row.id));
    }
    assert_eq!(seen, [3, 2, 4, 1, 5].map(case_id));
}

fn each_filter_keeps_what_it_says(backend: &Backend) {
    let store = backend.create();
    let in_grid = |n, grid: &str| CaseRow {
        grid: Some(area(grid)),
        ..case(n)
    };
    let closed = CaseRow {
        state: String::from("closed"),
        class: Class::Closed,
        deadline: Some(at(0)),
        ..in_grid(2, "350703001013001002003")
    };
    let handled = CaseRow {
        state: String::from("handled"),
        handled: Some(at(1)),
        deadline: Some(at(0)),
        ..in_grid(3, "350703002001001002003")
    };
    let late = CaseRow {
        state: String::from("dispatched"),
        deadline: Some(at(0)),
        lead: unit("E01"),
        ..in_grid(4, "350703001012001002004")
    };
    let tree = CaseRow {
        category: CategoryId::new("E0110").unwrap(),
        grid: None,
        ..case(5)
    };
    open(
        &store,
        vec![
            in_grid(1, "350703001012001002003"),
            closed,
            handled,
            late,
            tree,
        ],
    );
    let with = |change: &dyn Fn(&mut CaseFilter)| {
        let mut filter = whole();
        change(&mut filter);
        found(&store, filter)
    };
    assert_eq!(with(&|_| {}), [1, 2, 3, 4, 5]);
    assert_eq!(with(&|f| f.class = Some(Class::Open)), [1, 3, 4, 5]);
    assert_eq!(
        with(&|f| f.states = vec!["handled".into(), "closed".into()]),
        [2, 3]
    );
    assert_eq!(with(&|f| f.unit = Some(unit("E01"))), [4]);
    assert_eq!(with(&|f| f.area = Some(area("350703001"))), [1, 2, 4]);
    assert_eq!(with(&|f| f.area = Some(area("350703001012"))), [1, 4]);
    assert_eq!(with(&|f| f.area = Some(area("350703001012001"))), [1, 4]);
    assert_eq!(with(&|f| f.area = Some(area("350703001012001002004"))), [4]);
    assert_eq!(with(&|f| f.area = Some(area("410102001"))), [] as [u128; 0]);
    assert_eq!(
        with(&|f| f.category = Some(CategoryId::new("E0110").unwrap())),
        [5]
    );
    assert_eq!(with(&|f| f.from = Some(at(3))), [3, 4, 5]);
    assert_eq!(with(&|f| f.to = Some(at(3))), [1, 2]);
    assert_eq!(with(&|f| f.late_at = Some(at(10))), [4]);
    assert_eq!(
        with(&|f| {
            f.area = Some(area("350703001"));
            f.class = Some(Class::Open);
            f.late_at = Some(at(10));
            f.text = Some(String::from("井盖"));
        }),
        [4]
    );
}

fn nobody_sees_beyond_what_they_may(backend: &Backend) {
    let store = backend.create();
    let mut elsewhere = case(1);
    elsewhere.district = area("410102");
    elsewhere.grid = Some(area("410102001001001001001"));
    let mut foreign_reporter = case(3);
    foreign_reporter.reporter = person_id(7);
    foreign_reporter.grid = Some(area("350703002001001001001"));
    let rows = [elsewhere, case(2), foreign_reporter];
    write(&store, move |tx| {
        cast(tx)?;
        open_case(tx, &rows[0], 1, &[])?;
        open_case(tx, &rows[1], 2, &[])?;
        open_case(tx, &rows[2], 3, &[unit("E01")])
    });
    let sees = |sights: Vec<Sight>| found(&store, CaseFilter::new(district(), sights));
    let none: [u128; 0] = [];
    assert_eq!(sees(vec![]), none);
    assert_eq!(sees(vec![sight(Holding::Area(district()))]), [2, 3]);
    assert_eq!(sees(vec![sight(Holding::Area(area("410102001")))]), none);
    assert_eq!(sees(vec![sight(Holding::Area(area("350703001")))]), [2]);
    assert_eq!(
        sees(vec![sight(Holding::Lead(unit("D22-4")))]),
        [2, 3],
        "one code in two districts"
    );
    assert_eq!(sees(vec![sight(Holding::Assisting(unit("E01")))]), [3]);
    assert_eq!(sees(vec![sight(Holding::Reporter(person_id(7)))]), [3]);
    assert_eq!(
        sees(vec![
            sight(Holding::Reporter(person_id(7))),
            sight(Holding::Area(area("350703001012")))
        ]),
        [2, 3]
    );
    let waiting = Sight {
        holding: Holding::Area(district()),
        states: vec![String::from("returned")],
    };
    assert_eq!(sees(vec![waiting]), none);
    let mut beyond = CaseFilter::new(district(), vec![sight(Holding::Area(district()))]);
    beyond.area = Some(AreaCode::new("410102001").unwrap());
    assert_eq!(
        found(&store, beyond),
        none,
        "a filter never widens what is seen"
    );
}

fn a_search_finds_words_and_takes_nothing_as_a_pattern(backend: &Backend) {
    let store = backend.create();
    let other = CaseRow {
        excerpt: String::from("Ölspur ÄRGER"),
        ..case(2)
    };
    open(&store, vec![case(1), other]);
    let search = |words: &str| {
        let mut filter = whole();
        filter.text = Some(words.to_owned());
        found(&store, filter)
    };
    assert_eq!(search("井盖"), [1, 2]);
    assert_eq!(search("350703-20261124-00002"), [2]);
    assert_eq!(search("7f3a-1"), [1], "case of letters does not matter");
    assert_eq!(search("ölspur ärger"), [2]);
    assert_eq!(search("100%"), [1, 2]);
    assert_eq!(search("a_b"), [1, 2]);
    for nothing in ["1%0", "a%b", "_____________", "%", "!", "';--", "井盖 不在"] {
        let expected: &[u128] = if nothing == "%" { &[1, 2] } else { &[] };
        assert_eq!(search(nothing), expected, "{nothing}");
    }
    assert_eq!(search("   "), [1, 2]);
}

fn a_trail_shows_where_it_was_changed(backend: &Backend) {
    let store = backend.create();
    open(&store, vec![case(1), case(2)]);
    let event = |n: u128, to: &str, reason: &str| NewEvent {
        id: EventId(Uuid::from_u128(n)),
        kind: String::from("dispatch"),
        from: (n > 1).then(|| String::from("received")),
        to: to.to_owned(),
        person: (n > 1).then(|| person_id(1)),
        role: (n > 1).then_some(Role::Dispatcher),
        unit: (n > 1).then(|| unit("D22-4")),
        at: at(1),
        reason: reason.to_owned(),
        detail: String::from("{}"),
    };
    let appended = write(&store, move |tx| {
        events::append(tx, case_id(2), event(9, "received", ""))?;
        Ok([
            events::append_first(tx, case_id(1), event(1, "received", ""))?,
            events::append(tx, case_id(1), event(2, "dispatched", "井盖😀"))?,
            events::append(tx, case_id(1), event(3, "returned", "不属于我单位"))?,
        ])
    });
    let trail = read(&store, |tx| events::of_case(tx, case_id(1)));
    assert_eq!(trail, appended);
    assert_eq!(events::first_break(case_id(1), &trail), None);
    assert_eq!(
        trail.iter().map(|row| row.ordinal).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    let mut changed = trail.clone();
    changed[1].event.reason = String::from("后改");
    assert_eq!(events::first_break(case_id(1), &changed), Some(2));
    let mut missing = trail;
    missing.remove(1);
    assert_eq!(events::first_break(case_id(1), &missing), Some(2));
}

fn an_arrived_photo_counts_at_its_cases_and_stales_no_move(backend: &Backend) {
    let store = backend.create();
    open(&store, vec![case(1), case(2), case(3)]);
    let photo = PhotoRef {
        sha256: hash("photo"),
        bytes: 1,
        mime: String::from("image/jpeg"),
        role: PhotoRole::Near,
        width: 1,
        height: 1,
        original_sha256: None,
        preview: Some(PhotoPreview {
            sha256: hash("preview"),
            bytes: 1,
        }),
        phash: None,
    };
    let counted = write(&store, move |tx| {
        let device = crate::store_contract::rows::device_id(1);
        for n in [1, 2] {
            photos::announce(tx, report_id(n), 1, &photo, device, at(0))?;
        }
        photos::mark_stored(tx, hash("photo"), at(1))?;
        let ids = cases::count_photo(tx, hash("photo"))?;
        for id in &ids {
            let why = shared::wire::sync::Why::Put;
            let id = id.to_string();
            changes::put(tx, &district(), [&bucket()], "cases", &id, 0, why)?;
        }
        Ok(ids)
    });
    assert_eq!(counted, [case_id(1), case_id(2)]);
    let (one, three, with) = read(&store, |tx| {
        Ok((
            cases::get(tx, case_id(1))?.unwrap(),
            cases::get(tx, case_id(3))?.unwrap(),
            photos::cases_with(tx, hash("photo"))?,
        ))
    });
    assert_eq!(
        (one.photos_stored, one.revision, three.photos_stored),
        (1, 0, 0)
    );
    assert_eq!(with.len(), 2);
    let previewed = read(&store, |tx| previews::cases_with(tx, hash("preview")));
    assert_eq!(previewed, [case_id(1), case_id(2)]);
}
