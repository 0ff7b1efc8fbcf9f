//! Calls about the catalogue, its drafts, and emergency orders.

use super::{Outcome, Problem, Request, accepted, changing, get, post, read};
use shared::catalogue::CatalogueDoc;
use shared::catalogue::parts::Part;
use shared::dryrun::DryRun;
use shared::id::{CatalogueDraftId, OrderId};
use shared::wire::catalogue::{
    CatalogueDraftDetail, CatalogueDraftRow, CataloguesAnswer, DryRunRequest, EditRequest,
    NewCatalogueDraft, NewOrder, OrderRow, PublishRequest, VersionRow,
};

/// The catalogue in force.
pub(crate) async fn catalogue() -> Outcome<CatalogueDoc> {
    get("/v1/catalogue").await
}

/// Versions and drafts of the catalogue.
pub(crate) async fn catalogues() -> Outcome<CataloguesAnswer> {
    get("/v1/catalogues").await
}

/// Begins a draft from a version, or from the one in force.
pub(crate) async fn begin_draft(new: &NewCatalogueDraft) -> Outcome<CatalogueDraftRow> {
    read(post("/v1/catalogues/drafts", new).await?).await
}

/// A draft with its review.
pub(crate) async fn draft(id: CatalogueDraftId) -> Outcome<CatalogueDraftDetail> {
    get(&format!("/v1/catalogues/drafts/{id}")).await
}

/// Changes a draft in place.
pub(crate) async fn edit_draft(
    id: CatalogueDraftId,
    request: &EditRequest,
) -> Outcome<CatalogueDraftDetail> {
    read(post(&format!("/v1/catalogues/drafts/{id}/edits"), request).await?).await
}

/// Takes a file into a draft; without a part every sheet of a workbook.
pub(crate) async fn import_part(
    id: CatalogueDraftId,
    part: Option<Part>,
    revision: i64,
    file: &web_sys::File,
) -> Outcome<CatalogueDraftDetail> {
    let mut path = format!("/v1/catalogues/drafts/{id}/import?base_revision={revision}");
    if let Some(part) = part {
        path.push_str(&format!("&part={}", part.as_str()));
    }
    let request = changing(Request::post(&path))
        .header("content-type", "application/octet-stream")
        .body(file.clone())
        .map_err(|_unwritable| Problem::Unreadable(0))?;
    let response = request
        .send()
        .await
        .map_err(|_offline| Problem::Unreachable)?;
    read(accepted(response).await?).await
}

/// Gives a draft up.
pub(crate) async fn give_up_draft(id: CatalogueDraftId) -> Outcome<()> {
    let request = changing(Request::delete(&format!("/v1/catalogues/drafts/{id}")));
    let response = request
        .send()
        .await
        .map_err(|_offline| Problem::Unreachable)?;
    accepted(response).await.map(drop)
}

/// What a draft would have changed in the last days.
pub(crate) async fn dry_run(id: CatalogueDraftId, days: u32) -> Outcome<DryRun> {
    let path = format!("/v1/catalogues/drafts/{id}/dry-run");
    read(post(&path, &DryRunRequest { days }).await?).await
}

/// Publishes a draft.
pub(crate) async fn publish(id: CatalogueDraftId, request: &PublishRequest) -> Outcome<VersionRow> {
    read(post(&format!("/v1/catalogues/drafts/{id}/publish"), request).await?).await
}

/// Where a part of a draft is as a file; the browser asks with its cookie.
pub(crate) fn export_address(id: CatalogueDraftId, part: Option<Part>) -> String {
    let part = part.map_or_else(
        || String::from("xlsx"),
        |part| format!("csv&part={}", part.as_str()),
    );
    format!("/v1/catalogues/export?draft={id}&format={part}")
}

/// Emergency orders, the one that begins last first.
pub(crate) async fn orders() -> Outcome<Vec<OrderRow>> {
    get("/v1/orders").await
}

/// Puts an area into emergency mode.
pub(crate) async fn give_order(new: &NewOrder) -> Outcome<()> {
    post("/v1/orders", new).await.map(drop)
}

/// Ends an order.
pub(crate) async fn end_order(id: OrderId) -> Outcome<()> {
    let nothing = serde_json::Value::Null;
    post(&format!("/v1/orders/{id}/end"), &nothing)
        .await
        .map(drop)
}
