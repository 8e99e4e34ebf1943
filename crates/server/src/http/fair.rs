//! Places that accounts share: few in all, fewer for one account.
//!
//! Guarantees: an account waits for its own places first and then takes its turn in the common
//! queue, so that a busy account has only its few places' worth of work before anybody else's; a
//! wait ends at the moment that the caller names; a place is given back when it is dropped. The
//! memory is bounded by the accounts that use places at this moment.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rushes_domain::AccountId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// Accounts from which on those that use no place are forgotten.
const ACCOUNTS_KEPT_MAX: usize = 1_000;

/// The places.
#[derive(Debug)]
pub(super) struct FairPool {
    per_account_max: usize,
    all: Arc<Semaphore>,
    accounts: Mutex<HashMap<AccountId, Arc<Semaphore>>>,
}

/// A place, given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    _own: OwnedSemaphorePermit,
    _common: OwnedSemaphorePermit,
}

impl FairPool {
    /// `units_max` units in all, and `per_account_max` places, of however many units, for one
    /// account.
    pub(super) fn new(per_account_max: usize, units_max: usize) -> Self {
        let units_max = units_max.min(Semaphore::MAX_PERMITS);
        Self {
            per_account_max,
            all: Arc::new(Semaphore::new(units_max)),
            accounts: Mutex::default(),
        }
    }

    /// A place that weighs `units`; `None` if there was none until `until`.
    pub(super) async fn enter(
        &self,
        account: AccountId,
        units: u32,
        until: Instant,
    ) -> Option<Place> {
        let own = self.of(account);
        let waited = timeout_at(until, async {
            // Neither semaphore is ever closed.
            let own = own.acquire_owned().await.ok()?;
            let common = Arc::clone(&self.all).acquire_many_owned(units).await.ok()?;
            Some(Place { _own: own, _common: common })
        });
        waited.await.ok().flatten()
    }

    fn of(&self, account: AccountId) -> Arc<Semaphore> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if accounts.len() >= ACCOUNTS_KEPT_MAX && !accounts.contains_key(&account) {
            // Whoever holds or waits for a place holds the semaphore too.
            accounts.retain(|_, own| Arc::strong_count(own) > 1);
        }
        let new = || Arc::new(Semaphore::new(self.per_account_max));
        Arc::clone(accounts.entry(account).or_insert_with(new))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const BIG: AccountId = AccountId(1);
    const SMALL: AccountId = AccountId(2);

    async fn at_once(pool: &FairPool, account: AccountId, units: u32) -> Option<Place> {
        pool.enter(account, units, Instant::now()).await
    }

    #[tokio::test]
    async fn an_account_has_its_own_limit() {
        let pool = FairPool::new(2, 4);
        let first = at_once(&pool, BIG, 1).await;
        let second = at_once(&pool, BIG, 1).await;
        assert!(first.is_some() && second.is_some());
        assert!(at_once(&pool, BIG, 1).await.is_none());
        assert!(at_once(&pool, SMALL, 1).await.is_some());
        drop(first);
        assert!(at_once(&pool, BIG, 1).await.is_some());
    }

    #[tokio::test]
    async fn heavy_places_leave_less_for_others() {
        let pool = FairPool::new(9, 6);
        let heavy = at_once(&pool, BIG, 4).await;
        assert!(heavy.is_some());
        assert!(at_once(&pool, SMALL, 4).await.is_none());
        assert!(at_once(&pool, SMALL, 2).await.is_some(), "who gave up blocks nobody");
    }

    #[tokio::test]
    async fn a_crowd_of_one_account_is_not_in_front_of_another() {
        let pool = Arc::new(FairPool::new(1, 1));
        let later = Instant::now() + Duration::from_secs(60);
        let held = at_once(&pool, BIG, 1).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut crowd = tokio::task::JoinSet::new();
        for account in [BIG, BIG, BIG, SMALL] {
            let (pool, order) = (Arc::clone(&pool), Arc::clone(&order));
            crowd.spawn(async move {
                let place = pool.enter(account, 1, later).await;
                assert!(place.is_some());
                order.lock().unwrap().push(account);
            });
            tokio::task::yield_now().await;
        }
        drop(held);
        crowd.join_all().await;
        assert_eq!(order.lock().unwrap()[0], SMALL);
    }

    #[tokio::test]
    async fn idle_accounts_are_forgotten() {
        let pool = FairPool::new(1, 10);
        let held = at_once(&pool, AccountId(-1), 1).await;
        for account in 0..1_500 {
            drop(at_once(&pool, AccountId(account), 1).await);
        }
        assert!(pool.accounts.lock().unwrap().len() <= ACCOUNTS_KEPT_MAX);
        assert!(at_once(&pool, AccountId(-1), 1).await.is_none(), "a held place is not forgotten");
        drop(held);
    }
}
