//! Drafts of the catalogue, emergency orders, and cases as routing asks for them.

use crate::store_contract::rows::{
    area, at, case, case_id, cast, district, open_case, person, person_id, read, write,
};
use shared::emergency::EmergencyOrder;
use shared::id::{CatalogueDraftId, CatalogueVersion, CategoryId, OrderId};
use sync_server::store::catalogue_drafts::{self as drafts, DraftRow};
use sync_server::store::catalogues::{self, VersionRow};
use sync_server::store::orders::{self, OrderRow};
use sync_server::store::{past_cases, people};
use tests::backends::Backend;
use uuid::Uuid;

tests::on_both![
    a_draft_changes_from_its_own_revision_only_and_stays_after_its_end,
    an_order_ends_once_and_no_later_than_it_was_planned,
    past_cases_come_newest_first_and_by_their_number,
];

fn version() -> CatalogueVersion {
    CatalogueVersion::new("350703-2026.1").unwrap()
}

fn draft(n: u128) -> DraftRow {
    DraftRow {
        id: CatalogueDraftId(Uuid::from_u128(n)),
        district: district(),
        name: String::from("调整时限"),
        base: version(),
        revision: 1,
        created: at(0),
        changed: at(i64::try_from(n).unwrap()),
        by: person_id(1),
        published: None,
        dropped: None,
    }
}

fn a_draft_changes_from_its_own_revision_only_and_stays_after_its_end(backend: &Backend) {
    let store = backend.create();
    let [one, two] = [draft(1), draft(2)];
    let (first, second) = (one.id, two.id);
    write(&store, move |tx| {
        cast(tx)?;
        let published = VersionRow {
            version: version(),
            district: district(),
            published: at(0),
            from: at(0),
            by: Some(person_id(1)),
            words: String::new(),
        };
        assert!(catalogues::insert_if_new(tx, &published, "{}")?);
        drafts::insert(tx, &one, "{\"一\":1}")?;
        drafts::insert(tx, &two, "{}")?;
        assert!(drafts::change(
            tx,
            first,
            1,
            "{\"一\":2}",
            person_id(1),
            at(9)
        )?);
        assert!(!drafts::change(tx, first, 1, "{}", person_id(1), at(9))?);
        assert!(!drafts::publish(tx, first, 1, &version())?);
        Ok(())
    });
    let (row, doc) = read(&store, move |tx| drafts::get(tx, &district(), first)).unwrap();
    assert_eq!(
        (row.revision, row.changed, doc.as_str()),
        (2, at(9), "{\"一\":2}")
    );
    let elsewhere = read(&store, move |tx| drafts::get(tx, &area("410105"), first));
    assert_eq!(elsewhere, None);
    let open = |limit| {
        let rows = read(&store, move |tx| drafts::open(tx, &district(), limit));
        rows.iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(open(9), [first, second], "the one changed last first");
    assert_eq!(open(1), [first]);
    write(&store, move |tx| {
        assert!(drafts::publish(tx, first, 2, &version())?);
        assert!(!drafts::publish(tx, first, 2, &version())?);
        assert!(drafts::set_dropped(tx, second, at(10))?);
        assert!(!drafts::set_dropped(tx, second, at(11))?);
        assert!(!drafts::set_dropped(tx, first, at(11))?);
        assert!(!drafts::change(tx, second, 1, "{}", person_id(1), at(12))?);
        Ok(())
    });
    assert!(open(9).is_empty());
    let (row, _) = read(&store, move |tx| drafts::get(tx, &district(), second)).unwrap();
    assert_eq!(row.dropped, Some(at(10)), "kept");
    assert!(!row.is_open());
}

fn order(n: u128, until: Option<i64>) -> OrderRow {
    OrderRow {
        order: EmergencyOrder {
            id: OrderId(Uuid::from_u128(n)),
            number: String::from("潭政〔2026〕12号"),
            area: area("350703001"),
            from_ms: at(i64::try_from(n).unwrap()),
            until_ms: until.map(at),
            words: String::from("防汛二级响应"),
            categories: ["E0501", "E0502"]
                .map(|id| CategoryId::new(id).unwrap())
                .to_vec(),
        },
        district: district(),
        given: at(0),
        given_by: person_id(1),
        ended: None,
        ended_by: None,
    }
}

fn an_order_ends_once_and_no_later_than_it_was_planned(backend: &Backend) {
    let store = backend.create();
    let (open, planned) = (order(1, None), order(2, Some(100)));
    let (first, second) = (open.order.id, planned.order.id);
    let given = [planned.clone(), open.clone()];
    write(&store, move |tx| {
        assert!(people::insert_if_new(tx, &person(1))?);
        orders::insert(tx, &open)?;
        orders::insert(tx, &planned)
    });
    let all = || read(&store, |tx| orders::all(tx, &district()));
    assert_eq!(all(), given, "the one that begins last first");
    write(&store, move |tx| {
        assert!(!orders::end(
            tx,
            &area("410105"),
            first,
            person_id(1),
            at(50)
        )?);
        assert!(orders::end(tx, &district(), first, person_id(1), at(50))?);
        assert!(!orders::end(tx, &district(), first, person_id(1), at(60))?);
        assert!(!orders::end(
            tx,
            &district(),
            second,
            person_id(1),
            at(100)
        )?);
        Ok(())
    });
    let ends: Vec<_> = all().iter().map(|row| row.order.until_ms).collect();
    assert_eq!(ends, [Some(at(100)), Some(at(50))]);
    assert_eq!(all()[1].ended_by, Some(person_id(1)));
}

fn past_cases_come_newest_first_and_by_their_number(backend: &Backend) {
    let store = backend.create();
    write(&store, move |tx| {
        cast(tx)?;
        for n in 1..=4 {
            open_case(tx, &case(n), n, &[])?;
        }
        Ok(())
    });
    let since = |from, limit| {
        let found = read(&store, move |tx| {
            past_cases::since(tx, &district(), at(from), limit)
        });
        found.iter().map(|case| case.id).collect::<Vec<_>>()
    };
    assert_eq!(since(2, 9), [case_id(4), case_id(3), case_id(2)]);
    assert_eq!(since(0, 2), [case_id(4), case_id(3)]);
    let number = case(3).case_no;
    let found = read(&store, move |tx| {
        past_cases::by_no(tx, &district(), &number)
    });
    let (found, version) = found.unwrap();
    assert_eq!((found.id, version.as_str()), (case_id(3), "350703-1"));
    assert_eq!(found.doubt.len(), 2);
    assert_eq!(found.at, at(0), "when its report came");
}
