//! What a request left behind.

use rushes_store::{Tx, params};

use crate::support::TestApp;

/// Rows, files and money at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Left {
    tasks: i64,
    keys: i64,
    images: i64,
    transfers: i64,
    pending_ticks: i64,
    files: Vec<String>,
}

/// Counts everything that a create can leave.
pub(super) async fn left(app: &TestApp) -> Left {
    let store = &app.app().store;
    let count = |sql: &'static str| async move {
        let read = move |tx: &mut Tx<'_>| tx.value::<i64>(sql, params![]);
        store.read(read).await.expect("countable").expect("a row")
    };
    let storage = &app.app().storage;
    let mut files = storage.list("images").await.expect("listable");
    files.extend(storage.list("files").await.expect("listable"));
    Left {
        tasks: count("SELECT COUNT(*) FROM tasks").await,
        keys: count("SELECT COUNT(*) FROM idempotency_keys").await,
        images: count("SELECT COUNT(*) FROM task_images").await,
        transfers: count("SELECT COUNT(*) FROM transfers").await,
        pending_ticks: count("SELECT SUM(pending_ticks) FROM accounts").await,
        files,
    }
}

impl Left {
    /// How many tasks there are.
    pub(super) fn tasks(&self) -> i64 {
        self.tasks
    }
}
