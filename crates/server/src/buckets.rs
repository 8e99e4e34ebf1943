//! Token buckets: how often somebody may do something.
//!
//! Guarantees: a bucket never holds more than its burst, and a clock that is set back neither adds
//! tokens nor locks anyone out. The buckets run on the app's clock, which libraries that keep a
//! "next allowed moment" do not survive when it is set back. Memory is bounded: a full bucket is
//! the same as none and goes when many are known; if none of them is full, those go that would be
//! full first, so that a flood of new names does not wash away a bucket that was emptied. Not here:
//! what is counted, and the lock around it.

use std::collections::HashMap;
use std::hash::Hash;

use rushes_domain::Timestamp;

/// Parts of a token: a microsecond brings `per_minute` of them back.
const PARTS_PER_TOKEN: u64 = 60_000_000;

/// How many at once, and how fast they come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Tokens of a full bucket; 0 counts as 1.
    pub burst: u32,
    /// Tokens that come back each minute; 0 counts as 1.
    pub per_minute: u32,
}

impl Rate {
    /// Tokens of a full bucket.
    pub(crate) fn quota(self) -> u32 {
        self.burst.max(1)
    }

    /// Seconds in which an empty bucket becomes full.
    pub(crate) fn window_seconds(self) -> u32 {
        self.seconds(self.full())
    }

    fn full(self) -> u64 {
        u64::from(self.quota()) * PARTS_PER_TOKEN
    }

    /// Parts that come back within some microseconds.
    fn returned(self, elapsed_us: u64) -> u64 {
        elapsed_us.saturating_mul(u64::from(self.per_minute.max(1)))
    }

    /// Seconds until some parts are back, rounded up.
    fn seconds(self, parts: u64) -> u32 {
        let parts_per_second = self.returned(1_000_000);
        u32::try_from(parts.div_ceil(parts_per_second)).unwrap_or(u32::MAX)
    }
}

/// One bucket at one moment. It keeps what is missing, not what is there, so that a changed rate
/// is in force at the next look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket {
    missing: u64,
    at: Timestamp,
    rate: Rate,
}

impl Bucket {
    /// Tokens that are left.
    pub(crate) fn remaining(&self) -> u32 {
        let left = self.rate.full().saturating_sub(self.missing);
        u32::try_from(left / PARTS_PER_TOKEN).unwrap_or(u32::MAX)
    }

    /// Seconds until the next token, if there is none left; else until the bucket is full.
    pub(crate) fn reset_seconds(&self) -> u32 {
        let left = self.rate.full().saturating_sub(self.missing);
        let awaited = if left < PARTS_PER_TOKEN { PARTS_PER_TOKEN - left } else { self.missing };
        self.rate.seconds(awaited)
    }

    /// The bucket with one token less; only for one that has a token.
    pub(crate) fn charged(self) -> Self {
        let missing = self.missing.saturating_add(PARTS_PER_TOKEN).min(self.rate.full());
        Self { missing, ..self }
    }

    /// The bucket with one token given back.
    pub(crate) fn credited(self) -> Self {
        Self { missing: self.missing.saturating_sub(PARTS_PER_TOKEN), ..self }
    }

    fn refilled(self, rate: Rate, now: Timestamp) -> Self {
        let elapsed_us = u64::try_from(now.0.saturating_sub(self.at.0)).unwrap_or(0);
        let missing = self.missing.saturating_sub(rate.returned(elapsed_us)).min(rate.full());
        Self { missing, at: now, rate }
    }

    /// Microseconds from `now` until the bucket is full.
    fn full_in_us(self, now: Timestamp) -> u64 {
        let bucket = self.refilled(self.rate, now);
        bucket.missing.div_ceil(bucket.rate.returned(1))
    }
}

/// The buckets of everyone who did something lately.
#[derive(Debug)]
pub(crate) struct Buckets<K> {
    kept_max: usize,
    known: HashMap<K, Bucket>,
}

impl<K: Eq + Hash + Clone> Buckets<K> {
    /// Full buckets for everyone; at most `kept_max` of them are remembered.
    pub(crate) fn new(kept_max: usize) -> Self {
        Self { kept_max, known: HashMap::new() }
    }

    /// The bucket as it is now. Nothing is taken until it is [`put`](Self::put) back.
    pub(crate) fn look(&self, key: &K, rate: Rate, now: Timestamp) -> Bucket {
        match self.known.get(key) {
            Some(bucket) => bucket.refilled(rate, now),
            None => Bucket { missing: 0, at: now, rate },
        }
    }

