//! Webhooks: is a call the gateway's own, and what does it say (Standard Webhooks 1.0).
//!
//! Guarantees: nothing of a call is read before its signature fits, over exactly the bytes that
//! came; signatures are compared in a time that does not depend on them; the body is hashed once for
//! each secret at most, however many signatures there are, and not at all for a call out of time; a
//! call that is older or newer than the tolerance is refused, so that nobody can send an old one
//! again for long. An event of a later version is [`Happened::Unknown`], not an error.
//! Not here: a server that receives, and the memory of which events were seen: **a delivery can
//! arrive twice**, and [`Event::id`] says that it is the same.
//!
//! ```
//! use rushes_sdk::webhook::{Happened, Verifier};
//!
//! # fn receive(headers: &reqwest::header::HeaderMap, body: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
//! # let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
//! let verifier = Verifier::new(secret)?;
//! // In the handler, with the headers of whatever HTTP library there is:
//! let event = verifier.verify(|name| headers.get(name)?.to_str().ok(), body)?;
//! match &event.happened {
//!     Happened::Completed(task) => println!("{}: {}", task.id, task.result_url),
//!     Happened::Failed(task) => println!("{}: {}", task.id, task.fail_reason),
//!     _ => {}
//! }
//! # Ok(())
//! # }
//! # assert!(receive(&Default::default(), b"{}").is_err());
//! ```

mod event;

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::digest::CtOutput;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::error::Error;

pub use event::{Event, Happened};

/// How the text of a secret begins.
const SECRET_PREFIX: &str = "whsec_";
/// Bytes of a secret, by the standard.
const SECRET_BYTES_MIN: usize = 24;
const SECRET_BYTES_MAX: usize = 64;
/// How a signature of the symmetric scheme begins.
const SIGNATURE_PREFIX: &str = "v1,";
/// Bytes of such a signature.
const SIGNATURE_BYTES: usize = 32;
/// Signatures of a call that are looked at; a rotation makes two.
const SIGNATURES_MAX: usize = 16;
/// Secrets of a verifier.
const SECRETS_MAX: usize = 8;
/// Most bytes of each header.
const HEADER_BYTES_MAX: usize = 4_096;
/// How far a call's time may be from this machine's, either way, unless set.
const TOLERANCE_DEFAULT: Duration = Duration::from_secs(300);

/// Checks calls with the secret of a webhook, or with several.
#[derive(Clone)]
pub struct Verifier {
    /// One for each secret, with the secret taken in already.
    macs: Vec<Hmac<Sha256>>,
    tolerance: Duration,
}

/// Shows how many secrets there are, never one.
impl std::fmt::Debug for Verifier {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("Verifier");
        shown.field("secrets", &self.macs.len()).field("tolerance", &self.tolerance).finish()
    }
}

/// Why a call is not to be trusted, or not to be understood. Answer it with a status that is no
/// 2xx; what is wrong with it is nobody's business.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Rejected {
    /// A header is not there, is there as something else than text, or is too long.
    #[error("the header {0} is missing or unreadable")]
    Header(&'static str),
    /// The time of the call is too far from this machine's clock: an old call that somebody sends
    /// again, or a clock that is wrong.
    #[error("the call is {seconds_old} seconds old, which is outside of the tolerance")]
    Time {
        /// Negative if the call is from the future.
        seconds_old: i64,
    },
    /// No signature was made with the secret over these bytes.
    #[error("no signature fits the body and the secret")]
    Signature,
    /// The gateway signed it, and it is no event.
    #[error("the body is no event: {0}")]
    Body(serde_json::Error),
}

impl Verifier {
    /// A verifier with the secret that the gateway showed when the webhook was made.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is no such secret; the text does not hold it.
    pub fn new(secret: &str) -> Result<Self, Error> {
        Self { macs: Vec::new(), tolerance: TOLERANCE_DEFAULT }.or_secret(secret)
    }

