//! How many creates an account, and a key of its, may send.
//!
//! Guarantees: what `buckets` guarantees; both buckets are looked at and charged under one lock, all
//! or nothing, so that a refusal at one leaves the other as it was; a rate that was changed is in
//! force at the next create.

use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue};
use rushes_domain::{AccountId, KeyId, Limit};

pub use crate::buckets::Rate;
use crate::buckets::{Bucket, Buckets};
use crate::clock::AppClock;
use crate::config::AccountConfig;

/// Buckets from which on those that are full, or nearly, are dropped.
const BUCKETS_KEPT_MAX: usize = 10_000;
/// The names of draft-ietf-httpapi-ratelimit-headers.
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The buckets of all accounts and keys.
pub struct CreateLimiter {
    clock: Arc<dyn AppClock>,
    buckets: Mutex<Buckets<Holder>>,
}

/// Whose bucket it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Holder {
    Account(AccountId),
    Key(KeyId),
}

/// One of the limits of creates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateLimit {
    /// The account's, over all its keys.
    Account,
    /// The API key's own.
    Key,
}

impl CreateLimit {
    /// The policy's name in the headers.
    const fn name(self) -> &'static str {
        match self {
            Self::Account => "create",
            Self::Key => "key",
        }
    }
}

/// The outcome of asking for a token.
#[derive(Debug, Clone)]
pub struct Allowance {
    /// The limit that refused; if both did, the one with the longer wait. `None`: go ahead.
    pub refused_by: Option<CreateLimit>,
    account: Level,
    key: Option<Level>,
}

/// What is left in one bucket.
#[derive(Debug, Clone, Copy)]
struct Level {
    limit: CreateLimit,
    rate: Rate,
    remaining: u32,
    reset_seconds: u32,
}

impl std::fmt::Debug for CreateLimiter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("CreateLimiter").finish_non_exhaustive()
    }
}

/// What an account may send unless its group or itself has a limit of its own.
impl From<&AccountConfig> for Rate {
    fn from(config: &AccountConfig) -> Self {
        let per_minute = config.create_per_second.saturating_mul(60);
        Self { burst: config.create_burst, per_minute }
    }
}

impl CreateLimiter {
    /// Full buckets for everyone.
    pub fn new(clock: Arc<dyn AppClock>) -> Self {
        Self { clock, buckets: Mutex::new(Buckets::new(BUCKETS_KEPT_MAX)) }
    }

    /// Takes one token of the account's and, if the key has a limit of its own, one of the key's;
    /// neither if one of them has none left.
    pub fn take(
        &self,
        account: AccountId,
        account_limit: Rate,
        key: Option<(KeyId, Rate)>,
    ) -> Allowance {
        let now = self.clock.now();
        let account = Holder::Account(account);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut of_account = buckets.look(&account, account_limit, now);
        let mut of_key = key.map(|(id, rate)| {
            let holder = Holder::Key(id);
            (holder, rate, buckets.look(&holder, rate, now))
        });
        let refused_by = refusing(&of_account, of_key.as_ref().map(|(_, _, bucket)| bucket));
        if refused_by.is_none() {
            of_account = of_account.charged();
            of_key = of_key.map(|(holder, rate, bucket)| (holder, rate, bucket.charged()));
        }
        buckets.put(account, of_account);
        if let Some((holder, _, bucket)) = of_key {
            buckets.put(holder, bucket);
        }
        Allowance {
            refused_by,
            account: Level::of(CreateLimit::Account, account_limit, &of_account),
            key: of_key.map(|(_, rate, bucket)| Level::of(CreateLimit::Key, rate, &bucket)),
        }
    }
}

/// Which bucket is empty; if both are, the one that stays so for longer.
fn refusing(account: &Bucket, key: Option<&Bucket>) -> Option<CreateLimit> {
    let key = key.map(|bucket| (CreateLimit::Key, bucket));
    let empty = key.into_iter().chain([(CreateLimit::Account, account)]);
    let empty = empty.filter(|(_, bucket)| bucket.remaining() == 0);
    empty.max_by_key(|(_, bucket)| bucket.reset_seconds()).map(|(limit, _)| limit)
}

impl Level {
    fn of(limit: CreateLimit, rate: Rate, bucket: &Bucket) -> Self {
        let reset_seconds = bucket.reset_seconds();
        Self { limit, rate, remaining: bucket.remaining(), reset_seconds }
    }
}

impl Allowance {
    /// Whether the tokens were taken.
    pub fn is_allowed(&self) -> bool {
        self.refused_by.is_none()
    }

    /// Seconds until the limit that refused has a token again, at least 1; 0 if none refused.
    pub fn retry_after_seconds(&self) -> u32 {
        match self.refused_by {
            None => 0,
            Some(limit) => {
                let refused = self.levels().find(|level| level.limit == limit);
                refused.map_or(1, |level| level.reset_seconds.max(1))
            }
        }
    }

    /// Tells the client, in the structured fields of the IETF draft.
    pub fn write(&self, headers: &mut HeaderMap) {
        let list = |item: &dyn Fn(&Level) -> String| {
            let items: Vec<_> = self.levels().map(item).collect();
            HeaderValue::try_from(items.join(", "))
        };
        let left = list(&|level: &Level| {
            let Level { limit, remaining, reset_seconds, .. } = level;
            format!("\"{}\";r={remaining};t={reset_seconds}", limit.name())
        });
        if let Ok(left) = left {
            headers.insert(RATE_LIMIT, left);
        }
        let policies = list(&|level: &Level| {
            let (quota, window_seconds) = (level.rate.quota(), level.rate.window_seconds());
            format!("\"{}\";q={quota};w={window_seconds}", level.limit.name())
        });
        if let Ok(policies) = policies {
            headers.insert(RATE_LIMIT_POLICY, policies);
        }
    }

