//! Deliveries in the hands of whoever sends them: claims, what came of an attempt, old rows.
//!
//! Guarantees: a claim goes round the endpoints, so that none waits for another's backlog; each
//! claim raises the epoch, and an attempt's outcome is written under that epoch or not at all; a
//! claimed delivery whose sender is gone is due again when its lease ends. What must not be sent any
//! more is given up here, with its reason, when it is due.

use std::collections::HashMap;

use rushes_domain::webhook::{self, EventType};
use rushes_domain::{AccountId, EndpointId, Timestamp};

use crate::audit::{AuditEntry, audit};
use crate::change::Change;
use crate::error::StoreError;
use crate::params;
use crate::tasks::query;
use crate::tasks::row::TaskRow;
use crate::tx::{Tx, single};
use crate::webhooks::deliveries::{self, DeliveryRow, Reason, is_last};
use crate::webhooks::endpoints::{self, DisabledBy, EndpointRow};

/// Deliveries that are given up in one claim for one endpoint, at most.
const GIVEN_UP_MAX: usize = 500;
/// No delivery waits longer than this, in milliseconds: 24 hours and a fifth. What waits longer was
/// written under another clock.
const WAIT_MS_MAX: i64 = 29 * 3_600_000;

/// How much may be sent at the same time, and what is being sent already.
#[derive(Debug, Clone, Default)]
pub struct SendingRoom {
    /// More deliveries in all.
    pub left: usize,
    /// Deliveries of an account.
    pub per_account: usize,
    /// Deliveries of an endpoint.
    pub per_endpoint: usize,
    /// Those of each account that are under way.
    pub accounts: HashMap<AccountId, usize>,
    /// Those of each endpoint that are under way.
    pub endpoints: HashMap<EndpointId, usize>,
    /// Begin behind this endpoint.
    pub after: Option<EndpointId>,
}

impl SendingRoom {
    fn of(&self, account_id: AccountId, endpoint_id: EndpointId) -> usize {
        let busy = self.accounts.get(&account_id).copied().unwrap_or(0);
        let busy_endpoint = self.endpoints.get(&endpoint_id).copied().unwrap_or(0);
        let account = self.per_account.saturating_sub(busy);
        self.left.min(account).min(self.per_endpoint.saturating_sub(busy_endpoint))
    }

    fn take(&mut self, account_id: AccountId, endpoint_id: EndpointId) {
        self.left = self.left.saturating_sub(1);
        *self.accounts.entry(account_id).or_default() += 1;
        *self.endpoints.entry(endpoint_id).or_default() += 1;
    }
}

/// A delivery that the caller has for itself until the lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The delivery.
    pub delivery: DeliveryRow,
    /// What the outcome is fenced by.
    pub epoch: i64,
    /// Its place in the schedule, 0 for the first attempt.
    pub step: u32,
    /// The endpoint whose secrets sign it.
    pub endpoint: EndpointRow,
    /// The task as it is; none for a test.
    pub task: Option<TaskRow>,
}

impl Outgoing {
    /// Where it goes.
    pub fn url(&self) -> &str {
        self.delivery.callback_url.as_deref().unwrap_or(&self.endpoint.terms.url)
    }

    /// Whether it is the last attempt.
    pub const fn is_last(&self) -> bool {
        is_last(self.delivery.event_type, self.step)
    }
}

/// What a claim found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClaimedDeliveries {
    /// To be sent.
    pub outgoing: Vec<Outgoing>,
    /// How many were given up.
    pub given_up: usize,
}

/// Endpoints for which something is due: one look into the index for each that has anything.
pub(crate) const WAITING: &str = "WITH RECURSIVE waiting (id) AS (
        SELECT MIN(endpoint_id) FROM webhook_deliveries WHERE status = 'pending'
        UNION ALL
        SELECT (SELECT MIN(endpoint_id) FROM webhook_deliveries
            WHERE status = 'pending' AND endpoint_id > waiting.id)
        FROM waiting WHERE waiting.id IS NOT NULL)
    SELECT waiting.id FROM waiting WHERE waiting.id IS NOT NULL AND EXISTS (
        SELECT 1 FROM webhook_deliveries WHERE status = 'pending'
            AND endpoint_id = waiting.id AND next_attempt_at <= $1)";

