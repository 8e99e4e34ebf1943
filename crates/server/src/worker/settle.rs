//! The retry policy: what an upstream's error means for the task. No waiting, no writing.
//!
//! Guarantees: [`settle`] has an entry for every kind of error in every phase; nothing is sent a
//! second time unless the upstream provably has no first, or the provider says that a second does
//! no harm.

use rushes_domain::{ChannelId, Failure, FailureCode, Timestamp};
use rushes_providers::{Resubmit, SUBMITS_FEW_MAX, UpstreamError, UpstreamErrorKind as Kind};
use rushes_store::{Advance, Happening, TaskRow};

/// First wait after a submit that did not leave, in milliseconds; doubled each time.
const DEFER_MS_MIN: i64 = 1_000;
/// Longest wait between two tries of anything, in milliseconds.
const WAIT_MS_MAX: i64 = 60_000;
/// First wait after a poll that failed, in milliseconds; doubled each time.
const POLL_RETRY_MS: i64 = 5_000;
/// First wait after a submit of unknown fate that may be repeated, in milliseconds; doubled each time.
const RESEND_MS: i64 = 5_000;
/// Polls in a row that do not know the job before it counts as lost …
const MISSES_MIN: u32 = 5;
/// … and the time that they span at least, in milliseconds.
const MISSES_SPAN_MS: i64 = 120_000;

/// Where the error was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// While a job was handed over.
    Submit,
    /// While it was asked after.
    Poll,
}

/// What a task has behind it, as far as the policy asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    /// Submits that may have reached the upstream, the present one included.
    pub attempts: u32,
    /// Submits in a row that did not.
    pub deferrals: u32,
    /// Polls in a row to which the upstream did not know the job.
    pub poll_misses: u32,
    /// When the first of these was.
    pub poll_missed_since: Option<Timestamp>,
    /// Polls in a row that failed.
    pub poll_failures: u32,
    /// Whether the client asked to stop.
    pub cancel_requested: bool,
    /// The channel that it was sent to.
    pub channel_id: Option<ChannelId>,
    /// Channels that refused it in a row before.
    pub refused_by: Vec<ChannelId>,
    /// Whether another channel could take it.
    pub has_other: bool,
}

impl From<&TaskRow> for Past {
    fn from(task: &TaskRow) -> Self {
        Self {
            attempts: task.attempts,
            deferrals: task.deferrals,
            poll_misses: task.poll_misses,
            poll_missed_since: task.poll_missed_since,
            poll_failures: task.poll_failures,
            cancel_requested: task.cancel_requested,
            channel_id: Some(task.channel_id).filter(|&id| id != ChannelId::PREVIEW),
            refused_by: task.refused_by.clone(),
            has_other: false,
        }
    }
}

/// What happens to the task, and when it is looked at next.
#[derive(Debug, Clone)]
pub struct Settled {
    /// The event.
    pub event: Happening,
    /// From now to the next look, in milliseconds.
    pub wait_ms: i64,
}

impl Settled {
    fn after(event: Happening, wait_ms: i64) -> Self {
        Self { event, wait_ms }
    }

    fn now(event: Happening) -> Self {
        Self::after(event, 0)
    }

    fn failed(code: FailureCode, detail: &str) -> Self {
        Self::now(Happening::Failed(Failure::new(code, detail)))
    }

    /// The write that it comes to; never due later than the task's deadline.
    pub fn advance(self, now: Timestamp, task: &TaskRow) -> Advance {
        let at = now.plus_ms(self.wait_ms);
        let change = Advance::new(self.event, now);
        // A deferred submit is due by the queue's deadline, which the sweeper watches.
        change.run_at(if task.deadline_at > now { at.min(task.deadline_at) } else { at })
    }
}

/// What `error` means.
pub fn settle(
    phase: Phase,
    error: &UpstreamError,
    past: &Past,
    resubmit: Resubmit,
    now: Timestamp,
) -> Settled {
    let detail = error.message.as_str();
    match (error.kind, phase) {
        (Kind::NotSent | Kind::Busy, Phase::Submit) => deferred(error, past),
        (Kind::Ambiguous | Kind::Temporary, Phase::Submit) => resend(resubmit, past, detail),
        (Kind::Lost | Kind::Unauthorized, Phase::Submit) if fails_over(past) => {
            deferred(error, past)
        }
        (Kind::Lost | Kind::Unauthorized, Phase::Submit) => {
            Settled::failed(FailureCode::UpstreamUnavailable, detail)
        }
        (Kind::Lost, Phase::Poll) => lost(resubmit, past, detail, now),
        (
            Kind::NotSent | Kind::Busy | Kind::Ambiguous | Kind::Temporary | Kind::Unauthorized,
            Phase::Poll,
        ) => {
            let own_ms = doubled_ms(POLL_RETRY_MS, past.poll_failures);
            Settled::after(Happening::PollFailed, wait_ms(error, own_ms))
        }
        (Kind::Unsuited, Phase::Submit) if fails_over(past) => deferred(error, past),
        (Kind::Unsuited | Kind::Refused, Phase::Submit | Phase::Poll) => {
            Settled::failed(FailureCode::InvalidForUpstream, detail)
        }
        (Kind::ImageRefused, Phase::Submit | Phase::Poll) => {
            Settled::failed(FailureCode::ImageFetchFailed, detail)
        }
        (Kind::Moderated, Phase::Submit | Phase::Poll) => {
            Settled::failed(FailureCode::Moderated, detail)
        }
        (Kind::Loop, Phase::Submit | Phase::Poll) => {
            Settled::failed(FailureCode::LoopDetected, detail)
        }
    }
}

