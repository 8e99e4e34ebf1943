//! A task's beginning: idempotency row, hold, ledger line, task and log in one transaction.

use std::sync::Arc;

use rushes_domain::account::KeyKind;
use rushes_domain::admission::{Refusal, Verdict, admit};
use rushes_domain::directive::Directives;
use rushes_domain::job::{EngineOptions, Mode};
use rushes_domain::money::CostState;
use rushes_domain::route::Lane;
use rushes_domain::{AccountId, ChannelId, Dialect, KeyId, State, TaskId, Ticks, Timestamp};

use crate::change::Change;
use crate::error::StoreError;
use crate::idempotency::{self, NewIdempotency, Replay};
use crate::ledger::{self, After};
use crate::params;
use crate::tasks::row::{self, TaskRow};
use crate::tasks::standing::Shown;
use crate::tasks::{advance, images, promote, query, standing};
use crate::tx::Tx;

/// The provider of every task in the preview's lane.
const PREVIEW_PROVIDER: &str = "preview";

/// How many tasks an account may have at a time, unless its group says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountLimits {
    /// Tasks that are queued or further; a task above it is parked.
    pub in_flight_max: u32,
    /// Parked tasks; a task above it is refused.
    pub waiting_max: u32,
}

/// A task to be made: everything decided, files already on the disk.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// The task's id.
    pub id: TaskId,
    /// Whose task it is.
    pub account_id: AccountId,
    /// The key that asks for it.
    pub key_id: KeyId,
    /// What the request showed of the key; `None` where a person chose it by its id.
    pub shown: Option<Shown>,
    /// Test keys hold nothing, whatever `price` says.
    pub key_kind: KeyKind,
    /// The model's canonical id.
    pub model_id: String,
    /// The model as the client named it.
    pub model_name: String,
    /// The prompt as sent.
    pub prompt: String,
    /// How the images are used.
    pub mode: Mode,
    /// Length of the video in seconds.
    pub seconds: u32,
    /// Length that was asked for, in seconds.
    pub seconds_requested: u32,
    /// For example `16:9`.
    pub aspect_ratio: String,
    /// For example `720p`.
    pub resolution: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Images in the order of the request.
    pub images: Vec<NewImage>,
    /// The client's own pairs.
    pub metadata: Vec<(String, String)>,
    /// Unknown fields of the request.
    pub ignored_fields: Vec<String>,
    /// What a test prompt asks of the preview renderer.
    pub directives: Directives,
    /// Settings for engines that know them.
    pub options: EngineOptions,
    /// Gateways that the request had passed before this one.
    pub hops: u32,
    /// What to hold, the group's multiplier worked in.
    pub price: Ticks,
    /// The version of the prices that `price` was worked out with.
    pub price_version: i64,
    /// The door the request came through.
    pub door: &'static str,
    /// The dialect of the request.
    pub dialect: Dialect,
    /// The caller's address.
    pub client_address: Option<String>,
    /// The caller's `User-Agent`.
    pub user_agent: Option<String>,
    /// The id of the request.
    pub request_id: String,
    /// Where its own events go, beside the account's endpoints.
    pub callback_url: Option<String>,
    /// How long it may run after it was submitted, in milliseconds.
    pub run_timeout_ms: i64,
    /// How long it may wait before it is submitted, in milliseconds.
    pub queue_timeout_ms: i64,
    /// The present moment.
    pub now: Timestamp,
    /// The account's limits.
    pub limits: AccountLimits,
    /// The idempotency key with the answer that a repetition gets, if one was sent.
    pub idempotency: Option<NewIdempotency>,
    /// The queue in which it waits for whoever makes the video.
    pub lane: Lane,
}

/// An image of a new task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewImage {
    /// Where it is.
    pub source: NewImageSource,
}

