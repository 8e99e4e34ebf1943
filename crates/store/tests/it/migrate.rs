//! Migrations.

mod from_version_1;
mod from_version_2;
mod months;

use std::path::Path;
use std::sync::Arc;

use pretty_assertions::assert_eq;
use rushes_store::{Migration, Store, StoreError, StoreOptions, embedded_migrations, params};

use crate::harness::at;

const FIRST: Migration =
    Migration { version: 1, name: "one", sql: "CREATE TABLE one (id BIGINT NOT NULL);" };
const SECOND: Migration =
    Migration { version: 2, name: "two", sql: "CREATE TABLE two (id BIGINT NOT NULL);" };

fn open(path: &Path, migrations: &[Migration]) -> Result<Store, StoreError> {
    let options = StoreOptions { opened_at: at(5), ..StoreOptions::default() };
    Store::open_with_migrations(path, options, Arc::new(()), migrations)
}

fn applied(store: &Store) -> Vec<(i64, String, i64)> {
    let rows = store.read_blocking(|tx| {
        tx.rows(
            "SELECT version, name, applied_at FROM migrations ORDER BY version",
            params![],
            |row| Ok((row.take()?, row.take()?, row.take()?)),
        )
    });
    rows.unwrap()
}

#[test]
fn each_is_applied_once_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rushes.db");
    let one = (1, "one".to_owned(), at(5).0);
    let two = (2, "two".to_owned(), at(5).0);
    for _ in 0..2 {
        let store = open(&path, &[FIRST]).unwrap();
        assert_eq!(applied(&store), std::slice::from_ref(&one));
        store.close_blocking();
    }
    for _ in 0..2 {
        let store = open(&path, &[FIRST, SECOND]).unwrap();
        assert_eq!(applied(&store), [one.clone(), two.clone()]);
        store.close_blocking();
    }
}

#[test]
fn a_newer_schema_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rushes.db");
    open(&path, &[FIRST, SECOND]).unwrap().close_blocking();
    let Err(StoreError::Schema(text)) = open(&path, &[FIRST]) else { panic!("opened") };
    assert!(text.contains("version 2") && text.contains("newer program"), "{text}");
}

#[test]
fn a_changed_migration_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rushes.db");
    open(&path, &[FIRST]).unwrap().close_blocking();
    let changed = Migration { sql: "CREATE TABLE one (id TEXT NOT NULL);", ..FIRST };
    let Err(StoreError::Schema(text)) = open(&path, &[changed, SECOND]) else { panic!("opened") };
    assert!(text.contains("version 1") && text.contains("another build"), "{text}");
    let store = open(&path, &[FIRST]).unwrap();
    assert_eq!(applied(&store).len(), 1, "nothing was written");
    store.close_blocking();
}

#[test]
fn one_that_fails_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rushes.db");
    let broken = Migration { sql: "CREATE TABLE two (id BIGINT); SELECT nonsense;", ..SECOND };
    let Err(StoreError::Schema(text)) = open(&path, &[FIRST, broken]) else { panic!("opened") };
    assert!(text.contains("version 2 (two)"), "{text}");
    let store = open(&path, &[FIRST, SECOND]).unwrap();
    assert_eq!(applied(&store).len(), 2);
    store.close_blocking();
}

#[test]
fn line_ends_make_no_difference() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rushes.db");
    let unix = Migration { sql: "CREATE TABLE one (id BIGINT);\n\nSELECT 1;\n", ..FIRST };
    let windows = Migration { sql: "CREATE TABLE one (id BIGINT);\r\n\r\nSELECT 1;\r\n", ..FIRST };
    open(&path, &[unix]).unwrap().close_blocking();
    open(&path, &[windows]).unwrap().close_blocking();
}

#[test]
fn the_embedded_ones_are_numbered_without_gaps() {
    let versions: Vec<i64> = embedded_migrations().iter().map(|step| step.version).collect();
    let expected: Vec<i64> = (1..).take(versions.len()).collect();
    assert_eq!(versions, expected);
}
