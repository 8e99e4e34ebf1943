//! The queue in front of the decoding of pictures that came inside a create.
//!
//! Guarantees: what waits is bounded for an account and, in bytes, for all; one picture of an
//! account is decoded at a time, so that an account with many large pictures delays another one by
//! the picture at hand; a large picture takes more of the pool than a small one; nobody waits for
//! longer than [`WAIT_MAX`]. The worker's pictures have places of their own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rushes_domain::{AccountId, Limit};
use tokio::time::Instant;

use super::images::Incoming;
use crate::http::error::{HttpError, busy};
use crate::http::fair::{FairPool, Place};

/// Units of the pool.
const POOL_UNITS: usize = 6;
/// Pixels that take one unit: the largest picture takes four, and two units are left for others.
const UNIT_PIXELS: u64 = 10_000_000;
/// Pictures of one account that are decoded at a time.
const DECODED_AT_ONCE_MAX: usize = 1;
/// Creates of an account that may be between their body's last byte and their commit, whatever
/// the size of their pictures …
const CREATES_MAX: usize = 4;
/// … and as long as their pictures together have no more pixels than [`LIGHT_PIXELS_MAX`].
const LIGHT_CREATES_MAX: usize = 32;
const LIGHT_PIXELS_MAX: u64 = 64_000_000;
/// Pictures that wait, of all accounts, in bytes as sent.
const WAITING_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Longest wait of a create for its turns.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// Seconds after which to try again.
const RETRY_SECONDS: u32 = 5;

/// The queue.
#[derive(Debug)]
pub(in crate::http) struct Decoding {
    places: FairPool,
    load: Arc<Mutex<Load>>,
}

#[derive(Debug, Default)]
struct Load {
    bytes: usize,
    accounts: HashMap<AccountId, AccountLoad>,
}

#[derive(Debug, Default)]
struct AccountLoad {
    creates: usize,
    pixels: u64,
}

/// A create's entry in the queue; out of it when dropped.
#[derive(Debug)]
pub(super) struct Ticket {
    load: Arc<Mutex<Load>>,
    account: AccountId,
    bytes: usize,
    pixels: u64,
    until: Instant,
}

impl Default for Decoding {
    fn default() -> Self {
        Self { places: FairPool::new(DECODED_AT_ONCE_MAX, POOL_UNITS), load: Arc::default() }
    }
}

impl Decoding {
    /// Takes a create into the queue; `None` if it brought no picture.
    pub(super) fn admit(
        &self,
        account: AccountId,
        images: &[Incoming],
    ) -> Result<Option<Ticket>, HttpError> {
        let mut sums = None;
        for image in images {
            if let Incoming::Inline { bytes, pixels, .. } = image {
                let (sum_bytes, sum_pixels) = sums.unwrap_or((0_usize, 0_u64));
                sums = Some((sum_bytes + bytes.len(), sum_pixels.saturating_add(*pixels)));
            }
        }
        let Some((bytes, pixels)) = sums else { return Ok(None) };
        let mut load = locked(&self.load);
        if load.bytes.saturating_add(bytes) > WAITING_BYTES_MAX {
            return Err(refused("too many pictures wait for their check; try again shortly"));
        }
        let own = load.accounts.entry(account).or_default();
        if !own.takes(pixels) {
            return Err(refused(
                "too many of your creates with pictures are being checked; send fewer at a time",
            ));
        }
        own.creates += 1;
        own.pixels = own.pixels.saturating_add(pixels);
        load.bytes += bytes;
        drop(load);
        let until = Instant::now() + WAIT_MAX;
        Ok(Some(Ticket { load: Arc::clone(&self.load), account, bytes, pixels, until }))
    }

    /// The turn of one picture of the create.
    pub(super) async fn turn(&self, ticket: &Ticket, pixels: u64) -> Result<Place, HttpError> {
        let place = self.places.enter(ticket.account, units(pixels), ticket.until).await;
        place.ok_or_else(|| refused("the pictures could not be checked in time; try again"))
    }
}

impl AccountLoad {
    fn takes(&self, pixels: u64) -> bool {
        let is_light = self.pixels.saturating_add(pixels) <= LIGHT_PIXELS_MAX;
        self.creates < if is_light { LIGHT_CREATES_MAX } else { CREATES_MAX }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut load = locked(&self.load);
        load.bytes -= self.bytes;
        let Some(own) = load.accounts.get_mut(&self.account) else { return };
        own.creates -= 1;
        own.pixels = own.pixels.saturating_sub(self.pixels);
        if own.creates == 0 {
            load.accounts.remove(&self.account);
        }
    }
}

fn units(pixels: u64) -> u32 {
    let units = pixels.div_ceil(UNIT_PIXELS).clamp(1, POOL_UNITS as u64);
    u32::try_from(units).unwrap_or(1)
}

fn refused(message: &str) -> HttpError {
    busy(Limit::at_once("pictures", CREATES_MAX), message, RETRY_SECONDS).into()
}

fn locked(load: &Mutex<Load>) -> MutexGuard<'_, Load> {
    load.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    const ONE: AccountId = AccountId(1);
    const OTHER: AccountId = AccountId(2);

    fn picture(length: usize, pixels: u64) -> Incoming {
        Incoming::Inline { bytes: Bytes::from(vec![0; length]), mime: "image/png", pixels }
    }

    #[test]
    fn an_account_has_few_heavy_creates_in_the_queue_and_more_light_ones() {
        let decoding = Decoding::default();
        let heavy = [picture(10, 40_000_000), picture(10, 40_000_000)];
        let light = [picture(10, 2_000_000)];
        let count = |account, images: &[Incoming]| {
            let admitted = std::iter::from_fn(|| decoding.admit(account, images).ok().flatten());
            admitted.collect::<Vec<_>>()
        };
        let tickets = count(ONE, &heavy);
        assert_eq!(tickets.len(), CREATES_MAX);
        assert_eq!(count(OTHER, &light).len(), 32);
        drop(tickets);
        assert!(locked(&decoding.load).accounts.is_empty());
        assert_eq!(locked(&decoding.load).bytes, 0);
    }

    #[test]
    fn what_waits_is_bounded_in_bytes_for_all() {
        let decoding = Decoding::default();
        let images = [picture(WAITING_BYTES_MAX / 2, 1)];
        let first = decoding.admit(ONE, &images).unwrap();
        let second = decoding.admit(OTHER, &images).unwrap();
        assert!(first.is_some() && second.is_some());
        assert!(decoding.admit(AccountId(3), &[picture(1, 1)]).is_err());
        drop(first);
        assert!(decoding.admit(AccountId(3), &[picture(1, 1)]).is_ok());
    }

    #[test]
    fn nothing_waits_for_addresses() {
        let images = [Incoming::Url("https://example.com/a.png".into())];
        assert!(Decoding::default().admit(ONE, &images).unwrap().is_none());
    }

    #[test]
    fn large_pictures_weigh_more() {
        assert_eq!([1, 10_000_000, 39_420_000, u64::MAX].map(units), [1, 1, 4, 6]);
    }
}
