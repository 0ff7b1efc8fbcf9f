//! What came to a case and waits for a look. Held by `tests/tests/store_contract/lists.rs` and
//! `tests/tests/additions.rs`.

use crate::params;
use crate::store::{Result, Tx};
use shared::id::CaseId;
use shared::time::Timestamp;

/// Since when something waits for a look.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn news(tx: &mut dyn Tx, id: CaseId) -> Result<Option<Timestamp>> {
    const SQL: &str = "
        SELECT news_ms
        FROM cases
        WHERE id = $1";
    let rows = tx.query(SQL, params![id])?;
    rows.first().map_or(Ok(None), |row| row.opt_time(0))
}

/// Notes that something came; what waits already waits since then.
///
/// # Errors
/// As [`news`].
pub fn note_news(tx: &mut dyn Tx, id: CaseId, at: Timestamp) -> Result<()> {
    const SQL: &str = "
        UPDATE cases
        SET news_ms = $2
        WHERE id = $1 AND news_ms IS NULL";
    tx.execute(SQL, params![id, at])?;
    Ok(())
}

/// Notes that somebody looked.
///
/// # Errors
/// As [`news`].
pub fn clear_news(tx: &mut dyn Tx, id: CaseId) -> Result<()> {
    const SQL: &str = "
        UPDATE cases
        SET news_ms = NULL
        WHERE id = $1 AND news_ms IS NOT NULL";
    tx.execute(SQL, params![id])?;
    Ok(())
}
