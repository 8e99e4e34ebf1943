//! How things look in the JSON API.
//!
//! Guarantees: one function for each kind of thing, used by every route that shows it; none shows a
//! secret.

use axum::response::Response;
use http::StatusCode;
use rushes_domain::account::{KeyKind, Scope};
use rushes_domain::{TaskId, Ticks, Timestamp};
use rushes_store::{AccountRow, AuditEntry, Balance, GroupRow, KeyDetail, SessionRow, Transfer};
use serde_json::{Value, json};

use crate::http::error::HttpError;
use crate::http::{json as answer_json, to_json};

/// An answer with a JSON value.
pub(in crate::http) fn answer(status: StatusCode, value: &Value) -> Result<Response, HttpError> {
    Ok(answer_json(status, to_json(serde_json::to_vec(value))?))
}

/// 200 with a JSON value.
pub(in crate::http) fn ok(value: &Value) -> Result<Response, HttpError> {
    answer(StatusCode::OK, value)
}

/// A list. `next_after` is what the next page is asked for with.
pub(in crate::http) fn list(data: Vec<Value>, next_after: Option<String>) -> Value {
    let has_more = next_after.is_some();
    let mut list = json!({ "object": "list", "has_more": has_more });
    if let Value::Object(fields) = &mut list {
        fields.insert("data".to_owned(), Value::Array(data));
        fields.insert("next_after".to_owned(), next_after.map_or(Value::Null, Value::String));
    }
    list
}

/// An amount of money.
pub(in crate::http) fn money(ticks: Ticks) -> Value {
    json!({ "amount": ticks.to_string(), "ticks": ticks.0.to_string() })
}

/// A moment in whole seconds.
pub(in crate::http) fn moment(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, |at| json!(at.unix_seconds()))
}

/// An account's money.
pub(in crate::http) fn balance(balance: &Balance) -> Value {
    json!({
        "available": money(balance.available),
        "pending": money(balance.pending),
        "posted": money(balance.posted),
        "credits": money(balance.credits),
        "adjustments": money(balance.adjustments),
    })
}

/// An account.
pub(in crate::http) fn account(row: &AccountRow) -> Value {
    json!({
        "object": "account",
        "id": row.id.0,
        "name": row.name,
        "display_name": row.display_name,
        "role": row.role.as_str(),
        "enabled": row.enabled,
        "group": row.group_name,
        "has_password": row.has_password,
        "balance": balance(&row.balance),
        "tasks": { "waiting": row.parked_count, "in_flight": row.in_flight_count },
        "created_at": row.created_at.unix_seconds(),
    })
}

/// A key, without its secret.
pub(in crate::http) fn key(row: &KeyDetail, now: Timestamp) -> Value {
    let terms = &row.terms;
    let addresses = terms.addresses.as_ref();
    let addresses = addresses.map(|list| list.iter().map(ToString::to_string).collect::<Vec<_>>());
    let scopes: Vec<&str> = terms.scopes.iter().map(Scope::as_str).collect();
    json!({
        "object": "key",
        "id": row.id.0,
        "account_id": row.account_id.0,
        "kind": kind(row.kind),
        "name": terms.name,
        "mask": row.mask,
        "enabled": row.enabled,
        "disabled_by_operator": row.disabled_by_operator,
        "revealable": row.sealed.is_some(),
        "scopes": scopes,
        "models": terms.models,
        "addresses": addresses,
        "expires_at": moment(terms.expires_at),
        "creates_per_minute": terms.creates_per_minute,
        "in_flight_max": terms.in_flight_max,
        "budget": terms.budget.map(money),
        "month_budget": terms.month_budget.map(money),
        "used": money(row.used),
        "month_used": money(row.month_used_at(now)),
        "created_at": row.created_at.unix_seconds(),
        "rolled_at": moment(row.rolled_at),
        "old_secret_expires_at": moment(row.old_expires_at.filter(|&at| at > now)),
        "last_used_at": moment(row.last_used_at),
        "last_used_address": row.last_used_address,
        "last_used_client": row.last_used_client,
    })
}

/// The word for a key's kind.
pub(in crate::http) const fn kind(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Live => "live",
        KeyKind::Test => "test",
    }
}

/// A group.
pub(in crate::http) fn group(row: &GroupRow) -> Value {
    let terms = &row.terms;
    json!({
        "object": "group",
        "id": row.id.0,
        "name": terms.name,
        "description": terms.description,
        "multiplier": Ticks(terms.multiplier_millionths.saturating_mul(10_000)).to_string(),
        "models": terms.models,
        "in_flight_max": terms.in_flight_max,
        "waiting_max": terms.waiting_max,
        "creates_per_minute": terms.creates_per_minute,
        "total_in_flight_max": terms.total_in_flight_max,
        "total_waiting_max": terms.total_waiting_max,
        "accounts": row.accounts_count,
        "created_at": row.created_at.unix_seconds(),
    })
}

/// A line of the ledger.
pub(in crate::http) fn transfer(row: &Transfer) -> Value {
    json!({
        "object": "transfer",
        "id": row.id,
        "sequence": row.sequence,
        "kind": row.kind,
        "amount": money(row.amount),
        "available_after": money(row.available),
        "task_id": row.task_id.as_ref().map(TaskId::to_string),
        "key_id": row.key_id.map(|id| id.0),
        "model": row.model_id,
        "seconds": row.seconds,
        "price_version": row.price_version,
        "reason": row.reason,
        "actor": row.actor,
        "created_at": row.created_at.unix_seconds(),
    })
}

/// A session; `current` is the one that asks.
pub(in crate::http) fn session(row: &SessionRow, current: Option<&str>) -> Value {
    json!({
        "object": "session",
        "id": row.id,
        "current": current == Some(row.id.as_str()),
        "address": row.address,
        "client": row.client,
        "created_at": row.created_at.unix_seconds(),
        "last_seen_at": row.last_seen_at.unix_seconds(),
        "confirmed_at": moment(Some(row.confirmed_at).filter(|at| at.0 > 0)),
        "by_link": row.by_link,
    })
}

/// A line of the audit log.
pub(in crate::http) fn audit(id: i64, row: &AuditEntry) -> Value {
    let value = |text: &Option<String>| {
        text.as_ref().and_then(|text| serde_json::from_str::<Value>(text).ok())
    };
    json!({
        "object": "audit_entry",
        "id": id,
        "at": row.at.unix_seconds(),
        "actor": row.actor,
        "address": row.address,
        "request_id": row.request_id,
        "action": row.action,
        "target": row.object,
        "account_id": row.account_id.map(|id| id.0),
        "before": value(&row.before),
        "after": value(&row.after),
    })
}
