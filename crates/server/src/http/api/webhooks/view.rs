//! How endpoints and deliveries look.

use rushes_domain::{TaskId, Timestamp};
use rushes_store::{AttemptRow, DeliveryRow, DisabledBy, EndpointRow, Reason};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::http::api::view::moment;
use crate::openapi::words;

/// A webhook: an address that is called when something happens to an account's videos.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Webhook {
    /// Always `webhook`.
    #[schema(pattern = "^webhook$")]
    object: &'static str,
    id: i64,
    account_id: i64,
    /// Where events are posted.
    #[schema(format = "uri", examples("https://shop.example.com/rushes"))]
    url: String,
    /// For people.
    description: String,
    /// Which events are sent.
    #[schema(inline, value_type = Vec<words::EventWord>)]
    event_types: Vec<&'static str>,
    enabled: bool,
    /// Null while it is enabled.
    #[schema(required, inline, value_type = Option<words::DisabledByWord>)]
    disabled_by: Option<&'static str>,
    /// Seconds since 1970; null while it is enabled.
    #[schema(required)]
    disabled_at: Option<i64>,
    /// Since when nothing has arrived, in seconds since 1970.
    #[schema(required)]
    failing_since: Option<i64>,
    /// Seconds since 1970.
    #[schema(required)]
    last_success_at: Option<i64>,
    /// Seconds since 1970.
    #[schema(required)]
    last_failure_at: Option<i64>,
    /// Until when the secret before this one signs too, in seconds since 1970.
    #[schema(required)]
    old_secret_expires_at: Option<i64>,
    /// Seconds since 1970.
    created_at: i64,
    /// Seconds since 1970.
    changed_at: i64,
    /// What signs: in the answer that makes or rotates it, absent elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^whsec_", examples("whsec_cnVzaGVzIHNhbXBsZSBzZWNyZXQsIG5vdCBmb3IgdXNl"))]
    secret: Option<String>,
}

impl Webhook {
    /// An endpoint, without its secrets.
    pub(super) fn of(row: &EndpointRow, now: Timestamp) -> Self {
        let terms = &row.terms;
        let old_until = row.old.as_ref().map(|(_, until)| *until).filter(|&until| until > now);
        Self {
            object: "webhook",
            id: row.id.0,
            account_id: row.account_id.0,
            url: terms.url.clone(),
            description: terms.description.clone(),
            event_types: types(row),
            enabled: row.is_enabled(),
            disabled_by: terms.disabled_by.map(DisabledBy::as_str),
            disabled_at: moment(row.disabled_at),
            failing_since: moment(row.failing_since),
            last_success_at: moment(row.succeeded_at),
            last_failure_at: moment(row.failed_at),
            old_secret_expires_at: moment(old_until),
            created_at: row.created_at.unix_seconds(),
            changed_at: row.changed_at.unix_seconds(),
            secret: None,
        }
    }

    /// The same with its secret.
    pub(super) fn with_secret(self, secret: String) -> Self {
        Self { secret: Some(secret), ..self }
    }
}

fn types(row: &EndpointRow) -> Vec<&'static str> {
    row.terms.event_types.iter().map(|each| each.as_str()).collect()
}

/// What the audit log keeps of an endpoint.
pub(super) fn audited(row: &EndpointRow) -> Value {
    let terms = &row.terms;
    json!({
        // Not the URL: whoever reads the log need not be able to call it.
        "host": terms.host,
        "description": terms.description,
        "event_types": types(row),
        "enabled": row.is_enabled(),
        "disabled_by": terms.disabled_by.map(DisabledBy::as_str),
    })
}

/// Something that is sent to a webhook.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub(super) struct Delivery {
    /// Always `webhook_delivery`.
    #[schema(pattern = "^webhook_delivery$")]
    object: &'static str,
    #[schema(examples("dlv_0197f0c2a5d87b3c9e4f6a1b2c3d4e5f_2_7"))]
    id: String,
    webhook_id: i64,
    /// What the receiver sees as `webhook-id`.
    event_id: String,
    #[schema(inline, value_type = words::DeliveryEventWord)]
    event_type: &'static str,
    /// The event's place among those of its task.
    sequence: u32,
    /// The task; null for a test.
    #[schema(required)]
    task_id: Option<String>,
    /// The task's own `callback_url`, if that is where it goes.
    #[schema(required)]
    callback_url: Option<String>,
    #[schema(inline, value_type = words::DeliveryStatusWord)]
    status: &'static str,
    /// Null unless it was given up.
    #[schema(required, inline, value_type = Option<words::DeliveryReasonWord>)]
    reason: Option<&'static str>,
    /// How often it was tried.
    attempts_count: u32,
    /// When it is tried next, in seconds since 1970; null when that is over.
    #[schema(required)]
    next_attempt_at: Option<i64>,
    /// Seconds since 1970.
    created_at: i64,
    /// When it was delivered or given up, in seconds since 1970.
    #[schema(required)]
    finished_at: Option<i64>,
    /// Each attempt: only in the answer that shows one delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<Vec<Attempt>>,
}

impl From<&DeliveryRow> for Delivery {
    fn from(row: &DeliveryRow) -> Self {
        Self {
            object: "webhook_delivery",
            id: row.id.clone(),
            webhook_id: row.endpoint_id.0,
            event_id: row.event_id.clone(),
            event_type: row.event_type.as_str(),
            sequence: row.sequence,
            task_id: row.task_id.as_ref().map(TaskId::to_string),
            callback_url: row.callback_url.clone(),
            status: row.status.as_str(),
            reason: row.reason.map(Reason::as_str),
            attempts_count: row.attempts_count,
            next_attempt_at: moment(row.next_attempt_at),
            created_at: row.created_at.unix_seconds(),
            finished_at: moment(row.finished_at),
            attempts: None,
        }
    }
}

impl Delivery {
    /// The same with its attempts.
    pub(super) fn with_attempts(self, attempts: &[AttemptRow]) -> Self {
        Self { attempts: Some(attempts.iter().map(Attempt::from).collect()), ..self }
    }
}

/// One attempt to deliver.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookAttempt)]
struct Attempt {
    /// Which attempt it is, from 1.
    number: u32,
    /// When it began, in seconds since 1970.
    at: i64,
    /// How long it took, in milliseconds.
    took_ms: u64,
    /// Where it went.
    #[schema(format = "uri")]
    url: String,
    /// The answer's status; null if none came.
    #[schema(required)]
    response_status: Option<u16>,
    /// The beginning of the answer's body, at most 4 KB.
    #[schema(required)]
    response_body: Option<String>,
    /// Why it does not count; null if it does.
    #[schema(required)]
    error: Option<String>,
}

impl From<&AttemptRow> for Attempt {
    fn from(row: &AttemptRow) -> Self {
        Self {
            number: row.number,
            at: row.at.unix_seconds(),
            took_ms: row.took_ms,
            url: row.url.clone(),
            response_status: row.response_status,
            response_body: row.response_body.clone(),
            error: row.error.clone(),
        }
    }
}
