//! 平急转换: emergency orders.

use super::auth::SignedIn;
use super::error::Answer;
use super::extract::{Body, Part};
use super::{App, new_id};
use crate::service::orders;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use shared::id::OrderId;
use shared::wire::catalogue::{NewOrder, OrderRow};
use shared::wire::error::ErrorAnswer;

/// Emergency orders, the one that begins last first. Everybody sees them; who gave them is for
/// administrators.
#[utoipa::path(get, path = "/v1/orders", tag = "orders",
    responses((status = 200, body = Vec<OrderRow>), (status = 401, body = ErrorAnswer)))]
pub(super) async fn list(
    State(app): State<App>,
    SignedIn(session): SignedIn,
) -> Answer<Json<Vec<OrderRow>>> {
    let rows = app.read(move |tx, district, now| orders::list(tx, &session.actor, district, now));
    Ok(Json(rows.await?))
}

/// Put an area into emergency mode.
#[utoipa::path(post, path = "/v1/orders", tag = "orders", request_body = NewOrder,
    responses((status = 201, body = OrderRow), (status = 403, body = ErrorAnswer),
        (status = 422, body = ErrorAnswer)))]
pub(super) async fn give(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Body(new): Body<NewOrder>,
) -> Answer<(StatusCode, Json<OrderRow>)> {
    let id = OrderId(new_id());
    let row = app
        .write(move |tx, district, now| {
            orders::give(tx, &session.actor, district, new.clone(), id, now)
        })
        .await?;
    tracing::info!(order.id = %id, area = %row.order.area, "an emergency order was given");
    app.renew().await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// End an order now.
#[utoipa::path(post, path = "/v1/orders/{order}/end", tag = "orders",
    params(("order" = String, Path,)),
    responses((status = 204), (status = 403, body = ErrorAnswer), (status = 409, body = ErrorAnswer)))]
pub(super) async fn end(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Part(order): Part<OrderId>,
) -> Answer<StatusCode> {
    app.write(move |tx, district, now| orders::end(tx, &session.actor, district, order, now))
        .await?;
    tracing::info!(order.id = %order, "an emergency order was ended");
    app.renew().await?;
    Ok(StatusCode::NO_CONTENT)
}
