//! The only code that changes a task's state.
//!
//! Guarantees: `domain::transition` decides the next state; row, log, ledger, the account's
//! counters, the promotion of parked tasks and the release of images are one transaction; the write
//! is fenced by the lease's epoch and the row's version, and touches exactly one row or is dropped.

use std::borrow::Cow;
use std::sync::Arc;

use rushes_domain::money::CostState;
use rushes_domain::route::Lane;
use rushes_domain::webhook::EventType;
use rushes_domain::{ChannelId, Event, Failure, State, TaskId, Ticks, Timestamp, transition};

use crate::change::Change;
use crate::channels;
use crate::error::StoreError;
use crate::ledger;
use crate::params;
use crate::tasks::claim::Lease;
use crate::tasks::row::{self, ResultRow, TaskRow};
use crate::tasks::{hide, images, privacy, promote, query};
use crate::tx::Tx;
use crate::usage;
use crate::webhooks::events;

/// Progress that a task has at most before its video is stored.
pub const PERCENT_BEFORE_END_MAX: u8 = 99;

/// Who moves the task.
#[derive(Debug, Clone, Copy)]
pub enum Fence<'a> {
    /// A worker that claimed it: dropped as [`StoreError::Fenced`] if somebody else moved it since.
    Lease(&'a Lease),
    /// Somebody else (a client's cancel, the deadline sweep). What changes the state ends the
    /// worker's lease, so that the worker's later write is dropped.
    Outside(TaskId),
}

/// What happened to a task and when it should be looked at next.
#[derive(Debug, Clone)]
pub struct Advance {
    /// What happened.
    pub event: Happening,
    /// The present moment.
    pub now: Timestamp,
    /// When a worker should look at the task next; at once if absent. Ignored if the task ends, and
    /// while a lease is kept.
    pub next_run_at: Option<Timestamp>,
    /// Keeps the worker's lease until then, for a second write of the same step. Without it the
    /// lease is given back, except after [`Happening::SubmitStarted`], which keeps it as it is.
    pub keep_lease_until: Option<Timestamp>,
}

impl Advance {
    /// An event now; the task is due again at once, and the lease is given back.
    pub const fn new(event: Happening, now: Timestamp) -> Self {
        Self { event, now, next_run_at: None, keep_lease_until: None }
    }

    /// The same, due again at a moment.
    #[must_use]
    pub const fn run_at(mut self, at: Timestamp) -> Self {
        self.next_run_at = Some(at);
        self
    }

    /// The same, keeping the worker's lease until a moment.
    #[must_use]
    pub const fn keep_lease_until(mut self, until: Timestamp) -> Self {
        self.keep_lease_until = Some(until);
        self
    }
}

/// An event with its facts. Each maps to one [`Event`] of the domain.
#[derive(Debug, Clone)]
pub enum Happening {
    /// A slot of the account became free. The store does this by itself.
    Promoted,
    /// About to be sent to a channel. The first one starts the clock of `run_timeout_ms`.
    SubmitStarted(Route),
    /// The upstream took the job.
    SubmitAccepted {
        /// The upstream's name for it.
        upstream_id: String,
    },
    /// Provably not taken: back into the queue, the submit's clock taken back. If an earlier submit
    /// may have been taken, the task waits for the same channel; else for any.
    SubmitDeferred {
        /// The channels that have refused it in a row, for the next choice.
        refused_by: Vec<ChannelId>,
    },
    /// The upstream answered a poll.
    Polled {
        /// Progress, if it said one.
        percent: Option<u8>,
        /// Whether the job is under way.
        started: bool,
    },
    /// The upstream did not know the job this time.
    PollMissed,
    /// The upstream could not be asked, which says nothing about the job.
    PollFailed,
    /// The upstream lost a job that may be sent again, or may not have got it: back into the queue
    /// of the same channel.
    Resubmitted,
    /// The upstream says the video is ready.
    UpstreamDone {
        /// What it charged, if it said so.
        upstream_cost: Option<Ticks>,
        /// Where the video is to be fetched, if it is not here yet.
        media: Option<String>,
    },
    /// Fetching or storing the video failed for now.
    FinalizeDeferred,
    /// The video is on the disk.
    Stored(StoredResult),
    /// The video stays where the upstream has it; the customer is given its address.
    Linked(String),
    /// The client asked to stop a task that was handed over.
    CancelRequested,
    /// Ended, because the client called it off.
    Cancelled(Failure),
    /// Ended without a video.
    Failed(Failure),
}

