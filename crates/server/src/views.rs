//! What is known of tasks without asking the store: a cache in front of the rows, replaced after
//! each commit, and the ear of everyone who waits for a change.
//!
//! Guarantees: a view is never older than one that was seen before (rows carry a version, and an
//! older one never replaces a newer); a waiter that subscribes before it reads misses no change.
//! Not here: any decision; this module only passes on what was committed.

mod followers;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use moka::ops::compute::Op;
use moka::sync::Cache;
use rushes_domain::{AccountId, TaskId};
use rushes_store::{Change, CommitObserver, Store, StoreError, TaskRow};
use tokio::sync::{Notify, broadcast, mpsc, watch};
use tokio_util::sync::CancellationToken;

pub use self::followers::CHANGES_MAX;
use self::followers::Followers;
use crate::channels::Channels;
use crate::keys::KeyCache;
use crate::metrics::Metrics;

/// Memory that rows may take, in bytes.
const VIEWS_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// What a row takes besides its texts, in bytes.
const ROW_BYTES: usize = 2 * 1024;
/// How long a row is kept. A row that was read just before a commit and put away just after an
/// eviction could otherwise be old for ever.
const VIEW_SECONDS: u64 = 60;
/// Files that may wait for their removal; what does not fit goes with the next orphan sweep.
const REMOVALS_MAX: usize = 10_000;

/// Cache, subscriptions and wake-ups; the store's observer.
pub struct TaskViews {
    rows: Cache<TaskId, Arc<TaskRow>>,
    waiters: Mutex<HashMap<TaskId, watch::Sender<i64>>>,
    followers: Followers,
    worker_wake: Arc<Notify>,
    deliveries_wake: Arc<Notify>,
    keys: Arc<KeyCache>,
    metrics: Arc<Metrics>,
    removals: mpsc::Sender<Vec<String>>,
    channels: OnceLock<Arc<Channels>>,
    fatal: CancellationToken,
}

impl std::fmt::Debug for TaskViews {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("TaskViews")
            .field("rows", &self.rows.entry_count())
            .finish_non_exhaustive()
    }
}

impl TaskViews {
    /// Empty views, and the end of the channel on which paths arrive whose files may go.
    pub fn new(
        worker_wake: Arc<Notify>,
        keys: Arc<KeyCache>,
        metrics: Arc<Metrics>,
    ) -> (Arc<Self>, mpsc::Receiver<Vec<String>>) {
        let (removals, removed) = mpsc::channel(REMOVALS_MAX);
        let views = Self {
            rows: Cache::builder()
                .max_capacity(VIEWS_BYTES_MAX)
                .weigher(|_id, row: &Arc<TaskRow>| weight(row))
                .time_to_live(Duration::from_secs(VIEW_SECONDS))
                .build(),
            waiters: Mutex::default(),
            followers: Followers::default(),
            worker_wake,
            deliveries_wake: Arc::default(),
            keys,
            metrics,
            removals,
            channels: OnceLock::new(),
            fatal: CancellationToken::new(),
        };
        (Arc::new(views), removed)
    }

    /// The task as last committed, from memory if it is there.
    pub async fn get(&self, store: &Store, id: TaskId) -> Result<Option<Arc<TaskRow>>, StoreError> {
        if let Some(row) = self.rows.get(&id) {
            return Ok(Some(row));
        }
        let Some(row) = store.read(move |tx| rushes_store::task(tx, id)).await? else {
            return Ok(None);
        };
        Ok(Some(self.offer(Arc::new(row))))
    }

    /// Who else hears when channels change.
    pub fn tell(&self, channels: &Arc<Channels>) {
        // Called once, when the app is made.
        let _ = self.channels.set(Arc::clone(channels));
    }

    fn tell_channels(&self) {
        if let Some(channels) = self.channels.get() {
            channels.changed();
        }
    }

    /// Rings when a webhook can be sent.
    pub fn deliveries_wake(&self) -> &Notify {
        &self.deliveries_wake
    }

    /// Cancelled when the database could not be written or synced: the process has to end.
    pub fn fatal(&self) -> &CancellationToken {
        &self.fatal
    }

    /// Forgets a task whose row was deleted.
    pub fn forget(&self, id: TaskId) {
        self.rows.invalidate(&id);
    }

    /// Changes of one task from now on; the value is the newest version that was committed.
    pub fn subscribe(&self, id: TaskId) -> watch::Receiver<i64> {
        let mut waiters = self.waiters.lock().unwrap_or_else(PoisonError::into_inner);
        waiters.entry(id).or_insert_with(|| watch::Sender::new(0)).subscribe()
    }

    /// Every change of an account's tasks from now on, those that end and those that are hidden too;
    /// so many wait at most.
    pub fn follow(&self, account_id: AccountId) -> broadcast::Receiver<Arc<TaskRow>> {
        self.followers.follow(account_id)
    }

    /// Takes the row unless a newer one is known; returns the newest.
    fn offer(&self, row: Arc<TaskRow>) -> Arc<TaskRow> {
        let entry = self.rows.entry(row.id).and_compute_with(|known| match known {
            Some(known) if known.value().version >= row.version => Op::Nop,
            _ => Op::Put(Arc::clone(&row)),
        });
        entry.into_entry().map_or(row, moka::Entry::into_value)
    }

    fn replace(&self, row: &Arc<TaskRow>) {
        self.offer(Arc::clone(row));
        self.tell_waiters(row);
        self.followers.tell(row);
    }

    fn tell_waiters(&self, row: &TaskRow) {
        let mut waiters = self.waiters.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sender) = waiters.get(&row.id) else { return };
        sender.send_replace(row.version);
        if row.state.is_terminal() || sender.receiver_count() == 0 {
            waiters.remove(&row.id);
        }
    }
}

/// Roughly the bytes that a row takes in memory.
fn weight(row: &TaskRow) -> u32 {
    let pairs = row.metadata.iter().map(|(name, value)| name.len() + value.len());
    let names = row.ignored_fields.iter().map(String::len);
    let link = row.result_link.as_ref().map_or(0, String::len);
    let texts: usize = link + row.prompt.len() + pairs.chain(names).sum::<usize>();
    u32::try_from(ROW_BYTES + texts).unwrap_or(u32::MAX)
}

impl CommitObserver for TaskViews {
    fn fatal(&self, error: &StoreError) {
        tracing::error!(%error, "the database cannot be written; the gateway stops");
        self.fatal.cancel();
    }

    fn timed(&self, operations: usize, took: Duration) {
        self.metrics.commit(operations, took);
    }

    fn committed(&self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Task(row) => {
                    self.metrics.task(row);
                    self.replace(row);
                }
                Change::TaskHidden(row) => self.replace(row),
                Change::WorkDue => self.worker_wake.notify_one(),
                Change::DeliveriesDue => self.deliveries_wake.notify_one(),
                Change::FilesUnreferenced(paths) => {
                    // A full channel is no loss: the orphan sweep finds the files.
                    let _ = self.removals.try_send(paths.clone());
                }
                Change::KeysChanged => self.keys.clear(),
                Change::ChannelsChanged => self.tell_channels(),
                // The writer itself does what is to be done.
                Change::SecretErased => {}
            }
        }
    }
}
