//! How a connection to SQLite is opened.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::error::StoreError;
use crate::tx::PREPARED_STATEMENTS_MAX;

/// How long a statement waits for somebody else's lock (a backup, a tool), in milliseconds.
const BUSY_TIMEOUT_MS: u64 = 5_000;
/// Pages in the write-ahead log (4 KiB each) after which it is folded into the database.
const CHECKPOINT_PAGES: u32 = 8_000;
/// Bytes that the log's file may keep after it was folded in.
const LOG_KEPT_BYTES_MAX: u32 = 64 * 1024 * 1024;
/// Page cache of a connection that writes, in KiB.
const WRITER_CACHE_KIB: u32 = 64 * 1024;
/// Page cache of a connection that reads, in KiB.
const READER_CACHE_KIB: u32 = 16 * 1024;

/// Opens, or makes, the database for writing. Only its owner may read the file.
pub(crate) fn open_writer(path: &Path) -> Result<Connection, StoreError> {
    make_private_file(path)?;
    let connection = open(path, WRITER_CACHE_KIB)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::Io(format!("the file system allows no write-ahead log: {mode}")));
    }
    connection.execute_batch(&format!(
        "PRAGMA synchronous = FULL;
         PRAGMA secure_delete = ON;
         PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES};
         PRAGMA journal_size_limit = {LOG_KEPT_BYTES_MAX};"
    ))?;
    Ok(connection)
}

/// Empties the write-ahead log, if no reader and no backup needs it; tells whether it is empty now.
pub(crate) fn empty_log(connection: &Connection) -> Result<bool, StoreError> {
    // Who writes waits for nobody here; it is tried again.
    connection.busy_timeout(Duration::ZERO)?;
    let is_busy = connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0))
        .map_err(StoreError::from);
    connection.busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS))?;
    Ok(!is_busy?)
}

/// Opens the database for reading alone.
pub(crate) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let connection = open(path, READER_CACHE_KIB)?;
    connection.execute_batch("PRAGMA query_only = ON;")?;
    Ok(connection)
}

fn open(path: &Path, cache_kib: u32) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS))?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS_MAX);
    // Otherwise a statement whose plan a bound value could change is compiled anew with each value
    // (<https://sqlite.org/qpsg.html>); a create took 137 microseconds of processor time with it, and
    // 100 without.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Savepoints spill to a file otherwise, which halves the speed of a batch.
    connection.execute_batch(&format!(
        "PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON; PRAGMA cache_size = -{cache_kib};"
    ))?;
    Ok(connection)
}

fn make_private_file(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let describe = |error: std::io::Error| StoreError::Io(format!("{}: {error}", path.display()));
    options.open(path).map(drop).map_err(describe)
}

/// Opens the database to copy it.
pub(crate) fn open_backup(path: &Path) -> Result<Connection, StoreError> {
    open(path, READER_CACHE_KIB)
}
