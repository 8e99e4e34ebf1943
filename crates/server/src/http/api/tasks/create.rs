//! Making a video with a key that is chosen by its id; what it would cost, and of which models.
//!
//! Guarantees: what a chosen key may, pays and is answered is what it would be on `/v1` with its
//! secret; the order of the checks is that of `http/admission`, but that the rate is asked once the
//! body is read, which names the key. Creates are counted by that rate alone, estimates not at all,
//! as on `/v1`. An `Idempotency-Key` counts for this door alone.

use std::sync::Arc;

use axum::extract::{RawQuery, Request, State};
use axum::response::Response;
use http::request::Parts;
use rushes_domain::Dialect;
use rushes_domain::request::VideoRequest;
use rushes_domain::request::json::Pairs;
use rushes_store::{Shown, Tx};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{HttpState, choice};
use crate::dialects::native::{self, wire};
use crate::http::admission::estimate::Estimate;
use crate::http::admission::{self, Marks};
use crate::http::api::actor::Actor;
use crate::http::api::input;
use crate::http::auth::Caller;
use crate::http::body::{self, ReadBody};
use crate::http::error::HttpError;
use crate::http::{Http, models as served};
use crate::openapi::{models as shapes, parameters, refusals, requests};

/// `POST /api/tasks`.
const DOOR: admission::Door = admission::Door {
    route: "POST /api/tasks",
    label: Some("console"),
    dialect: Dialect::Native,
    request: without_key_id,
    answer: native::created,
};

/// The request behind a body that names its key too.
fn without_key_id(mut pairs: Pairs<'_>) -> VideoRequest {
    pairs.retain(|(name, _)| name != choice::KEY_ID);
    native::request(pairs)
}

/// Makes a video with one of your keys.
///
/// As `POST /v1/video/generations` does: with the limits and budgets of the key that `key_id`
/// names, a test key's for nothing.
#[utoipa::path(post, path = "/api/tasks", operation_id = "createTask", tag = "tasks",
    params(parameters::IdempotencyKey),
    request_body(content((requests::CreateTask = "application/json"),
        (requests::CreateTaskForm = "multipart/form-data"))),
    responses((status = 200, body = wire::Created), refusals::ApiCreate))]
pub(super) async fn create(
    State(http): HttpState,
    request: Request,
) -> Result<Response, HttpError> {
    // To its end, as any create: a client that hangs up after its last byte has ordered.
    let work = {
        let http = Arc::clone(&http);
        async move {
            let (parts, body) = request.into_parts();
            let actor = Actor::uncounted(&parts, &http).await?;
            let marks = Marks::of(&parts.headers)?;
            let (chosen, body) = receive(&http, &actor, &parts, body).await?;
            Ok(admission::take_chosen(http, DOOR, chosen, (&parts, marks), body).await)
        }
    };
    http.to_its_end(work).await
}

/// The body, and the key that it names.
async fn receive(
    http: &Http,
    actor: &Actor,
    parts: &Parts,
    body: axum::body::Body,
) -> Result<((Caller, Option<Shown>), ReadBody), HttpError> {
    let account_id = actor.own_account()?;
    let limits = &http.app.config.limits;
    let body = body::read(&parts.headers, body, limits, &http.bodies, account_id).await?;
    // A body may be on its way for a minute: who signed out meanwhile has ordered nothing.
    let (now, sender) = (http.app.clock.now(), actor.clone());
    http.app.store.read(move |tx: &mut Tx<'_>| sender.refreshed(tx, now).map(|_| ())).await?;
    let chosen = choice::of_body(http, actor, &body).await?;
    Ok((chosen, body))
}

/// What a video would cost with one of your keys, and whether it would be taken.
///
/// Nothing is made or counted.
#[utoipa::path(post, path = "/api/tasks/estimate", operation_id = "estimateTask", tag = "tasks",
    request_body(content((requests::CreateTask = "application/json"),
        (requests::CreateTaskForm = "multipart/form-data"))),
    responses((status = 200, body = Estimate), refusals::ApiEstimate))]
pub(super) async fn estimate(
    State(http): HttpState,
    request: Request,
) -> Result<Response, HttpError> {
    let (parts, body) = request.into_parts();
    let actor = Actor::uncounted(&parts, &http).await?;
    let ((caller, _), body) = receive(&http, &actor, &parts, body).await?;
    admission::estimate::answer(&http, &caller, body, without_key_id).await
}

/// With which key.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WithKey {
    /// One of your keys, by its id; without one, all that your account may use.
    #[param(example = 3)]
    key_id: Option<i64>,
}

/// The models that one of your keys, or your account, may use and something serves.
#[utoipa::path(get, path = "/api/models", operation_id = "listOwnModels", tag = "tasks",
    params(WithKey), responses((status = 200, body = shapes::ModelList), refusals::ApiLook))]
pub(super) async fn models(
    State(http): HttpState,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    let wanted: WithKey = input::query(query.as_deref())?;
    let id = wanted.key_id.map(rushes_domain::KeyId);
    match choice::chosen(&http, &actor, id).await? {
        Some(key) => served::list_for(&http, &key).await,
        None => served::list_for(&http, &choice::unlimited(&http, &actor).await?).await,
    }
}
