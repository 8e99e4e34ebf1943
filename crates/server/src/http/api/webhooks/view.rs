//! How endpoints and deliveries look.

use rushes_domain::{TaskId, Timestamp};
use rushes_store::{AttemptRow, DeliveryRow, DisabledBy, EndpointRow, Reason};
use serde_json::{Value, json};

use crate::http::api::view::moment;

/// An endpoint, without its secrets.
pub(super) fn endpoint(row: &EndpointRow, now: Timestamp) -> Value {
    let terms = &row.terms;
    let types: Vec<&str> = terms.event_types.iter().map(|each| each.as_str()).collect();
    let old_until = row.old.as_ref().map(|(_, until)| *until).filter(|&until| until > now);
    json!({
        "object": "webhook",
        "id": row.id.0,
        "account_id": row.account_id.0,
        "url": terms.url,
        "description": terms.description,
        "event_types": types,
        "enabled": row.is_enabled(),
        "disabled_by": terms.disabled_by.map(DisabledBy::as_str),
        "disabled_at": moment(row.disabled_at),
        "failing_since": moment(row.failing_since),
        "last_success_at": moment(row.succeeded_at),
        "last_failure_at": moment(row.failed_at),
        "old_secret_expires_at": moment(old_until),
        "created_at": row.created_at.unix_seconds(),
        "changed_at": row.changed_at.unix_seconds(),
    })
}

/// What the audit log keeps of an endpoint.
pub(super) fn audited(row: &EndpointRow) -> Value {
    let terms = &row.terms;
    let types: Vec<&str> = terms.event_types.iter().map(|each| each.as_str()).collect();
    json!({
        // Not the URL: whoever reads the log need not be able to call it.
        "host": terms.host,
        "description": terms.description,
        "event_types": types,
        "enabled": row.is_enabled(),
        "disabled_by": terms.disabled_by.map(DisabledBy::as_str),
    })
}

/// A delivery.
pub(super) fn delivery(row: &DeliveryRow) -> Value {
    json!({
        "object": "webhook_delivery",
        "id": row.id,
        "webhook_id": row.endpoint_id.0,
        "event_id": row.event_id,
        "event_type": row.event_type.as_str(),
        "sequence": row.sequence,
        "task_id": row.task_id.as_ref().map(TaskId::to_string),
        "callback_url": row.callback_url,
        "status": row.status.as_str(),
        "reason": row.reason.map(Reason::as_str),
        "attempts_count": row.attempts_count,
        "next_attempt_at": moment(row.next_attempt_at),
        "created_at": row.created_at.unix_seconds(),
        "finished_at": moment(row.finished_at),
    })
}

/// A delivery with its attempts.
pub(super) fn delivery_with(row: &DeliveryRow, attempts: &[AttemptRow]) -> Value {
    let mut value = delivery(row);
    value["attempts"] = attempts.iter().map(attempt).collect();
    value
}

fn attempt(row: &AttemptRow) -> Value {
    json!({
        "number": row.number,
        "at": row.at.unix_seconds(),
        "took_ms": row.took_ms,
        "url": row.url,
        "response_status": row.response_status,
        "response_body": row.response_body,
        "error": row.error,
    })
}
