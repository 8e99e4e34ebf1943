//! Backups: everything of a data directory in one file, and back.
//!
//! Guarantees: a backup is a snapshot of the database, taken while a server goes on, with every
//! file that the snapshot's rows keep; a video or picture that was removed meanwhile is withdrawn from
//! the snapshot, so that what is restored agrees with itself. The file appears under its name whole and
//! synced, readable by its owner only. A restore takes nothing on trust: paths, sizes and SHA-256
//! are checked, and the store is examined, before anything appears in the data directory; of one that
//! fails nothing stays there.
//! Not here: schedules, encryption and upload, for which there are better tools.

mod archive;
pub(crate) mod kept;
mod manifest;
mod restore;
mod save;

pub use manifest::{Entry, Manifest};
pub use restore::{Restored, restore};
pub use save::{Options, Progress, Saved, save};

use std::io;
use std::path::{Path, PathBuf};

use rushes_store::{CommitObserver, StoreError};

use crate::data_dir::DataDirError;

/// Why a backup was not made or not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Something is there that would be written over, or nothing where something has to be.
    #[error("{0}")]
    Refused(String),
    /// A file cannot be read or written.
    #[error("{what}: {source}")]
    Io {
        /// Which, in words.
        what: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is no backup, or not as it was written.
    #[error("the backup cannot be used: {0}")]
    Damaged(String),
    /// The database.
    #[error("the database cannot be copied: {0}")]
    Store(#[from] StoreError),
    /// Whoever wanted it wants it no more.
    #[error("the backup was broken off")]
    Stopped,
    /// The data directory.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
}

/// An error of a file, with its path.
fn at(path: &Path) -> impl Fn(io::Error) -> BackupError {
    move |source| BackupError::Io { what: path.display().to_string(), source }
}

/// A file that goes unless it is kept.
struct Scrap(PathBuf);

impl Drop for Scrap {
    fn drop(&mut self) {
        // Most often it is gone already, renamed to what it was made for.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Nobody serves from a copy.
struct Nobody;

impl CommitObserver for Nobody {
    fn committed(&self, _changes: &[rushes_store::Change]) {}
}
