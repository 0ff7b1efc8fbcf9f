//! Small texts and numbers that statements are made with, and what may be bound to them.

use super::{Row, Tx, Value};
use crate::store::error::{Result, StoreError};
use shared::id::Sha256;

/// A list's limit as SQL wants it; no list is that long.
pub(in crate::store) fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// So many placeholders from `$first` on, for `IN (…)`. A list has one text for every length: a
/// short rest repeats its last value.
pub(in crate::store) fn places(first: usize, count: usize) -> String {
    let places: Vec<String> = (first..first.saturating_add(count))
        .map(|at| format!("${at}"))
        .collect();
    places.join(", ")
}

/// Ids in the `IN (…)` of one statement that is run for many.
pub(in crate::store) const IDS_AT_ONCE: usize = 50;

/// Shows the rows of many ids: runs a statement with [`IDS_AT_ONCE`] placeholders for as many of
/// them at a time.
pub(in crate::store) fn each_of<T>(
    tx: &mut dyn Tx,
    sql: &str,
    ids: &[T],
    look: &mut dyn FnMut(&mut Row) -> Result<()>,
) -> Result<()>
where
    T: Copy,
    Value<'static>: From<T>,
{
    for some in ids.chunks(IDS_AT_ONCE) {
        let values: Vec<Value<'static>> = (0..IDS_AT_ONCE)
            .filter_map(|at| some.get(at).or(some.last()))
            .map(|id| Value::from(*id))
            .collect();
        tx.each(sql, &values, look)?;
    }
    Ok(())
}

/// Refuses what only one of the databases would take.
pub(in crate::store) fn check(params: &[Value<'_>]) -> Result<()> {
    let holds_nul = |value: &Value<'_>| match value {
        Value::Text(text) => text.as_bytes().contains(&0),
        _ => false,
    };
    if params.iter().any(holds_nul) {
        Err(StoreError::Nul)
    } else {
        Ok(())
    }
}

/// The lower-case hex digits of a hash, without an allocation.
pub(in crate::store) fn hex(hash: &Sha256) -> [u8; 64] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
    let mut text = [b'0'; 64];
    for (pair, byte) in text.chunks_exact_mut(2).zip(hash.bytes()) {
        if let [high, low] = pair {
            *high = digit(byte >> 4);
            *low = digit(byte & 15);
        }
    }
    text
}