    fn levels(&self) -> impl Iterator<Item = &Level> {
        std::iter::once(&self.account).chain(&self.key)
    }
}

/// Tells of a limit that was reached, beside those of the creates if they are there.
pub(super) fn write_reached(limit: &Limit, reset_seconds: u32, headers: &mut HeaderMap) {
    let Limit { name, quota, window_seconds } = limit;
    let window = window_seconds.map_or_else(String::new, |seconds| format!(";w={seconds}"));
    for (header, text) in [
        (RATE_LIMIT, format!("\"{name}\";r=0;t={reset_seconds}")),
        (RATE_LIMIT_POLICY, format!("\"{name}\";q={quota}{window}")),
    ] {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.append(header, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use rushes_domain::Timestamp;

    const ONE: AccountId = AccountId(1);
    const KEY: KeyId = KeyId(1);

    fn limiter() -> (CreateLimiter, ManualClock) {
        let clock = ManualClock::new(Timestamp::from_unix_seconds(1_000));
        (CreateLimiter::new(Arc::new(clock.clone())), clock)
    }

    /// A rate as the configuration has it.
    fn rate(burst: u32, per_second: u32) -> Rate {
        Rate::from(&AccountConfig {
            create_burst: burst,
            create_per_second: per_second,
            write_burst: 1,
            write_per_minute: 1,
            in_flight_max: 1,
            waiting_max: 1,
            event_streams_max: 0,
            first_credit: rushes_domain::Ticks::ZERO,
        })
    }

    fn headers(allowance: &Allowance) -> (String, String) {
        let mut headers = HeaderMap::new();
        allowance.write(&mut headers);
        let text = |name: &str| headers[name].to_str().unwrap().to_owned();
        (text("ratelimit"), text("ratelimit-policy"))
    }

    #[test]
    fn a_burst_then_the_refill() {
        let (limiter, clock) = limiter();
        let rate = rate(3, 2);
        let taken: Vec<_> = (0..4)
            .map(|_| limiter.take(ONE, rate, None))
            .map(|it| (it.is_allowed(), it.account.remaining))
            .collect();
        assert_eq!(taken, [(true, 2), (true, 1), (true, 0), (false, 0)]);
        clock.advance_ms(499);
        assert!(!limiter.take(ONE, rate, None).is_allowed());
        clock.advance_ms(1);
        assert!(limiter.take(ONE, rate, None).is_allowed());
        let other = limiter.take(AccountId(2), rate, None);
        assert!(other.is_allowed(), "accounts do not share a bucket");
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let (limiter, clock) = limiter();
        let rate = rate(1, 1);
        assert!(limiter.take(ONE, rate, None).is_allowed());
        clock.advance_ms(-3_600_000);
        assert!(!limiter.take(ONE, rate, None).is_allowed());
        clock.advance_ms(1_000);
        assert!(limiter.take(ONE, rate, None).is_allowed());
    }

    #[test]
    fn headers_are_structured_fields() {
        let (limiter, _clock) = limiter();
        let (left, policies) = headers(&limiter.take(ONE, rate(600, 10), None));
        assert_eq!(left, "\"create\";r=599;t=1");
        assert_eq!(policies, "\"create\";q=600;w=60");
    }

    #[test]
    fn headers_list_both_limits() {
        let (limiter, _clock) = limiter();
        let of_key = Rate { burst: 10, per_minute: 10 };
        let (left, policies) = headers(&limiter.take(ONE, rate(600, 10), Some((KEY, of_key))));
        assert_eq!(left, "\"create\";r=599;t=1, \"key\";r=9;t=6");
        assert_eq!(policies, "\"create\";q=600;w=60, \"key\";q=10;w=60");
    }

    #[test]
    fn a_refusal_of_one_limit_leaves_the_other_alone() {
        let (limiter, _clock) = limiter();
        let (wide, narrow) = (rate(5, 1), Rate { burst: 1, per_minute: 2 });
        assert!(limiter.take(ONE, wide, Some((KEY, narrow))).is_allowed());
        for _ in 0..3 {
            let refused = limiter.take(ONE, wide, Some((KEY, narrow)));
            assert_eq!(refused.refused_by, Some(CreateLimit::Key));
            assert_eq!(refused.retry_after_seconds(), 30);
            assert_eq!(refused.account.remaining, 4);
        }
        let (two, other) = (AccountId(2), KeyId(2));
        assert!(limiter.take(two, narrow, Some((other, wide))).is_allowed());
        let refused = limiter.take(two, narrow, Some((other, wide)));
        assert_eq!(refused.refused_by, Some(CreateLimit::Account));
        assert_eq!(refused.key.map(|level| level.remaining), Some(4));
        assert!(limiter.take(AccountId(1), wide, None).is_allowed(), "ids of keys are no accounts");
    }

    #[test]
    fn when_both_refuse_the_longer_wait_counts() {
        let (limiter, _clock) = limiter();
        let (quick, slow) = (rate(1, 1), Rate { burst: 1, per_minute: 1 });
        limiter.take(ONE, quick, Some((KEY, slow)));
        let refused = limiter.take(ONE, quick, Some((KEY, slow)));
        assert_eq!(refused.refused_by, Some(CreateLimit::Key));
        assert_eq!(refused.retry_after_seconds(), 60);
    }

    #[test]
    fn full_buckets_are_forgotten() {
        let (limiter, clock) = limiter();
        for account in 0..10_000 {
            limiter.take(AccountId(account), rate(2, 1), None);
        }
        clock.advance_ms(10_000);
        limiter.take(AccountId(20_000), rate(2, 1), None);
        assert_eq!(limiter.buckets.lock().unwrap().len(), 1);
    }
}
