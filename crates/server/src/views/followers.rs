//! Who follows all tasks of an account.
//!
//! Guarantees: whoever follows is told of every commit in its order, or, if it reads too slowly, that
//! it missed some; nobody waits for a follower. An account that nobody follows costs a look into a map.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rushes_domain::AccountId;
use rushes_store::TaskRow;
use tokio::sync::broadcast;

/// Changes that wait for an account's slowest follower; then the oldest are missed.
pub const CHANGES_MAX: usize = 256;

/// The followers of each account.
#[derive(Debug, Default)]
pub(super) struct Followers(Mutex<HashMap<AccountId, broadcast::Sender<Arc<TaskRow>>>>);

impl Followers {
    /// Every change of an account's tasks from now on.
    pub(super) fn follow(&self, account_id: AccountId) -> broadcast::Receiver<Arc<TaskRow>> {
        let mut senders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sender =
            senders.entry(account_id).or_insert_with(|| broadcast::Sender::new(CHANGES_MAX));
        sender.subscribe()
    }

    /// Tells an account's followers of a change.
    pub(super) fn tell(&self, row: &Arc<TaskRow>) {
        let mut senders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sender) = senders.get(&row.account_id) else { return };
        if sender.send(Arc::clone(row)).is_err() {
            // The last one has left.
            senders.remove(&row.account_id);
        }
    }
}
