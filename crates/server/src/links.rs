//! Signed links to files: the one place where a link is signed and checked.
//!
//! Guarantees: a link works without a key for at least one hour; within five minutes the same
//! file has the same link, so that a poll does not defeat a client's cache; a link that was
//! changed in any way is refused, in constant time. The signature is HMAC-SHA256 (RFC 2104) over
//! the file's name and the expiry.

use hmac::{Hmac, Mac};
use percent_encoding::percent_decode_str;
use rushes_domain::{ApiError, ErrorCode, Timestamp};
use sha2::Sha256;

use crate::secrets::{Purpose, Secret};

/// How long a link works at least, in seconds.
pub const LINK_SECONDS: i64 = 3_600;
/// Expiries are rounded up to a multiple of this, in seconds.
pub const LINK_ROUNDING_SECONDS: i64 = 300;
/// Which key signed; for the day that keys rotate.
const KEY_NAME: &str = "1";
/// Longest query that is looked at, in bytes.
const QUERY_BYTES_MAX: usize = 256;

/// Signs and checks links.
#[derive(Clone)]
pub struct LinkSigner {
    key: [u8; 32],
    public_url: String,
}

impl std::fmt::Debug for LinkSigner {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("LinkSigner")
            .field("public_url", &self.public_url)
            .finish_non_exhaustive()
    }
}

impl LinkSigner {
    /// A signer for links below `public_url` (no slash at its end).
    pub fn new(secret: &Secret, public_url: &str) -> Self {
        Self { key: secret.derive(Purpose::Links), public_url: public_url.to_owned() }
    }

    /// The absolute URL of a file, e.g. of `task_….mp4`.
    pub fn sign(&self, name: &str, now: Timestamp) -> String {
        let at_least = now.unix_seconds().saturating_add(LINK_SECONDS);
        let steps = at_least.saturating_add(LINK_ROUNDING_SECONDS - 1) / LINK_ROUNDING_SECONDS;
        let expires = steps * LINK_ROUNDING_SECONDS;
        let signature = self.mac(name, expires).finalize().into_bytes();
        let mut url = format!("{}/files/{name}?exp={expires}&kid={KEY_NAME}&sig=", self.public_url);
        for byte in signature {
            for nibble in [byte >> 4, byte & 15] {
                url.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
        }
        url
    }

    /// Checks the query of a link to `name`.
    ///
    /// # Errors
    /// `link_signature_invalid` for anything that was not signed here, `url_expired` for a link
    /// whose hour is over.
    pub fn check(&self, name: &str, query: &str, now: Timestamp) -> Result<(), ApiError> {
        let invalid = || {
            ApiError::new(
                ErrorCode::LinkSignatureInvalid,
                "the link's signature is not valid; use the link exactly as the task shows it",
            )
        };
        let (expires, signature) = parse_query(query).ok_or_else(invalid)?;
        self.mac(name, expires).verify_slice(&signature).map_err(|_| invalid())?;
        if now.unix_seconds() > expires {
            return Err(ApiError::new(
                ErrorCode::UrlExpired,
                "the link has expired; ask for the task again, its answer holds a fresh link",
            ));
        }
        Ok(())
    }

    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    fn mac(&self, name: &str, expires: i64) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("any length will do");
        mac.update(name.as_bytes());
        mac.update(b"\n");
        mac.update(expires.to_string().as_bytes());
        mac
    }
}

/// Reads `exp`, `kid` and `sig`, each exactly once; other parameters are refused, since they were
/// not signed.
fn parse_query(query: &str) -> Option<(i64, [u8; 32])> {
    if query.len() > QUERY_BYTES_MAX {
        return None;
    }
    let (mut expires, mut key_name, mut signature) = (None, None, None);
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=')?;
        let value = percent_decode_str(value).decode_utf8().ok()?;
        let slot = match name {
            "exp" => &mut expires,
            "kid" => &mut key_name,
            "sig" => &mut signature,
            _ => return None,
        };
        if slot.replace(value).is_some() {
            return None;
        }
    }
    if key_name? != KEY_NAME {
        return None;
    }
    let expires = expires?;
    let signature = signature?;
    let canonical = expires.bytes().all(|byte| byte.is_ascii_digit());
    let lower_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if !canonical || signature.len() != 64 || !signature.bytes().all(lower_hex) {
        return None;
    }
    let mut bytes = [0_u8; 32];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(signature.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    Some((expires.parse().ok()?, bytes))
}