/// Where a job goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The channel.
    pub channel_id: ChannelId,
    /// The provider that speaks to it.
    pub provider: String,
    /// What the job costs us by the channel's terms.
    pub expected_cost: Option<Ticks>,
}

impl Route {
    /// To the preview renderer.
    pub fn preview() -> Self {
        Self { channel_id: ChannelId::PREVIEW, provider: "preview".to_owned(), expected_cost: None }
    }
}

/// A video that is on the disk, checked and readable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResult {
    /// The video's file, relative to the data directory.
    pub path: String,
    /// The still picture's file, relative to the data directory.
    pub poster_path: Option<String>,
    /// The video's size.
    pub bytes: u64,
    /// The video's SHA-256 in hex.
    pub sha256_hex: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Length in milliseconds.
    pub duration_ms: u64,
    /// Until when it is kept.
    pub expires_at: Timestamp,
}

impl Happening {
    /// The domain's event, which decides the next state.
    pub const fn event(&self) -> Event {
        match self {
            Self::Promoted => Event::Promoted,
            Self::SubmitStarted(_) => Event::SubmitStarted,
            Self::SubmitAccepted { .. } => Event::SubmitAccepted,
            Self::SubmitDeferred { .. } => Event::SubmitDeferred,
            Self::Polled { .. } | Self::PollMissed | Self::PollFailed => Event::Polled,
            Self::Resubmitted => Event::Resubmitted,
            Self::UpstreamDone { .. } => Event::UpstreamDone,
            Self::FinalizeDeferred => Event::FinalizeDeferred,
            Self::Stored(_) | Self::Linked(_) => Event::Stored,
            Self::CancelRequested => Event::CancelRequested,
            Self::Cancelled(_) => Event::Cancelled,
            Self::Failed(_) => Event::Failed,
        }
    }

    /// The word in the state log.
    const fn word(&self) -> &'static str {
        match self {
            Self::Promoted => "promoted",
            Self::SubmitStarted(_) => "submit_started",
            Self::SubmitAccepted { .. } => "submit_accepted",
            Self::SubmitDeferred { .. } => "submit_deferred",
            Self::Polled { .. } => "polled",
            Self::PollMissed => "poll_missed",
            Self::PollFailed => "poll_failed",
            Self::Resubmitted => "resubmitted",
            Self::UpstreamDone { .. } => "upstream_done",
            Self::FinalizeDeferred => "finalize_deferred",
            Self::Stored(_) => "stored",
            Self::Linked(_) => "linked",
            Self::CancelRequested => "cancel_requested",
            Self::Cancelled(_) => "cancelled",
            Self::Failed(_) => "failed",
        }
    }

    /// What the state log says beside the word.
    fn detail(&self) -> Cow<'_, str> {
        match self {
            Self::SubmitStarted(Route { channel_id: ChannelId::PREVIEW, .. }) => "".into(),
            Self::SubmitStarted(route) => format!("channel {}", route.channel_id).into(),
            Self::SubmitAccepted { upstream_id } => upstream_id.into(),
            Self::Cancelled(failure) | Self::Failed(failure) => failure.code.as_str().into(),
            _ => "".into(),
        }
    }
}

/// Moves a task by one event and gives back its new row.
///
/// [`StoreError::Fenced`]: the lease was lost. [`StoreError::Illegal`]: the event does not belong
/// to the state any more. In both cases nothing is written, and the caller forgets about it.
pub fn advance(tx: &mut Tx<'_>, fence: Fence<'_>, change: &Advance) -> Result<TaskRow, StoreError> {
    let id = match fence {
        Fence::Lease(lease) => lease.task_id,
        Fence::Outside(id) => id,
    };
    let before = query::task(tx, id)?.ok_or(StoreError::NotFound)?;
    if let Fence::Lease(lease) = fence
        && lease.epoch != before.lease_epoch
    {
        return Err(StoreError::Fenced);
    }
    let after = apply(tx, fence, &before, change)?;
    if after.state.is_terminal() {
        promote::promote(tx, after.account_id, change.now)?;
    }
    hide::drop_unwanted_result(tx, after, change.now)
}

