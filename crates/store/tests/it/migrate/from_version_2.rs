//! From the second schema, before there were channels: nothing is lost, nothing is doubled, doctor finds
//! nothing, and work goes on.

use std::path::Path;
use std::sync::Arc;

use pretty_assertions::assert_eq;
use rushes_domain::{AccountId, KeyId, TaskId, Ticks};
use rushes_store::{
    AuditFilter, CreateOutcome, FromColumn, Store, StoreError, StoreOptions, Tx, balance,
    check_invariants, create_task, embedded_migrations, find_key, find_replay, find_session,
    integrity_faults, keys, list_audit, params, rebuild_usage, task,
};

use super::from_version_1::{read, states, worked_to_the_end};
use crate::harness::{LIVE_HASH, PRICE, at, idempotency, new_task};

/// Rows as the second version wrote them, and the moment of the last.
const ROWS: &str = include_str!("version_2.sql");
const NOW_SECONDS: i64 = 4_721_583;
const OWNER: AccountId = AccountId(1);
const LIVE_KEY: KeyId = KeyId(1);
const SEALED_KEY: KeyId = KeyId(8);

fn options() -> StoreOptions {
    StoreOptions { opened_at: at(NOW_SECONDS), ..StoreOptions::default() }
}

/// A database of the second schema with the rows in it.
fn version_2(path: &Path) -> Store {
    let first_two = &embedded_migrations()[..2];
    let store = Store::open_with_migrations(path, options(), Arc::new(()), first_two).unwrap();
    let fill = |tx: &mut Tx<'_>| {
        // The migration has made the default group already.
        tx.exec("DELETE FROM groups", params![])?;
        for line in ROWS.lines().filter(|line| line.starts_with("INSERT")) {
            tx.exec(line, params![])?;
        }
        Ok(())
    };
    store.write_blocking(fill).unwrap();
    store
}

fn migrated(path: &Path) -> Store {
    version_2(path).close_blocking();
    Store::open(path, options(), Arc::new(())).unwrap()
}

/// All rows of a few columns that every version has.
fn column<T: FromColumn + Send + 'static>(store: &Store, sql: &'static str) -> Vec<T> {
    read(store, move |tx| tx.rows(sql, params![], |row| -> Result<T, StoreError> { row.take() }))
}

#[test]
fn every_row_is_there_and_doctor_finds_nothing() {
    const TABLES: [&str; 15] = [
        "groups",
        "accounts",
        "keys",
        "key_addresses",
        "tasks",
        "task_images",
        "task_log",
        "transfers",
        "idempotency_keys",
        "settings",
        "usage_days",
        "price_versions",
        "sessions",
        "login_links",
        "codes",
    ];
    const MONEY: &str = "SELECT id || ' ' || amount_ticks || ' ' || available_ticks || ' '
        || created_at || ' ' || COALESCE(resolves, '') FROM transfers ORDER BY account_id, sequence";
    const TASKS: &str = "SELECT id || ' ' || state || ' ' || version || ' ' || price_ticks || ' '
        || cost_state || ' ' || deadline_at || ' ' || COALESCE(result_sha256, '') FROM tasks
        ORDER BY id";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rushes.db");
    let counts = |store: &Store| {
        read(store, |tx| {
            let mut count = |table: &str| {
                let count = tx.value::<u64>(&format!("SELECT COUNT(*) FROM {table}"), params![])?;
                Ok((table.to_owned(), count.unwrap_or(0)))
            };
            TABLES.iter().map(|table| count(table)).collect::<Result<Vec<_>, _>>()
        })
    };
    let before = version_2(&path);
    let expected = (counts(&before), column::<String>(&before, MONEY), column(&before, TASKS));
    assert!(expected.0.iter().all(|(_, count)| *count > 0), "{expected:?}");
    let kinds: Vec<String> = column(&before, "SELECT DISTINCT kind FROM transfers ORDER BY kind");
    assert_eq!(kinds, ["adj", "credit", "hold", "post", "void"]);
    assert_eq!(states(&before).len(), 8, "a task in each state: {:?}", states(&before));
    before.close_blocking();

    let store = Store::open(&path, options(), Arc::new(())).unwrap();
    let found = (counts(&store), column::<String>(&store, MONEY), column::<String>(&store, TASKS));
    assert_eq!(found, expected);
    assert_eq!(read(&store, integrity_faults), Vec::<String>::new());
    assert_eq!(read(&store, |tx| check_invariants(tx, at(NOW_SECONDS))), []);
    assert_eq!(store.write_blocking(rebuild_usage).unwrap().wrong, 0);
    store.close_blocking();
}

