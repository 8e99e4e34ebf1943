//! How often somebody may guess: signing in, redeeming a code.
//!
//! Guarantees: an attempt is charged before anything is checked, so that guesses sent at the same
//! time count as well; whether such an account exists changes nothing; names and addresses have
//! tables of their own, bounded in number, and a name costs the same memory however long it is.
//! Whoever has emptied a bucket is not forgotten for newcomers. Not here: telling right from wrong.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use rushes_domain::{ApiError, ErrorCode, Limit};
use sha2::{Digest, Sha256};

use crate::buckets::{Bucket, Buckets, Rate};
use crate::clock::AppClock;

/// Attempts on one name.
const NAME_RATE: Rate = Rate { burst: 10, per_minute: 1 };
/// Attempts from one address.
const ADDRESS_RATE: Rate = Rate { burst: 30, per_minute: 6 };
/// What [`LoginThrottle::change`] hands out, in its order, by the names in headers.
const LIMITS: [(&str, Rate); 2] =
    [("attempts-address", ADDRESS_RATE), ("attempts-name", NAME_RATE)];
/// Names, and addresses, that are remembered at most.
const BUCKETS_KEPT_MAX: usize = 20_000;
/// Leading bits of an IPv6 address that stand for one customer: hosts choose the rest themselves
/// (RFC 4291, section 2.5.1).
const IPV6_NETWORK_BITS: u32 = 64;

/// The attempts of everyone, by name and by address.
pub struct LoginThrottle {
    clock: Arc<dyn AppClock>,
    buckets: Mutex<Tables>,
}

struct Tables {
    names: Buckets<NameHash>,
    addresses: Buckets<IpAddr>,
}

/// SHA-256 of the name in lower case.
type NameHash = [u8; 32];

/// There were too many attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts; try again in {seconds} s")]
pub struct Wait {
    /// After how many seconds the next attempt is possible; at least 1.
    pub seconds: u32,
    /// The limit that was reached.
    pub limit: Limit,
}

impl Wait {
    fn until(name: &'static str, rate: Rate, bucket: &Bucket) -> Self {
        let window_seconds = Some(rate.window_seconds());
        let limit = Limit { name, quota: rate.quota(), window_seconds };
        Self { seconds: bucket.reset_seconds().max(1), limit }
    }
}

impl From<Wait> for ApiError {
    fn from(wait: Wait) -> Self {
        let refusal = Self::new(ErrorCode::RateLimited, wait.to_string());
        refusal.with_limit(wait.limit).with_retry_after(wait.seconds)
    }
}

impl std::fmt::Debug for LoginThrottle {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("LoginThrottle").finish_non_exhaustive()
    }
}

impl LoginThrottle {
    /// Nobody has tried anything yet.
    pub fn new(clock: Arc<dyn AppClock>) -> Self {
        let tables = Tables {
            names: Buckets::new(BUCKETS_KEPT_MAX),
            addresses: Buckets::new(BUCKETS_KEPT_MAX),
        };
        Self { clock, buckets: Mutex::new(tables) }
    }

    /// Charges one attempt to the address and, where one is known, to the name: whatever is
    /// guessed at, an account's name or its id as text, by which it is looked up.
    ///
    /// # Errors
    /// If one of them has no attempt left; then neither is charged.
    pub fn attempt(&self, name: Option<&str>, address: IpAddr) -> Result<(), Wait> {
        let mut refused = None;
        self.change(name, address, |buckets| {
            let empty = LIMITS.iter().zip(&*buckets).filter(|(_, bucket)| bucket.remaining() == 0);
            let longest = empty.max_by_key(|(_, bucket)| bucket.reset_seconds());
            refused = longest.map(|(&(name, rate), bucket)| Wait::until(name, rate, bucket));
            if refused.is_none() {
                for bucket in buckets {
                    *bucket = bucket.charged();
                }
            }
        });
        refused.map_or(Ok(()), Err)
    }

    /// Gives back what [`attempt`](Self::attempt) charged: it was no guess.
    pub fn succeeded(&self, name: Option<&str>, address: IpAddr) {
        self.change(name, address, |buckets| {
            for bucket in buckets {
                *bucket = bucket.credited();
            }
        });
    }

    /// Changes the buckets of one attempt under one lock.
    fn change(&self, name: Option<&str>, address: IpAddr, change: impl FnOnce(&mut [Bucket])) {
        let now = self.clock.now();
        let address = network(address);
        let name = name.map(name_hash);
        let mut tables = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let of_address = tables.addresses.look(&address, ADDRESS_RATE, now);
        match name {
            None => {
                let mut buckets = [of_address];
                change(&mut buckets);
                let [of_address] = buckets;
                tables.addresses.put(address, of_address);
            }
            Some(name) => {
                let mut buckets = [of_address, tables.names.look(&name, NAME_RATE, now)];
                change(&mut buckets);
                let [of_address, of_name] = buckets;
                tables.addresses.put(address, of_address);
                tables.names.put(name, of_name);
            }
        }
    }
}

fn name_hash(name: &str) -> NameHash {
    Sha256::digest(name.to_lowercase().as_bytes()).into()
}

