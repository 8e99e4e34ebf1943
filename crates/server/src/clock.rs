//! The app's clock: the machine's, or one that a test moves by hand.
//!
//! Guarantees: this is the one place where the machine is asked for the time. Sleeping goes
//! through the clock as well, so that a test that moves the clock also ends the waits.

use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

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

    /// Milliseconds of a clock that nobody sets, counted from any moment. Held against
    /// [`Clock::now`] it tells that the wall clock jumped.
    fn monotonic_ms(&self) -> i64;
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

    fn monotonic_ms(&self) -> i64 {
        static START: OnceLock<Instant> = OnceLock::new();
        i64::try_from(START.get_or_init(Instant::now).elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug, Clone)]
pub struct ManualClock {
    reading: watch::Sender<Reading>,
}

/// What a manual clock shows.
#[derive(Debug, Clone, Copy)]
struct Reading {
    now: Timestamp,
    monotonic_ms: i64,
}

impl ManualClock {
    /// A clock that shows `now`.
    pub fn new(now: Timestamp) -> Self {
        Self { reading: watch::Sender::new(Reading { now, monotonic_ms: 0 }) }
    }

    /// Lets time pass; whoever sleeps until then wakes up.
    pub fn advance_ms(&self, milliseconds: i64) {
        self.reading.send_modify(|reading| {
            reading.now = reading.now.plus_ms(milliseconds);
            reading.monotonic_ms = reading.monotonic_ms.saturating_add(milliseconds);
        });
    }

    /// Sets the wall clock forward, or back if negative, while no time passes.
    pub fn jump_ms(&self, milliseconds: i64) {
        self.reading.send_modify(|reading| reading.now = reading.now.plus_ms(milliseconds));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.reading.borrow().now
    }
}

impl AppClock for ManualClock {
    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        let mut reading = self.reading.subscribe();
        Box::pin(async move {
            // The sender outlives the app; if it is gone there is nothing left to wait for.
            let _ = reading.wait_for(|reading| reading.now >= at).await;
        })
    }

    fn monotonic_ms(&self) -> i64 {
        self.reading.borrow().monotonic_ms
    }
}
