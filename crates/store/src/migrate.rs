//! Brings a database's schema up to date.
//!
//! Guarantees: a migration is applied whole or not at all, once, in order. A database that a newer
//! program wrote, or whose migrations were other ones, is refused before anything is written.

use rushes_domain::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use crate::error::StoreError;

/// A numbered step of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// Its number, from 1 without gaps.
    pub version: i64,
    /// Its file's name without number and suffix.
    pub name: &'static str,
    /// Its statements.
    pub sql: &'static str,
}

const EMBEDDED: &[Migration] = &[
    Migration { version: 1, name: "initial", sql: include_str!("../migrations/0001_initial.sql") },
    Migration {
        version: 2,
        name: "accounts",
        sql: include_str!("../migrations/0002_accounts.sql"),
    },
    Migration {
        version: 3,
        name: "channels",
        sql: include_str!("../migrations/0003_channels.sql"),
    },
    Migration {
        version: 4,
        name: "corrections",
        sql: include_str!("../migrations/0004_corrections.sql"),
    },
    Migration {
        version: 5,
        name: "webhooks",
        sql: include_str!("../migrations/0005_webhooks.sql"),
    },
    Migration { version: 6, name: "lists", sql: include_str!("../migrations/0006_lists.sql") },
];

const CREATE_TABLE: &str = "CREATE TABLE IF NOT EXISTS migrations (
    version BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    applied_at BIGINT NOT NULL
)";

/// The migrations that this program knows.
pub const fn embedded_migrations() -> &'static [Migration] {
    EMBEDDED
}

/// Applies what the database lacks.
pub(crate) fn apply(
    connection: &Connection,
    migrations: &[Migration],
    now: Timestamp,
) -> Result<(), StoreError> {
    let applied = applied(connection)?;
    check(&applied, migrations)?;
    for migration in migrations.iter().skip(applied.len()) {
        apply_one(connection, migration, now)?;
        tracing::info!(version = migration.version, name = migration.name, "schema migrated");
    }
    Ok(())
}

/// Refuses a database that lacks a migration, or has others than this program.
pub(crate) fn check_up_to_date(
    connection: &Connection,
    migrations: &[Migration],
) -> Result<(), StoreError> {
    let applied = applied(connection)?;
    check(&applied, migrations)?;
    if applied.len() < migrations.len() {
        return Err(StoreError::Schema(format!(
            "the database has schema version {}, this program's is {}: an older server wrote it; \
             use that server's program, or start this one's server to bring it up to date",
            applied.len(),
            migrations.len()
        )));
    }
    Ok(())
}

fn applied(connection: &Connection) -> Result<Vec<(i64, String)>, StoreError> {
    let is_there = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'migrations'";
    if connection.query_row(is_there, [], |_row| Ok(())).optional()?.is_none() {
        return Ok(Vec::new());
    }
    let mut statement =
        connection.prepare("SELECT version, checksum FROM migrations ORDER BY version")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn check(applied: &[(i64, String)], migrations: &[Migration]) -> Result<(), StoreError> {
    let known = migrations.len();
    for (index, (version, checksum_applied)) in applied.iter().enumerate() {
        let Some(migration) = migrations.get(index) else {
            return Err(StoreError::Schema(format!(
                "the database has schema version {version}, but this program knows versions up to \
                 {known}: it was written by a newer program; start that one, or restore a backup"
            )));
        };
        if migration.version != *version || checksum(migration) != *checksum_applied {
            return Err(StoreError::Schema(format!(
                "the database was made with another schema version {version} than this program's: \
                 it belongs to another build; start that one, or restore a backup"
            )));
        }
    }
    Ok(())
}

fn apply_one(
    connection: &Connection,
    migration: &Migration,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let applied = connection
        .execute_batch(CREATE_TABLE)
        .and_then(|()| connection.execute_batch(migration.sql))
        .and_then(|()| {
            connection.execute(
                "INSERT INTO migrations (version, name, checksum, applied_at)
                 VALUES (?1, ?2, ?3, ?4)",
                params![migration.version, migration.name, checksum(migration), now.0],
            )
        })
        .and_then(|_| connection.execute_batch("COMMIT"));
    if let Err(error) = applied {
        if !connection.is_autocommit() {
            connection.execute_batch("ROLLBACK")?;
        }
        let (version, name) = (migration.version, migration.name);
        return Err(match StoreError::from(error) {
            StoreError::Sql(text) => {
                StoreError::Schema(format!("schema version {version} ({name}) failed: {text}"))
            }
            other => other,
        });
    }
    Ok(())
}

/// SHA-256 of the statements, with line ends made equal.
fn checksum(migration: &Migration) -> String {
    let digest = Sha256::digest(migration.sql.replace("\r\n", "\n").as_bytes());
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        use std::fmt::Write as _;
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
