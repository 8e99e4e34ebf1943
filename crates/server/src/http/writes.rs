//! How often an account, or an address that nobody has signed in from yet, may change something by
//! the JSON API.
//!
//! Guarantees: what `buckets` guarantees; a change is charged before its body is read, whether or
//! not it comes to one, so that no customer fills the disk with lines of the audit log. Operators
//! and commands on this machine are not counted: their shops and scripts serve everybody, and what
//! they could do to the gateway needs no lines. Not here: creates, which have buckets of their own
//! (`rate`), and guesses (`throttle`).

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use rushes_domain::{AccountId, ApiError, Limit};

use super::error::busy;
use crate::buckets::{Buckets, Rate};
use crate::clock::AppClock;
use crate::config::AccountConfig;
use crate::throttle::network;

/// Buckets from which on those that are full, or nearly, are dropped.
const BUCKETS_KEPT_MAX: usize = 20_000;

/// The buckets of all who change something.
pub(super) struct WriteLimiter {
    clock: Arc<dyn AppClock>,
    rate: Rate,
    buckets: Mutex<Buckets<Writer>>,
}

/// Whose bucket it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Writer {
    /// An account, over all its sessions and keys.
    Account(AccountId),
    /// Somebody who has no account yet, or has not said which.
    Address(IpAddr),
}

impl WriteLimiter {
    /// Full buckets for everyone.
    pub(super) fn new(config: &AccountConfig, clock: Arc<dyn AppClock>) -> Self {
        let rate = Rate { burst: config.write_burst, per_minute: config.write_per_minute };
        Self { clock, rate, buckets: Mutex::new(Buckets::new(BUCKETS_KEPT_MAX)) }
    }

    /// Charges one change.
    ///
    /// # Errors
    /// If none is left; then nothing is charged.
    pub(super) fn take(&self, writer: Writer) -> Result<(), ApiError> {
        let writer = match writer {
            Writer::Address(address) => Writer::Address(network(address)),
            account @ Writer::Account(_) => account,
        };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.look(&writer, self.rate, self.clock.now());
        if bucket.remaining() > 0 {
            buckets.put(writer, bucket.charged());
            return Ok(());
        }
        let seconds = bucket.reset_seconds().max(1);
        buckets.put(writer, bucket);
        let window_seconds = Some(self.rate.window_seconds());
        let limit = Limit { name: "writes", quota: self.rate.quota(), window_seconds };
        Err(busy(limit, format!("too many changes; try again in {seconds} s"), seconds))
    }
}
