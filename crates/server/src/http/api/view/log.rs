//! Lines of the ledger and of the audit log.

use rushes_domain::TaskId;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Money;

/// A line of the ledger.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Transfer {
    /// Always `transfer`.
    #[schema(pattern = "^transfer$")]
    object: &'static str,
    /// `hold:{task}`, `post:{task}`, `void:{task}`, `adj:{task}:{n}` or `credit:{account}:{name}`.
    id: String,
    /// Its place among the account's lines, from 1.
    sequence: i64,
    /// The part of the id before the first colon.
    kind: String,
    amount: Money,
    /// What the account could spend after it.
    available_after: Money,
    /// The task that it is about.
    #[schema(required)]
    task_id: Option<String>,
    /// The key of the task.
    #[schema(required)]
    key_id: Option<i64>,
    /// The model of the task.
    #[schema(required)]
    model: Option<String>,
    /// The length of the task's video, in seconds.
    #[schema(required)]
    seconds: Option<u32>,
    /// The version of the prices that the task was made at.
    #[schema(required)]
    price_version: Option<i64>,
    /// Why: a failure's code, or a person's words.
    #[schema(required)]
    reason: Option<String>,
    /// Who, for what a person booked.
    #[schema(required)]
    actor: Option<String>,
    /// Seconds since 1970.
    created_at: i64,
}

impl From<&rushes_store::Transfer> for Transfer {
    fn from(row: &rushes_store::Transfer) -> Self {
        Self {
            object: "transfer",
            id: row.id.clone(),
            sequence: row.sequence,
            kind: row.kind.clone(),
            amount: row.amount.into(),
            available_after: row.available.into(),
            task_id: row.task_id.as_ref().map(TaskId::to_string),
            key_id: row.key_id.map(|id| id.0),
            model: row.model_id.clone(),
            seconds: row.seconds,
            price_version: row.price_version,
            reason: row.reason.clone(),
            actor: row.actor.clone(),
            created_at: row.created_at.unix_seconds(),
        }
    }
}

/// A line of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct AuditEntry {
    /// Always `audit_entry`.
    #[schema(pattern = "^audit_entry$")]
    object: &'static str,
    id: i64,
    /// When, in seconds since 1970.
    at: i64,
    /// Who.
    actor: String,
    /// From where.
    #[schema(required)]
    address: Option<String>,
    /// The request's id, which leads to the log.
    #[schema(required)]
    request_id: Option<String>,
    /// What was done.
    #[schema(examples("group.update"))]
    action: String,
    /// To what.
    #[schema(examples("group default"))]
    target: String,
    /// The account that it is about.
    #[schema(required)]
    account_id: Option<i64>,
    /// The fields that differ, as they were; null for what is new.
    #[schema(required, value_type = Option<std::collections::BTreeMap<String, Value>>)]
    before: Option<Value>,
    /// The fields that differ, as they are; null for what is gone.
    #[schema(required, value_type = Option<std::collections::BTreeMap<String, Value>>)]
    after: Option<Value>,
}

impl AuditEntry {
    /// The line with this id.
    pub(in crate::http) fn of(id: i64, row: &rushes_store::AuditEntry) -> Self {
        let value = |text: &Option<String>| {
            text.as_ref().and_then(|text| serde_json::from_str::<Value>(text).ok())
        };
        Self {
            object: "audit_entry",
            id,
            at: row.at.unix_seconds(),
            actor: row.actor.clone(),
            address: row.address.clone(),
            request_id: row.request_id.clone(),
            action: row.action.clone(),
            target: row.object.clone(),
            account_id: row.account_id.map(|id| id.0),
            before: value(&row.before),
            after: value(&row.after),
        }
    }
}
