//! `/healthz` and `/readyz`, for process managers and load balancers.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use super::error::{HttpError, shutting_down};
use super::{Http, json};
use crate::openapi::{models, refusals};

/// The process answers.
#[utoipa::path(get, path = "/healthz", operation_id = "getHealth", tag = "service", security(()),
    responses((status = 200, body = models::Health)))]
pub(super) async fn alive() -> Response {
    json(StatusCode::OK, br#"{"status":"ok"}"#.to_vec())
}

/// The process can serve: it is not stopping, the database can be written, and the store answers.
#[utoipa::path(get, path = "/readyz", operation_id = "getReadiness", tag = "service",
    security(()), responses((status = 200, body = models::Health), refusals::Ready))]
pub(super) async fn ready(State(http): State<Arc<Http>>) -> Result<Response, HttpError> {
    if http.app.stop.is_cancelled() || http.app.views.fatal().is_cancelled() {
        return Err(shutting_down().into());
    }
    http.app.store.read(rushes_store::owner_exists).await?;
    Ok(json(StatusCode::OK, br#"{"status":"ready"}"#.to_vec()))
}
