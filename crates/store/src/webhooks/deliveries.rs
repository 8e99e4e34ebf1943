//! The log of what was sent, and sending it again.

use rushes_domain::webhook::{ATTEMPTS_MAX, EventType};
use rushes_domain::{AccountId, EndpointId, TaskId, Timestamp};

use crate::change::Change;
use crate::error::StoreError;
use crate::params;
use crate::tx::{Row, Tx};
use crate::webhooks::events;

pub use crate::webhooks::events::{DELIVERY_KEPT_MS, EVENT_KEPT_MS};

/// Deliveries in one answer of [`list_deliveries`], at most.
pub const LIST_MAX: u32 = 200;
/// Deliveries in one answer of [`deliveries_of_task`], at most.
pub const OF_TASK_MAX: u32 = 100;
/// Attempts that a delivery shows, the latest ones.
pub const ATTEMPTS_SHOWN_MAX: u32 = 50;
/// Deliveries that one replay takes up, at most.
pub const REPLAY_MAX: u32 = 1_000;

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// There will be another attempt.
    Pending,
    /// It was answered with 2xx.
    Delivered,
    /// It was given up.
    Failed,
}

impl DeliveryStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Delivered, Self::Failed];

    /// The word in the store and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    /// The status of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.as_str() == word)
    }
}

/// Why a delivery was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Every attempt of the schedule failed.
    Exhausted,
    /// A test, which is tried once, failed.
    TestFailed,
    /// The receiver answered 410.
    Gone,
    /// The endpoint was disabled.
    EndpointDisabled,
    /// The endpoint was deleted.
    EndpointDeleted,
    /// No enabled endpoint has the callback URL's host any more.
    HostNotRegistered,
    /// The account was disabled.
    AccountDisabled,
    /// The secret cannot be opened: the gateway's own secret was another one.
    SecretLost,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Exhausted,
        Self::TestFailed,
        Self::Gone,
        Self::EndpointDisabled,
        Self::EndpointDeleted,
        Self::HostNotRegistered,
        Self::AccountDisabled,
        Self::SecretLost,
    ];

    /// The word in the store and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exhausted => "attempts_exhausted",
            Self::TestFailed => "test_failed",
            Self::Gone => "gone",
            Self::EndpointDisabled => "endpoint_disabled",
            Self::EndpointDeleted => "endpoint_deleted",
            Self::HostNotRegistered => "host_not_registered",
            Self::AccountDisabled => "account_disabled",
            Self::SecretLost => "secret_lost",
        }
    }
}

/// A delivery: one event on its way to one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    /// Its id, `dlv_…`.
    pub id: String,
    /// The event's id, which the receiver sees as `webhook-id`.
    pub event_id: String,
    /// What happened.
    pub event_type: EventType,
    /// The event's place among those of its task.
    pub sequence: u32,
    /// When it happened.
    pub happened_at: Timestamp,
    /// The task; none for a test.
    pub task_id: Option<TaskId>,
    /// Whose it is.
    pub account_id: AccountId,
    /// The endpoint that it goes to, or through.
    pub endpoint_id: EndpointId,
    /// The task's own callback URL, if it goes there.
    pub callback_url: Option<String>,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// Why it was given up.
    pub reason: Option<Reason>,
    /// Attempts in all.
    pub attempts_count: u32,
    /// When the next attempt is due; while one is being made, when it is given up.
    pub next_attempt_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was delivered or given up.
    pub finished_at: Option<Timestamp>,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRow {
    /// The how manieth, from 1.
    pub number: u32,
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// Where it went.
    pub url: String,
    /// The answer's status, if one came.
    pub response_status: Option<u16>,
    /// The beginning of the answer's body.
    pub response_body: Option<String>,
    /// Why it does not count.
    pub error: Option<String>,
}

/// The columns that [`read`] reads, of a delivery `d` and its event `e`.
pub(crate) const COLUMNS: &str = "d.id, d.event_id, e.type, e.sequence, e.created_at, e.task_id,
    d.account_id, d.endpoint_id, d.callback_url, d.status, d.reason, d.attempts_count,
    d.next_attempt_at, d.created_at, d.finished_at";

pub(crate) fn read(row: &mut Row<'_>) -> Result<DeliveryRow, StoreError> {
    Ok(DeliveryRow {
        id: row.take()?,
        event_id: row.take()?,
        event_type: word(&row.take::<String>()?, EventType::from_word)?,
        sequence: row.take()?,
        happened_at: row.take()?,
        task_id: row.take()?,
        account_id: row.take()?,
        endpoint_id: row.take()?,
        callback_url: row.take()?,
        status: word(&row.take::<String>()?, DeliveryStatus::from_word)?,
        reason: row.take::<Option<String>>()?.map(|text| word(&text, reason)).transpose()?,
        attempts_count: row.take()?,
        next_attempt_at: row.take()?,
        created_at: row.take()?,
        finished_at: row.take()?,
    })
}

fn word<T>(text: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, StoreError> {
    parse(text).ok_or_else(|| StoreError::corrupt("a word of a delivery", text))
}

fn reason(word: &str) -> Option<Reason> {
    Reason::ALL.into_iter().find(|each| each.as_str() == word)
}

/// Which deliveries to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Of which endpoint.
    pub endpoint_id: EndpointId,
    /// Only those that stand so.
    pub status: Option<DeliveryStatus>,
    /// Only those before this one.
    pub after: Option<String>,
    /// How many, at most [`LIST_MAX`].
    pub limit: u32,
}