    /// The same that also takes calls signed with `secret`: that of another webhook, or the one
    /// before a rotation.
    ///
    /// # Errors
    /// As [`Verifier::new`], or if there are eight already.
    pub fn or_secret(mut self, secret: &str) -> Result<Self, Error> {
        if self.macs.len() == SECRETS_MAX {
            return Err(Error::Invalid(format!("more than {SECRETS_MAX} secrets of webhooks")));
        }
        let bytes = secret
            .trim()
            .strip_prefix(SECRET_PREFIX)
            .and_then(|text| STANDARD.decode(text).ok())
            .filter(|bytes| (SECRET_BYTES_MIN..=SECRET_BYTES_MAX).contains(&bytes.len()));
        let mac = bytes.and_then(|bytes| Hmac::new_from_slice(&bytes).ok());
        self.macs.push(mac.ok_or_else(|| {
            Error::Invalid(format!(
                "not a webhook's secret: expected {SECRET_PREFIX} and the base64 of \
                 {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} bytes"
            ))
        })?);
        Ok(self)
    }

    /// How far a call's time may be from this machine's, either way; 5 minutes unless set.
    #[must_use]
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// The event of a call. `header` gives a header's value by its name, which is in lower case;
    /// `body` is what came, byte for byte, before anything has parsed it.
    ///
    /// # Errors
    /// Why the call is not to be trusted.
    pub fn verify<'h>(
        &self,
        header: impl Fn(&'static str) -> Option<&'h str>,
        body: &[u8],
    ) -> Result<Event, Rejected> {
        self.verify_at(now(), header, body)
    }

    /// The same by another clock than this machine's.
    ///
    /// # Errors
    /// Why the call is not to be trusted.
    pub fn verify_at<'h>(
        &self,
        now: SystemTime,
        header: impl Fn(&'static str) -> Option<&'h str>,
        body: &[u8],
    ) -> Result<Event, Rejected> {
        let read = |name: &'static str| {
            let value = header(name).filter(|value| value.len() <= HEADER_BYTES_MAX);
            value.filter(|value| !value.is_empty()).ok_or(Rejected::Header(name))
        };
        let id = read("webhook-id")?;
        let sent_at = read("webhook-timestamp")?;
        let signatures = read("webhook-signature")?;
        let at_seconds = seconds_of(sent_at).ok_or(Rejected::Header("webhook-timestamp"))?;
        let seconds_old = unix_seconds(now).saturating_sub(at_seconds);
        if seconds_old.unsigned_abs() > self.tolerance.as_secs() {
            return Err(Rejected::Time { seconds_old });
        }
        if !self.fits(signatures, id, sent_at, body) {
            return Err(Rejected::Signature);
        }
        Event::read(id, at_seconds, body).map_err(Rejected::Body)
    }

    /// Whether one of the signatures was made with one of the secrets.
    fn fits(&self, signatures: &str, id: &str, sent_at: &str, body: &[u8]) -> bool {
        let given: Vec<_> = signatures.split(' ').take(SIGNATURES_MAX).filter_map(read).collect();
        !given.is_empty()
            && self.macs.iter().any(|mac| {
                let mac = mac.clone().chain_update(id).chain_update(".").chain_update(sent_at);
                let made = mac.chain_update(".").chain_update(body).finalize();
                // Compares whole values, in constant time.
                given.contains(&made)
            })
    }
}

/// A signature of the symmetric scheme; nothing if it has another length than all of those.
fn read(signature: &str) -> Option<CtOutput<Hmac<Sha256>>> {
    let bytes = STANDARD.decode(signature.strip_prefix(SIGNATURE_PREFIX)?).ok()?;
    let bytes: [u8; SIGNATURE_BYTES] = bytes.try_into().ok()?;
    Some(CtOutput::new(bytes.into()))
}

/// A whole number of seconds since 1970, written with digits alone.
fn seconds_of(text: &str) -> Option<i64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn unix_seconds(moment: SystemTime) -> i64 {
    let since = moment.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[expect(clippy::disallowed_methods, reason = "the server's clock is not the receiver's")]
fn now() -> SystemTime {
    SystemTime::now()
}
