//! What an endpoint was sent, sending it again, and trying it.

use axum::extract::{RawQuery, Request, State};
use axum::response::Response;
use http::StatusCode;
use rushes_domain::{ApiError, EndpointId, ErrorCode, Limit, Timestamp};
use rushes_store::webhooks::deliveries::{LIST_MAX, REPLAY_MAX};
use rushes_store::{
    DeliveryFilter, DeliveryStatus, EndpointRow, StoreError, Tx, attempts, count_tests,
    list_deliveries, test_endpoint,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::change::note;
use super::{DeliveryPath, HttpState, Place, Want, WebhookPath, view};
use crate::http::api::actor::Actor;
use crate::http::api::input;
use crate::http::api::login::random_hex;
use crate::http::api::view as api_view;
use crate::http::error::HttpError;
use crate::openapi::refusals;
use crate::openapi::words::DeliveryStatusWord;

/// Deliveries on a page when nothing is said.
const LIMIT_DEFAULT: u32 = 20;
/// Most deliveries on a page.
const LIMIT_MAX: u32 = LIST_MAX - 1;
/// Tests of an endpoint within [`TESTS_SECONDS`], at most.
const TESTS_MAX: u32 = 10;
const TESTS_SECONDS: u32 = 60;
/// Random bytes in the name of a test.
const TEST_NAME_BYTES: usize = 16;

/// Which deliveries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Only deliveries that stand so.
    #[param(inline, value_type = Option<DeliveryStatusWord>)]
    status: Option<String>,
    /// How many.
    #[param(minimum = 1, maximum = 199, default = 20)]
    limit: Option<u32>,
    /// The `next_after` of the page before.
    #[param(example = "dlv_0197f0c2a5d87b3c9e4f6a1b2c3d4e5f_2_7")]
    after: Option<String>,
}

/// Lists what was sent to one of your webhooks, newest first.
#[utoipa::path(get, path = "/api/webhooks/{id}/deliveries",
    operation_id = "listWebhookDeliveries", tag = "webhooks", params(WebhookPath, Wanted),
    responses((status = 200, body = api_view::List<view::Delivery>), refusals::ApiLook))]
pub(super) async fn list(
    State(http): HttpState,
    actor: Actor,
    place: Place,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    let wanted: Wanted = input::query(query.as_deref())?;
    let status = wanted.status.as_deref().map(status).transpose()?;
    let limit = wanted.limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        let text = format!("limit must be from 1 to {LIMIT_MAX}");
        return Err(ApiError::invalid("limit", text).into());
    }
    let read = move |tx: &mut Tx<'_>| {
        let endpoint_id = place.endpoint(tx, &actor, Want::Look)?.id;
        let after = wanted.after.clone();
        list_deliveries(tx, &DeliveryFilter { endpoint_id, status, after, limit: limit + 1 })
    };
    let mut rows = http.app.store.read(read).await?;
    let has_more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| has_more).map(|row| row.id.clone());
    api_view::ok(&api_view::List::page(rows.iter().map(view::Delivery::from).collect(), next))
}

fn status(word: &str) -> Result<DeliveryStatus, ApiError> {
    DeliveryStatus::from_word(word).ok_or_else(|| {
        let known: Vec<&str> = DeliveryStatus::ALL.iter().map(|each| each.as_str()).collect();
        ApiError::invalid("status", format!("status must be one of: {}", known.join(", ")))
    })
}

/// Shows what was sent to one of your webhooks, with each attempt.
#[utoipa::path(get, path = "/api/webhooks/{id}/deliveries/{delivery}",
    operation_id = "getWebhookDelivery", tag = "webhooks", params(DeliveryPath),
    responses((status = 200, body = view::Delivery), refusals::ApiLook))]
pub(super) async fn show(
    State(http): HttpState,
    actor: Actor,
    place: Place,
) -> Result<Response, HttpError> {
    let read = move |tx: &mut Tx<'_>| {
        let (_, row) = place.delivery(tx, &actor, Want::Look)?;
        let attempts = attempts(tx, &row.id)?;
        Ok((row, attempts))
    };
    let (row, attempts) = http.app.store.read(read).await?;
    api_view::ok(&view::Delivery::from(&row).with_attempts(&attempts))
}

/// Sends something again to one of your webhooks.
///
/// From the beginning of the schedule, whatever came of it before.
#[utoipa::path(post, path = "/api/webhooks/{id}/deliveries/{delivery}/replay",
    operation_id = "replayWebhookDelivery", tag = "webhooks", params(DeliveryPath),
    responses((status = 202, body = view::Delivery), refusals::ApiDeed))]