#[test]
fn people_keys_and_their_months_are_what_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rushes.db");
    let store = migrated(&path);
    assert!(read(&store, |tx| find_key(tx, &LIVE_HASH)).unwrap().enabled);
    let key = read(&store, |tx| keys::key(tx, LIVE_KEY)).unwrap();
    assert_eq!((key.month, key.used), (at(NOW_SECONDS).utc_month(), Ticks(PRICE.0 * 7)));
    assert_eq!(key.month_used, Ticks(PRICE.0 * 7), "what it has used this month counts on");
    let rolled = column::<i64>(&store, "SELECT COUNT(*) FROM keys WHERE old_hash IS NOT NULL");
    let deleted = column::<i64>(&store, "SELECT COUNT(*) FROM keys WHERE deleted_at IS NOT NULL");
    assert_eq!((rolled, deleted), (vec![1], vec![1]));

    let sealed = read(&store, |tx| keys::key(tx, SEALED_KEY)).unwrap();
    assert_eq!(sealed.sealed.as_deref(), Some(&b"sealed by version 2"[..]));
    assert_eq!(sealed.terms.creates_per_minute, Some(30));
    assert_eq!(sealed.last_used_client.as_deref(), Some("curl"));
    let session = read(&store, |tx| find_session(tx, &[251; 32])).unwrap();
    assert_eq!(session.account_id, OWNER);
    let lines = read(&store, |tx| list_audit(tx, &AuditFilter { limit: 9, ..Default::default() }));
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].1.action, "key.create");
    let owner = read(&store, |tx| balance(tx, OWNER));
    let (credits, adjustments) = (Ticks(259_200_000_004), Ticks(-10_800_000_002));
    assert_eq!((owner.credits, owner.adjustments), (credits, adjustments));
    assert_eq!((owner.posted, owner.pending), (Ticks(PRICE.0 * 2), Ticks(PRICE.0 * 5)));
    store.close_blocking();
}

#[test]
fn work_goes_on_to_its_end_and_answers_are_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let store = migrated(&folder.path().join("rushes.db"));
    let now = NOW_SECONDS + 60;
    let sql = "SELECT key FROM idempotency_keys WHERE key LIKE 'finale %' ORDER BY key LIMIT 1";
    let name: String = column(&store, sql).remove(0);
    let (route, key) = ("POST /v1/video/generations", name.clone());
    let replay = read(&store, move |tx| find_replay(tx, OWNER, route, &key, at(now)));
    assert_eq!(replay.map(|replay| replay.status), Some(200));
    let again = store.write_blocking(move |tx| {
        let mut new = new_task(OWNER, LIVE_KEY, 900);
        (new.now, new.idempotency) = (at(now), Some(idempotency(&name, 1)));
        create_task(tx, &new)
    });
    assert!(matches!(again, Ok(CreateOutcome::Replayed { status: 200, .. })), "{again:?}");

    let before = states(&store);
    let unfinished = before
        .iter()
        .filter(|(state, _)| !matches!(state.as_str(), "cancelled" | "failed" | "succeeded"));
    let count: i64 = unfinished.map(|(_, count)| count).sum();
    let seconds = worked_to_the_end(&store, now);
    assert_eq!(states(&store)["succeeded"], before["succeeded"] + count);
    let owner = read(&store, |tx| balance(tx, OWNER));
    assert_eq!((owner.pending, owner.posted), (Ticks::ZERO, Ticks(PRICE.0 * 7)));
    let key = read(&store, |tx| keys::key(tx, LIVE_KEY)).unwrap();
    assert_eq!((key.used, key.month_used), (owner.posted, owner.posted));
    let id: TaskId = column(&store, "SELECT id FROM tasks ORDER BY id DESC LIMIT 1").remove(0);
    assert!(read(&store, move |tx| task(tx, id)).is_some(), "its row can be read");
    assert_eq!(read(&store, move |tx| check_invariants(tx, at(seconds))), []);
    store.close_blocking();
}
