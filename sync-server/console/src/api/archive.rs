//! Calls about the archive and whom to call about a case.

use super::{Outcome, Problem, Request, accepted, changing, get, read};
use shared::id::CaseId;
use shared::wire::console::{ArchiveState, Check, ContactAnswer};

/// Reads whom to call about a case, which is noted.
pub(crate) async fn contact(id: CaseId) -> Outcome<ContactAnswer> {
    let request = changing(Request::post(&format!("/v1/cases/{id}/contact")));
    let response = request
        .send()
        .await
        .map_err(|_offline| Problem::Unreachable)?;
    read(accepted(response).await?).await
}

/// Erases whom to call about a case.
pub(crate) async fn erase_contact(id: CaseId) -> Outcome<()> {
    let request = changing(Request::delete(&format!("/v1/cases/{id}/contact")));
    let response = request
        .send()
        .await
        .map_err(|_offline| Problem::Unreachable)?;
    accepted(response).await.map(drop)
}

/// How far the archive is sealed and signed.
pub(crate) async fn archive() -> Outcome<ArchiveState> {
    get("/v1/archive").await
}

/// Checks a part of a signed day.
pub(crate) async fn check_day(day: i64, after: Option<i64>) -> Outcome<Check> {
    let after = after.map_or_else(String::new, |after| format!("&after={after}"));
    get(&format!("/v1/archive/check?day={day}{after}")).await
}

/// Checks a case.
pub(crate) async fn check_case(id: CaseId) -> Outcome<Check> {
    get(&format!("/v1/cases/{id}/check")).await
}
