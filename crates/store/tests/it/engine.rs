//! Writer, readers and transactions.

use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};

use pretty_assertions::assert_eq;
use rushes_store::{
    Change, CommitObserver, Store, StoreError, StoreOptions, Value, params, set_setting, setting,
};

use crate::harness::{TestStore, at};

/// Holds the writer inside an operation until the returned sender is dropped, so that what is
/// queued meanwhile becomes one batch.
fn hold_writer(store: &Store) -> mpsc::Sender<()> {
    let (release, released) = mpsc::channel::<()>();
    let (entered_tx, entered) = mpsc::channel();
    let store = store.clone();
    let released = Mutex::new(released);
    std::thread::spawn(move || {
        store.write_blocking(move |_tx| {
            entered_tx.send(()).unwrap();
            // Comes back when the test drops its end.
            let _ = released.lock().unwrap().recv();
            Ok(())
        })
    });
    entered.recv().unwrap();
    release
}

type Answer = tokio::task::JoinHandle<Result<(), StoreError>>;

/// Queues operations in order behind a held writer.
struct Batch {
    release: mpsc::Sender<()>,
    answers: Vec<Answer>,
    runtime: tokio::runtime::Runtime,
    store: Store,
}

impl Batch {
    fn behind(store: &Store) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let release = hold_writer(store);
        Self { release, answers: Vec::new(), runtime, store: store.clone() }
    }

    fn add(
        &mut self,
        operation: impl Fn(&mut rushes_store::Tx<'_>) -> Result<(), StoreError> + Send + 'static,
    ) {
        let store = self.store.clone();
        let answer = self.runtime.handle().spawn(async move { store.write(operation).await });
        self.answers.push(answer);
        // One turn of the runtime takes the new task up to its wait for the answer.
        self.runtime.block_on(tokio::task::yield_now());
    }

    fn answers(self) -> Vec<Result<(), StoreError>> {
        drop(self.release);
        self.runtime.block_on(async {
            let mut answers = Vec::new();
            for answer in self.answers {
                answers.push(answer.await.unwrap());
            }
            answers
        })
    }
}

fn put(key: &str) -> impl Fn(&mut rushes_store::Tx<'_>) -> Result<(), StoreError> + use<> {
    let key = key.to_owned();
    move |tx| set_setting(tx, &key, "here", at(0))
}

fn is_there(test: &TestStore, key: &'static str) -> bool {
    test.read(move |tx| setting(tx, key)).is_some()
}

#[test]
fn the_writer_syncs_every_commit_and_checks_references() {
    let test = TestStore::new();
    let pragma =
        |name: &'static str| test.write(move |tx| tx.value::<i64>(name, params![])).unwrap();
    assert_eq!(pragma("PRAGMA synchronous"), 2, "FULL");
    assert_eq!(pragma("PRAGMA foreign_keys"), 1);
    assert_eq!(pragma("PRAGMA temp_store"), 2, "MEMORY");
    assert_eq!(pragma("PRAGMA wal_autocheckpoint"), 8_000);
    let mode = test.write(|tx| tx.value::<String>("PRAGMA journal_mode", params![])).unwrap();
    assert_eq!(mode, "wal");
}

#[test]
fn parameters_are_bound_by_their_number_and_none_is_left_out() {
    let test = TestStore::new();
    let row = test.read(|tx| {
        tx.one("SELECT $2, $1, $2", params!["one", 2_i64], |row| {
            Ok((row.take::<i64>()?, row.take::<String>()?, row.take::<i64>()?))
        })
    });
    assert_eq!(row, Some((2, "one".to_owned(), 2)));
    for (sql, values) in [
        ("SELECT $1, $3", vec![Value::Null, Value::Null]),
        ("SELECT $1", vec![]),
        ("SELECT $1", vec![Value::Null, Value::Null]),
        ("SELECT ?1", vec![Value::Null]),
    ] {
        let refused = test.store.read_blocking(move |tx| tx.exec(sql, &values)).unwrap_err();
        assert!(matches!(refused, StoreError::Sql(_)), "{sql}: {refused}");
    }
}

