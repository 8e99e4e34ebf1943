//! `GET /v1/models` and `GET /v1/models/{id}`.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use rushes_domain::catalogue::Model;
use rushes_domain::{ApiError, ErrorCode};
use serde_json::json;

use super::admission::may_use;
use super::auth::Caller;
use super::error::HttpError;
use super::{Http, json, to_json};
use crate::channels::{Roster, lane_for};

/// Most characters of a model's name that a message repeats.
const NAME_CHARS_MAX: usize = 64;

/// All models that this key may use and something serves.
pub(super) async fn list(
    State(http): State<Arc<Http>>,
    caller: Caller,
) -> Result<Response, HttpError> {
    let priced = http.app.prices.current();
    let roster = http.app.channels.current(&http.app.store).await?;
    let multiplier = caller.0.multiplier_millionths;
    let entries: Vec<_> = priced
        .catalogue
        .models()
        .iter()
        .filter(|model| may_use(model, &caller.0) && is_served(&roster, &caller, model))
        .map(|model| model.to_json(multiplier))
        .collect();
    let body = json!({ "object": "list", "success": true, "data": entries });
    Ok(json(StatusCode::OK, to_json(serde_json::to_vec(&body))?))
}

/// One of them, by id or alias.
pub(super) async fn show(
    State(http): State<Arc<Http>>,
    caller: Caller,
    name: Result<Path<String>, PathRejection>,
) -> Result<Response, HttpError> {
    let name = name.map(|Path(name)| name).unwrap_or_default();
    let priced = http.app.prices.current();
    let roster = http.app.channels.current(&http.app.store).await?;
    let model = priced
        .catalogue
        .find(&name)
        .filter(|it| may_use(it, &caller.0) && is_served(&roster, &caller, it));
    let Some(model) = model else {
        let shown: String = name.chars().take(NAME_CHARS_MAX).collect();
        return Err(ApiError::new(
            ErrorCode::NotFound,
            format!("model {shown:?} does not exist; GET /v1/models lists yours"),
        )
        .into());
    };
    let body = model.to_json(caller.0.multiplier_millionths);
    Ok(json(StatusCode::OK, to_json(serde_json::to_vec(&body))?))
}

/// Whether anything makes videos of this model for this key.
fn is_served(roster: &Roster, caller: &Caller, model: &Model) -> bool {
    lane_for(roster, caller.0.kind, &model.id, caller.0.group_id).is_some()
}
