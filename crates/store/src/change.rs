//! What a commit changed, told to the rest of the program after the commit.

use std::sync::Arc;
use std::time::Duration;

use crate::error::StoreError;
use crate::tasks::row::TaskRow;

/// One thing that a committed operation changed.
#[derive(Debug, Clone)]
pub enum Change {
    /// The task's row as it now is; its `version` orders several of them.
    Task(Arc<TaskRow>),
    /// The task's row, out of its owner's sight from now on; nothing else of it changed.
    TaskHidden(Arc<TaskRow>),
    /// Something may be claimable now, or the next due moment moved: the worker looks again.
    WorkDue,
    /// No row refers to these files any more. Paths are relative to the data directory.
    FilesUnreferenced(Vec<String>),
    /// A webhook can be sent, or will be sooner than was known.
    DeliveriesDue,
    /// A channel was added, changed or removed.
    ChannelsChanged,
    /// A key or an account was added, changed or disabled.
    KeysChanged,
    /// A sealed secret was deleted or replaced. The writer then empties the write-ahead log, in which
    /// its bytes would lie on.
    SecretErased,
}

/// Hears of every commit. Runs on the writer's thread, so it must be quick and must not block;
/// callers get their answers after it.
pub trait CommitObserver: Send + Sync {
    /// The changes of one commit, in the order in which they were made.
    fn committed(&self, changes: &[Change]);

    /// A commit of so many operations took so long, from its first statement until it was synced.
    fn timed(&self, _operations: usize, _took: Duration) {}

    /// A commit could not be written or synced. What is on the disk is unknown until the file is
    /// opened anew: the store refuses all further writes, and the process should end.
    fn fatal(&self, error: &StoreError) {
        tracing::error!(%error, "the database cannot be written; the process has to end");
    }
}

/// Hears nothing: for tools that open a store, look and leave.
impl CommitObserver for () {
    fn committed(&self, _changes: &[Change]) {}
}
