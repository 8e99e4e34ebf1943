//! The last entry of a backup: what is in it.

use rushes_store::Counts;
use serde::{Deserialize, Serialize};

/// The version of this layout that is written, and the newest that is read.
pub(super) const FORMAT: u32 = 1;
/// Name of the entry.
pub(super) const MANIFEST: &str = "manifest.json";

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the layout.
    pub format: u32,
    /// Version of the program that wrote it.
    pub program: String,
    /// When, in seconds since 1970.
    pub created_at: i64,
    /// Version of the database's schema.
    pub schema_version: i64,
    /// Accounts.
    pub accounts: u64,
    /// Tasks in any state.
    pub tasks: u64,
    /// Those of them that have not ended.
    pub unfinished_tasks: u64,
    /// Videos.
    pub videos: u64,
    /// Whether the secret key and the first keys are in it.
    pub secrets: bool,
    /// Whether the videos are in it.
    pub files: bool,
    /// Every other entry, in its order.
    pub entries: Vec<Entry>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Relative to the data directory, with `/`.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 in hex.
    pub sha256: String,
}

impl Manifest {
    /// A manifest without entries.
    pub(super) fn new(counts: Counts, schema_version: i64, created_at: i64) -> Self {
        Self {
            format: FORMAT,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            created_at,
            schema_version,
            accounts: counts.accounts,
            tasks: counts.tasks,
            unfinished_tasks: counts.unfinished_tasks,
            videos: counts.videos,
            secrets: false,
            files: false,
            entries: Vec::new(),
        }
    }
}