pub(crate) const LEASE: &str = "UPDATE webhook_deliveries SET lease_until = $2,
        next_attempt_at = $2, lease_epoch = lease_epoch + 1
    WHERE id = $1 AND status = 'pending' RETURNING lease_epoch, step";

pub(crate) const GIVE_UP: &str = "UPDATE webhook_deliveries SET status = 'failed', reason = $2,
        finished_at = $3, next_attempt_at = NULL, lease_until = 0
    WHERE id = $1 AND status = 'pending'";

/// What is due of endpoint `$1` at `$2`, `$3` of it.
pub(crate) fn due_sql() -> String {
    format!(
        "SELECT {} FROM webhook_deliveries AS d JOIN webhook_events AS e ON e.id = d.event_id
         WHERE d.endpoint_id = $1 AND d.status = 'pending' AND d.next_attempt_at <= $2
         ORDER BY d.next_attempt_at, d.id LIMIT $3",
        deliveries::COLUMNS
    )
}

/// Claims deliveries that are due, endpoint by endpoint, beginning behind the last one served.
pub fn claim_deliveries(
    tx: &mut Tx<'_>,
    now: Timestamp,
    lease_until: Timestamp,
    mut room: SendingRoom,
) -> Result<ClaimedDeliveries, StoreError> {
    let mut waiting: Vec<EndpointId> = tx.rows(WAITING, params![now], single)?;
    waiting.sort_unstable();
    let first = waiting.iter().position(|&id| room.after.is_none_or(|after| id > after));
    waiting.rotate_left(first.unwrap_or(0));
    let mut claimed = ClaimedDeliveries::default();
    for id in waiting {
        if room.left == 0 {
            break;
        }
        claim_of_endpoint(tx, id, (now, lease_until), &mut room, &mut claimed)?;
    }
    Ok(claimed)
}

fn claim_of_endpoint(
    tx: &mut Tx<'_>,
    id: EndpointId,
    (now, lease_until): (Timestamp, Timestamp),
    room: &mut SendingRoom,
    claimed: &mut ClaimedDeliveries,
) -> Result<(), StoreError> {
    let endpoint = endpoints::endpoint(tx, id)?;
    let is_open = endpoint.as_ref().is_some_and(EndpointRow::is_enabled);
    let free = endpoint.as_ref().map_or(1, |row| room.of(row.account_id, id));
    if free == 0 {
        return Ok(());
    }
    let limit = if is_open { free } else { GIVEN_UP_MAX };
    let due = tx.rows(&due_sql(), params![id, now, limit], deliveries::read)?;
    for delivery in due {
        match signer(tx, &delivery, endpoint.as_ref())? {
            Err(reason) => {
                tx.exec(GIVE_UP, params![&delivery.id, reason.as_str(), now])?;
                claimed.given_up += 1;
            }
            Ok(signer) => {
                if room.of(delivery.account_id, id) == 0 {
                    continue;
                }
                room.take(delivery.account_id, id);
                let values = params![&delivery.id, lease_until];
                let lease = tx.one(LEASE, values, |row| Ok((row.take()?, row.take()?)))?;
                let (epoch, step) = lease.ok_or(StoreError::NotFound)?;
                let task = match delivery.task_id {
                    Some(task_id) => query::task(tx, task_id)?,
                    None => None,
                };
                claimed.outgoing.push(Outgoing { delivery, epoch, step, endpoint: signer, task });
            }
        }
    }
    Ok(())
}

/// The endpoint whose secrets sign a delivery, or why it is not sent any more.
fn signer(
    tx: &mut Tx<'_>,
    delivery: &DeliveryRow,
    endpoint: Option<&EndpointRow>,
) -> Result<Result<EndpointRow, Reason>, StoreError> {
    let enabled: Option<bool> =
        tx.value("SELECT enabled FROM accounts WHERE id = $1", params![delivery.account_id])?;
    if enabled != Some(true) {
        return Ok(Err(Reason::AccountDisabled));
    }
    let Some(url) = &delivery.callback_url else {
        let is_test = delivery.event_type == EventType::Test;
        return Ok(match endpoint {
            None => Err(Reason::EndpointDeleted),
            Some(row) if row.is_enabled() || is_test => Ok(row.clone()),
            Some(_) => Err(Reason::EndpointDisabled),
        });
    };
    let host = webhook::host_of(url).unwrap_or_default();
    if let Some(row) = endpoint.filter(|row| row.is_enabled() && row.terms.host == host) {
        return Ok(Ok(row.clone()));
    }
    let other = endpoints::endpoint_of_host(tx, delivery.account_id, &host)?;
    Ok(other.ok_or(Reason::HostNotRegistered))
}

