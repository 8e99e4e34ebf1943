//! Who may fetch images now: tasks in line, and a few places that they share.
//!
//! Guarantees: at most [`FETCHES_MAX`] tasks fetch at once, [`ACCOUNT_FETCHES_MAX`] of one account;
//! a free place goes to the account that has the fewest, and within it to who came first; a place
//! or a spot in line that is dropped is free at once. Not here: fetching.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rushes_domain::AccountId;
use tokio::sync::oneshot;

/// Tasks that fetch at the same time; [`super::images`] says what one of them takes.
pub const FETCHES_MAX: usize = 16;
/// Those of one account.
pub const ACCOUNT_FETCHES_MAX: usize = 4;
/// Tasks in line; each takes its row in memory. What does not fit stays in the queue.
pub const WAITING_MAX: usize = 1_024;
/// Those of one account.
pub const ACCOUNT_WAITING_MAX: usize = 256;

/// The line and its places. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct FetchLine(Arc<Mutex<Inside>>);

#[derive(Debug, Default)]
struct Inside {
    fetching: HashMap<AccountId, usize>,
    waiting: Vec<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    account_id: AccountId,
    granted: oneshot::Sender<FetchPlace>,
}

/// A spot in line; left when dropped.
#[derive(Debug)]
pub struct Spot(oneshot::Receiver<FetchPlace>);

/// The right to fetch; given on when dropped.
#[derive(Debug)]
pub struct FetchPlace {
    line: FetchLine,
    account_id: AccountId,
}

impl FetchLine {
    /// Joins the line; none if it is full, for this account or for all.
    pub fn join(&self, account_id: AccountId) -> Option<Spot> {
        let mut inside = self.inside();
        inside.waiting.retain(|waiting| !waiting.granted.is_closed());
        let of_account = inside.waiting.iter().filter(|waiting| waiting.account_id == account_id);
        if inside.waiting.len() >= WAITING_MAX || of_account.count() >= ACCOUNT_WAITING_MAX {
            return None;
        }
        let (granted, spot) = oneshot::channel();
        inside.waiting.push(Waiting { account_id, granted });
        drop(inside);
        self.grant();
        Some(Spot(spot))
    }

    /// Gives free places to those in line.
    fn grant(&self) {
        loop {
            let mut inside = self.inside();
            let Some(Waiting { account_id, granted }) = inside.next() else { return };
            *inside.fetching.entry(account_id).or_insert(0) += 1;
            drop(inside);
            // If nobody waits there any more the place comes back by being dropped.
            drop(granted.send(FetchPlace { line: self.clone(), account_id }));
        }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    /// Takes the next one who may fetch out of the line.
    fn next(&mut self) -> Option<Waiting> {
        self.waiting.retain(|waiting| !waiting.granted.is_closed());
        if self.fetching.values().sum::<usize>() >= FETCHES_MAX {
            return None;
        }
        let taken = |waiting: &Waiting| self.fetching.get(&waiting.account_id).copied();
        let all = self.waiting.iter().enumerate();
        let (index, count) = all
            .map(|(index, waiting)| (index, taken(waiting).unwrap_or(0)))
            .min_by_key(|&(index, count)| (count, index))?;
        (count < ACCOUNT_FETCHES_MAX).then(|| self.waiting.remove(index))
    }
}

impl Spot {
    /// Waits for the turn; none only if the line is gone.
    pub async fn turn(self) -> Option<FetchPlace> {
        self.0.await.ok()
    }
}

impl Drop for FetchPlace {
    fn drop(&mut self) {
        let mut inside = self.line.inside();
        if let Some(count) = inside.fetching.get_mut(&self.account_id) {
            *count -= 1;
            if *count == 0 {
                inside.fetching.remove(&self.account_id);
            }
        }
        drop(inside);
        self.line.grant();
    }
}