/// The move itself, without the promotion that a freed slot brings.
pub(crate) fn apply(
    tx: &mut Tx<'_>,
    fence: Fence<'_>,
    before: &TaskRow,
    change: &Advance,
) -> Result<TaskRow, StoreError> {
    let mut after = before.clone();
    after.state = transition(before.state, change.event.event())?;
    after.version = before.version.saturating_add(1);
    set_facts(&mut after, change);
    set_schedule(&mut after, before, fence, change);
    if after.state.is_terminal() {
        let succeeded = after.state == State::Succeeded;
        after.finished_at = Some(change.now);
        // An upstream's address of a video is as good as a key to it.
        after.media = None;
        after.cost_state = if succeeded { CostState::Posted } else { CostState::Voided };
    }
    row::update(tx, before, &after)?;
    // A request to cancel moves no state but belongs into the task's history.
    let is_cancel_request = after.cancel_requested && !before.cancel_requested;
    if after.state != before.state || is_cancel_request {
        log(tx, &after, change.now, change.event.word(), &change.event.detail())?;
    }
    if after.state != before.state {
        move_account(tx, before, &after, change.now)?;
    }
    if before.started_at.is_none() && after.started_at.is_some() {
        events::record(tx, &after, EventType::Started, change.now)?;
    }
    if let Some(end) = EventType::of_end(after.state) {
        events::record(tx, &after, end, change.now)?;
        channels::book_end(tx, before.state, &after)?;
        images::release(tx, &after)?;
        privacy::forget_if_wanted(tx, &mut after)?;
    } else {
        tx.changed(Change::WorkDue);
    }
    tx.changed(Change::Task(Arc::new(after.clone())));
    Ok(after)
}

/// What the event says, apart from state and schedule.
fn set_facts(task: &mut TaskRow, change: &Advance) {
    let now = change.now;
    match &change.event {
        Happening::Promoted => task.queued_at = Some(now),
        Happening::SubmitStarted(route) => {
            task.channel_id = route.channel_id;
            task.provider.clone_from(&route.provider);
            task.expected_cost = route.expected_cost;
            task.attempts = task.attempts.saturating_add(1);
            if task.submitted_at.is_none() {
                task.submitted_at = Some(now);
                task.deadline_at = now.plus_ms(task.run_timeout_ms);
            }
        }
        Happening::SubmitAccepted { upstream_id } => {
            task.upstream_id = Some(upstream_id.clone());
            task.deferrals = 0;
            task.refused_by.clear();
        }
        Happening::SubmitDeferred { refused_by } => defer(task, refused_by),
        Happening::Polled { percent, started } => {
            let percent = percent.unwrap_or(0).min(PERCENT_BEFORE_END_MAX);
            task.percent = task.percent.max(percent);
            if *started {
                task.started_at.get_or_insert(now);
            }
            forget_misses(task);
        }
        Happening::PollFailed => task.poll_failures = task.poll_failures.saturating_add(1),
        Happening::PollMissed => {
            task.poll_misses = task.poll_misses.saturating_add(1);
            task.poll_missed_since.get_or_insert(now);
        }
        Happening::Resubmitted => {
            task.upstream_id = None;
            pin(task);
            forget_misses(task);
        }
        Happening::UpstreamDone { upstream_cost, media } => {
            task.upstream_cost = *upstream_cost;
            task.media.clone_from(media);
            task.upstream_done_at = Some(now);
            task.started_at.get_or_insert(now);
            forget_misses(task);
        }
        Happening::FinalizeDeferred => {
            task.finalize_attempts = task.finalize_attempts.saturating_add(1);
        }
        Happening::Stored(stored) => {
            task.percent = 100;
            task.result = Some(result_row(stored));
        }
        Happening::Linked(url) => {
            task.percent = 100;
            // Nobody will ask for the video of a task that its owner deleted.
            let is_wanted = task.hidden_at.is_none();
            task.result_link = Some(if is_wanted { url.clone() } else { String::new() });
        }
        Happening::CancelRequested => task.cancel_requested = true,
        Happening::Cancelled(failure) | Happening::Failed(failure) => {
            task.failure = Some(failure.clone());
        }
    }
}

const fn forget_misses(task: &mut TaskRow) {
    task.poll_misses = 0;
    task.poll_missed_since = None;
    task.poll_failures = 0;
}

/// Back into the queue. Only the channel that may have the job from an earlier submit may get it
/// again; otherwise the task belongs to nobody.
fn defer(task: &mut TaskRow, refused_by: &[ChannelId]) {
    task.attempts = task.attempts.saturating_sub(1);
    task.deferrals = task.deferrals.saturating_add(1);
    task.refused_by = refused_by.to_vec();
    if task.attempts > 0 {
        pin(task);
        return;
    }
    task.submitted_at = None;
    task.deadline_at = task.queue_deadline_at;
    if task.lane != Lane::Preview {
        task.lane = Lane::Model(task.model_id.clone());
        task.channel_id = ChannelId::PREVIEW;
        task.provider.clear();
        task.expected_cost = None;
    }
}

