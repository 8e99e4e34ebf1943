//! `GET /v1/models` and `GET /v1/models/{id}`.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use rushes_domain::account::KeyKind;
use rushes_domain::{ApiError, ErrorCode};
use serde_json::json;

use super::admission::may_use;
use super::auth::Caller;
use super::error::HttpError;
use super::{Http, json, to_json};
use crate::config::PreviewMode;

/// Most characters of a model's name that a message repeats.
const NAME_CHARS_MAX: usize = 64;

/// All models that this key may use and something serves.
pub(super) async fn list(
    State(http): State<Arc<Http>>,
    caller: Caller,
) -> Result<Response, HttpError> {
    let priced = http.app.prices.current();
    let models = if is_served(&http, &caller) { priced.catalogue.models() } else { &[] };
    let multiplier = caller.0.multiplier_millionths;
    let entries: Vec<_> = models
        .iter()
        .filter(|model| may_use(model, &caller.0))
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
    let is_served = is_served(&http, &caller);
    let model = priced.catalogue.find(&name).filter(|it| is_served && may_use(it, &caller.0));
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

/// Whether anything makes videos for this key: the preview renderer is all there is so far.
pub(super) fn is_served(http: &Http, caller: &Caller) -> bool {
    caller.0.kind == KeyKind::Test || http.app.config.preview != PreviewMode::Off
}
