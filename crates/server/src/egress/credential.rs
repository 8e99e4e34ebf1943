//! The secret that a channel is used with.

use std::fmt;

use reqwest::header::HeaderValue;

/// Most bytes of a credential: what servers take as a header, and more than any of them issues.
pub const CREDENTIAL_BYTES_MAX: usize = 4_096;

/// A channel's key, sent as `Authorization: Bearer …`. Nothing prints it.
#[derive(Clone)]
pub struct Credential(HeaderValue);

impl fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Credential(…)")
    }
}

/// A text that cannot be a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a credential is 1 to {CREDENTIAL_BYTES_MAX} visible ASCII characters, without spaces or line \
     breaks"
)]
pub struct InvalidCredential;

impl Credential {
    /// Takes the key alone, without `Bearer`.
    pub fn new(key: &str) -> Result<Self, InvalidCredential> {
        let is_plain = key.bytes().all(|byte| byte.is_ascii_graphic());
        if key.is_empty() || key.len() > CREDENTIAL_BYTES_MAX || !is_plain {
            return Err(InvalidCredential);
        }
        let mut value =
            HeaderValue::try_from(format!("Bearer {key}")).map_err(|_| InvalidCredential)?;
        // Keeps it out of what the HTTP libraries may print.
        value.set_sensitive(true);
        Ok(Self(value))
    }

    /// Whether a text holds the key.
    pub(super) fn is_in(&self, text: &str) -> bool {
        let header = self.0.to_str().unwrap_or_default();
        header.strip_prefix("Bearer ").is_some_and(|key| text.contains(key))
    }

    /// The header's value.
    pub(super) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}