pub(crate) const NEXT_DUE: &str = "SELECT next_attempt_at FROM webhook_deliveries
    WHERE status = 'pending' AND next_attempt_at > $1 ORDER BY next_attempt_at LIMIT 1";

/// The next moment at which a delivery becomes due, or a lease ends.
pub fn next_delivery(tx: &mut Tx<'_>, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    tx.value(NEXT_DUE, params![now])
}

/// What an attempt met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptOutcome {
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// The answer's status, if one came.
    pub response_status: Option<u16>,
    /// The beginning of the answer's body.
    pub response_body: Option<String>,
    /// Why it does not count; none if it was delivered.
    pub error: Option<String>,
    /// What follows.
    pub verdict: Verdict,
}

/// What follows from an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing: it was taken.
    Delivered,
    /// Another attempt at this moment.
    Again(Timestamp),
    /// Nothing: it is given up.
    GivenUp(Reason),
}

pub(crate) const FINISH: &str = "UPDATE webhook_deliveries SET status = $3, reason = $4,
        attempts_count = attempts_count + 1, step = step + 1, next_attempt_at = $5,
        lease_until = 0, finished_at = $6
    WHERE id = $1 AND lease_epoch = $2 AND status = 'pending' RETURNING attempts_count";

/// Writes what an attempt met, and what follows for the delivery and its endpoint; tells who
/// disabled the endpoint, if this did. [`StoreError::Fenced`]: somebody else has the delivery now.
pub fn finish_attempt(
    tx: &mut Tx<'_>,
    sent: &Outgoing,
    outcome: &AttemptOutcome,
    now: Timestamp,
) -> Result<Option<DisabledBy>, StoreError> {
    let (status, reason, next) = match outcome.verdict {
        Verdict::Delivered => ("delivered", None, None),
        Verdict::Again(at) => ("pending", None, Some(at)),
        Verdict::GivenUp(reason) => ("failed", Some(reason.as_str()), None),
    };
    let finished_at = next.is_none().then_some(now);
    let values = params![&sent.delivery.id, sent.epoch, status, reason, next, finished_at];
    let number: u32 = tx.value(FINISH, values)?.ok_or(StoreError::Fenced)?;
    tx.exec(
        "INSERT INTO webhook_attempts (delivery_id, number, at, took_ms, url, response_status,
             response_body, error) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            &sent.delivery.id,
            number,
            outcome.at,
            outcome.took_ms,
            sent.url(),
            outcome.response_status,
            outcome.response_body.as_ref(),
            outcome.error.as_ref()
        ],
    )?;
    tx.changed(Change::DeliveriesDue);
    let disabled = judge_endpoint(tx, sent, outcome.verdict, now)?;
    if let Some(by) = disabled {
        note_disabled(tx, &sent.endpoint, by, now)?;
    }
    Ok(disabled)
}

/// What an attempt says about the endpoint. A task's own callback says nothing about it, and a test
/// only that it is gone.
fn judge_endpoint(
    tx: &mut Tx<'_>,
    sent: &Outgoing,
    verdict: Verdict,
    now: Timestamp,
) -> Result<Option<DisabledBy>, StoreError> {
    let id = sent.endpoint.id;
    if sent.delivery.callback_url.is_some() {
        return Ok(None);
    }
    let is_test = sent.delivery.event_type == EventType::Test;
    let by = match verdict {
        Verdict::GivenUp(Reason::Gone) => {
            let disabled = endpoints::disable(tx, id, DisabledBy::Gone, now)?;
            disabled.then_some(DisabledBy::Gone)
        }
        _ if is_test => None,
        Verdict::Delivered => {
            endpoints::succeeded(tx, id, now)?;
            None
        }
        Verdict::Again(_) | Verdict::GivenUp(_) => {
            endpoints::failed(tx, id, now)?.then_some(DisabledBy::Failing)
        }
    };
    Ok(by)
}

