//! 平急转换: giving and ending emergency orders. Everybody sees which are in force; only
//! administrators of the whole district give and end them, and all of it is in the audit.
//! Tests: `tests/tests/orders.rs`.

use super::audit::{self, Deed, Note};
use super::catalogue::{Names, for_administrators};
use super::district::note_change;
use super::{Fault, Result, words};
use crate::service::district::District;
use crate::store::orders::OrderRow;
use crate::store::{self, Tx};
use serde_json::json;
use shared::emergency::{EmergencyOrder, OrderFault, check_order};
use shared::id::OrderId;
use shared::role::Actor;
use shared::time::{DAY_MS, Timestamp};
use shared::wire::catalogue::{self as wire, NewOrder};

/// Orders in a list: what somebody scrolls through; older ones are kept.
pub const LISTED_MAX: usize = 200;
/// How far back an order may begin: papers come late, but not weeks.
const BACK_MS_MAX: i64 = 7 * DAY_MS;
/// How far ahead an order may begin or end.
const AHEAD_MS_MAX: i64 = 366 * DAY_MS;

/// The orders, the one that begins last first.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn list(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    now: Timestamp,
) -> Result<Vec<wire::OrderRow>> {
    let administers = for_administrators(actor, district).is_ok();
    let mut names = Names::default();
    let rows = store::orders::all(tx, &district.code)?;
    let mut listed = Vec::new();
    for row in rows.into_iter().take(LISTED_MAX) {
        let (by, ended_by) = if administers {
            (Some(row.given_by), row.ended_by)
        } else {
            (None, None)
        };
        listed.push(wire::OrderRow {
            given_by: names.of(tx, by)?,
            ended_by: names.of(tx, ended_by)?,
            ..shown(district, row.order, now)
        });
    }
    Ok(listed)
}

fn shown(district: &District, order: EmergencyOrder, now: Timestamp) -> wire::OrderRow {
    let path = district.areas.path(&order.area);
    let place = if path.is_empty() {
        district.areas.name(&order.area).to_owned()
    } else {
        path
    };
    wire::OrderRow {
        place,
        in_force: order.is_in_force(now),
        order,
        given_by: String::new(),
        ended_by: String::new(),
    }
}

/// Gives an order.
///
/// # Errors
/// [`Fault::Forbidden`] for who doesn't administer the whole district; [`Fault::Invalid`] for an
/// order that can't be.
pub fn give(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    new: NewOrder,
    id: OrderId,
    now: Timestamp,
) -> Result<wire::OrderRow> {
    for_administrators(actor, district)?;
    let order = EmergencyOrder {
        id,
        number: new.number.trim().to_owned(),
        area: new.area,
        from_ms: new.from_ms.unwrap_or(now),
        until_ms: new.until_ms,
        words: new.words.trim().to_owned(),
        categories: new.categories,
    };
    check(&order, district, now)?;
    let row = OrderRow {
        order: order.clone(),
        district: district.code.clone(),
        given: now,
        given_by: actor.person,
        ended: None,
        ended_by: None,
    };
    store::orders::insert(tx, &row)?;
    note_change(tx)?;
    let detail = json!({
        "number": order.number, "area": order.area, "from_ms": order.from_ms,
        "until_ms": order.until_ms, "categories": order.categories,
    });
    note(tx, actor, district, Deed::OrderGiven, id, detail, now)?;
    let mut shown = shown(district, order, now);
    shown.given_by = Names::default().of(tx, Some(actor.person))?;
    Ok(shown)
}

fn check(order: &EmergencyOrder, district: &District, now: Timestamp) -> Result<()> {
    if district.areas.get(&order.area).is_none() {
        return Err(Fault::invalid(
            "area",
            "没有这个地区。",
            "There is no such area.",
        ));
    }
    let ahead = |at: Timestamp| at.since(now) > AHEAD_MS_MAX;
    if now.since(order.from_ms) > BACK_MS_MAX || ahead(order.from_ms) {
        let (zh, en) = (
            "开始时间最早在7天前，最晚在一年后。",
            "It begins within the last week or the next year.",
        );
        return Err(Fault::invalid("from_ms", zh, en));
    }
    if order.until_ms.is_some_and(ahead) {
        return Err(Fault::invalid("until_ms", "最长一年。", "At most a year."));
    }
    check_order(order, &district.catalogue).map_err(|fault| match fault {
        OrderFault::NumberMissing => {
            Fault::invalid("number", "请填写文号。", "Give the number of the document.")
        }
        OrderFault::TooLong => {
            let (zh, en) = (
                "文号最多60字，内容最多500字。",
                "The number or the words are too long.",
            );
            Fault::invalid("words", zh, en)
        }
        OrderFault::EndsEarly => {
            Fault::invalid("until_ms", "结束要晚于开始。", "It ends before it begins.")
        }
        OrderFault::TooManyCategories => {
            Fault::invalid("categories", "类别最多200个。", "At most 200 categories.")
        }
        OrderFault::CategoryUnknown => {
            let (zh, en) = (
                "只能开放目录里标为「仅急时」的类别。",
                "Only categories for emergencies can be switched on.",
            );
            Fault::invalid("categories", zh, en)
        }
    })
}

/// Ends an order now.
///
/// # Errors
/// [`Fault::Forbidden`] for who doesn't administer the whole district; [`Fault::NotPossible`] when it
/// has ended, or there is none.
pub fn end(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    id: OrderId,
    now: Timestamp,
) -> Result<()> {
    for_administrators(actor, district)?;
    if !store::orders::end(tx, &district.code, id, actor.person, now)? {
        return Err(Fault::NotPossible(words(
            "这份令已经结束，或不存在。",
            "The order has ended, or there is none.",
        )));
    }
    note_change(tx)?;
    note(tx, actor, district, Deed::OrderEnded, id, json!({}), now)
}

fn note(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    deed: Deed,
    id: OrderId,
    detail: serde_json::Value,
    now: Timestamp,
) -> Result<()> {
    let subject = id.to_string();
    let note = Note {
        detail,
        ..Note::of(Some(actor.person), deed, &subject)
    };
    audit::note(tx, district, &note, now)
}
