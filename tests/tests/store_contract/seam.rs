//! What the seam promises: kept, undone, refused, seen. The same on both backends.

use crate::store_contract::rows::district;
use std::sync::mpsc::channel;
use sync_server::params;
use sync_server::store::{
    Cell, Dialect, Result, Store, StoreError, StoreOptions, Tx, meta, nested,
};
use tests::backends::Backend;

tests::on_both![
    a_missing_database_is_an_error_and_only_create_makes_one,
    tables_of_a_later_program_are_left_alone,
    what_is_written_is_read_back_exactly,
    placeholders_may_repeat_and_stand_in_any_order,
    texts_are_compared_byte_by_byte,
    a_wrong_number_of_values_is_refused,
    a_refused_write_leaves_nothing,
    a_panic_is_undone_and_the_writer_goes_on,
    one_bad_part_does_not_undo_the_others,
    savepoints_inside_savepoints_undo_only_themselves,
    after_a_failed_statement_only_a_rollback_helps,
    an_error_that_the_closure_swallows_is_not_committed,
    a_text_with_a_nul_is_refused_before_the_database,
    rules_of_the_tables_are_told_apart,
    a_read_changes_nothing,
    a_read_sees_one_moment,
    a_failed_query_leaves_the_reader_usable,
    a_closed_store_has_answered_everything_and_takes_no_more,
    the_file_of_a_closed_store_is_whole_by_itself,
    a_store_may_be_used_and_dropped_inside_an_async_program,
];

fn value(store: &Store, key: &'static str) -> Option<String> {
    store
        .read_blocking::<_, StoreError>(move |tx| meta::get(tx, key))
        .unwrap()
}

fn a_missing_database_is_an_error_and_only_create_makes_one(backend: &Backend) {
    let missing = Store::open(&backend.url).unwrap_err();
    assert!(matches!(missing, StoreError::Missing(_)), "{missing}");
    assert!(matches!(
        Store::migrate(&backend.url),
        Err(StoreError::Missing(_))
    ));
    backend.create().close_blocking();
    let again = Store::create(&backend.url).unwrap_err();
    assert!(matches!(again, StoreError::AlreadyThere(_)), "{again}");
    Store::open(&backend.url).unwrap().close_blocking();
    assert!(Store::migrate(&backend.url).unwrap().is_empty());
    assert!(matches!(
        Store::open("mysql://here"),
        Err(StoreError::Address(_))
    ));
}

fn tables_of_a_later_program_are_left_alone(backend: &Backend) {
    let store = backend.create();
    store
        .write_blocking::<_, StoreError>(&district(), |tx| meta::set(tx, "schema_version", "999"))
        .unwrap();
    store.close_blocking();
    assert!(matches!(
        Store::open(&backend.url),
        Err(StoreError::SchemaNew { found: 999, .. })
    ));
    assert!(matches!(
        Store::migrate(&backend.url),
        Err(StoreError::SchemaNew { .. })
    ));
}

fn what_is_written_is_read_back_exactly(backend: &Backend) {
    let texts = [
        "",
        " ",
        "井盖缺失😀👩‍🔧",
        "'; DROP TABLE cases; --",
        "<script>alert(\"1\")</script>",
        "مرحبا שלום नमस्ते",
        "e\u{301}\u{200b}\u{feff}\t\r\n",
        "\u{1}\u{7f}\u{10ffff}",
    ];
    let bytes = [0_u8, 1, 255, 0, 39];
    let store = backend.create();
    let rows = store
        .write_blocking::<_, StoreError>(&district(), move |tx| {
            let kind = match tx.dialect() {
                Dialect::Sqlite => "BLOB",
                Dialect::Postgres => "BYTEA",
            };
            let table =
                format!("CREATE TABLE scratch (n BIGINT PRIMARY KEY, t TEXT, b {kind}, i BIGINT)");
            tx.execute(&table, &[])?;
            let insert = "INSERT INTO scratch (n, t, b, i) VALUES ($1, $2, $3, $4)";
            for (n, text) in (0_i64..).zip(texts) {
                let changed = tx.execute(insert, params![n, text, &bytes[..], i64::MIN + n])?;
                assert_eq!(changed, 1);
            }
            let nothing = params![i64::MAX, None::<&str>, None::<&[u8]>, None::<i64>];
            tx.execute(insert, nothing)?;
            tx.query("SELECT n, t, b, i, n < 3 FROM scratch ORDER BY n", &[])
        })
        .unwrap();
    for ((n, text), row) in (0_i64..).zip(texts).zip(&rows) {
        assert_eq!(row.text(1).unwrap(), text);
        assert_eq!(row.bytes(2).unwrap(), bytes);
        assert_eq!(row.int(3).unwrap(), i64::MIN + n);
        assert_eq!(row.flag(4).unwrap(), n < 3, "a boolean is 0 or 1");
    }
    let last = rows.last().unwrap();
    let wanted = [
        Cell::Int(i64::MAX),
        Cell::Null,
        Cell::Null,
        Cell::Null,
        Cell::Int(0),
    ];
    assert_eq!(last.cells(), wanted);
    assert!(last.text(1).is_err() && last.opt_text(1).unwrap().is_none() && last.int(9).is_err());
}