pub(super) async fn replay(
    State(http): HttpState,
    actor: Actor,
    place: Place,
) -> Result<Response, HttpError> {
    let now = http.app.clock.now();
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        let (endpoint, row) = place.delivery(tx, actor, Want::Change)?;
        if row.callback_url.is_none() {
            require_enabled(&endpoint)?;
        }
        let after = rushes_store::replay(tx, &row.id, now)?;
        let values = (Value::Null, json!({ "delivery": row.id }));
        note(tx, actor, "webhook.replay", values, &endpoint, now)?;
        Ok(after)
    };
    let row = http.change(&actor, change).await?;
    api_view::answer(StatusCode::ACCEPTED, &view::Delivery::from(&row))
}

/// Since when.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookReplayInput)]
struct Since {
    /// Deliveries that were made at this moment or later are sent again, in seconds since 1970.
    #[schema(examples(1_770_000_000))]
    since: i64,
}

/// That deliveries are sent again.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookReplay)]
struct Replayed {
    /// Always `webhook_replay`.
    #[schema(pattern = "^webhook_replay$")]
    object: &'static str,
    /// How many.
    count: u32,
    /// Whether there may be more: ask again then.
    has_more: bool,
}

/// Sends everything again that one of your webhooks missed since a moment.
///
/// What was given up, the oldest first; no tests.
#[utoipa::path(post, path = "/api/webhooks/{id}/replay", operation_id = "replayFailedWebhook",
    tag = "webhooks", params(WebhookPath), request_body = Since,
    responses((status = 202, body = Replayed), refusals::ApiChange))]
pub(super) async fn replay_failed(
    State(http): HttpState,
    actor: Actor,
    place: Place,
    request: Request,
) -> Result<Response, HttpError> {
    let (parts, body) = request.into_parts();
    let Since { since } = input::read(&parts.headers, body).await?;
    let now = http.app.clock.now();
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        let endpoint = place.endpoint(tx, actor, Want::Change)?;
        require_enabled(&endpoint)?;
        let from = Timestamp::from_unix_seconds(since);
        let count = rushes_store::replay_failed(tx, endpoint.id, from, now)?;
        let values = (Value::Null, json!({ "since": since, "count": count }));
        note(tx, actor, "webhook.replay", values, &endpoint, now)?;
        Ok(count)
    };
    let count = http.change(&actor, change).await?;
    let has_more = count >= REPLAY_MAX;
    let body = Replayed { object: "webhook_replay", count, has_more };
    api_view::answer(StatusCode::ACCEPTED, &body)
}

fn require_enabled(endpoint: &EndpointRow) -> Result<(), ApiError> {
    if endpoint.is_enabled() {
        return Ok(());
    }
    let text = "the webhook is disabled and would be sent nothing: enable it first";
    Err(ApiError::new(ErrorCode::Conflict, text))
}

/// Sends a test to one of your webhooks, once.
///
/// Whether it arrived the delivery says a moment later.
#[utoipa::path(post, path = "/api/webhooks/{id}/test", operation_id = "testWebhook",
    tag = "webhooks", params(WebhookPath),
    responses((status = 202, body = view::Delivery), refusals::ApiDeed))]
pub(super) async fn test(
    State(http): HttpState,
    actor: Actor,
    place: Place,
) -> Result<Response, HttpError> {
    let name = random_hex(&http, TEST_NAME_BYTES);
    let now = http.app.clock.now();
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        let endpoint = place.endpoint(tx, actor, Want::Change)?;
        check_tests(tx, endpoint.id, now)?;
        let row = test_endpoint(tx, endpoint.account_id, endpoint.id, &name, now)?;
        note(tx, actor, "webhook.test", (Value::Null, Value::Null), &endpoint, now)?;
        Ok(row)
    };
    let row = http.change(&actor, change).await?;
    api_view::answer(StatusCode::ACCEPTED, &view::Delivery::from(&row))
}

fn check_tests(tx: &mut Tx<'_>, id: EndpointId, now: Timestamp) -> Result<(), StoreError> {
    let since = now.plus_ms(-i64::from(TESTS_SECONDS) * 1_000);
    if count_tests(tx, id, since)? < TESTS_MAX {
        return Ok(());
    }
    let text = format!("a webhook is tested at most {TESTS_MAX} times in {TESTS_SECONDS} seconds");
    let window_seconds = Some(TESTS_SECONDS);
    let limit = Limit { name: "webhook_tests", quota: TESTS_MAX, window_seconds };
    let refusal = ApiError::new(ErrorCode::RateLimited, text).with_limit(limit);
    Err(refusal.with_retry_after(TESTS_SECONDS).into())
}
