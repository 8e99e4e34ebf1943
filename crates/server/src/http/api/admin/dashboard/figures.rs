//! Sums and times of recent tasks.
//!
//! Guarantees: no more than [`LOOKED_AT_MAX`] rows are read for a figure, [`RECENT_MAX`] at a time, so
//! that no reader of the store is kept for long; bins that this does not reach back to are left out. Tasks of
//! test keys are passed over without being looked at; money is that of
//! tasks that a channel had.

use std::collections::HashMap;

use rushes_domain::{ChannelId, State, TaskId, Ticks, Timestamp};
use rushes_store::tasks::operate::RECENT_MAX;
use rushes_store::{RecentTask, Store, StoreError, recent_tasks};

use super::EVENTS_MAX;
use super::shapes::{Bin, Latency, Success, Sums};
use crate::http::api::tasks::filter::{ID_SLACK_MS, first_id};

/// Tasks that are looked at for an answer, at most.
pub(super) const LOOKED_AT_MAX: usize = 50_000;
/// How far back channels' costs are summed, in milliseconds.
const COSTS_MS: i64 = 24 * 60 * 60 * 1_000;

/// How far back, and in which steps.
#[derive(Debug)]
pub(super) struct Range {
    pub(super) word: &'static str,
    pub(super) bin_seconds: i64,
    bins: i64,
}

/// The ranges that can be asked for.
pub(super) const RANGES: [Range; 3] = [
    Range { word: "1h", bin_seconds: 300, bins: 12 },
    Range { word: "24h", bin_seconds: 3_600, bins: 24 },
    Range { word: "7d", bin_seconds: 86_400, bins: 7 },
];

/// Reads tasks of all accounts from a moment on, newest first; tells how many it looked at, and
/// whether there were more than that.
async fn look(
    store: &Store,
    from: Timestamp,
    mut each: impl FnMut(&RecentTask),
) -> Result<(usize, bool), StoreError> {
    let first = first_id(from.plus_ms(-ID_SLACK_MS));
    let (mut looked_at, mut before): (usize, Option<TaskId>) = (0, None);
    loop {
        let tasks = store.read(move |tx| recent_tasks(tx, first, before)).await?;
        looked_at += tasks.len();
        tasks.iter().filter(|task| task.created_at >= from).for_each(&mut each);
        before = tasks.last().map(|task| task.id);
        if tasks.len() < RECENT_MAX {
            return Ok((looked_at, false));
        }
        if looked_at >= LOOKED_AT_MAX {
            return Ok((looked_at, true));
        }
    }
}

/// What each channel cost.
#[derive(Debug, Default)]
pub(in crate::http::api::admin) struct Costs {
    of: HashMap<ChannelId, Ticks>,
    /// Whether only the newest tasks were looked at.
    pub(in crate::http::api::admin) is_capped: bool,
}

impl Costs {
    /// Of one channel.
    pub(in crate::http::api::admin) fn of(&self, id: ChannelId) -> Ticks {
        self.of.get(&id).copied().unwrap_or_default()
    }
}

/// What the channels cost by tasks of the last 24 hours that have ended.
pub(super) async fn costs(store: &Store, now: Timestamp) -> Result<Costs, StoreError> {
    let mut costs = Costs::default();
    let add = |task: &RecentTask| {
        if task.channel_id != ChannelId::PREVIEW {
            let sum = costs.of.entry(task.channel_id).or_default();
            *sum = plus(*sum, task.cost);
        }
    };
    let (_, is_capped) = look(store, now.plus_ms(-COSTS_MS), add).await?;
    costs.is_capped = is_capped;
    Ok(costs)
}

const fn plus(left: Ticks, right: Ticks) -> Ticks {
    Ticks(left.0.saturating_add(right.0))
}

/// Counts and sums of some tasks.
#[derive(Debug, Clone, Default)]
struct Tally {
    succeeded: u32,
    failed: u32,
    cancelled: u32,
    charged: Ticks,
    cost: Ticks,
    took_ms: Vec<i64>,
}

impl Tally {
    fn add(&mut self, task: &RecentTask) {
        match task.state {
            State::Succeeded => {
                self.succeeded += 1;
                self.took_ms.extend(took_ms(task));
            }
            State::Failed => self.failed += 1,
            State::Cancelled => self.cancelled += 1,
            _ => {}
        }
        if task.channel_id != ChannelId::PREVIEW {
            self.charged = plus(self.charged, task.charged);
            self.cost = plus(self.cost, task.cost);
        }
    }
}

/// From the create to the video, in milliseconds.
fn took_ms(task: &RecentTask) -> Option<i64> {
    task.finished_at.map(|at| at.ms_since(task.created_at).max(0))
}

/// The part of that in which no upstream was waited for, in milliseconds.
fn own_ms(task: &RecentTask) -> Option<i64> {
    let before = task.submitted_at?.ms_since(task.created_at).max(0);
    let after = task.finished_at?.ms_since(task.upstream_done_at?).max(0);
    Some(before + after)
}

