//! Limits in time, counted by the clock that nobody sets.

use std::future::Future;
use std::time::Duration;

use crate::clock::AppClock;

/// The outcome of `work`; none if it takes longer than `limit_ms`. It is dropped then.
pub(super) async fn within<T>(
    clock: &dyn AppClock,
    limit_ms: i64,
    work: impl Future<Output = T>,
) -> Option<T> {
    // Taken before the work has done anything: the limit counts from here.
    let end_ms = clock.monotonic_ms().saturating_add(limit_ms);
    tokio::select! {
        biased;
        outcome = work => Some(outcome),
        () = passed(clock, limit_ms, end_ms) => None,
    }
}

/// Returns after so much time. The app's clock ends the wait as well as the machine's: a test moves
/// the first one, and a wall clock that is set back must not make the wait longer.
async fn passed(clock: &dyn AppClock, limit_ms: i64, end_ms: i64) {
    let by_app = async {
        loop {
            let left_ms = end_ms.saturating_sub(clock.monotonic_ms());
            if left_ms <= 0 {
                return;
            }
            clock.sleep_until(clock.now().plus_ms(left_ms)).await;
        }
    };
    tokio::select! {
        () = by_app => {}
        () = tokio::time::sleep(Duration::from_millis(limit_ms.unsigned_abs())) => {}
    }
}
