//! Rows that are shown one after another: what a look sees is what would have been collected, and
//! nothing of the row before.

use crate::store_contract::rows::{read, write};
use sync_server::params;
use sync_server::store::{Cell, Store, StoreError, meta};
use tests::backends::Backend;

tests::on_both![
    rows_shown_are_the_same_as_rows_collected,
    the_first_error_of_a_look_ends_it_and_spoils_nothing,
    a_statement_that_fails_ends_the_read,
];

const SQL: &str = "
    SELECT key, CASE WHEN key < $1 OR key > $2 THEN value END, key = $1
    FROM meta
    WHERE key LIKE 'look %'
    ORDER BY key";

fn store(backend: &Backend) -> Store {
    let store = backend.create();
    write(&store, |tx| {
        meta::set(tx, "look 1", "一长串文字，比后面的都要长得多")?;
        meta::set(tx, "look 2", "")?;
        meta::set(tx, "look 3", "not shown")?;
        meta::set(tx, "look 4", "short")?;
        meta::set(tx, "look 5", "longer than the one before it")
    });
    store
}

fn rows_shown_are_the_same_as_rows_collected(backend: &Backend) {
    let store = store(backend);
    let (collected, left, taken) = read(&store, |tx| {
        let values = params!["look 3", "look 3"];
        let collected = tx.query(SQL, values)?;
        let collected: Vec<Vec<Cell>> = collected.iter().map(|row| row.cells().to_vec()).collect();
        let (mut left, mut taken) = (Vec::new(), Vec::new());
        tx.each(SQL, values, &mut |row| {
            left.push(row.cells().to_vec());
            Ok(())
        })?;
        tx.each(SQL, values, &mut |row| {
            let text = row.take_opt_text(1)?.map_or(Cell::Null, Cell::Text);
            taken.push(vec![
                Cell::Text(row.take_text(0)?),
                text,
                Cell::Int(row.int(2)?),
            ]);
            Ok(())
        })?;
        Ok((collected, left, taken))
    });
    assert_eq!(collected.len(), 5);
    assert_eq!(left, collected);
    assert_eq!(taken, collected);
}

fn the_first_error_of_a_look_ends_it_and_spoils_nothing(backend: &Backend) {
    let store = store(backend);
    let (outcome, seen, rows) = read(&store, |tx| {
        let mut seen = 0;
        let outcome = tx.each(SQL, params!["look 1", "look 1"], &mut |row| {
            seen += 1;
            row.text(1).map(drop)
        });
        Ok((outcome, seen, tx.query(SQL, params!["a", "a"])?.len()))
    });
    let wanted = StoreError::Column {
        column: 1,
        wanted: "a text",
    };
    assert_eq!((outcome, seen, rows), (Err(wanted), 1, 5));
}

fn a_statement_that_fails_ends_the_read(backend: &Backend) {
    let store = store(backend);
    let (failed, after) = read(&store, |tx| {
        let failed = tx.each("SELECT nothing FROM nowhere", &[], &mut |_| Ok(()));
        let after = tx.each(SQL, params!["a", "a"], &mut |_| Ok(()));
        Ok((failed, after))
    });
    assert!(matches!(failed, Err(StoreError::Database(_))), "{failed:?}");
    assert!(matches!(after, Err(StoreError::Aborted(_))), "{after:?}");
}