fn placeholders_may_repeat_and_stand_in_any_order(backend: &Backend) {
    let store = backend.create();
    let sql = "SELECT key FROM meta WHERE value = $2 AND key = $1 AND (key = $1 OR value = '$3')";
    let found = store
        .write_blocking::<_, StoreError>(&district(), move |tx| {
            meta::set(tx, "one", "eins")?;
            meta::set(tx, "two", "zwei")?;
            // Twice: the second time the statement comes out of the cache.
            assert_eq!(tx.query(sql, params!["one", "zwei"])?.len(), 0);
            tx.query(sql, params!["two", "zwei"])
        })
        .unwrap();
    assert_eq!(found[0].text(0).unwrap(), "two");
}

fn texts_are_compared_byte_by_byte(backend: &Backend) {
    let store = backend.create();
    let mut keys = ["b", "B", "a", "_", "é", "中", "-", "a-b", "ab", "~", "1"];
    let sorted = store
        .write_blocking::<_, StoreError>(&district(), move |tx| {
            for key in keys {
                meta::set(tx, key, "order")?;
            }
            tx.query(
                "SELECT key FROM meta WHERE value = $1 ORDER BY key",
                params!["order"],
            )
        })
        .unwrap();
    keys.sort_unstable();
    let sorted: Vec<_> = sorted.iter().map(|row| row.text(0).unwrap()).collect();
    assert_eq!(sorted, keys);
}

fn a_wrong_number_of_values_is_refused(backend: &Backend) {
    let store = backend.create();
    for count in [1, 3] {
        let values = vec![String::from("x"); count];
        let error = store
            .write_blocking::<u64, StoreError>(&district(), move |tx| {
                let values: Vec<_> = values.iter().map(Into::into).collect();
                tx.execute("INSERT INTO meta (key, value) VALUES ($1, $2)", &values)
            })
            .unwrap_err();
        assert!(matches!(error, StoreError::Database(_)), "{error}");
    }
}

fn a_refused_write_leaves_nothing(backend: &Backend) {
    #[derive(Debug, PartialEq)]
    enum Refusal {
        NotToday,
        Store(StoreError),
    }
    impl From<StoreError> for Refusal {
        fn from(error: StoreError) -> Self {
            Self::Store(error)
        }
    }
    let store = backend.create();
    let refused = store.write_blocking::<(), _>(&district(), |tx| {
        meta::set(tx, "refused", "yes")?;
        Err(Refusal::NotToday)
    });
    assert_eq!(refused, Err(Refusal::NotToday));
    assert_eq!(value(&store, "refused"), None);
}

fn a_panic_is_undone_and_the_writer_goes_on(backend: &Backend) {
    let store = backend.create();
    let outcome = store.write_blocking::<(), StoreError>(&district(), |tx| {
        meta::set(tx, "half", "done")?;
        panic!("a fault in a service");
    });
    assert_eq!(outcome, Err(StoreError::Panicked));
    store
        .write_blocking::<_, StoreError>(&district(), |tx| meta::set(tx, "next", "fine"))
        .unwrap();
    assert_eq!(value(&store, "half"), None);
    assert_eq!(value(&store, "next").as_deref(), Some("fine"));
    let read = store.read_blocking::<(), StoreError>(|_| panic!("a fault in a list"));
    assert_eq!(read, Err(StoreError::Panicked));
    assert!(value(&store, "next").is_some());
}

fn one_bad_part_does_not_undo_the_others(backend: &Backend) {
    let store = backend.create();
    let insert = "INSERT INTO meta (key, value) VALUES ($1, $2)";
    let outcomes = store
        .write_blocking::<_, StoreError>(&district(), move |tx| {
            let mut outcomes = Vec::new();
            for key in ["a", "b", "a", "panic", "c"] {
                outcomes.push(nested::<_, StoreError>(tx, |tx| {
                    tx.execute(insert, params![key, "1"])?;
                    assert_ne!(key, "panic", "a fault in one operation");
                    Ok(())
                }));
            }
            Ok(outcomes)
        })
        .unwrap();
    assert!(outcomes[0].is_ok() && outcomes[1].is_ok() && outcomes[4].is_ok());
    assert!(
        matches!(outcomes[2], Err(StoreError::Conflict(_))),
        "{:?}",
        outcomes[2]
    );
    assert_eq!(outcomes[3], Err(StoreError::Panicked));
    assert!(value(&store, "a").is_some() && value(&store, "c").is_some());
    assert_eq!(value(&store, "panic"), None);
}

