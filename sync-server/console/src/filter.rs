//! The filter of the case list as an address: what stands in the address bar is the whole filter,
//! so that a link shows another person the same view (as far as that person may see it).
//!
//! The names are those of `GET /v1/cases`, so that a work list's query is an address as it stands.
//! Pure; tests are at the end of the file.

use shared::time::{DAY_MS, Timestamp};
use shared::wire::console::CaseQuery;

/// Rows asked for at once: two screens of a desk, one thumb's patience on a phone.
pub(crate) const PAGE_ROWS: u32 = 50;

/// One parameter of a query string.
type Pair = (&'static str, String);

/// The parameters that are given, in a fixed order.
fn pairs(query: &CaseQuery) -> Vec<Pair> {
    let number = |value: Option<i64>| value.map(|value| value.to_string());
    let flag = |value: Option<bool>| value.filter(|on| *on).map(|_| String::from("true"));
    let all = [
        ("state", query.state.clone()),
        ("class", query.class.clone()),
        ("unit", query.unit.clone()),
        ("area", query.area.clone()),
        ("category", query.category.clone()),
        ("family", query.family.clone()),
        ("near", query.near.clone()),
        ("from_ms", number(query.from_ms)),
        ("to_ms", number(query.to_ms)),
        ("text", query.text.clone()),
        ("late", flag(query.late)),
        ("news", flag(query.news)),
        ("stage_late", flag(query.stage_late)),
        ("asked", query.asked.clone()),
        ("card", query.card.clone()),
        ("owed", flag(query.owed)),
        ("assigned", query.assigned.clone()),
        ("todo", flag(query.todo)),
        ("sort", query.sort.clone()),
        ("cursor", query.cursor.clone()),
        ("limit", query.limit.map(|limit| limit.to_string())),
    ];
    all.into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

/// The filter as a query string, without a question mark.
pub(crate) fn to_query(query: &CaseQuery) -> String {
    let parts: Vec<String> = pairs(query)
        .into_iter()
        .map(|(name, value)| format!("{name}={}", escape(&value)))
        .collect();
    parts.join("&")
}

/// The filter that a query string holds. Unknown names and unreadable values are left out.
pub(crate) fn from_query(text: &str) -> CaseQuery {
    let mut query = CaseQuery::default();
    for part in text.trim_start_matches('?').split('&') {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let value = unescape(value);
        if !value.is_empty() {
            set(&mut query, name, value);
        }
    }
    query
}

fn set(query: &mut CaseQuery, name: &str, value: String) {
    match name {
        "state" => query.state = Some(value),
        "class" => query.class = Some(value),
        "unit" => query.unit = Some(value),
        "area" => query.area = Some(value),
        "category" => query.category = Some(value),
        "family" => query.family = Some(value),
        "near" => query.near = Some(value),
        "from_ms" => query.from_ms = value.parse().ok(),
        "to_ms" => query.to_ms = value.parse().ok(),
        "text" => query.text = Some(value),
        "late" => query.late = (value == "true").then_some(true),
        "news" => query.news = (value == "true").then_some(true),
        "assigned" => query.assigned = Some(value),
        "stage_late" => query.stage_late = (value == "true").then_some(true),
        "owed" => query.owed = (value == "true").then_some(true),
        "todo" => query.todo = (value == "true").then_some(true),
        "asked" => query.asked = Some(value),
        "card" => query.card = Some(value),
        "sort" => query.sort = Some(value),
        "cursor" => query.cursor = Some(value),
        _ => {}
    }
}

/// Whether two filters are the same list, whichever page of it and in whichever order.
pub(crate) fn same_list(one: &CaseQuery, other: &CaseQuery) -> bool {
    let list = |query: &CaseQuery| {
        let mut query = CaseQuery {
            cursor: None,
            limit: None,
            sort: None,
            ..query.clone()
        };
        // These are what the server does anyway.
        query.late = query.late.filter(|on| *on);
        query.todo = query.todo.filter(|on| *on);
        query.owed = query.owed.filter(|on| *on);
        query.stage_late = query.stage_late.filter(|on| *on);
        pairs(&query)
    };
    list(one) == list(other)
}

/// Whether anything narrows the list.
pub(crate) fn is_narrowed(query: &CaseQuery) -> bool {
    !pairs(query)
        .iter()
        .all(|(name, _)| ["sort", "cursor", "limit"].contains(name))
}

/// All cases in the same order; in that of parts only what is owed can stand.
pub(crate) fn cleared(query: &CaseQuery) -> CaseQuery {
    let sort = match query.sort.as_deref() {
        None => "opened",
        Some("part") => "deadline",
        Some(sort) => sort,
    };
    CaseQuery {
        sort: Some(sort.to_owned()),
        ..CaseQuery::default()
    }
}

/// The beginning of a day in China, from a date field's `2026-11-24`.
pub(crate) fn day_start(date: &str) -> Option<i64> {
    let date = chrono::NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?;
    Some(Timestamp::from_china(date.into()).0)
}

/// The end of a day in China, which is the beginning of the next.
pub(crate) fn day_end(date: &str) -> Option<i64> {
    day_start(date)?.checked_add(DAY_MS)
}

/// A moment in China, from a field for date and time: `2026-11-24T10:30`.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    let moment = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").ok()?;
    Some(Timestamp::from_china(moment))
}

/// A moment as a date field shows it.
pub(crate) fn date_of(ms: i64) -> String {
    Timestamp(ms)
        .china()
        .map_or_else(String::new, |at| at.format("%Y-%m-%d").to_string())
}

/// A value as it may stand in a query string.
pub(crate) fn escape(text: &str) -> String {
    use std::fmt::Write;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~,:".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut ahead = rest.clone();
                let digit = |byte: Option<u8>| {
                    byte.and_then(|byte| char::from(byte).to_digit(16))
                        .and_then(|digit| u8::try_from(digit).ok())
                };
                if let (Some(high), Some(low)) = (digit(ahead.next()), digit(ahead.next())) {
                    bytes.push(high << 4 | low);
                    rest = ahead;
                } else {
                    bytes.push(byte);
                }
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_brings_back_the_same_filter() {
        let query = CaseQuery {
            state: Some("received,returned".into()),
            unit: Some("D22-4".into()),
            text: Some("人民路 & 100% <井盖>+🙂".into()),
            from_ms: Some(1_795_487_400_000),
            late: Some(true),
            owed: Some(true),
            stage_late: Some(true),
            assigned: Some("me".into()),
            asked: Some("extension,appeal".into()),
            card: Some("red".into()),
            sort: Some("deadline".into()),
            family: Some("C01".into()),
            near: Some("271505000,1180292000,50".into()),
            ..CaseQuery::default()
        };
        let text = to_query(&query);
        assert!(text.is_ascii(), "{text}");
        assert_eq!(from_query(&text), query);
        assert_eq!(from_query(&format!("?{text}")), query);
    }

    #[test]
    fn a_damaged_address_is_read_as_far_as_it_goes() {
        let query = from_query("state=received&from_ms=soon&late=maybe&x=1&text=%E4%BA%%zz");
        assert_eq!(query.state.as_deref(), Some("received"));
        assert_eq!((query.from_ms, query.late), (None, None));
        assert!(query.text.is_some());
    }

    #[test]
    fn the_next_page_and_another_order_are_still_the_same_list() {
        let list = from_query("state=received&sort=deadline");
        assert!(same_list(
            &list,
            &from_query("state=received&cursor=abc&late=false")
        ));
        assert!(!same_list(&list, &from_query("state=received&late=true")));
        assert!(!is_narrowed(&from_query("sort=deadline&cursor=a")));
        assert!(is_narrowed(&list));
    }

    #[test]
    fn without_filters_all_cases_stand_in_an_order_that_they_have() {
        let after = |text: &str| to_query(&cleared(&from_query(text)));
        assert_eq!(after("owed=true&sort=part"), "sort=deadline");
        assert_eq!(after("late=true&sort=deadline"), "sort=deadline");
        assert_eq!(after("late=true"), "sort=opened");
    }

    #[test]
    fn a_day_is_a_day_in_china() {
        assert_eq!(day_start("2026-11-24"), Some(1_795_449_600_000));
        assert_eq!(day_end("2026-11-24"), Some(1_795_536_000_000));
        assert_eq!(date_of(1_795_449_600_000), "2026-11-24");
        assert_eq!(day_start("24.11."), None);
        assert_eq!(
            moment("2026-11-24T10:30"),
            Some(Timestamp(1_795_487_400_000))
        );
        assert_eq!(moment("10:30"), None);
    }
}