#[test]
fn several_statements_run_in_order() {
    let test = TestStore::new();
    let counts = test.write(|tx| {
        tx.all(&[
            ("INSERT INTO settings (key, value, changed_at) VALUES ($1, $2, 0)", params!["a", "1"]),
            ("INSERT INTO settings (key, value, changed_at) VALUES ($1, $2, 0)", params!["b", "1"]),
            ("UPDATE settings SET value = $1", params!["2"]),
        ])
    });
    assert_eq!(counts, [1, 1, 2]);
    assert_eq!(test.read(|tx| setting(tx, "a")), Some("2".to_owned()));
}

#[test]
fn a_reader_cannot_write() {
    let test = TestStore::new();
    let refused = test.store.read_blocking(put("nothing")).unwrap_err();
    assert!(matches!(refused, StoreError::Sql(_)), "{refused}");
    assert!(!is_there(&test, "nothing"));
}

#[test]
fn a_reader_survives_a_panic() {
    let test = TestStore::new();
    for _ in 0..4 {
        let answer = test.store.read_blocking::<(), _>(|_tx| panic!("on purpose"));
        assert_eq!(answer, Err(StoreError::Panicked));
    }
    assert!(!is_there(&test, "anything"));
}

#[test]
fn a_bad_operation_takes_back_its_own_writes_alone() {
    let test = TestStore::new();
    let mut batch = Batch::behind(&test.store);
    batch.add(put("before"));
    batch.add(|tx| {
        put("panicked")(tx)?;
        panic!("on purpose")
    });
    batch.add(put("between"));
    batch.add(|tx| {
        put("refused")(tx)?;
        Err(StoreError::NotFound)
    });
    batch.add(put("after"));
    assert_eq!(
        batch.answers(),
        [Ok(()), Err(StoreError::Panicked), Ok(()), Err(StoreError::NotFound), Ok(())]
    );
    for (key, there) in [
        ("before", true),
        ("panicked", false),
        ("between", true),
        ("refused", false),
        ("after", true),
    ] {
        assert_eq!(is_there(&test, key), there, "{key}");
    }
}

#[test]
fn a_commit_that_fails_fails_everybody_with_the_real_error() {
    let test = TestStore::new();
    let mut batch = Batch::behind(&test.store);
    batch.add(put("innocent"));
    batch.add(|tx| {
        tx.exec("PRAGMA defer_foreign_keys = ON", params![])?;
        tx.exec(
            "INSERT INTO transfers (id, account_id, kind, amount_ticks, created_at)
             VALUES ('credit:none', 4711, 'credit', 1, 0)",
            params![],
        )
        .map(drop)
    });
    batch.add(put("late"));
    let answers = batch.answers();
    assert_eq!(answers.len(), 3);
    for answer in answers {
        let Err(StoreError::Sql(message)) = answer else { panic!("{answer:?}") };
        assert!(message.contains("FOREIGN KEY"), "{message}");
    }
    assert!(!is_there(&test, "innocent") && !is_there(&test, "late"));
    test.write(put("next"));
    assert!(is_there(&test, "next"), "the writer goes on");
    assert!(!test.observer.fatal.load(Ordering::SeqCst));
}

#[test]
fn a_rolled_back_transaction_fails_the_whole_batch() {
    let test = TestStore::new();
    let mut batch = Batch::behind(&test.store);
    batch.add(put("first"));
    // What SQLite does by itself when the disk is full, unnoticed by the operation.
    batch.add(|tx| tx.exec("ROLLBACK", params![]).map(drop));
    batch.add(put("last"));
    for answer in batch.answers() {
        assert!(matches!(answer, Err(StoreError::Sql(_))), "{answer:?}");
    }
    assert!(!is_there(&test, "first") && !is_there(&test, "last"));
    test.write(put("next"));
}

#[test]
fn a_full_disk_is_an_error_and_no_loss() {
    let test = TestStore::new();
    test.created(1);
    let pages = test.write(|tx| tx.value::<i64>("PRAGMA page_count", params![])).unwrap();
    test.write(move |tx| tx.value::<i64>(&format!("PRAGMA max_page_count = {pages}"), params![]));
    let fill =
        |tx: &mut rushes_store::Tx<'_>| set_setting(tx, "large", &"x".repeat(1_000_000), at(0));
    let mut batch = Batch::behind(&test.store);
    batch.add(fill);
    assert_eq!(batch.answers(), [Err(StoreError::Full)]);
    assert!(!is_there(&test, "large"));
    test.write(|tx| tx.value::<i64>("PRAGMA max_page_count = 1000000", params![]));
    test.write(fill);
    assert!(is_there(&test, "large"));
}

