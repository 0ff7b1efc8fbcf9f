//! Two versions of one case side by side: what somebody saw, and what it is now. Pure; tests are
//! at the end of the file.

use crate::desk::state_word;
use crate::format;
use crate::words::{self, Word};
use shared::label::{self, Lang};
use shared::time::Timestamp;
use shared::wire::console::{CaseDetail, CaseEvent};

/// One fact of a case in both versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fact {
    /// What it is, in words.
    pub(crate) name: &'static str,
    /// As it was seen.
    pub(crate) saw: String,
    /// As it is now.
    pub(crate) now: String,
}

impl Fact {
    /// Whether the versions differ in it.
    pub(crate) fn differs(&self) -> bool {
        self.saw != self.now
    }
}

/// The facts that moves change, in the order of the page.
pub(crate) fn facts(saw: &CaseDetail, now: &CaseDetail, clock: Timestamp, lang: Lang) -> Vec<Fact> {
    let fact = |name: Word, of: &dyn Fn(&CaseDetail) -> String| Fact {
        name: name.of(lang),
        saw: of(saw),
        now: of(now),
    };
    let moment = |at: Option<Timestamp>| {
        at.map_or_else(|| String::from("—"), |at| format::moment(at, clock, lang))
    };
    vec![
        fact(words::STATE, &|case| state_word(&case.row.state, lang)),
        fact(words::UNIT, &|case| case.row.lead_name.clone()),
        fact(words::DEADLINE, &|case| moment(case.row.deadline_ms)),
        fact(words::ASKED, &|case| {
            let asked = case.row.asked.map(|ask| label::ask(ask, lang));
            asked.unwrap_or("—").to_owned()
        }),
        fact(words::FILTER_CARD, &|case| {
            let card = case.row.card.map(|card| label::card(card, lang));
            card.unwrap_or("—").to_owned()
        }),
        fact(words::PHOTOS, &|case| {
            let (all, here) = case.row.photos;
            format!("{here}/{all}")
        }),
        fact(words::REVISION, &|case| case.row.revision.to_string()),
    ]
}

/// What happened after the version that was seen.
pub(crate) fn events_since<'a>(saw: &CaseDetail, now: &'a CaseDetail) -> Vec<&'a CaseEvent> {
    let last = saw.events.iter().map(|event| event.ordinal).max();
    now.events
        .iter()
        .filter(|event| last.is_none_or(|last| event.ordinal > last))
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use serde_json::json;

    pub(crate) fn case(revision: i64, state: &str, lead: &str) -> CaseDetail {
        let event = |ordinal: i64| {
            json!({
                "id": "01890000-0000-7000-8000-000000000009", "ordinal": ordinal,
                "kind": "dispatch", "to": state, "at": 1_000, "by": "王派遣", "reason": "",
            })
        };
        let events: Vec<_> = (1..=revision + 1).map(event).collect();
        serde_json::from_value(json!({
            "row": {
                "id": "01890000-0000-7000-8000-000000000001", "case_no": "2026-1",
                "revision": revision, "state": state, "class": "open", "category": "C0101",
                "category_name": "上水井盖", "excerpt": "", "place": "", "lead": "E01",
                "lead_name": lead, "opened_ms": 0, "photos": [1, 1], "self_fixed": false,
            },
            "report_id": "01890000-0000-7000-8000-000000000002", "short_code": "7F3A-12",
            "reporter_name": "李", "text": "", "outlines": [],
            "place": {"lat_e7": 0, "lon_e7": 0, "source": "gps"},
            "condition_name": "", "condition_closing": "", "occurred_ms": 0, "received_ms": 0,
            "decision": {
                "lead": "E01", "lead_name": lead, "assisting": [], "deadline_ms": null,
                "limit": "", "rule": "部件先属主", "because": [], "needs_person": false,
            },
            "photos": [], "events": events, "moves": [],
        }))
        .unwrap()
    }

    #[test]
    fn a_reader_sees_what_changed_and_what_happened_in_between() {
        let (saw, now) = (
            case(1, "dispatched", "供水企业"),
            case(3, "returned", "园林中心"),
        );
        let facts = facts(&saw, &now, Timestamp(0), Lang::Zh);
        let changed: Vec<_> = facts
            .iter()
            .filter(|fact| fact.differs())
            .map(|fact| (fact.name, fact.saw.as_str(), fact.now.as_str()))
            .collect();
        assert_eq!(
            changed,
            [
                ("状态", "已派遣", "被退回"),
                ("责任单位", "供水企业", "园林中心"),
                ("版本", "1", "3"),
            ]
        );
        let since: Vec<_> = events_since(&saw, &now).iter().map(|e| e.ordinal).collect();
        assert_eq!(since, [3, 4]);
    }
}
