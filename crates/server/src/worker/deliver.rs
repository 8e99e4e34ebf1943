//! Webhooks on their way: claims what is due, sends it, writes down what came of it.
//!
//! Guarantees: rows move as tasks do (a lease, an epoch, one effect outside and then one fenced
//! write), so that a crash at any point only means that a delivery is due again: each arrives at
//! least once, under the same id. It is a loop of its own beside that of the tasks: neither waits
//! for the other, and a receiver that hangs takes no place from a video. So many are sent at a time
//! in all, for an account and for an endpoint: a slow receiver holds up itself. While nothing is
//! due nothing is asked: the loop sleeps until a commit or the next due moment wakes it.
//! Not here: what an attempt is and what follows from it (`attempt`), and where a URL may lead
//! (`egress`).

mod attempt;

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rushes_domain::{AccountId, EndpointId, Timestamp};
use rushes_store::{ClaimedDeliveries, Outgoing, SendingRoom, StoreError, claim_deliveries};

use super::timing;
use crate::app::App;
use crate::lifecycle::supervise;

/// Deliveries that are sent at the same time, in all.
const SENDING_MAX: usize = 256;
/// Those of one account.
const SENDING_PER_ACCOUNT_MAX: usize = 16;
/// Those of one endpoint.
const SENDING_PER_ENDPOINT_MAX: usize = 4;
/// For how long an attempt has its delivery for itself, in milliseconds: much longer than it may
/// take.
const LEASE_MS: i64 = 60_000;

/// Starts sending until the app stops.
pub(super) fn start(app: &Arc<App>) {
    let sender = Arc::new(Sender { app: Arc::clone(app), busy: Mutex::default() });
    app.tracker.spawn(supervise("webhooks", app, run(sender)));
}

struct Sender {
    app: Arc<App>,
    busy: Mutex<Busy>,
}

/// What is being sent.
#[derive(Debug, Default)]
struct Busy {
    count: usize,
    accounts: HashMap<AccountId, usize>,
    endpoints: HashMap<EndpointId, usize>,
    served_last: Option<EndpointId>,
}

async fn run(sender: Arc<Sender>) {
    let app = &sender.app;
    let wake = app.views.deliveries_wake();
    while timing::pause(app, "deliveries", sender.turn().await, wake).await {}
}

impl Sender {
    fn busy(&self) -> MutexGuard<'_, Busy> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn room(&self) -> SendingRoom {
        let busy = self.busy();
        SendingRoom {
            left: SENDING_MAX.saturating_sub(busy.count),
            per_account: SENDING_PER_ACCOUNT_MAX,
            per_endpoint: SENDING_PER_ENDPOINT_MAX,
            accounts: busy.accounts.clone(),
            endpoints: busy.endpoints.clone(),
            after: busy.served_last,
        }
    }

    /// Sends what is due and has a place; tells when something else will be due. What is due and
    /// has no place is looked at when an attempt ends, which rings.
    async fn turn(self: &Arc<Self>) -> Result<Option<Timestamp>, StoreError> {
        let store = &self.app.store;
        loop {
            let first = store.read(|tx| rushes_store::next_delivery(tx, Timestamp(0))).await?;
            let now = self.app.clock.now();
            match first {
                None => return Ok(None),
                Some(at) if at > now => return Ok(Some(at)),
                Some(_) => {}
            }
            let room = self.room();
            if room.left == 0 {
                return Ok(None);
            }
            let until = now.plus_ms(LEASE_MS);
            let claim =
                move |tx: &mut rushes_store::Tx<'_>| claim_deliveries(tx, now, until, room.clone());
            let ClaimedDeliveries { outgoing, given_up } = store.write(claim).await?;
            self.app.metrics.webhooks.given_up(given_up);
            if outgoing.is_empty() && given_up == 0 {
                return store.read(move |tx| rushes_store::next_delivery(tx, now)).await;
            }
            for sent in outgoing {
                self.spawn(sent);
            }
        }
    }

    fn spawn(self: &Arc<Self>, sent: Outgoing) {
        let place = Place::take(self, &sent);
        let app = Arc::clone(&self.app);
        self.app.tracker.spawn(async move {
            attempt::run(&app, sent).await;
            drop(place);
            app.views.deliveries_wake().notify_one();
        });
    }
}

/// A place among what is being sent; given back when dropped, also by a panic.
struct Place {
    sender: Arc<Sender>,
    account_id: AccountId,
    endpoint_id: EndpointId,
}

impl Place {
    fn take(sender: &Arc<Sender>, sent: &Outgoing) -> Self {
        let (account_id, endpoint_id) = (sent.delivery.account_id, sent.delivery.endpoint_id);
        let mut busy = sender.busy();
        busy.count += 1;
        *busy.accounts.entry(account_id).or_default() += 1;
        *busy.endpoints.entry(endpoint_id).or_default() += 1;
        busy.served_last = Some(endpoint_id);
        Self { sender: Arc::clone(sender), account_id, endpoint_id }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut busy = self.sender.busy();
        busy.count = busy.count.saturating_sub(1);
        leave(&mut busy.accounts, &self.account_id);
        leave(&mut busy.endpoints, &self.endpoint_id);
    }
}

fn leave<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}