    /// Remembers a bucket.
    pub(crate) fn put(&mut self, key: K, bucket: Bucket) {
        if self.known.len() >= self.kept_max && !self.known.contains_key(&key) {
            self.make_room(bucket.at);
        }
        self.known.insert(key, bucket);
    }

    /// Buckets that are remembered.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }

    /// Forgets the full buckets; if that is not a quarter of all, as many as it takes of those
    /// that would be full first. A quarter, so that the work is done once for many newcomers.
    fn make_room(&mut self, now: Timestamp) {
        self.known.retain(|_, bucket| bucket.full_in_us(now) > 0);
        let surplus = self.known.len().saturating_sub(self.kept_max - self.kept_max.div_ceil(4));
        if surplus == 0 {
            return;
        }
        let mut waits: Vec<_> =
            self.known.iter().map(|(key, it)| (it.full_in_us(now), key.clone())).collect();
        waits.select_nth_unstable_by_key(surplus - 1, |(wait_us, _)| *wait_us);
        for (_, key) in waits.drain(..surplus) {
            self.known.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_unix_seconds(43_200);
    const RATE: Rate = Rate { burst: 4, per_minute: 60 };

    fn take(buckets: &mut Buckets<u32>, key: u32, rate: Rate, now: Timestamp) -> bool {
        let bucket = buckets.look(&key, rate, now);
        let has_one = bucket.remaining() > 0;
        buckets.put(key, if has_one { bucket.charged() } else { bucket });
        has_one
    }

    #[test]
    fn a_changed_rate_is_in_force_at_once() {
        let mut buckets = Buckets::new(10);
        for _ in 0..3 {
            assert!(take(&mut buckets, 1, RATE, NOON));
        }
        let lower = Rate { burst: 3, ..RATE };
        assert_eq!(buckets.look(&1, lower, NOON).remaining(), 0);
        let higher = Rate { burst: 10, per_minute: 6_000 };
        assert_eq!(buckets.look(&1, higher, NOON).remaining(), 7);
        assert_eq!(buckets.look(&1, higher, NOON.plus_ms(10)).remaining(), 8);
    }

    #[test]
    fn a_rate_of_nothing_counts_as_one() {
        let mut buckets = Buckets::new(10);
        let rate = Rate { burst: 0, per_minute: 0 };
        assert!(take(&mut buckets, 1, rate, NOON));
        assert_eq!(buckets.look(&1, rate, NOON).reset_seconds(), 60);
        assert!(!take(&mut buckets, 1, rate, NOON.plus_ms(59_999)));
        assert!(take(&mut buckets, 1, rate, NOON.plus_ms(60_000)));
    }

    #[test]
    fn the_largest_rate_does_not_overflow() {
        let mut buckets = Buckets::new(10);
        let rate = Rate { burst: u32::MAX, per_minute: u32::MAX };
        assert!(take(&mut buckets, 1, rate, Timestamp(i64::MIN)));
        let bucket = buckets.look(&1, rate, Timestamp(i64::MAX));
        assert_eq!((bucket.remaining(), bucket.reset_seconds()), (u32::MAX, 0));
        assert_eq!(rate.window_seconds(), 60);
    }

    #[test]
    fn a_token_given_back_never_overfills() {
        let mut buckets = Buckets::new(10);
        let full = buckets.look(&1, RATE, NOON).credited();
        assert_eq!(full.remaining(), 4);
        assert!(take(&mut buckets, 1, RATE, NOON));
        assert_eq!(buckets.look(&1, RATE, NOON).credited().remaining(), 4);
    }

    #[test]
    fn a_flood_of_newcomers_leaves_the_emptied_buckets() {
        let mut buckets = Buckets::new(100);
        for _ in 0..4 {
            assert!(take(&mut buckets, 1_000_000, RATE, NOON));
        }
        for key in 0..10_000 {
            assert!(take(&mut buckets, key, RATE, NOON));
            assert!(buckets.len() <= 100, "{}", buckets.len());
        }
        assert!(!take(&mut buckets, 1_000_000, RATE, NOON), "it is remembered");
    }

    #[test]
    fn the_full_go_first() {
        let mut buckets = Buckets::new(100);
        for key in 0..100 {
            let at = if key < 60 { NOON } else { NOON.plus_ms(500) };
            assert!(take(&mut buckets, key, RATE, at));
        }
        assert!(take(&mut buckets, 200, RATE, NOON.plus_ms(1_000)));
        assert_eq!(buckets.len(), 41);
    }
}