/// The task waits for the channel that may have its job already.
fn pin(task: &mut TaskRow) {
    if task.channel_id != ChannelId::PREVIEW {
        task.lane = Lane::Channel(task.channel_id);
    }
}

fn result_row(stored: &StoredResult) -> ResultRow {
    ResultRow {
        path: stored.path.clone(),
        poster_path: stored.poster_path.clone(),
        bytes: stored.bytes,
        sha256_hex: stored.sha256_hex.clone(),
        width: stored.width,
        height: stored.height,
        duration_ms: stored.duration_ms,
        expires_at: stored.expires_at,
        removed_at: None,
    }
}

/// When the task is due, and who has it until then.
fn set_schedule(after: &mut TaskRow, before: &TaskRow, fence: Fence<'_>, change: &Advance) {
    const FREE: Timestamp = Timestamp(0);
    let is_outside = matches!(fence, Fence::Outside(_));
    if after.state.is_terminal() {
        after.next_run_at = None;
        after.lease_until = FREE;
    } else if is_outside && after.state == before.state {
        // A flag for the worker: it keeps its lease, so that what it learns is not lost. A task
        // that nobody has is due at once.
        if before.lease_until <= change.now {
            after.next_run_at = Some(change.now);
        }
        return;
    } else {
        let kept = match change.event {
            Happening::SubmitStarted(_) => change.keep_lease_until.or(Some(before.lease_until)),
            _ => change.keep_lease_until,
        };
        let kept = kept.filter(|&until| !is_outside && until > FREE);
        after.lease_until = kept.unwrap_or(FREE);
        after.next_run_at = Some(kept.or(change.next_run_at).unwrap_or(change.now));
    }
    if is_outside {
        after.lease_epoch = before.lease_epoch.saturating_add(1);
    }
}

pub(crate) const MOVE_ACCOUNT: &str = "UPDATE accounts SET
    parked_count = parked_count + $2,
    queued_count = queued_count + $3,
    active_count = active_count + $4,
    pending_ticks = pending_ticks - $5,
    posted_ticks = posted_ticks + $6,
    transfers_count = transfers_count + $7
    WHERE id = $1
    RETURNING transfers_count,
        credits_ticks + adjustments_ticks - posted_ticks - pending_ticks";

/// `$3` is the month in which the hold was counted: a later one's number has nothing of it.
pub(crate) const UNSPEND: &str = "UPDATE keys SET
    used_ticks = used_ticks - $2,
    month_used_ticks = month_used_ticks - CASE WHEN month = $3 THEN $2 ELSE 0 END
    WHERE id = $1";

/// Counters follow the state; at the end the hold becomes a payment or nothing, and the day's usage
/// counts it.
fn move_account(
    tx: &mut Tx<'_>,
    before: &TaskRow,
    after: &TaskRow,
    now: Timestamp,
) -> Result<(), StoreError> {
    let moved = |is_counted: fn(State) -> bool| {
        i64::from(is_counted(after.state)) - i64::from(is_counted(before.state))
    };
    let (released, posted) = match after.state {
        State::Succeeded => (after.price, after.price),
        state if state.is_terminal() => (after.price, Ticks::ZERO),
        _ => (Ticks::ZERO, Ticks::ZERO),
    };
    let is_end = after.state.is_terminal();
    let values = params![
        after.account_id,
        moved(|state| state == State::Parked),
        moved(|state| state == State::Queued),
        moved(is_active),
        released,
        posted,
        is_end
    ];
    let sums = tx.one(MOVE_ACCOUNT, values, ledger::read_after)?.ok_or(StoreError::NotFound)?;
    if !is_end {
        return Ok(());
    }
    ledger::resolve(tx, after, now, sums)?;
    if after.state != State::Succeeded && after.price > Ticks::ZERO {
        tx.exec(UNSPEND, params![after.key_id, after.price, after.spend_month])?;
    }
    usage::count(tx, after, now)
}

/// In an upstream's hands, or about to be.
const fn is_active(state: State) -> bool {
    state.holds_slot() && !matches!(state, State::Queued)
}

/// Writes a line of the task's history.
pub(crate) fn log(
    tx: &mut Tx<'_>,
    task: &TaskRow,
    now: Timestamp,
    event: &str,
    detail: &str,
) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO task_log (task_id, version, at, event, state, detail)
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![task.id, task.version, now, event, task.state, detail],
    )
    .map(drop)
}
