//! The app's clock: the machine's, or one that a test moves by hand.
//!
//! Guarantees: this is the one place where the machine is asked for the time. Sleeping goes
//! through the clock as well, so that a test that moves the clock also ends the waits.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rushes_domain::{Clock, Timestamp};
use tokio::sync::watch;

/// A boxed future that can cross threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Longest single sleep of the system clock: a jump of the wall clock is noticed after it.
const SLEEP_MS_MAX: i64 = 30_000;

/// A clock that can also be waited for.
pub trait AppClock: Clock {
    /// Returns once the clock shows `at` or later. May be dropped at any time.
    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()>;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one home of the machine's clock")]
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
    }
}

impl AppClock for SystemClock {
    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        let clock = *self;
        Box::pin(async move {
            loop {
                let left_ms = at.ms_since(clock.now());
                if at <= clock.now() {
                    return;
                }
                let nap_ms = left_ms.saturating_add(1).min(SLEEP_MS_MAX);
                tokio::time::sleep(Duration::from_millis(nap_ms.unsigned_abs())).await;
            }
        })
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug, Clone)]
pub struct ManualClock {
    now: watch::Sender<Timestamp>,
}

impl ManualClock {
    /// A clock that shows `now`.
    pub fn new(now: Timestamp) -> Self {
        Self { now: watch::Sender::new(now) }
    }

    /// Moves the clock; whoever sleeps until then wakes up.
    pub fn advance_ms(&self, milliseconds: i64) {
        self.now.send_modify(|now| *now = now.plus_ms(milliseconds));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }
}

impl AppClock for ManualClock {
    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        let mut now = self.now.subscribe();
        Box::pin(async move {
            // The sender outlives the app; if it is gone there is nothing left to wait for.
            let _ = now.wait_for(|now| *now >= at).await;
        })
    }
}