fn savepoints_inside_savepoints_undo_only_themselves(backend: &Backend) {
    fn deeper(tx: &mut dyn Tx, depth: usize) -> Result<usize> {
        nested(tx, |tx| deeper(tx, depth + 1)).or_else(|error| match error {
            StoreError::Nesting => Ok(depth),
            other => Err(other),
        })
    }
    let store = backend.create();
    let deepest = store
        .write_blocking::<_, StoreError>(&district(), |tx| {
            nested::<_, StoreError>(tx, |tx| {
                meta::set(tx, "outer", "1")?;
                let inner = nested::<(), StoreError>(tx, |tx| {
                    meta::set(tx, "inner", "1")?;
                    Err(StoreError::Closed)
                });
                assert_eq!(inner, Err(StoreError::Closed));
                meta::set(tx, "after", "1")
            })?;
            deeper(tx, 0)
        })
        .unwrap();
    assert!(
        deepest >= 3,
        "a push, an operation and a part of it must fit: {deepest}"
    );
    assert!(value(&store, "outer").is_some() && value(&store, "after").is_some());
    assert_eq!(value(&store, "inner"), None);
}

fn after_a_failed_statement_only_a_rollback_helps(backend: &Backend) {
    let store = backend.create();
    store
        .write_blocking::<_, StoreError>(&district(), |tx| {
            let part = nested::<(), StoreError>(tx, |tx| {
                assert!(tx.query("SELECT nothing FROM nowhere", &[]).is_err());
                let next = meta::get(tx, "server_epoch");
                assert!(matches!(next, Err(StoreError::Aborted(_))), "{next:?}");
                Ok(())
            });
            assert!(matches!(part, Err(StoreError::Aborted(_))), "{part:?}");
            meta::set(tx, "healed", "1")
        })
        .unwrap();
    assert!(value(&store, "healed").is_some());
}

fn an_error_that_the_closure_swallows_is_not_committed(backend: &Backend) {
    let store = backend.create();
    let outcome = store.write_blocking::<_, StoreError>(&district(), |tx| {
        meta::set(tx, "before", "1")?;
        drop(tx.execute("INSERT INTO nowhere (a) VALUES (1)", &[]));
        Ok(())
    });
    assert!(
        matches!(outcome, Err(StoreError::Database(_))),
        "{outcome:?}"
    );
    assert_eq!(value(&store, "before"), None);
}

fn a_text_with_a_nul_is_refused_before_the_database(backend: &Backend) {
    let store = backend.create();
    let outcome = store.write_blocking::<_, StoreError>(&district(), |tx| {
        nested::<(), StoreError>(tx, |tx| meta::set(tx, "nul", "a\0b"))
            .or_else(|_| meta::set(tx, "nul", "kept for a person"))
    });
    outcome.unwrap();
    assert_eq!(value(&store, "nul").as_deref(), Some("kept for a person"));
    let alone = store.write_blocking::<_, StoreError>(&district(), |tx| meta::set(tx, "nul", "\0"));
    assert_eq!(alone, Err(StoreError::Nul));
}

fn rules_of_the_tables_are_told_apart(backend: &Backend) {
    let store = backend.create();
    let mut outcomes = store
        .write_blocking::<_, StoreError>(&district(), |tx| {
            let twice = nested::<_, StoreError>(tx, |tx| {
                tx.execute(
                    "INSERT INTO meta (key, value) VALUES ('schema_version', '1')",
                    &[],
                )
            });
            let dangling = nested::<_, StoreError>(tx, |tx| {
                tx.execute(
                    "INSERT INTO posts (id, person, role, area, kind, from_ms)
                     VALUES ('p', 'nobody', 'handler', '350703', 'office', 1)",
                    &[],
                )
            });
            let empty = nested::<_, StoreError>(tx, |tx| {
                tx.execute(
                    "INSERT INTO meta (key, value) VALUES ('k', $1)",
                    params![None::<&str>],
                )
            });
            Ok([twice, dangling, empty])
        })
        .unwrap()
        .into_iter();
    assert!(matches!(
        outcomes.next().unwrap(),
        Err(StoreError::Conflict(_))
    ));
    assert!(matches!(
        outcomes.next().unwrap(),
        Err(StoreError::Dangling(_))
    ));
    assert!(matches!(
        outcomes.next().unwrap(),
        Err(StoreError::Database(_))
    ));
}

