//! The data directory as a whole: its lock, and the note that tells where its server listens.
//!
//! Guarantees: at most one process works in a data directory (an advisory file lock that dies with
//! its process); `server.json` is readable by its owner only.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Name of the lock file.
pub(crate) const LOCK_FILE: &str = "lock";
/// Name of the note.
const SERVER_FILE: &str = "server.json";

/// The directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// Somebody else works in it.
    #[error(
        "the data directory {} is in use by another process (a running `rushes serve`?); stop it, \
         or choose another with --data-dir",
        .0.display()
    )]
    Locked(PathBuf),
    /// It cannot be made, locked or written.
    #[error("the data directory {} cannot be used: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// A directory that is ours until this value is dropped.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Makes the directory if need be (mode 0700) and locks it.
    pub fn open(path: &Path) -> Result<Self, DataDirError> {
        let failed = |source| DataDirError::Io { path: path.to_owned(), source };
        crate::private::make_folder(path).map_err(failed)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join(LOCK_FILE))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(DataDirError::Locked(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves the note that tells where the server listens.
    pub fn announce(&self, note: &ServerNote) -> Result<(), DataDirError> {
        let failed = |source| DataDirError::Io { path: self.path.clone(), source };
        let text = serde_json::to_vec(note).map_err(|source| failed(source.into()))?;
        crate::private::write(&self.path.join(SERVER_FILE), &text).map_err(failed)
    }

    /// Takes the note away; called at a clean stop.
    pub fn withdraw(&self) {
        // A note that stays behind is recognised as stale: nobody listens there.
        let _ = fs::remove_file(self.path.join(SERVER_FILE));
    }
}

/// Where a directory's server listens.
#[derive(Clone, Serialize, Deserialize)]
pub struct ServerNote {
    /// The bound address.
    pub address: SocketAddr,
    /// A URL that reaches it from this machine.
    pub base_url: String,
    /// Admin token of this run, for commands on this machine.
    pub token: String,
    /// The server's process.
    pub pid: u32,
}

impl std::fmt::Debug for ServerNote {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ServerNote")
            .field("address", &self.address)
            .field("pid", &self.pid)
            .finish_non_exhaustive()
    }
}

/// Reads the note of a directory, if there is one that can be understood.
pub fn read_note(data_dir: &Path) -> Option<ServerNote> {
    let bytes = fs::read(data_dir.join(SERVER_FILE)).ok()?;
    serde_json::from_slice(&bytes).ok()
}
