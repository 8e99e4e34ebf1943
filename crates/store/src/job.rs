//! An operation on its way to a thread, with the way back for its answer.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::SyncSender;

use tokio::sync::oneshot;

use crate::error::StoreError;
use crate::tx::Tx;

/// An operation whose types are hidden, so that one queue carries them all.
pub(crate) trait Job: Send {
    /// Runs the operation and keeps its value.
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError>;

    /// Gives the kept value, or the error that took its place, to the caller.
    fn answer(self: Box<Self>, outcome: Result<(), StoreError>);
}

impl fmt::Debug for dyn Job {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Job")
    }
}

/// Where an answer goes. A caller that went away is no error.
pub(crate) enum Reply<T> {
    Async(oneshot::Sender<Result<T, StoreError>>),
    Blocking(SyncSender<Result<T, StoreError>>),
}

pub(crate) struct Call<T, F> {
    operation: F,
    value: Option<T>,
    reply: Reply<T>,
}

impl<T, F> Call<T, F> {
    pub(crate) const fn new(operation: F, reply: Reply<T>) -> Self {
        Self { operation, value: None, reply }
    }
}

impl<T, F> Job for Call<T, F>
where
    F: Fn(&mut Tx<'_>) -> Result<T, StoreError> + Send,
    T: Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        self.value = Some((self.operation)(tx)?);
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<(), StoreError>) {
        let Self { value, reply, .. } = *self;
        let answer = outcome.and_then(|()| value.ok_or(StoreError::Panicked));
        match reply {
            Reply::Async(sender) => drop(sender.send(answer)),
            Reply::Blocking(sender) => drop(sender.send(answer)),
        }
    }
}

/// Runs the operation; a panic in it becomes [`StoreError::Panicked`].
pub(crate) fn run_guarded(job: &mut dyn Job, tx: &mut Tx<'_>) -> Result<(), StoreError> {
    catch_unwind(AssertUnwindSafe(|| job.run(tx))).unwrap_or_else(|_| {
        tracing::error!("an operation of the store panicked");
        Err(StoreError::Panicked)
    })
}