/// What counts as one client: an IPv4 address, also one that is written as IPv6, or the network of
/// an IPv6 address.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let host_bits = Ipv6Addr::BITS - IPV6_NETWORK_BITS;
            Ipv6Addr::from_bits(address.to_bits() >> host_bits << host_bits).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use rushes_domain::Timestamp;

    fn throttle() -> (LoginThrottle, ManualClock) {
        let clock = ManualClock::new(Timestamp::from_unix_seconds(1_000));
        (LoginThrottle::new(Arc::new(clock.clone())), clock)
    }

    fn name_wait(seconds: u32) -> Result<(), Wait> {
        let limit = Limit { name: "attempts-name", quota: 10, window_seconds: Some(600) };
        Err(Wait { seconds, limit })
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// An address that nothing else uses.
    fn other(number: u32) -> IpAddr {
        std::net::Ipv4Addr::from_bits(0x0a00_0000 + number).into()
    }

    #[test]
    fn c04_a_name_has_ten_attempts_and_then_one_a_minute_wherever_they_come_from() {
        let (throttle, clock) = throttle();
        for number in 0..10 {
            let name = if number % 2 == 0 { "Ada" } else { "aDA" };
            assert_eq!(throttle.attempt(Some(name), other(number)), Ok(()));
        }
        assert_eq!(throttle.attempt(Some("ada"), other(10)), name_wait(60));
        assert_eq!(throttle.attempt(Some("grace"), other(10)), Ok(()));
        clock.advance_ms(59_000);
        assert_eq!(throttle.attempt(Some("ADA"), other(11)), name_wait(1));
        clock.advance_ms(1_000);
        assert_eq!(throttle.attempt(Some("ada"), other(11)), Ok(()));
        assert_eq!(throttle.attempt(Some("ada"), other(11)), name_wait(60));
    }

    #[test]
    fn an_address_has_thirty_attempts_and_then_six_a_minute_on_whatever_names() {
        let (throttle, clock) = throttle();
        for number in 0..30 {
            let name = format!("user{number}");
            let name = (number % 2 == 0).then_some(name.as_str());
            assert_eq!(throttle.attempt(name, address("192.0.2.1")), Ok(()));
        }
        let wait = Err(Wait {
            seconds: 10,
            limit: Limit { name: "attempts-address", quota: 30, window_seconds: Some(300) },
        });
        assert_eq!(throttle.attempt(None, address("192.0.2.1")), wait);
        assert_eq!(throttle.attempt(Some("new"), address("::ffff:192.0.2.1")), wait);
        assert_eq!(throttle.attempt(None, address("192.0.2.2")), Ok(()));
        clock.advance_ms(10_000);
        assert_eq!(throttle.attempt(None, address("192.0.2.1")), Ok(()));
    }

    #[test]
    fn an_ipv6_network_is_one_client() {
        let (throttle, _clock) = throttle();
        for number in 0..30 {
            let host = format!("2001:db8:0:1::{number:x}");
            assert_eq!(throttle.attempt(None, address(&host)), Ok(()));
        }
        assert!(throttle.attempt(None, address("2001:db8:0:1:ffff::1")).is_err());
        assert_eq!(throttle.attempt(None, address("2001:db8:0:2::1")), Ok(()));
    }

    #[test]
    fn a_refusal_at_one_does_not_charge_the_other() {
        let (throttle, _clock) = throttle();
        for number in 0..10 {
            throttle.attempt(Some("ada"), other(number)).unwrap();
        }
        for _ in 0..100 {
            assert!(throttle.attempt(Some("ada"), address("192.0.2.1")).is_err());
        }
        for _ in 0..30 {
            assert_eq!(throttle.attempt(None, address("192.0.2.1")), Ok(()));
        }
        for _ in 0..100 {
            assert!(throttle.attempt(Some("grace"), address("192.0.2.1")).is_err());
        }
        assert_eq!(throttle.attempt(Some("grace"), other(1_000)), Ok(()));
    }

    #[test]
    fn success_costs_nothing_and_pardons_nothing() {
        let (throttle, _clock) = throttle();
        let home = address("192.0.2.1");
        for _ in 0..9 {
            throttle.attempt(Some("ada"), home).unwrap();
        }
        for _ in 0..100 {
            assert_eq!(throttle.attempt(Some("Ada"), home), Ok(()));
            throttle.succeeded(Some("ada"), home);
        }
        assert_eq!(throttle.attempt(Some("ada"), home), Ok(()));
        assert!(throttle.attempt(Some("ada"), home).is_err(), "the wrong ones still count");
    }

    #[test]
    fn memory_is_bounded_and_a_flood_of_names_does_not_free_a_locked_one() {
        let (throttle, _clock) = throttle();
        for number in 0..10 {
            throttle.attempt(Some("ada"), other(number)).unwrap();
        }
        for number in 0..2 * u32::try_from(BUCKETS_KEPT_MAX).unwrap() {
            throttle.attempt(Some(&number.to_string()), other(number)).unwrap();
        }
        let tables = throttle.buckets.lock().unwrap();
        assert!(tables.names.len() <= BUCKETS_KEPT_MAX, "{}", tables.names.len());
        assert!(tables.addresses.len() <= BUCKETS_KEPT_MAX, "{}", tables.addresses.len());
        drop(tables);
        assert!(throttle.attempt(Some("ada"), address("192.0.2.1")).is_err());
    }

    #[test]
    fn the_refusal_says_when_to_come_back() {
        let error = ApiError::from(name_wait(7).unwrap_err());
        assert_eq!((error.code, error.retry_after_seconds), (ErrorCode::RateLimited, Some(7)));
        assert!(error.message.contains("7 s"), "{}", error.message);
    }
}
