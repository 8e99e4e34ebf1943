//! What there is to tell: written with the change itself.

use rushes_domain::webhook::{self, EventType};
use rushes_domain::{AccountId, EndpointId, Timestamp};

use crate::change::Change;
use crate::error::StoreError;
use crate::params;
use crate::tasks::row::TaskRow;
use crate::tx::{Row, Tx};
use crate::webhooks::deliveries::Reason;

/// Milliseconds for which events are kept: 90 days.
pub const EVENT_KEPT_MS: i64 = 90 * 24 * 3_600 * 1_000;
/// Milliseconds for which deliveries are kept: 30 days.
pub const DELIVERY_KEPT_MS: i64 = 30 * 24 * 3_600 * 1_000;

/// Endpoints that hear, and those that were disabled for failing: what they miss is in their log,
/// for a replay.
pub(crate) const LISTENERS: &str = "SELECT id, url, host, event_types, enabled
    FROM webhook_endpoints
    WHERE account_id = $1 AND deleted_at IS NULL AND (enabled = 1 OR disabled_by = 'failing')
    ORDER BY id";

/// The latest endpoint of a host, also one that is gone.
pub(crate) const OF_HOST: &str = "SELECT id FROM webhook_endpoints
    WHERE account_id = $1 AND host = $2 ORDER BY id DESC LIMIT 1";

/// What was told once is not told again: the task's change must not fail for it.
pub(crate) const INSERT_EVENT: &str =
    "INSERT INTO webhook_events (id, account_id, task_id, type, sequence, created_at)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING";

struct Listener {
    id: EndpointId,
    url: String,
    host: String,
    event_types: String,
    enabled: bool,
}

impl Listener {
    fn read(row: &mut Row<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.take()?,
            url: row.take()?,
            host: row.take()?,
            event_types: row.take()?,
            enabled: row.take()?,
        })
    }

    fn wants(&self, kind: EventType) -> bool {
        self.event_types.split(' ').any(|word| word == kind.as_str())
    }
}

/// Somebody who is told.
struct Recipient<'t> {
    endpoint_id: EndpointId,
    callback_url: Option<&'t str>,
    /// Why the delivery has failed before it began.
    refused: Option<Reason>,
}

/// Notes that something happened to a task, if somebody wants to hear it.
pub(crate) fn record(
    tx: &mut Tx<'_>,
    task: &TaskRow,
    kind: EventType,
    now: Timestamp,
) -> Result<(), StoreError> {
    let listeners = tx.rows(LISTENERS, params![task.account_id], Listener::read)?;
    let mut recipients: Vec<Recipient<'_>> = listeners
        .iter()
        .filter(|each| each.wants(kind))
        .map(|each| Recipient {
            endpoint_id: each.id,
            callback_url: None,
            refused: (!each.enabled).then_some(Reason::EndpointDisabled),
        })
        .collect();
    if let Some(url) = &task.callback_url {
        recipients.extend(callback(tx, task, url, &listeners, kind)?);
    }
    if recipients.is_empty() {
        return Ok(());
    }
    let id = kind.event_id(task.id);
    let values = params![&id, task.account_id, task.id, kind.as_str(), kind.sequence(), now];
    if tx.exec(INSERT_EVENT, values)? == 0 {
        return Ok(());
    }
    for recipient in &recipients {
        insert_delivery(tx, &id, task.account_id, recipient, now)?;
    }
    tx.changed(Change::DeliveriesDue);
    Ok(())
}

/// The task's own callback: told by way of an endpoint of the same host, whose secret signs it.
fn callback<'t>(
    tx: &mut Tx<'_>,
    task: &TaskRow,
    url: &'t str,
    listeners: &[Listener],
    kind: EventType,
) -> Result<Option<Recipient<'t>>, StoreError> {
    let host = webhook::host_of(url).unwrap_or_default();
    let enabled = || listeners.iter().filter(|each| each.enabled);
    if enabled().any(|each| each.url == url && each.wants(kind)) {
        return Ok(None);
    }
    if let Some(through) = enabled().find(|each| each.host == host) {
        let endpoint_id = through.id;
        return Ok(Some(Recipient { endpoint_id, callback_url: Some(url), refused: None }));
    }
    // Kept where its owner can see that it was not sent.
    let past: Option<EndpointId> = tx.value(OF_HOST, params![task.account_id, &host])?;
    Ok(past.map(|endpoint_id| Recipient {
        endpoint_id,
        callback_url: Some(url),
        refused: Some(Reason::HostNotRegistered),
    }))
}

fn insert_delivery(
    tx: &mut Tx<'_>,
    event_id: &str,
    account_id: AccountId,
    recipient: &Recipient<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Recipient { endpoint_id, callback_url, refused } = recipient;
    let id = delivery_id(event_id, *endpoint_id, callback_url.is_some());
    tx.exec(
        "INSERT INTO webhook_deliveries (id, event_id, account_id, endpoint_id, callback_url,
             status, reason, attempts_count, step, next_attempt_at, lease_until, lease_epoch,
             created_at, finished_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, $8, 0, 0, $9, $10)",
        params![
            &id,
            event_id,
            account_id,
            *endpoint_id,
            *callback_url,
            if refused.is_some() { "failed" } else { "pending" },
            refused.map(Reason::as_str),
            refused.is_none().then_some(now),
            now,
            refused.is_some().then_some(now)
        ],
    )
    .map(drop)
}

/// `dlv_…`: the event's, the endpoint's number, and a `c` for a callback.
fn delivery_id(event_id: &str, endpoint_id: EndpointId, is_callback: bool) -> String {
    let rest = event_id.strip_prefix("evt_").unwrap_or(event_id);
    format!("dlv_{rest}_{endpoint_id}{}", if is_callback { "c" } else { "" })
}

/// Notes a test of an endpoint, which is sent once; gives the delivery's id. `name` is random.
pub(crate) fn record_test(
    tx: &mut Tx<'_>,
    account_id: AccountId,
    endpoint_id: EndpointId,
    name: &str,
    now: Timestamp,
) -> Result<String, StoreError> {
    let event_id = format!("evt_test_{name}");
    let kind = EventType::Test;
    let values = params![&event_id, account_id, None::<&str>, kind.as_str(), kind.sequence(), now];
    tx.exec(INSERT_EVENT, values)?;
    let recipient = Recipient { endpoint_id, callback_url: None, refused: None };
    insert_delivery(tx, &event_id, account_id, &recipient, now)?;
    tx.changed(Change::DeliveriesDue);
    Ok(delivery_id(&event_id, endpoint_id, false))
}
