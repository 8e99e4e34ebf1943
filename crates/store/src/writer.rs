//! The one thread that writes: many operations, one commit, one fsync.
//!
//! Guarantees: each operation has a savepoint of its own, so an error or a panic takes back its
//! writes alone; nobody is answered before the commit that holds their writes is on the disk; a
//! commit that fails fails everybody in it, with the real error; the observer hears of a commit
//! before its callers do. Nothing waits for a timer: what is queued now is the batch.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::change::{Change, CommitObserver};
use crate::error::StoreError;
use crate::job::{Job, run_guarded};
use crate::queue::Queue;
use crate::sqlite;
use crate::tx::Tx;

/// Operations in one commit, at most.
pub(crate) const BATCH_OPERATIONS_MAX: usize = 256;

pub(crate) type Jobs = Queue<Box<dyn Job>>;

/// Serves the queue until it is closed and empty, then folds the log into the database file. After
/// a fatal error everything that waits and everything that may still come is refused.
pub(crate) fn serve(connection: &Connection, jobs: &Jobs, observer: &Arc<dyn CommitObserver>) {
    let observer = observer.as_ref();
    let served = catch_unwind(AssertUnwindSafe(|| serve_batches(connection, jobs, observer)));
    if let Err(error) = served.unwrap_or(Err(StoreError::Panicked)) {
        stop(jobs, &error);
        tell_fatal(observer, &error);
    } else if let Err(error) = checkpoint(connection) {
        tracing::warn!(%error, "the write-ahead log could not be folded into the database");
    }
}

fn serve_batches(
    connection: &Connection,
    jobs: &Jobs,
    observer: &dyn CommitObserver,
) -> Result<(), StoreError> {
    // At the first commit too: what a process left that was killed may hold an erased secret.
    let mut must_empty_log = true;
    loop {
        let batch = jobs.pop(BATCH_OPERATIONS_MAX);
        if batch.is_empty() {
            return Ok(());
        }
        run_batch(connection, batch, observer, &mut must_empty_log)?;
    }
}

/// Runs and commits one batch and answers it. An error is fatal: nothing may be written after it.
fn run_batch(
    connection: &Connection,
    mut batch: Vec<Box<dyn Job>>,
    observer: &dyn CommitObserver,
    must_empty_log: &mut bool,
) -> Result<(), StoreError> {
    let began = Instant::now();
    match run_transaction(connection, &mut batch) {
        Ok((outcomes, changes)) => {
            tell_timed(observer, batch.len(), began.elapsed());
            *must_empty_log |= changes.iter().any(|it| matches!(it, Change::SecretErased));
            if *must_empty_log {
                // A reader that is under way keeps the log; then the next commit tries again.
                *must_empty_log = !empty_log(connection);
            }
            tell_committed(observer, changes);
            for (job, outcome) in batch.into_iter().zip(outcomes) {
                job.answer(outcome);
            }
            Ok(())
        }
        Err(failed) => {
            if !connection.is_autocommit() {
                // A failed roll-back shows again at the next BEGIN.
                drop(connection.execute_batch("ROLLBACK"));
            }
            for job in batch {
                job.answer(Err(failed.error.clone()));
            }
            let is_fatal = failed.at_commit && matches!(failed.error, StoreError::Io(_));
            if is_fatal { Err(failed.error) } else { Ok(()) }
        }
    }
}

/// Why a whole batch came to nothing.
struct Failed {
    error: StoreError,
    at_commit: bool,
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self { error, at_commit: false }
    }
}

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Self {
        StoreError::from(error).into()
    }
}

type Outcomes = Vec<Result<(), StoreError>>;

fn run_transaction(
    connection: &Connection,
    batch: &mut [Box<dyn Job>],
) -> Result<(Outcomes, Vec<Change>), Failed> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let mut outcomes = Vec::with_capacity(batch.len());
    let mut changes = Vec::new();
    for job in batch {
        outcomes.push(run_in_savepoint(connection, job.as_mut(), &mut changes)?);
    }
    let committed = connection.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([]));
    committed.map_err(|error| Failed { error: error.into(), at_commit: true })?;
    Ok((outcomes, changes))
}

/// The inner result is the operation's; the outer one is lost for the whole batch.
fn run_in_savepoint(
    connection: &Connection,
    job: &mut dyn Job,
    changes: &mut Vec<Change>,
) -> Result<Result<(), StoreError>, StoreError> {
    connection.prepare_cached("SAVEPOINT operation")?.execute([])?;
    let mut tx = Tx::sqlite(connection);
    let outcome = run_guarded(job, &mut tx);
    if connection.is_autocommit() {
        // On a full disk, an I/O error or no memory SQLite takes back everything, silently for an
        // operation that swallows the error; the next savepoint would be a commit of its own.
        let error = outcome.err().unwrap_or_else(|| {
            StoreError::Sql("the database rolled the whole transaction back".to_owned())
        });
        return Err(error);
    }
    if outcome.is_ok() {
        changes.extend(tx.into_changes());
    } else {
        connection.prepare_cached("ROLLBACK TO operation")?.execute([])?;
    }
    connection.prepare_cached("RELEASE operation")?.execute([])?;
    Ok(outcome)
}

/// The observer hears of work once a commit, however many operations made some.
fn tell_committed(observer: &dyn CommitObserver, mut changes: Vec<Change>) {
    let is_work = |change: &Change| matches!(change, Change::WorkDue);
    if changes.iter().any(is_work) {
        changes.retain(|change| !is_work(change));
        changes.push(Change::WorkDue);
    }
    if !changes.is_empty()
        && catch_unwind(AssertUnwindSafe(|| observer.committed(&changes))).is_err()
    {
        tracing::error!("the observer of commits panicked");
    }
}

fn tell_timed(observer: &dyn CommitObserver, operations: usize, took: Duration) {
    if catch_unwind(AssertUnwindSafe(|| observer.timed(operations, took))).is_err() {
        tracing::error!("the observer of commits panicked");
    }
}

fn tell_fatal(observer: &dyn CommitObserver, error: &StoreError) {
    if catch_unwind(AssertUnwindSafe(|| observer.fatal(error))).is_err() {
        tracing::error!("the observer of commits panicked");
    }
}

fn empty_log(connection: &Connection) -> bool {
    sqlite::empty_log(connection).unwrap_or_else(|error| {
        tracing::warn!(%error, "the write-ahead log, which holds an erased secret, is not emptied");
        false
    })
}

/// Refuses everything that waits and everything that may still come.
fn stop(jobs: &Jobs, error: &StoreError) {
    jobs.close();
    loop {
        let batch = jobs.pop(BATCH_OPERATIONS_MAX);
        if batch.is_empty() {
            return;
        }
        for job in batch {
            job.answer(Err(error.clone()));
        }
    }
}

fn checkpoint(connection: &Connection) -> Result<(), StoreError> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_row| Ok(()))?;
    Ok(())
}
