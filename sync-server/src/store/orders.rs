//! Emergency orders (平急转换), never removed.
//!
//! Held by `tests/tests/store_contract.rs`.

use super::{Result, Row, Tx, Value};
use crate::params;
use shared::emergency::EmergencyOrder;
use shared::id::{AreaCode, CategoryId, OrderId, PersonId};
use shared::time::Timestamp;

impl From<OrderId> for Value<'_> {
    fn from(id: OrderId) -> Self {
        Self::Id(id.0)
    }
}

/// An order as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRow {
    /// The order; its end is the sooner of the planned one and the one that was decided.
    pub order: EmergencyOrder,
    /// Whose it is.
    pub district: AreaCode,
    /// When it was given.
    pub given: Timestamp,
    /// By whom.
    pub given_by: PersonId,
    /// When it was ended before its planned end.
    pub ended: Option<Timestamp>,
    /// By whom.
    pub ended_by: Option<PersonId>,
}

/// Adds an order.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn insert(tx: &mut dyn Tx, row: &OrderRow) -> Result<()> {
    const SQL: &str = "
        INSERT INTO emergency_orders (id, district, number, area, from_ms, until_ms, words,
            categories, given_ms, given_by, ended_ms, ended_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let categories: Vec<&str> = row
        .order
        .categories
        .iter()
        .map(CategoryId::as_str)
        .collect();
    let categories = categories.join(" ");
    let values = params![
        row.order.id,
        &row.district,
        &row.order.number,
        &row.order.area,
        row.order.from_ms,
        row.order.until_ms,
        &row.order.words,
        &categories,
        row.given,
        row.given_by,
        row.ended,
        row.ended_by,
    ];
    tx.execute(SQL, values)?;
    Ok(())
}

/// The orders of a district, the one that begins last first.
///
/// # Errors
/// As [`insert`].
pub fn all(tx: &mut dyn Tx, district: &AreaCode) -> Result<Vec<OrderRow>> {
    const SQL: &str = "
        SELECT id, district, number, area, from_ms, until_ms, words, categories, given_ms,
            given_by, ended_ms, ended_by
        FROM emergency_orders
        WHERE district = $1
        ORDER BY from_ms DESC, id";
    tx.query(SQL, params![district])?
        .iter_mut()
        .map(from_row)
        .collect()
}

/// Ends an order of a district that was not ended yet; whether it did.
///
/// # Errors
/// As [`insert`].
pub fn end(
    tx: &mut dyn Tx,
    district: &AreaCode,
    id: OrderId,
    by: PersonId,
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str = "
        UPDATE emergency_orders
        SET ended_ms = $3, ended_by = $4
        WHERE district = $1 AND id = $2 AND ended_ms IS NULL
            AND (until_ms IS NULL OR until_ms > $3)";
    Ok(tx.execute(SQL, params![district, id, now, by])? == 1)
}

fn from_row(row: &mut Row) -> Result<OrderRow> {
    let planned = row.opt_time(5)?;
    let ended = row.opt_time(10)?;
    let categories = row.text(7)?.split_whitespace();
    let categories = categories.filter_map(|id| id.parse().ok()).collect();
    Ok(OrderRow {
        order: EmergencyOrder {
            id: row.id(0)?,
            number: row.take_text(2)?,
            area: row.id(3)?,
            from_ms: row.time(4)?,
            until_ms: planned.into_iter().chain(ended).min(),
            words: row.take_text(6)?,
            categories,
        },
        district: row.id(1)?,
        given: row.time(8)?,
        given_by: row.id(9)?,
        ended,
        ended_by: row.opt_id(11)?,
    })
}
