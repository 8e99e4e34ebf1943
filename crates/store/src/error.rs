//! What can go wrong below an operation. Business refusals are values of the operation's outcome, or
//! [`StoreError::Refused`] where a caller's rule is asked inside the transaction.

use rushes_domain::ApiError;
use rushes_domain::state::IllegalTransition;
use rusqlite::ErrorCode as SqliteCode;

/// A fault, or a write that came too late. Cloneable, since one failed commit fails its whole
/// batch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Somebody else holds the database's lock, or won a race; the operation may be repeated.
    #[error("the database is busy")]
    Busy,
    /// The disk, or the database's size limit, is full.
    #[error("the database's disk is full")]
    Full,
    /// The file is damaged, is no database, or holds a value that this program cannot have written.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// Reading, writing or syncing the file failed. On a commit this is fatal for the process.
    #[error("input or output on the database failed: {0}")]
    Io(String),
    /// The schema is newer than this program, or was changed behind its back.
    #[error("{0}")]
    Schema(String),
    /// A statement failed otherwise; a mistake of ours.
    #[error("a database statement failed: {0}")]
    Sql(String),
    /// The lease was lost: somebody else moved the task, and nothing was written.
    #[error("the task was moved by somebody else in the meantime")]
    Fenced,
    /// The event does not belong to the task's state; nothing was written.
    #[error(transparent)]
    Illegal(#[from] IllegalTransition),
    /// A rule of the caller's, asked inside the transaction, said no; nothing was written.
    #[error(transparent)]
    Refused(#[from] ApiError),
    /// The row that the operation is about does not exist.
    #[error("there is no such row")]
    NotFound,
    /// The store was closed, or stopped after a fatal error.
    #[error("the store is closed")]
    Closed,
    /// The operation panicked; its own writes were rolled back.
    #[error("the operation panicked")]
    Panicked,
}

impl StoreError {
    /// A value in the database that cannot have come from this program.
    pub(crate) fn corrupt(what: &str, found: &str) -> Self {
        Self::Corrupt(format!("{what} is {found:?}"))
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(SqliteCode::DatabaseBusy | SqliteCode::DatabaseLocked) => Self::Busy,
            Some(SqliteCode::DiskFull) => Self::Full,
            Some(SqliteCode::DatabaseCorrupt | SqliteCode::NotADatabase) => Self::Corrupt(text),
            Some(SqliteCode::SystemIoFailure | SqliteCode::CannotOpen) => Self::Io(text),
            _ => Self::Sql(text),
        }
    }
}
