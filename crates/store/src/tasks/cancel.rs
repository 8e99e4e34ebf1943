//! A client calls a task off.

use rushes_domain::{AccountId, Event, Failure, FailureCode, State, TaskId, Timestamp, transition};

use crate::error::StoreError;
use crate::tasks::advance::{Advance, Fence, Happening, advance};
use crate::tasks::query;
use crate::tasks::row::TaskRow;
use crate::tx::Tx;

/// What a cancel came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CancelOutcome {
    /// No such task of this account, or none any more.
    NotFound,
    /// It had not been handed over, and has ended now.
    Cancelled(Box<TaskRow>),
    /// It was handed over; the worker asks the upstream, and the end is what the upstream proves.
    Requested(Box<TaskRow>),
    /// It had been cancelled before.
    AlreadyCancelled(Box<TaskRow>),
    /// It had ended otherwise.
    AlreadyTerminal(Box<TaskRow>),
}

/// Ends a waiting task, or asks for the end of one that was handed over.
pub fn cancel_task(
    tx: &mut Tx<'_>,
    account_id: AccountId,
    id: TaskId,
    now: Timestamp,
) -> Result<CancelOutcome, StoreError> {
    let found = query::task(tx, id)?;
    let found = found.filter(|task| task.account_id == account_id && task.hidden_at.is_none());
    let Some(task) = found else {
        return Ok(CancelOutcome::NotFound);
    };
    match task.state {
        State::Cancelled => Ok(CancelOutcome::AlreadyCancelled(Box::new(task))),
        State::Succeeded | State::Failed => Ok(CancelOutcome::AlreadyTerminal(Box::new(task))),
        _ if task.cancel_requested => Ok(CancelOutcome::Requested(Box::new(task))),
        state if transition(state, Event::CancelRequested).is_ok() => {
            let change = Advance::new(Happening::CancelRequested, now);
            let task = advance(tx, Fence::Outside(id), &change)?;
            Ok(CancelOutcome::Requested(Box::new(task)))
        }
        _ => {
            let failure = Failure::new(FailureCode::Cancelled, "");
            let change = Advance::new(Happening::Cancelled(failure), now);
            let task = advance(tx, Fence::Outside(id), &change)?;
            Ok(CancelOutcome::Cancelled(Box::new(task)))
        }
    }
}