/// The figures of a range.
#[derive(Debug)]
pub(super) struct Figures {
    /// When the first bin begins.
    pub(super) from: Timestamp,
    /// The newest tasks that failed.
    pub(super) failures: Vec<RecentTask>,
    pub(super) looked_at: usize,
    pub(super) is_capped: bool,
    whole: Tally,
    own_ms: Vec<i64>,
    bins: Vec<(i64, Tally)>,
}

impl Figures {
    /// Those of a range that ends with the present bin.
    pub(super) async fn read(
        store: &Store,
        range: &Range,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let last = now.unix_seconds().div_euclid(range.bin_seconds);
        let first = last - range.bins + 1;
        let starts = (first..=last).map(|number| number.saturating_mul(range.bin_seconds));
        let mut figures = Self {
            from: Timestamp::from_unix_seconds(first.saturating_mul(range.bin_seconds)),
            failures: Vec::new(),
            looked_at: 0,
            is_capped: false,
            whole: Tally::default(),
            own_ms: Vec::new(),
            bins: starts.map(|at| (at, Tally::default())).collect(),
        };
        let from = figures.from;
        let mut oldest = now;
        let add = |task: &RecentTask| {
            oldest = oldest.min(task.created_at);
            figures.add(task, range, first);
        };
        let (looked_at, is_capped) = look(store, from, add).await?;
        figures.looked_at = looked_at;
        figures.is_capped = is_capped;
        if is_capped {
            // What was looked at in part, or not at all, is not nothing.
            figures.bins.retain(|(at, _)| *at >= oldest.unix_seconds());
        }
        figures.own_ms.sort_unstable();
        let tallies = figures.bins.iter_mut().map(|(_, tally)| tally);
        tallies.chain([&mut figures.whole]).for_each(|tally| tally.took_ms.sort_unstable());
        Ok(figures)
    }

    fn add(&mut self, task: &RecentTask, range: &Range, first: i64) {
        self.whole.add(task);
        if task.state == State::Succeeded {
            self.own_ms.extend(own_ms(task));
        }
        if task.state == State::Failed && self.failures.len() < EVENTS_MAX {
            self.failures.push(*task);
        }
        let number = task.created_at.unix_seconds().div_euclid(range.bin_seconds) - first;
        // A clock that was set back: what is ahead of it belongs to its last bin.
        let last = self.bins.len().saturating_sub(1);
        let place = usize::try_from(number).unwrap_or(0).min(last);
        if let Some((_, tally)) = self.bins.get_mut(place) {
            tally.add(task);
        }
    }

    /// How many came out how.
    pub(super) fn success(&self) -> Success {
        let Tally { succeeded, failed, cancelled, .. } = self.whole;
        let ended = succeeded + failed;
        let rate = (ended > 0).then(|| f64::from(succeeded) / f64::from(ended));
        Success { succeeded, failed, cancelled, rate }
    }

    /// How long videos took.
    pub(super) fn latency(&self) -> Latency {
        let took = &self.whole.took_ms;
        Latency {
            p50_ms: percentile(took, 50),
            p95_ms: percentile(took, 95),
            own_p50_ms: percentile(&self.own_ms, 50),
            own_p95_ms: percentile(&self.own_ms, 95),
        }
    }

    /// What was earned.
    pub(super) fn money(&self) -> Sums {
        let (charged, cost) = (self.whole.charged, self.whole.cost);
        Sums {
            charged: charged.into(),
            upstream_cost: cost.into(),
            margin: Ticks(charged.0.saturating_sub(cost.0)).into(),
        }
    }

    /// The same, bin by bin.
    pub(super) fn series(&self) -> Vec<Bin> {
        let bin = |(at, tally): &(i64, Tally)| Bin {
            at: *at,
            succeeded: tally.succeeded,
            failed: tally.failed,
            cancelled: tally.cancelled,
            p50_ms: percentile(&tally.took_ms, 50),
            p95_ms: percentile(&tally.took_ms, 95),
            charged: tally.charged.into(),
            upstream_cost: tally.cost.into(),
        };
        self.bins.iter().map(bin).collect()
    }
}

/// The smallest value that so many of a hundred are not above (nearest rank).
fn percentile(sorted: &[i64], of_hundred: usize) -> Option<i64> {
    let rank = (sorted.len() * of_hundred).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_seen() {
        assert_eq!(percentile(&[], 50), None);
        assert_eq!(percentile(&[7], 95), Some(7));
        let hundred: Vec<i64> = (1..=100).collect();
        assert_eq!((percentile(&hundred, 50), percentile(&hundred, 95)), (Some(50), Some(95)));
        assert_eq!(percentile(&[1, 2, 3], 50), Some(2));
    }
}
