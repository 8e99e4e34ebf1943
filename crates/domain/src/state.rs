//! A task's life as a table: which state follows which event.
//!
//! Guarantees: [`transition`] is pure and total; a terminal state never changes; no other function
//! decides a next state. Not here: money, leases and files, which `store::advance` binds to it.

use serde::{Deserialize, Serialize};

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Held back by the account's concurrency limit; promoted by the finish that frees a slot.
    Parked,
    /// Accepted and waiting for a channel's slot.
    Queued,
    /// About to be sent upstream, or sent and not yet answered.
    Submitting,
    /// The upstream has the job and gave it an id.
    Running,
    /// The upstream is done; the file is on its way into our storage.
    Finalizing,
    /// The video is stored and readable.
    Succeeded,
    /// No video came of it.
    Failed,
    /// The client called it off before a video came of it.
    Cancelled,
}

impl State {
    /// Every state, in the order of a task's life.
    pub const ALL: [Self; 8] = [
        Self::Parked,
        Self::Queued,
        Self::Submitting,
        Self::Running,
        Self::Finalizing,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
    ];

    /// True once nothing can change the state any more.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }

    /// True while the task takes one of its account's slots (all live states but `Parked`).
    pub const fn holds_slot(self) -> bool {
        !self.is_terminal() && !matches!(self, Self::Parked)
    }

    /// The word in the store and in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Parked => "parked",
            Self::Queued => "queued",
            Self::Submitting => "submitting",
            Self::Running => "running",
            Self::Finalizing => "finalizing",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state behind a stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// What can happen to a task, without the facts that come along (those are the store's).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// A slot of the account became free.
    Promoted,
    /// The worker is about to send the job upstream.
    SubmitStarted,
    /// The upstream took the job and named it.
    SubmitAccepted,
    /// The job provably did not reach the upstream, or it refused it for now: try again later.
    SubmitDeferred,
    /// A poll says the job is under way, or says nothing new.
    Polled,
    /// The upstream lost a job that may be sent again (`Resubmit::Free` and the like).
    Resubmitted,
    /// The upstream says the video is ready.
    UpstreamDone,
    /// Fetching or storing the video failed for now: try again later.
    FinalizeDeferred,
    /// The video is on disk, checked and readable.
    Stored,
    /// The client asked to stop a task that was already handed over.
    CancelRequested,
    /// The task ended because the client called it off.
    Cancelled,
    /// The task ended without a video.
    Failed,
}

impl Event {
    /// Every event.
    pub const ALL: [Self; 12] = [
        Self::Promoted,
        Self::SubmitStarted,
        Self::SubmitAccepted,
        Self::SubmitDeferred,
        Self::Polled,
        Self::Resubmitted,
        Self::UpstreamDone,
        Self::FinalizeDeferred,
        Self::Stored,
        Self::CancelRequested,
        Self::Cancelled,
        Self::Failed,
    ];
}

/// The event does not belong to the state: somebody else moved the task first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{event:?} cannot happen to a task that is {}", state.as_str())]
pub struct IllegalTransition {
    /// Where the task stood.
    pub state: State,
    /// What was tried.
    pub event: Event,
}

/// The state after `event`, for every pair there is.
///
/// # Errors
/// [`IllegalTransition`] where the table has no entry; the task is then left as it is.
pub const fn transition(state: State, event: Event) -> Result<State, IllegalTransition> {
    use {Event as E, State as S};
    let next = match (state, event) {
        (S::Parked, E::Promoted)
        | (S::Submitting, E::SubmitDeferred)
        | (S::Submitting | S::Running, E::Resubmitted) => S::Queued,
        (S::Queued, E::SubmitStarted) | (S::Submitting, E::CancelRequested) => S::Submitting,
        (S::Submitting, E::SubmitAccepted) | (S::Running, E::Polled | E::CancelRequested) => {
            S::Running
        }
        (S::Running, E::UpstreamDone)
        | (S::Finalizing, E::FinalizeDeferred | E::CancelRequested) => S::Finalizing,
        (S::Finalizing, E::Stored) => S::Succeeded,
        (S::Parked | S::Queued | S::Submitting | S::Running, E::Cancelled) => S::Cancelled,
        (S::Parked | S::Queued | S::Submitting | S::Running | S::Finalizing, E::Failed) => {
            S::Failed
        }
        _ => return Err(IllegalTransition { state, event }),
    };
    Ok(next)
}
