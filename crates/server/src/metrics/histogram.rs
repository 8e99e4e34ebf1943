//! Durations counted into fixed buckets.
//!
//! Guarantees: counting allocates nothing, locks nothing and takes two atomic additions. A reader
//! may see the sum of one duration before its count; Prometheus lives with that.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper ends of the buckets, inclusive, as they are written (seconds) and in microseconds. From a
/// poll out of memory to a `Prefer: wait=60`.
const BOUNDS: [(&str, u64); 13] = [
    ("0.0005", 500),
    ("0.001", 1_000),
    ("0.0025", 2_500),
    ("0.005", 5_000),
    ("0.01", 10_000),
    ("0.025", 25_000),
    ("0.05", 50_000),
    ("0.1", 100_000),
    ("0.25", 250_000),
    ("1", 1_000_000),
    ("5", 5_000_000),
    ("20", 20_000_000),
    ("60", 60_000_000),
];
/// All buckets: the bounded ones, and the one for what is longer.
const BUCKETS: usize = BOUNDS.len() + 1;

/// How often something took how long.
#[derive(Debug, Default)]
pub struct Histogram {
    counts: [AtomicU64; BUCKETS],
    sum_us: AtomicU64,
}

/// What a histogram held at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Upper end as it is written → how many took so long or less; the last one is `+Inf`.
    pub buckets: Vec<(&'static str, u64)>,
    /// All durations together, in microseconds.
    pub sum_us: u64,
}

impl Reading {
    /// How many there were.
    pub fn count(&self) -> u64 {
        self.buckets.last().map_or(0, |(_, count)| *count)
    }
}

impl Histogram {
    /// Counts one duration.
    pub fn record(&self, took: Duration) {
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let index = BOUNDS.partition_point(|(_, bound_us)| *bound_us < took_us);
        if let Some(count) = self.counts.get(index) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.sum_us.fetch_add(took_us, Ordering::Relaxed);
    }

    /// What it holds now.
    pub fn read(&self) -> Reading {
        let mut total = 0;
        let names = BOUNDS.iter().map(|(name, _)| *name).chain(["+Inf"]);
        let buckets = names
            .zip(&self.counts)
            .map(|(name, count)| {
                total += count.load(Ordering::Relaxed);
                (name, total)
            })
            .collect();
        Reading { buckets, sum_us: self.sum_us.load(Ordering::Relaxed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_inclusive_and_add_up() {
        let histogram = Histogram::default();
        for took_us in [0, 500, 501, 60_000_000, 60_000_001] {
            histogram.record(Duration::from_micros(took_us));
        }
        let reading = histogram.read();
        let at = |name: &str| reading.buckets.iter().find(|(found, _)| *found == name).unwrap().1;
        assert_eq!((at("0.0005"), at("0.001"), at("20"), at("60")), (2, 3, 3, 4));
        assert_eq!((at("+Inf"), reading.count()), (5, 5));
        assert_eq!(reading.sum_us, 120_001_002);
    }
}
