//! The SQL of whatever devices bring: sessions, ledgers, codes, operations, quarantine, uploads.

use crate::store_contract::rows::{
    at, cast, device, device_id, district, hash, op_id, operation, person_id, read, write,
};
use shared::wire::sync::Outcome;
use sync_server::store::devices::{CodeRow, Ledger};
use sync_server::store::operations::Gap;
use sync_server::store::quarantine::{After, QuarantineRow};
use sync_server::store::sessions::SessionRow;
use sync_server::store::uploads::UploadRow;
use sync_server::store::{StoreError, devices, operations, quarantine, sessions, uploads};
use tests::backends::Backend;
use uuid::Uuid;

tests::on_both![
    a_session_ends_once,
    a_device_starts_over_with_its_epoch,
    an_enrolment_code_works_for_one_device_only,
    an_operation_is_kept_once_and_gaps_are_named,
    quarantine_is_listed_newest_first_and_settled_once,
    an_upload_moves_on_only_from_what_was_seen,
];

fn a_session_ends_once(backend: &Backend) {
    let store = backend.create();
    let session = |token: &str, device| SessionRow {
        token_hash: hash(token),
        person: person_id(1),
        device,
        created: at(0),
        expires: at(100),
        revoked: None,
    };
    write(&store, move |tx| {
        cast(tx)?;
        sessions::insert(tx, &session("console", None))?;
        sessions::insert(tx, &session("other", None))?;
        sessions::insert(tx, &session("a", Some(device_id(1))))?;
        sessions::insert(tx, &session("b", Some(device_id(1))))
    });
    let revoke =
        |token: &'static str| write(&store, move |tx| sessions::revoke(tx, hash(token), at(5)));
    assert_eq!(
        (revoke("a"), revoke("a"), revoke("unknown")),
        (true, false, false)
    );
    let others = write(&store, |tx| {
        sessions::revoke_console(tx, person_id(1), Some(hash("console")), at(6))
    });
    assert_eq!(others, 1, "not the one that may go on, nor a handheld's");
    let of_device = write(&store, |tx| {
        sessions::revoke_all(tx, person_id(1), Some(device_id(1)), at(6))
    });
    assert_eq!(of_device, 1);
    let console = read(&store, |tx| sessions::get(tx, hash("console")));
    assert_eq!(console, Some(session("console", None)));
    assert_eq!(
        write(&store, |tx| sessions::revoke_all(
            tx,
            person_id(1),
            None,
            at(7)
        )),
        1
    );
    for left in [2, 2, 0] {
        assert_eq!(write(&store, |tx| sessions::sweep(tx, at(101), 2)), left);
    }
}

fn a_device_starts_over_with_its_epoch(backend: &Backend) {
    let store = backend.create();
    write(&store, cast);
    let push = |made, high_water| {
        write(&store, move |tx| {
            let ledger = Ledger {
                made,
                high_water,
                received_more: 2,
            };
            devices::note_push(tx, device_id(1), ledger, at(9))
        });
        let row = read(&store, |tx| devices::get(tx, device_id(1))).unwrap();
        (row.made, row.high_water, row.received)
    };
    assert_eq!(push(5, 2), (5, 2, 2));
    assert_eq!(push(4, 1), (5, 2, 4), "numbers never go back");
    let enrol = |epoch| {
        write(&store, move |tx| {
            let row = devices::DeviceRow {
                epoch,
                name: String::from("新机"),
                ..device(1)
            };
            devices::put(tx, &row)
        });
        read(&store, |tx| devices::get(tx, device_id(1))).unwrap()
    };
    let same = enrol(1);
    assert_eq!((same.made, same.name.as_str()), (5, "新机"));
    assert_eq!((enrol(2).made, enrol(2).received), (0, 0));
    write(&store, |tx| {
        devices::put(tx, &device(2))?;
        devices::note_seen(tx, device_id(2), at(3))?;
        assert!(devices::set_disabled(tx, device_id(2), Some(at(4)))?);
        Ok(())
    });
    let page = read(&store, |tx| {
        devices::page(tx, &district(), Some(device_id(1)), 10)
    });
    assert_eq!(
        (page.len(), page[0].last_seen, page[0].disabled),
        (1, Some(at(3)), Some(at(4)))
    );
}

fn an_enrolment_code_works_for_one_device_only(backend: &Backend) {
    let store = backend.create();
    let row = CodeRow {
        code_hash: hash("K7QM"),
        person: person_id(1),
        expires: at(60),
        used: None,
        device: None,
    };
    write(&store, move |tx| {
        cast(tx)?;
        devices::insert_code(tx, &row)
    });
    let enrol = |n| {
        write(&store, move |tx| {
            devices::use_code(tx, hash("K7QM"), device_id(n), at(1))
        })
    };
    assert_eq!((enrol(1), enrol(1), enrol(2)), (true, true, false));
    let code = read(&store, |tx| devices::code(tx, hash("K7QM"))).unwrap();
    assert_eq!((code.used, code.device), (Some(at(1)), Some(device_id(1))));
    assert_eq!(read(&store, |tx| devices::code(tx, hash("other"))), None);
}

