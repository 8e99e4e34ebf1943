//! The threads that read, each on a connection of its own.
//!
//! Guarantees: an operation sees one snapshot, however many statements it runs, and cannot write.

use rusqlite::Connection;

use crate::error::StoreError;
use crate::job::{Job, run_guarded};
use crate::tx::Tx;
use crate::writer::Jobs;

/// Serves the queue until it is closed and empty.
pub(crate) fn serve(connection: &Connection, jobs: &Jobs) {
    loop {
        let Some(mut job) = jobs.pop(1).pop() else {
            return;
        };
        let outcome = run(connection, job.as_mut());
        job.answer(outcome);
    }
}

fn run(connection: &Connection, job: &mut dyn Job) -> Result<(), StoreError> {
    connection.prepare_cached("BEGIN")?.execute([])?;
    let outcome = run_guarded(job, &mut Tx::sqlite(connection));
    if !connection.is_autocommit() {
        connection.prepare_cached("ROLLBACK")?.execute([])?;
    }
    outcome
}
