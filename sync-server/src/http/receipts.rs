//! The key that receipts are checked with, for everybody.

use super::App;
use axum::Json;
use axum::extract::State;
use shared::wire::console::ReceiptKeyAnswer;

/// The public key by which anybody checks a receipt.
#[utoipa::path(get, path = "/v1/receipts/key", tag = "receipts",
    responses((status = 200, body = ReceiptKeyAnswer)))]
pub(super) async fn key(State(app): State<App>) -> Json<ReceiptKeyAnswer> {
    Json(ReceiptKeyAnswer {
        key: app.receipt_key().public(),
    })
}