fn an_operation_is_kept_once_and_gaps_are_named(backend: &Backend) {
    let store = backend.create();
    write(&store, |tx| {
        cast(tx)?;
        for seq in [1, 2, 5, 6, 9] {
            operations::insert(tx, operation(u128::try_from(seq).unwrap(), seq))?;
        }
        Ok(())
    });
    for again in [operation(1, 77), operation(77, 1)] {
        let refused = store
            .write_blocking::<_, StoreError>(&district(), move |tx| operations::insert(tx, again));
        assert!(
            matches!(refused, Err(StoreError::Conflict(_))),
            "{refused:?}"
        );
    }
    let look = |above| {
        read(&store, move |tx| {
            operations::gaps(tx, device_id(1), 1, above, 100)
        })
    };
    assert_eq!(look(2), [Gap { from: 3, to: 4 }, Gap { from: 7, to: 8 }]);
    assert_eq!(look(0), look(2));
    assert_eq!(look(6), [Gap { from: 7, to: 8 }]);
    assert!(look(9).is_empty());
    let (highest, other, kept, same, body, counts) = read(&store, |tx| {
        Ok((
            operations::highest(tx, device_id(1), 1)?,
            operations::highest(tx, device_id(1), 2)?,
            operations::get(tx, op_id(5))?,
            operations::at(tx, device_id(1), 1, 5)?,
            operations::body(tx, op_id(5))?,
            operations::counts(tx)?,
        ))
    });
    assert_eq!((highest, other), (9, 0));
    assert_eq!(kept, same);
    assert_eq!(kept.unwrap().hash, hash("content"));
    assert_eq!(body.as_deref(), Some(r#"{"v":1}"#));
    assert_eq!(counts, [(Outcome::Applied, 5)]);
}

fn quarantine_is_listed_newest_first_and_settled_once(backend: &Backend) {
    let store = backend.create();
    let entry = |n: u128, content: &str, ms: i64| QuarantineRow {
        op_id: op_id(n),
        hash: hash(content),
        district: district(),
        device: device_id(1),
        person: None,
        reason_code: String::from("op_id_reused"),
        reason: String::from("同一编号，内容不同"),
        body: String::from("{\"文\":\"😀\"}"),
        received: at(ms),
        resolved: None,
        resolved_by: None,
        note: String::new(),
    };
    let new = write(&store, move |tx| {
        let rows = [
            entry(1, "a", 1),
            entry(1, "b", 1),
            entry(2, "c", 2),
            entry(2, "c", 3),
        ];
        rows.iter()
            .map(|row| quarantine::insert_if_new(tx, row))
            .collect::<Result<Vec<_>, _>>()
    });
    assert_eq!(new, [true, true, true, false]);
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = read(&store, move |tx| {
            quarantine::page(tx, &district(), false, after, 1)
        });
        let Some(row) = page.first() else { break };
        after = Some(After {
            received: row.received,
            op_id: row.op_id,
            hash: row.hash,
        });
        seen.push(row.op_id);
    }
    assert_eq!(seen, [op_id(2), op_id(1), op_id(1)]);
    assert_eq!(
        read(&store, |tx| quarantine::of_operation(tx, op_id(1))).len(),
        2
    );
    let settle = |content: &'static str| {
        write(&store, move |tx| {
            let (by, note) = (person_id(1), "已人工补录");
            quarantine::resolve(tx, op_id(1), hash(content), by, note, at(9))
        })
    };
    // Another content under the same id goes on waiting.
    assert_eq!(
        (settle("a"), settle("a"), settle("c")),
        (true, false, false)
    );
    let waits = read(&store, |tx| quarantine::count_waiting(tx, &district()));
    assert_eq!(waits, 2);
    assert!(settle("b"));
    let (waiting, all, count) = read(&store, |tx| {
        Ok((
            quarantine::page(tx, &district(), false, None, 10)?,
            quarantine::page(tx, &district(), true, None, 10)?,
            quarantine::count_waiting(tx, &district())?,
        ))
    });
    assert_eq!((waiting.len(), all.len(), count), (1, 3, 1));
    assert_eq!(waiting[0], entry(2, "c", 2));
    assert_eq!(all[1].resolved_by, Some(person_id(1)));
}

fn an_upload_moves_on_only_from_what_was_seen(backend: &Backend) {
    let store = backend.create();
    let upload = |n: u128, expires| UploadRow {
        id: Uuid::from_u128(n),
        hash: hash("photo"),
        length: 1_000,
        offset: 0,
        mime: String::from("image/jpeg"),
        device: device_id(1),
        created: at(0),
        expires: at(expires),
        metadata: String::from("sha256 eA=="),
    };
    write(&store, move |tx| {
        uploads::insert(tx, &upload(1, 50))?;
        uploads::insert(tx, &upload(2, 90))
    });
    let advance = |seen, offset| {
        write(&store, move |tx| {
            uploads::advance(tx, Uuid::from_u128(2), seen, offset)
        })
    };
    assert_eq!((advance(0, 512), advance(0, 300)), (true, false));
    let newest = read(&store, |tx| {
        uploads::of_photo(tx, device_id(1), hash("photo"))
    });
    assert_eq!(newest.map(|row| row.offset), Some(512));
    assert_eq!(
        read(&store, |tx| uploads::of_device(tx, device_id(1))),
        (2, 2_000)
    );
    assert_eq!(
        read(&store, |tx| uploads::of_device(tx, device_id(5))),
        (0, 0)
    );
    assert_eq!(
        write(&store, |tx| uploads::sweep(tx, at(60))),
        [Uuid::from_u128(1)]
    );
    write(&store, |tx| uploads::finish(tx, Uuid::from_u128(2), at(99)));
    let finished = read(&store, |tx| uploads::get(tx, Uuid::from_u128(2)));
    let finished = finished.map(|row| (row.offset, row.expires, row.metadata));
    assert_eq!(finished, Some((1_000, at(99), String::from("sha256 eA=="))));
    assert_eq!(
        read(&store, |tx| uploads::of_device(tx, device_id(1))),
        (0, 0),
        "a finished one weighs nothing"
    );
    assert!(write(&store, |tx| uploads::remove(tx, Uuid::from_u128(2))));
    assert_eq!(
        read(&store, |tx| uploads::get(tx, Uuid::from_u128(2))),
        None
    );
}
