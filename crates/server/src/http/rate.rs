//! How many creates an account may send: one token bucket an account.
//!
//! Guarantees: a bucket never holds more than its burst, and a clock that is set back neither adds
//! tokens nor locks anyone out. The buckets run on the app's clock, which libraries that keep a
//! "next allowed moment" do not survive when it is set back. Memory is bounded: a full bucket is
//! the same as none and goes when many are known.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue};
use rushes_domain::{AccountId, Timestamp};

use crate::clock::AppClock;
use crate::config::AccountConfig;

/// Buckets from which on the full ones are dropped.
const BUCKETS_KEPT_MAX: usize = 10_000;
/// Parts of a token: a microsecond brings `per_second` of them back.
const PARTS_PER_TOKEN: u64 = 1_000_000;
/// The names of draft-ietf-httpapi-ratelimit-headers.
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The buckets of all accounts.
pub struct CreateLimiter {
    clock: Arc<dyn AppClock>,
    burst: u32,
    per_second: u32,
    policy: HeaderValue,
    buckets: Mutex<HashMap<AccountId, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    parts: u64,
    at: Timestamp,
}

/// The outcome of asking for a token.
#[derive(Debug, Clone)]
pub struct Allowance {
    /// False if the bucket was empty.
    pub is_allowed: bool,
    /// Seconds until the next token, if there is none left; else until the bucket is full.
    pub reset_seconds: u32,
    /// Tokens that are left.
    pub remaining: u32,
    policy: HeaderValue,
}

impl std::fmt::Debug for CreateLimiter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("CreateLimiter")
            .field("burst", &self.burst)
            .field("per_second", &self.per_second)
            .finish_non_exhaustive()
    }
}

impl CreateLimiter {
    /// Full buckets for everyone.
    pub fn new(config: &AccountConfig, clock: Arc<dyn AppClock>) -> Self {
        let burst = config.create_burst.max(1);
        let per_second = config.create_per_second.max(1);
        let window_seconds = burst.div_ceil(per_second);
        let policy = format!("\"create\";q={burst};w={window_seconds}");
        let policy = HeaderValue::try_from(policy)
            .unwrap_or_else(|_| HeaderValue::from_static("\"create\""));
        Self { clock, burst, per_second, policy, buckets: Mutex::default() }
    }

    /// Takes one token of the account's, if there is one.
    pub fn take(&self, account: AccountId) -> Allowance {
        let now = self.clock.now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_KEPT_MAX && !buckets.contains_key(&account) {
            buckets.retain(|_, bucket| self.refilled(*bucket, now).parts < self.full());
        }
        let bucket = buckets.entry(account).or_insert(Bucket { parts: self.full(), at: now });
        *bucket = self.refilled(*bucket, now);
        let is_allowed = bucket.parts >= PARTS_PER_TOKEN;
        if is_allowed {
            bucket.parts -= PARTS_PER_TOKEN;
        }
        let remaining = bucket.parts / PARTS_PER_TOKEN;
        let missing = if remaining == 0 {
            PARTS_PER_TOKEN - bucket.parts
        } else {
            self.full() - bucket.parts
        };
        let parts_per_second = u64::from(self.per_second) * PARTS_PER_TOKEN;
        Allowance {
            is_allowed,
            remaining: u32::try_from(remaining).unwrap_or(u32::MAX),
            reset_seconds: u32::try_from(missing.div_ceil(parts_per_second)).unwrap_or(u32::MAX),
            policy: self.policy.clone(),
        }
    }

    fn full(&self) -> u64 {
        u64::from(self.burst) * PARTS_PER_TOKEN
    }

    fn refilled(&self, bucket: Bucket, now: Timestamp) -> Bucket {
        let elapsed_us = u64::try_from(now.0.saturating_sub(bucket.at.0)).unwrap_or(0);
        let returned = elapsed_us.saturating_mul(u64::from(self.per_second));
        Bucket { parts: bucket.parts.saturating_add(returned).min(self.full()), at: now }
    }
}

impl Allowance {
    /// Tells the client, in the structured fields of the IETF draft.
    pub fn write(&self, headers: &mut HeaderMap) {
        let limit = format!("\"create\";r={};t={}", self.remaining, self.reset_seconds);
        if let Ok(limit) = HeaderValue::try_from(limit) {
            headers.insert(RATE_LIMIT, limit);
        }
        headers.insert(RATE_LIMIT_POLICY, self.policy.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    fn limiter(burst: u32, per_second: u32) -> (CreateLimiter, ManualClock) {
        let clock = ManualClock::new(Timestamp::from_unix_seconds(1_000));
        let config = AccountConfig {
            create_burst: burst,
            create_per_second: per_second,
            in_flight_max: 1,
            waiting_max: 1,
            first_credit: rushes_domain::Ticks::ZERO,
        };
        (CreateLimiter::new(&config, Arc::new(clock.clone())), clock)
    }

    const ONE: AccountId = AccountId(1);

    #[test]
    fn a_burst_then_the_refill() {
        let (limiter, clock) = limiter(3, 2);
        let remaining: Vec<_> =
            (0..4).map(|_| limiter.take(ONE)).map(|it| (it.is_allowed, it.remaining)).collect();
        assert_eq!(remaining, [(true, 2), (true, 1), (true, 0), (false, 0)]);
        clock.advance_ms(499);
        assert!(!limiter.take(ONE).is_allowed);
        clock.advance_ms(1);
        assert!(limiter.take(ONE).is_allowed);
        assert!(limiter.take(AccountId(2)).is_allowed, "accounts do not share a bucket");
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let (limiter, clock) = limiter(1, 1);
        assert!(limiter.take(ONE).is_allowed);
        clock.advance_ms(-3_600_000);
        assert!(!limiter.take(ONE).is_allowed);
        clock.advance_ms(1_000);
        assert!(limiter.take(ONE).is_allowed);
    }

    #[test]
    fn headers_are_structured_fields() {
        let (limiter, _clock) = limiter(600, 10);
        let mut headers = HeaderMap::new();
        limiter.take(ONE).write(&mut headers);
        assert_eq!(headers["ratelimit"], "\"create\";r=599;t=1");
        assert_eq!(headers["ratelimit-policy"], "\"create\";q=600;w=60");
    }

    #[test]
    fn full_buckets_are_forgotten() {
        let (limiter, clock) = limiter(2, 1);
        for account in 0..10_000 {
            limiter.take(AccountId(account));
        }
        clock.advance_ms(10_000);
        limiter.take(AccountId(20_000));
        assert_eq!(limiter.buckets.lock().unwrap().len(), 1);
    }
}