/// A submit of which nobody knows whether it arrived, outside of any answer (a crash, a panic).
pub fn ambiguous(resubmit: Resubmit, past: &Past) -> Settled {
    resend(resubmit, past, "the submit was interrupted")
}

/// Whether the job may go to another channel: no earlier submit of it may have been taken.
fn fails_over(past: &Past) -> bool {
    past.has_other && past.attempts <= 1
}

/// Provably not taken. Another channel is asked at once the first time, and then ever later; with
/// none left all are asked again after a while.
fn deferred(error: &UpstreamError, past: &Past) -> Settled {
    if fails_over(past) {
        let refused_by = past.refused_by.iter().copied().chain(past.channel_id).collect();
        let own_ms = past.deferrals.checked_sub(1).map_or(0, defer_ms);
        return Settled::after(Happening::SubmitDeferred { refused_by }, own_ms);
    }
    let event = Happening::SubmitDeferred { refused_by: Vec::new() };
    Settled::after(event, wait_ms(error, defer_ms(past.deferrals)))
}

fn resend(resubmit: Resubmit, past: &Past, detail: &str) -> Settled {
    let may_resend = match resubmit {
        Resubmit::Free | Resubmit::Keyed => true,
        Resubmit::Few => past.attempts < SUBMITS_FEW_MAX,
        Resubmit::Never => false,
    };
    if !may_resend {
        return Settled::failed(FailureCode::UpstreamSubmitAmbiguous, detail);
    }
    match resubmit {
        // Our own pool: it is there, or we are not.
        Resubmit::Free => Settled::now(Happening::Resubmitted),
        // An engine that starts again needs its time, and the tries are few.
        Resubmit::Few | Resubmit::Keyed | Resubmit::Never => {
            let wait_ms = doubled_ms(RESEND_MS, past.attempts.saturating_sub(1));
            Settled::after(Happening::Resubmitted, wait_ms)
        }
    }
}

/// The upstream says that it has no such job.
fn lost(resubmit: Resubmit, past: &Past, detail: &str, now: Timestamp) -> Settled {
    match resubmit {
        // It was asked to stop, and the job is gone: that is the proof.
        _ if past.cancel_requested => {
            Settled::now(Happening::Cancelled(Failure::new(FailureCode::Cancelled, detail)))
        }
        // Our own pool is believed at once.
        Resubmit::Free => Settled::now(Happening::Resubmitted),
        Resubmit::Few | Resubmit::Keyed | Resubmit::Never => {
            let since = past.poll_missed_since.unwrap_or(now);
            let misses = past.poll_misses.saturating_add(1);
            if misses < MISSES_MIN || now.ms_since(since) < MISSES_SPAN_MS {
                let wait_ms = MISSES_SPAN_MS / i64::from(MISSES_MIN - 1);
                return Settled::after(Happening::PollMissed, wait_ms);
            }
            if resubmit == Resubmit::Few && past.attempts < SUBMITS_FEW_MAX {
                return Settled::now(Happening::Resubmitted);
            }
            Settled::failed(FailureCode::UpstreamLost, detail)
        }
    }
}

/// What the upstream asked for, within our limit, else our own choice.
fn wait_ms(error: &UpstreamError, otherwise_ms: i64) -> i64 {
    let asked_ms = error.retry_after_ms.map(|asked| i64::try_from(asked).unwrap_or(i64::MAX));
    asked_ms.unwrap_or(otherwise_ms).min(WAIT_MS_MAX)
}

/// 1 s, 2 s, 4 s … up to the limit.
fn defer_ms(deferrals: u32) -> i64 {
    doubled_ms(DEFER_MS_MIN, deferrals)
}

fn doubled_ms(first_ms: i64, times: u32) -> i64 {
    first_ms.saturating_mul(1_i64.checked_shl(times.min(16)).unwrap_or(1)).min(WAIT_MS_MAX)
}
