//! `GET /v1/models` and `GET /v1/models/{id}`, and the same models in xAI's words.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use rushes_domain::catalogue::Model;
use rushes_domain::{ApiError, ErrorCode};
use rushes_store::KeyRow;
use serde_json::json;

use super::admission::may_use;
use super::auth::Caller;
use super::error::HttpError;
use super::{Http, json, to_json};
use crate::channels::{Roster, lane_for};
use crate::dialects::xai;
use crate::openapi::{models, parameters, refusals};
use crate::prices::Priced;

/// Most characters of a model's name that a message repeats.
const NAME_CHARS_MAX: usize = 64;

/// All models that this key may use and something serves.
#[utoipa::path(get, path = "/v1/models", operation_id = "listModels", tag = "models",
    responses((status = 200, body = models::ModelList), refusals::Look))]
pub(super) async fn list(
    State(http): State<Arc<Http>>,
    caller: Caller,
) -> Result<Response, HttpError> {
    list_for(&http, &caller.0).await
}

/// All models that a key may use and something serves.
pub(super) async fn list_for(http: &Http, key: &KeyRow) -> Result<Response, HttpError> {
    let (priced, roster) = known(http).await?;
    let multiplier = key.multiplier_millionths;
    let entries: Vec<_> =
        usable(&priced, &roster, key).map(|model| model.to_json(multiplier)).collect();
    let body = json!({ "object": "list", "success": true, "data": entries });
    Ok(json(StatusCode::OK, to_json(serde_json::to_vec(&body))?))
}

/// One of the models, by id or alias.
#[utoipa::path(get, path = "/v1/models/{model_id}", operation_id = "getModel", tag = "models",
    params(parameters::ModelPath),
    responses((status = 200, body = models::Model), refusals::LookAtModel))]
pub(super) async fn show(
    State(http): State<Arc<Http>>,
    caller: Caller,
    name: Result<Path<String>, PathRejection>,
) -> Result<Response, HttpError> {
    let (priced, roster) = known(&http).await?;
    let model = find(&priced, &roster, &caller, name)?;
    let body = model.to_json(caller.0.multiplier_millionths);
    Ok(json(StatusCode::OK, to_json(serde_json::to_vec(&body))?))
}

/// All models that this key may use, in xAI's words.
#[utoipa::path(get, path = "/v1/video-generation-models", operation_id = "xaiListModels",
    tag = "xai", responses((status = 200, body = xai::Models), refusals::Look))]
pub(super) async fn list_xai(
    State(http): State<Arc<Http>>,
    caller: Caller,
) -> Result<Response, HttpError> {
    let (priced, roster) = known(&http).await?;
    let usable: Vec<_> = usable(&priced, &roster, &caller.0).collect();
    Ok(json(StatusCode::OK, to_json(xai::models(&usable))?))
}

/// One of the models, in xAI's words.
#[utoipa::path(get, path = "/v1/video-generation-models/{model_id}",
    operation_id = "xaiGetModel", tag = "xai", params(parameters::ModelPath),
    responses((status = 200, body = xai::ModelEntry), refusals::LookAtModel))]
pub(super) async fn show_xai(
    State(http): State<Arc<Http>>,
    caller: Caller,
    name: Result<Path<String>, PathRejection>,
) -> Result<Response, HttpError> {
    let (priced, roster) = known(&http).await?;
    let model = find(&priced, &roster, &caller, name)?;
    Ok(json(StatusCode::OK, to_json(xai::model(model))?))
}

/// What there is: the models with their prices, and who serves them.
async fn known(http: &Http) -> Result<(Arc<Priced>, Arc<Roster>), HttpError> {
    let app = &http.app;
    Ok((app.prices.current(), app.channels.current(&app.store).await?))
}

fn usable<'a>(
    priced: &'a Priced,
    roster: &'a Roster,
    key: &'a KeyRow,
) -> impl Iterator<Item = &'a Model> {
    let models = priced.catalogue.models().iter();
    models.filter(|model| may_use(model, key) && is_served(roster, key, model))
}

fn find<'a>(
    priced: &'a Priced,
    roster: &Roster,
    caller: &Caller,
    name: Result<Path<String>, PathRejection>,
) -> Result<&'a Model, HttpError> {
    let name = name.map(|Path(name)| name).unwrap_or_default();
    let model = priced.catalogue.find(&name);
    let model = model.filter(|it| may_use(it, &caller.0) && is_served(roster, &caller.0, it));
    model.ok_or_else(|| {
        let shown: String = name.chars().take(NAME_CHARS_MAX).collect();
        ApiError::new(
            ErrorCode::NotFound,
            format!("model {shown:?} does not exist; GET /v1/models lists yours"),
        )
        .into()
    })
}

/// Whether anything makes videos of this model for this key.
fn is_served(roster: &Roster, key: &KeyRow, model: &Model) -> bool {
    lane_for(roster, key.kind, &model.id, key.group_id).is_some()
}