/// An endpoint's deliveries, newest first.
pub fn list_deliveries(
    tx: &mut Tx<'_>,
    filter: &DeliveryFilter,
) -> Result<Vec<DeliveryRow>, StoreError> {
    let after = match &filter.after {
        None => (Timestamp(i64::MAX), String::new()),
        Some(id) => match delivery(tx, id)? {
            Some(row) if row.endpoint_id == filter.endpoint_id => (row.created_at, row.id),
            _ => return Ok(Vec::new()),
        },
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM webhook_deliveries AS d JOIN webhook_events AS e ON e.id = d.event_id
         WHERE d.endpoint_id = $1 AND ($2 = '' OR d.status = $2)
             AND (d.created_at < $3 OR (d.created_at = $3 AND d.id < $4))
         ORDER BY d.created_at DESC, d.id DESC LIMIT $5"
    );
    let status = filter.status.map_or("", DeliveryStatus::as_str);
    let values = params![filter.endpoint_id, status, after.0, &after.1, filter.limit.min(LIST_MAX)];
    tx.rows(&sql, values, read)
}

/// A delivery, whoever it belongs to.
pub fn delivery(tx: &mut Tx<'_>, id: &str) -> Result<Option<DeliveryRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM webhook_deliveries AS d JOIN webhook_events AS e ON e.id = d.event_id
         WHERE d.id = $1"
    );
    tx.one(&sql, params![id], read)
}

/// What was sent about a task, oldest event first; at most [`OF_TASK_MAX`].
pub fn deliveries_of_task(tx: &mut Tx<'_>, id: TaskId) -> Result<Vec<DeliveryRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM webhook_events AS e JOIN webhook_deliveries AS d ON d.event_id = e.id
         WHERE e.task_id = $1 ORDER BY e.sequence, d.id LIMIT $2"
    );
    tx.rows(&sql, params![id, OF_TASK_MAX], read)
}

/// The status that the latest attempt of a delivery was answered with, if it was.
pub fn last_status(tx: &mut Tx<'_>, delivery_id: &str) -> Result<Option<u16>, StoreError> {
    let sql = "SELECT response_status FROM webhook_attempts WHERE delivery_id = $1
         ORDER BY number DESC LIMIT 1";
    Ok(tx.value::<Option<u16>>(sql, params![delivery_id])?.flatten())
}

/// A delivery's attempts, the latest first.
pub fn attempts(tx: &mut Tx<'_>, delivery_id: &str) -> Result<Vec<AttemptRow>, StoreError> {
    tx.rows(
        "SELECT number, at, took_ms, url, response_status, response_body, error
         FROM webhook_attempts WHERE delivery_id = $1 ORDER BY number DESC LIMIT $2",
        params![delivery_id, ATTEMPTS_SHOWN_MAX],
        |row| {
            Ok(AttemptRow {
                number: row.take()?,
                at: row.take()?,
                took_ms: row.take()?,
                url: row.take()?,
                response_status: row.take()?,
                response_body: row.take()?,
                error: row.take()?,
            })
        },
    )
}

/// Sends a test to an endpoint, once; gives the delivery. `name` is random.
pub fn test_endpoint(
    tx: &mut Tx<'_>,
    account_id: AccountId,
    endpoint_id: EndpointId,
    name: &str,
    now: Timestamp,
) -> Result<DeliveryRow, StoreError> {
    let id = events::record_test(tx, account_id, endpoint_id, name, now)?;
    delivery(tx, &id)?.ok_or(StoreError::NotFound)
}

/// Tests of an endpoint since a moment.
pub fn count_tests(
    tx: &mut Tx<'_>,
    endpoint_id: EndpointId,
    since: Timestamp,
) -> Result<u32, StoreError> {
    let count = tx.value(
        "SELECT COUNT(*) FROM webhook_deliveries
         WHERE endpoint_id = $1 AND created_at > $2 AND event_id LIKE 'evt_test%'",
        params![endpoint_id, since],
    )?;
    Ok(count.unwrap_or(0))
}

/// A delivery is tried anew from the beginning of the schedule, whatever came of it; one that is
/// being made at this moment, or waits, is due at once.
pub fn replay(
    tx: &mut Tx<'_>,
    delivery_id: &str,
    now: Timestamp,
) -> Result<DeliveryRow, StoreError> {
    tx.exec(
        "UPDATE webhook_deliveries SET status = 'pending', reason = NULL, step = 0,
             next_attempt_at = $2, finished_at = NULL, lease_until = 0,
             lease_epoch = lease_epoch + 1
         WHERE id = $1 AND lease_until <= $2",
        params![delivery_id, now],
    )?;
    tx.changed(Change::DeliveriesDue);
    delivery(tx, delivery_id)?.ok_or(StoreError::NotFound)
}

/// The same for an endpoint's failed deliveries (no tests) made since a moment, the oldest first;
/// tells how many, at most [`REPLAY_MAX`]: call again until it tells less.
pub fn replay_failed(
    tx: &mut Tx<'_>,
    endpoint_id: EndpointId,
    since: Timestamp,
    now: Timestamp,
) -> Result<u32, StoreError> {
    let count = tx.exec(
        "UPDATE webhook_deliveries SET status = 'pending', reason = NULL, step = 0,
             next_attempt_at = $3, finished_at = NULL, lease_until = 0,
             lease_epoch = lease_epoch + 1
         WHERE id IN (SELECT id FROM webhook_deliveries
             WHERE endpoint_id = $1 AND created_at >= $2 AND status = 'failed'
                 AND event_id NOT LIKE 'evt_test%'
             ORDER BY created_at, id LIMIT $4)",
        params![endpoint_id, since, now, REPLAY_MAX],
    )?;
    tx.changed(Change::DeliveriesDue);
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Whether the attempt in place `step` is the last one of a delivery of this type.
pub(crate) const fn is_last(kind: EventType, step: u32) -> bool {
    matches!(kind, EventType::Test) || step + 1 >= ATTEMPTS_MAX
}
