//! Table `settings`: small texts by key.

use super::{StoreError, Transaction};
use rusqlite::OptionalExtension;
use shared::emergency::EmergencyOrder;
use shared::wire::queue::SendingRules;
use shared::wire::sync::Room;

/// The text under a key.
pub fn get(tx: &Transaction<'_>, key: &str) -> Result<Option<String>, StoreError> {
    const SQL: &str = "SELECT value FROM settings WHERE key = ?1";
    Ok(tx.query_row(SQL, [key], |row| row.get(0)).optional()?)
}

/// Sets the text under a key.
pub fn set(tx: &Transaction<'_>, key: &str, value: &str) -> Result<(), StoreError> {
    const SQL: &str = "
        INSERT INTO settings (key, value) VALUES (?1, ?2)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    tx.execute(SQL, [key, value])?;
    Ok(())
}

const ORDERS: &str = "emergency_orders";

/// The emergency orders as last heard.
pub fn orders(tx: &Transaction<'_>) -> Result<Vec<EmergencyOrder>, StoreError> {
    let text = get(tx, ORDERS)?;
    // What a later version wrote and this one can't read is asked for anew with the next pull.
    let orders = text.and_then(|text| serde_json::from_str(&text).ok());
    Ok(orders.unwrap_or_default())
}

/// Keeps the orders that a pull named; those that it doesn't name have ended.
pub fn set_orders(tx: &Transaction<'_>, orders: &[EmergencyOrder]) -> Result<(), StoreError> {
    if self::orders(tx)? == orders {
        return Ok(());
    }
    set(tx, ORDERS, &super::to_json("orders", &orders)?)
}

const WIFI_ONLY: &str = "photos_wifi_only";
const DAILY_CAP_MB: &str = "photos_daily_cap_mb";

/// What photos may cost.
pub fn sending_rules(tx: &Transaction<'_>) -> Result<SendingRules, StoreError> {
    Ok(SendingRules {
        wifi_only: get(tx, WIFI_ONLY)?.as_deref() == Some("1"),
        daily_cap_mb: get(tx, DAILY_CAP_MB)?.and_then(|text| text.parse().ok()),
    })
}

/// Sets what photos may cost.
pub fn set_sending_rules(tx: &Transaction<'_>, rules: SendingRules) -> Result<(), StoreError> {
    set(tx, WIFI_ONLY, if rules.wifi_only { "1" } else { "0" })?;
    let cap = rules.daily_cap_mb.map(|cap| cap.to_string());
    set(tx, DAILY_CAP_MB, cap.as_deref().unwrap_or_default())
}

const ROOM: &str = "rows_room";

/// How near to its rows the server said this handheld is; none while that is far.
pub fn room(tx: &Transaction<'_>) -> Result<Option<Room>, StoreError> {
    let kept = get(tx, ROOM)?;
    Ok(kept.and_then(|text| serde_json::from_str(&text).ok()))
}

/// Keeps what the server said of it last.
pub fn set_room(tx: &Transaction<'_>, said: Option<&Room>) -> Result<(), StoreError> {
    if room(tx)?.as_ref() == said {
        return Ok(());
    }
    let text = said.and_then(|room| serde_json::to_string(room).ok());
    set(tx, ROOM, text.as_deref().unwrap_or_default())
}