#[test]
fn an_operation_is_applied_although_its_caller_went_away() {
    let test = TestStore::new();
    let mut batch = Batch::behind(&test.store);
    batch.add(put("orphan"));
    batch.answers.pop().unwrap().abort();
    batch.add(put("witness"));
    assert_eq!(batch.answers(), [Ok(())]);
    assert!(is_there(&test, "orphan"));
}

#[test]
fn the_observer_hears_before_the_caller_is_answered_and_of_work_once_a_commit() {
    let test = TestStore::new();
    test.heard();
    test.created(1);
    assert_eq!(test.heard(), ["queued v1", "work"]);
    let mut batch = Batch::behind(&test.store);
    for number in 2..5 {
        let new = test.new_task(number);
        batch.add(move |tx| rushes_store::create_task(tx, &new).map(drop));
    }
    assert_eq!(batch.answers(), [Ok(()), Ok(()), Ok(())]);
    assert_eq!(test.heard(), ["queued v1", "queued v1", "queued v1", "work"]);
}

#[test]
fn an_observer_that_panics_stops_nothing() {
    struct Nervous;
    impl CommitObserver for Nervous {
        fn committed(&self, _changes: &[Change]) {
            panic!("on purpose");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rushes.db");
    let store = Store::open(&path, StoreOptions::default(), Arc::new(Nervous)).unwrap();
    for number in 0..3 {
        let owner = crate::harness::new_owner(rushes_domain::Ticks(number));
        store.write_blocking(move |tx| rushes_store::create_owner(tx, &owner)).unwrap();
    }
    store.close_blocking();
}

#[test]
fn a_closed_store_refuses_and_a_reopened_one_has_everything() {
    let test = TestStore::new();
    test.without_final_check();
    let before = test.created(1);
    test.store.close_blocking();
    assert_eq!(test.store.write_blocking(put("late")), Err(StoreError::Closed));
    assert_eq!(test.store.read_blocking(|tx| setting(tx, "late")), Err(StoreError::Closed));
    let log = test.folder.path().join("rushes.db-wal");
    assert!(!log.exists() || log.metadata().unwrap().len() == 0, "the log was not folded in");

    let path = test.folder.path().join("rushes.db");
    let store = Store::open(&path, StoreOptions::default(), Arc::new(())).unwrap();
    let id = before.id;
    let after = store.read_blocking(move |tx| rushes_store::task(tx, id)).unwrap().unwrap();
    assert_eq!(after, before);
    store.close_blocking();
}

#[tokio::test]
async fn closing_finishes_what_waits() {
    let test = TestStore::new();
    test.without_final_check();
    let release = hold_writer(&test.store);
    let mut waiting = tokio::task::JoinSet::new();
    for number in 0..50 {
        let store = test.store.clone();
        waiting.spawn(async move { store.write(put(&format!("waiting {number}"))).await });
    }
    tokio::task::yield_now().await;
    drop(release);
    let all = waiting.join_all().await;
    test.store.close().await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(test.store.write(put("late")).await, Err(StoreError::Closed));
}

#[test]
fn a_backup_is_a_database_of_its_own() {
    let test = TestStore::new();
    let before = test.created(1);
    let copy = test.folder.path().join("copy.db");
    test.store.backup_blocking(&copy).unwrap();
    let again = test.store.backup_blocking(&copy);
    assert!(matches!(again, Err(StoreError::Io(_))), "an existing file is left alone: {again:?}");
    test.created(2);
    let store = Store::open(&copy, StoreOptions::default(), Arc::new(())).unwrap();
    let id = before.id;
    let copied = store.read_blocking(move |tx| rushes_store::task(tx, id)).unwrap();
    assert_eq!(copied, Some(before));
    let later = crate::harness::task_id(2);
    assert_eq!(store.read_blocking(move |tx| rushes_store::task(tx, later)), Ok(None));
    store.close_blocking();
}

#[cfg(unix)]
#[test]
fn the_file_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let test = TestStore::new();
    let metadata = test.folder.path().join("rushes.db").metadata().unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rushes.db");
    std::fs::write(&path, "certainly not a database, but long enough to be looked at\n".repeat(99))
        .unwrap();
    let refused = Store::open(&path, StoreOptions::default(), Arc::new(())).unwrap_err();
    assert!(matches!(refused, StoreError::Corrupt(_)), "{refused}");
}
