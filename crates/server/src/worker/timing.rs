//! Limits in time, counted by the clock that nobody sets, and the pause between two turns of a loop.

use std::future::Future;
use std::time::Duration;

use rushes_domain::Timestamp;
use rushes_store::StoreError;
use tokio::sync::Notify;

use crate::app::App;
use crate::clock::AppClock;

/// When to look again after the store failed, in milliseconds.
const STORE_RETRY_MS: i64 = 1_000;

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

/// Waits after a loop's turn, which said when the next one is due unless `wake` rings before; tells
/// whether there is a next one. After a store that failed it is soon, after one that was closed never.
pub(super) async fn pause(
    app: &App,
    what: &'static str,
    turn: Result<Option<Timestamp>, StoreError>,
    wake: &Notify,
) -> bool {
    let next = match turn {
        Ok(next) => next,
        Err(StoreError::Closed) => return false,
        Err(error) => {
            tracing::error!(what, %error, "what is due cannot be read");
            Some(app.clock.now().plus_ms(STORE_RETRY_MS))
        }
    };
    let timer = async {
        match next {
            Some(at) => app.clock.sleep_until(at).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = app.stop.cancelled() => false,
        () = wake.notified() => !app.stop.is_cancelled(),
        () = timer => !app.stop.is_cancelled(),
    }
}