fn note_disabled(
    tx: &mut Tx<'_>,
    endpoint: &EndpointRow,
    by: DisabledBy,
    now: Timestamp,
) -> Result<(), StoreError> {
    let entry = AuditEntry {
        at: now,
        actor: "gateway".to_owned(),
        actor_account_id: None,
        address: None,
        request_id: None,
        action: "webhook.disable".to_owned(),
        object: format!("webhook {}", endpoint.id),
        account_id: Some(endpoint.account_id),
        before: Some("{\"enabled\":true}".to_owned()),
        after: Some(format!("{{\"disabled_by\":\"{}\",\"enabled\":false}}", by.as_str())),
    };
    audit(tx, &entry)
}

pub(crate) const VOID_LEASES: &str = "UPDATE webhook_deliveries SET lease_until = 0,
        lease_epoch = lease_epoch + 1, next_attempt_at = $1
    WHERE status = 'pending' AND lease_until > 0";

/// No clock that was set back keeps a delivery waiting longer than the schedule does.
const WAIT_NO_LONGER: &str = "UPDATE webhook_deliveries SET next_attempt_at = $1
    WHERE status = 'pending' AND next_attempt_at > $2";

/// Ends every lease: whoever held one is gone.
pub(crate) fn void_leases(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(VOID_LEASES, params![now])?;
    tx.exec(WAIT_NO_LONGER, params![now, now.plus_ms(WAIT_MS_MAX)])?;
    tx.changed(Change::DeliveriesDue);
    Ok(())
}

const SHIFT_DELIVERIES: &str = "UPDATE webhook_deliveries SET
        next_attempt_at = next_attempt_at + $1,
        lease_until = CASE WHEN lease_until > 0 THEN lease_until + $1 ELSE 0 END
    WHERE status = 'pending'";

const SHIFT_ENDPOINTS: &str = "UPDATE webhook_endpoints SET failing_since = failing_since + $1
    WHERE failing_since IS NOT NULL";

/// After the wall clock jumped by so many microseconds: the schedule goes on as it was, and nobody
/// has failed for longer than it did.
pub(crate) fn shift_times(tx: &mut Tx<'_>, shift: i64) -> Result<(), StoreError> {
    tx.exec(SHIFT_DELIVERIES, params![shift])?;
    tx.exec(SHIFT_ENDPOINTS, params![shift])?;
    tx.changed(Change::DeliveriesDue);
    Ok(())
}

/// What is too old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookRetention {
    /// Finished deliveries that were made before this moment.
    pub deliveries_before: Timestamp,
    /// Events before this moment, with whatever is left of their deliveries.
    pub events_before: Timestamp,
    /// Rows of each kind in this batch.
    pub limit: usize,
}

pub(crate) const DELETE_DELIVERIES: &str = "DELETE FROM webhook_deliveries WHERE id IN (
    SELECT id FROM webhook_deliveries WHERE status <> 'pending' AND created_at < $1
    ORDER BY created_at LIMIT $2)";

pub(crate) const DELETE_EVENTS: &str = "DELETE FROM webhook_events WHERE id IN (
    SELECT id FROM webhook_events WHERE created_at < $1 ORDER BY created_at LIMIT $2)";

const DELETE_ENDPOINTS: &str = "DELETE FROM webhook_endpoints WHERE id IN (
    SELECT id FROM webhook_endpoints AS gone WHERE deleted_at < $1 AND NOT EXISTS (
        SELECT 1 FROM webhook_deliveries WHERE endpoint_id = gone.id)
    ORDER BY deleted_at LIMIT $2)";

/// Deletes one batch of old rows; call again until it tells less than the limit.
pub fn delete_old_webhooks(
    tx: &mut Tx<'_>,
    retention: &WebhookRetention,
) -> Result<usize, StoreError> {
    let (before, limit) = (retention.deliveries_before, retention.limit);
    let deliveries = tx.exec(DELETE_DELIVERIES, params![before, limit])?;
    let events = tx.exec(DELETE_EVENTS, params![retention.events_before, limit])?;
    let endpoints = tx.exec(DELETE_ENDPOINTS, params![before, limit])?;
    Ok(deliveries.max(events).max(endpoints))
}

/// Deliveries that wait, and since when the oldest of them is due.
pub fn waiting_deliveries(tx: &mut Tx<'_>) -> Result<(u64, Option<Timestamp>), StoreError> {
    let sums = tx.one(
        "SELECT COUNT(*), MIN(next_attempt_at) FROM webhook_deliveries WHERE status = 'pending'",
        params![],
        |row| Ok((row.take()?, row.take()?)),
    )?;
    Ok(sums.unwrap_or_default())
}
