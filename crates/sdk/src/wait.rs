//! Waiting for a task's end.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::client::{Client, HOLD_SECONDS_MAX, Response};
use crate::error::Error;
use crate::task::{Task, TaskStatus};
use crate::transport::retry_after_seconds;

/// Time that the server may hold an answer back, unless set.
const HOLD_DEFAULT: Duration = Duration::from_secs(20);
/// Pause between two questions when the server names none.
const PAUSE_DEFAULT: Duration = Duration::from_secs(5);
/// Longest pause between two questions, whatever the server says.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// A server that was there before may be away so long: it is being restarted.
const OUTAGE_MAX: Duration = Duration::from_secs(60);
/// Pause between two questions during an outage.
const OUTAGE_PAUSE: Duration = Duration::from_secs(1);

/// How to wait.
#[derive(Debug, Clone, Copy)]
pub struct WaitOptions {
    /// How long in all.
    pub timeout: Duration,
    /// How long the server holds each answer back (`Prefer: wait=N`), in whole seconds, at most
    /// 60: the longer, the fewer requests; the shorter, the more often progress is reported.
    pub hold: Duration,
}

impl WaitOptions {
    /// Few requests, `timeout` in all.
    pub const fn new(timeout: Duration) -> Self {
        Self { timeout, hold: HOLD_DEFAULT }
    }

    /// The same with another [`WaitOptions::hold`].
    #[must_use]
    pub const fn hold(mut self, hold: Duration) -> Self {
        self.hold = hold;
        self
    }
}

impl Client {
    /// Waits until the task has its video; calls `progress` with every answer on the way.
    ///
    /// The task goes on whatever becomes of this call; it may be dropped and made again. A server
    /// that goes away in between is waited for, for a minute.
    ///
    /// # Errors
    /// [`Error::TaskFailed`] if there is none, [`Error::Timeout`] if the time is up before.
    pub async fn wait(
        &self,
        task_id: &str,
        options: &WaitOptions,
        mut progress: impl FnMut(&Task),
    ) -> Result<Response<Task>, Error> {
        let deadline = Instant::now() + options.timeout;
        let hold_max = options.hold.min(Duration::from_secs(HOLD_SECONDS_MAX));
        let mut last: Option<(Response<Task>, Instant)> = None;
        loop {
            let asked_at = Instant::now();
            let hold = hold_max.min(deadline.saturating_duration_since(asked_at));
            let pause = match (self.task_held(task_id, hold).await, &last) {
                (Ok(response), _) => {
                    progress(&response.value);
                    match response.value.status {
                        TaskStatus::Success => return Ok(response),
                        TaskStatus::Failure => {
                            return Err(Error::TaskFailed { task: Box::new(response) });
                        }
                        _ => {}
                    }
                    let pause = pause_after(&response, hold, asked_at.elapsed());
                    last = Some((response, Instant::now()));
                    pause
                }
                (Err(error), Some((_, seen_at)))
                    if error.is_passing() && seen_at.elapsed() < OUTAGE_MAX =>
                {
                    error.retry_after().unwrap_or(OUTAGE_PAUSE).min(PAUSE_MAX)
                }
                (Err(error), _) => return Err(error),
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if let Some((response, _)) = last.take_if(|_| left.is_zero()) {
                return Err(Error::Timeout { task: Box::new(response) });
            }
            sleep(pause.min(left)).await;
        }
    }
}

/// Nothing if the server has held its answer back (that was the pause), else what it asks for.
fn pause_after(response: &Response<Task>, hold: Duration, took: Duration) -> Duration {
    if hold.as_secs() > 0 && took >= hold / 2 {
        return Duration::ZERO;
    }
    retry_after_seconds(&response.headers)
        .map_or(PAUSE_DEFAULT, |seconds| Duration::from_secs(u64::from(seconds)))
        .min(PAUSE_MAX)
}