fn a_read_changes_nothing(backend: &Backend) {
    let store = backend.create();
    let insert = "INSERT INTO meta (key, value) VALUES ('k', 'v')";
    for attempt in 0..5 {
        let refused = store.read_blocking::<(), StoreError>(move |tx| match attempt {
            0 => tx.execute(insert, &[]).map(drop),
            1 => tx.query(&format!("{insert} RETURNING key"), &[]).map(drop),
            2 => tx.next_seq().map(drop),
            3 => tx.next_case_serial("350703-", 20_261_121).map(drop),
            _ => nested(tx, |_| Ok(())),
        });
        assert_eq!(refused, Err(StoreError::ReadOnly), "attempt {attempt}");
    }
    assert_eq!(value(&store, "k"), None);
}

fn a_read_sees_one_moment(backend: &Backend) {
    let store = backend.create();
    let (looked, wait_for_look) = channel();
    let (written, wait_for_write) = channel();
    std::thread::scope(|scope| {
        let writer = store.clone();
        scope.spawn(move || {
            wait_for_look.recv().unwrap();
            writer
                .write_blocking::<_, StoreError>(&district(), |tx| meta::set(tx, "late", "1"))
                .unwrap();
            written.send(()).unwrap();
        });
        let (before, after) = store
            .read_blocking::<_, StoreError>(move |tx| {
                let before = meta::get(tx, "late")?;
                looked.send(()).unwrap();
                wait_for_write.recv().unwrap();
                Ok((before, meta::get(tx, "late")?))
            })
            .unwrap();
        assert_eq!((before, after), (None, None));
    });
    assert_eq!(value(&store, "late").as_deref(), Some("1"));
}

fn a_failed_query_leaves_the_reader_usable(backend: &Backend) {
    let store = backend.create_with(StoreOptions::default().readers(1));
    let wrong = store.read_blocking(|tx| tx.query("SELECT nothing FROM nowhere", &[]));
    assert!(matches!(wrong, Err(StoreError::Database(_))), "{wrong:?}");
    assert!(value(&store, "schema_version").is_some());
}

fn a_closed_store_has_answered_everything_and_takes_no_more(backend: &Backend) {
    let store = backend.create();
    let (send, receive) = channel();
    std::thread::scope(|scope| {
        for n in 0..50 {
            let (store, send) = (store.clone(), send.clone());
            scope.spawn(move || {
                let key = format!("drain {n}");
                let outcome = store.write_blocking::<_, StoreError>(&district(), move |tx| {
                    meta::set(tx, &key, "1")
                });
                send.send(outcome).unwrap();
            });
        }
        drop(send);
        receive.recv().unwrap().unwrap();
        store.close_blocking();
    });
    let kept = receive.iter().filter(Result::is_ok).count() + 1;
    let after = store.write_blocking::<(), StoreError>(&district(), |_| Ok(()));
    assert_eq!(after, Err(StoreError::Closed));
    let store = Store::open(&backend.url).unwrap();
    let rows = store
        .read_blocking(|tx| tx.query("SELECT key FROM meta WHERE key LIKE 'drain %'", &[]))
        .unwrap();
    assert_eq!(
        rows.len(),
        kept,
        "what was answered is there, and nothing else"
    );
}

/// Of two connections that close at one moment neither empties SQLite's log, and whoever copies
/// the file alone copies half of it; so it is tried often, with readers that hold connections.
fn the_file_of_a_closed_store_is_whole_by_itself(backend: &Backend) {
    let Some(file) = backend.url.strip_prefix("sqlite://") else {
        return; // A server's files are its own.
    };
    backend.create().close_blocking();
    for round in 0..50 {
        let store = Store::open(&backend.url).unwrap();
        store
            .write_blocking::<_, StoreError>(&district(), move |tx| {
                meta::set(tx, "round", &round.to_string())
            })
            .unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| value(&store, "round"));
            }
        });
        store.close_blocking();
        let log = std::fs::metadata(format!("{file}-wal")).map_or(0, |log| log.len());
        assert_eq!(log, 0, "round {round}: {log} bytes are beside the file");
    }
}

fn a_store_may_be_used_and_dropped_inside_an_async_program(backend: &Backend) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = backend.create();
        let seq = store
            .write::<_, StoreError>(&district(), |tx| tx.next_seq())
            .await
            .unwrap();
        let again = store
            .write_weighing::<_, StoreError>(&district(), 100, |tx| tx.next_seq())
            .await
            .unwrap();
        assert!(again > seq);
        let step = store
            .read::<_, StoreError>(|tx| meta::get(tx, "schema_version"))
            .await
            .unwrap();
        assert!(step.is_some());
        store.close().await;
        let closed = store.read::<(), StoreError>(|_| Ok(())).await;
        assert_eq!(closed, Err(StoreError::Closed));
        drop(Store::open(&backend.url).unwrap());
    });
}