/// Where an image of a new task is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewImageSource {
    /// In a file of ours.
    Inline {
        /// Relative to the data directory.
        path: String,
        /// The file's SHA-256 in hex.
        sha256_hex: String,
        /// The picture's media type.
        mime: String,
        /// The file's size.
        bytes_len: u64,
    },
    /// Somewhere else; the task fetches it.
    Url(String),
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreateOutcome {
    /// The task is made and its price is held.
    Created(Box<TaskRow>),
    /// The idempotency key made a task before: this is the answer that was given then.
    Replayed {
        /// The answer's status.
        status: u16,
        /// The answer's bytes.
        body: Vec<u8>,
    },
    /// The idempotency key was used with another request.
    KeyReused,
    /// Money or limits do not allow it.
    Refused(Refusal),
}

/// Takes the money and the place that `domain::admission` allowed. The guard on the balance can only
/// fail if somebody else moved the account within this transaction, which no database allows.
pub(crate) const ADMIT: &str = "UPDATE accounts SET
    pending_ticks = pending_ticks + $2,
    limits_changed_at = CASE WHEN in_flight_max = $3 THEN limits_changed_at ELSE $5 END,
    in_flight_max = $3,
    parked_count = parked_count + CASE WHEN $4 = 0 THEN 1 ELSE 0 END,
    queued_count = queued_count + $4,
    transfers_count = transfers_count + 1
    WHERE id = $1 AND enabled = 1 AND ($2 = 0
        OR credits_ticks + adjustments_ticks - posted_ticks - pending_ticks >= $2)
    RETURNING transfers_count,
        credits_ticks + adjustments_ticks - posted_ticks - pending_ticks";

/// `$3` is the present month; it tells in which one the hold counts.
pub(crate) const SPEND: &str = concat!(
    "UPDATE keys SET
    used_ticks = used_ticks + $2,
    month_used_ticks = ",
    standing::month_used!("$3"),
    " + $2,
    month = CASE WHEN month BETWEEN $3 AND $3 + 1 THEN month ELSE $3 END,
    latest_month = CASE WHEN latest_month > $3 THEN latest_month ELSE $3 END
    WHERE id = $1 RETURNING month"
);

/// Makes a task, or says why not. A refusal leaves nothing behind.
pub fn create_task(tx: &mut Tx<'_>, new: &NewTask) -> Result<CreateOutcome, StoreError> {
    if let Some(key) = &new.idempotency {
        let replay = idempotency::find_replay(tx, new.account_id, key.route, &key.key, new.now)?;
        match replay {
            Some(replay) if replay.fingerprint == key.fingerprint => {
                let Replay { status, body, .. } = replay;
                return Ok(CreateOutcome::Replayed { status, body });
            }
            Some(_) => return Ok(CreateOutcome::KeyReused),
            None => {}
        }
    }
    let price = if new.key_kind == KeyKind::Test { Ticks::ZERO } else { new.price };
    if price < Ticks::ZERO {
        return Err(StoreError::Sql(format!("a price cannot be negative: {price:?}")));
    }
    let standing = standing::standing(
        tx,
        new.account_id,
        new.key_id,
        Some((new.shown.as_ref(), new.model_id.as_str())),
        new.limits,
        new.now,
    )?;
    let has_room = match admit(&standing, price) {
        Verdict::Queue => true,
        Verdict::Park => false,
        Verdict::Refuse(refusal) => return Ok(CreateOutcome::Refused(refusal)),
    };
    let admitted = take(tx, new, price, has_room, standing.in_flight.max)?;
    let task = new_row(new, price, &admitted)?;
    row::insert(tx, &task)?;
    advance::log(tx, &task, new.now, "created", "")?;
    ledger::hold(tx, &task, new.now, admitted.after)?;
    images::insert(tx, new.id, &new.images)?;
    if let Some(key) = &new.idempotency {
        idempotency::insert(tx, new.account_id, new.id, key, new.now)?;
    }
    tx.changed(Change::Task(Arc::new(task.clone())));
    tx.changed(Change::WorkDue);
    if task.state == State::Parked && has_room {
        // A limit was raised: older tasks move up first, and this very one with them or later.
        promote::promote(tx, new.account_id, new.now)?;
        let promoted = query::task(tx, new.id)?.ok_or(StoreError::NotFound)?;
        return Ok(CreateOutcome::Created(Box::new(promoted)));
    }
    Ok(CreateOutcome::Created(Box::new(task)))
}

/// What [`ADMIT`] gave.
struct Admitted {
    parked: bool,
    after: After,
    spend_month: i64,
}

/// Moves the sums of account and key. A task that finds room is parked all the same while older
/// ones are: nobody overtakes them.
fn take(
    tx: &mut Tx<'_>,
    new: &NewTask,
    price: Ticks,
    has_room: bool,
    in_flight_max: u32,
) -> Result<Admitted, StoreError> {
    let queues = has_room && !promote::has_parked(tx, new.account_id)?;
    let values = params![new.account_id, price, in_flight_max, queues, new.now];
    let after = tx.one(ADMIT, values, ledger::read_after)?.ok_or(StoreError::Busy)?;
    let month = tx.value(SPEND, params![new.key_id, price, new.now.utc_month()])?;
    Ok(Admitted { parked: !queues, after, spend_month: month.ok_or(StoreError::NotFound)? })
}

fn count(images: &[NewImage]) -> Result<u32, StoreError> {
    u32::try_from(images.len())
        .map_err(|_| StoreError::Sql("a task has too many images".to_owned()))
}

/// Whose it is before it is handed over: for a channel that is open.
fn first_provider(lane: &Lane) -> String {
    if *lane == Lane::Preview { PREVIEW_PROVIDER.to_owned() } else { String::new() }
}

fn new_row(new: &NewTask, price: Ticks, admitted: &Admitted) -> Result<TaskRow, StoreError> {
    let state = if admitted.parked { State::Parked } else { State::Queued };
    let image_count = count(&new.images)?;
    let is_queued = state == State::Queued;
    Ok(TaskRow {
        id: new.id,
        account_id: new.account_id,
        key_id: new.key_id,
        key_kind: new.key_kind,
        state,
        version: 1,
        model_id: new.model_id.clone(),
        model_name: new.model_name.clone(),
        prompt: new.prompt.clone(),
        mode: new.mode,
        seconds: new.seconds,
        seconds_requested: new.seconds_requested,
        aspect_ratio: new.aspect_ratio.clone(),
        resolution: new.resolution.clone(),
        width: new.width,
        height: new.height,
        image_count,
        metadata: new.metadata.clone(),
        ignored_fields: new.ignored_fields.clone(),
        directives: new.directives.clone(),
        options: new.options.clone(),
        hops: new.hops,
        price,
        price_version: new.price_version,
        spend_month: admitted.spend_month,
        cost_state: CostState::Held,
        upstream_cost: None,
        expected_cost: None,
        provider: first_provider(&new.lane),
        channel_id: ChannelId::PREVIEW,
        lane: new.lane.clone(),
        refused_by: Vec::new(),
        door: new.door.to_owned(),
        dialect: new.dialect,
        client_address: new.client_address.clone(),
        user_agent: new.user_agent.clone(),
        request_id: new.request_id.clone(),
        callback_url: new.callback_url.clone(),
        run_timeout_ms: new.run_timeout_ms,
        queue_timeout_ms: new.queue_timeout_ms,
        created_at: new.now,
        queued_at: is_queued.then_some(new.now),
        submitted_at: None,
        started_at: None,
        upstream_done_at: None,
        finished_at: None,
        deadline_at: new.now.plus_ms(new.queue_timeout_ms),
        queue_deadline_at: new.now.plus_ms(new.queue_timeout_ms),
        next_run_at: is_queued.then_some(new.now),
        lease_until: Timestamp(0),
        lease_epoch: 0,
        attempts: 0,
        deferrals: 0,
        finalize_attempts: 0,
        poll_misses: 0,
        poll_missed_since: None,
        poll_failures: 0,
        percent: 0,
        upstream_id: None,
        media: None,
        cancel_requested: false,
        failure: None,
        result_link: None,
        result: None,
        hidden_at: None,
    })
}
