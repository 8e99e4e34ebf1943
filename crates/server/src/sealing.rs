//! Secrets at rest that have to be read again: sealed with XChaCha20-Poly1305
//! (draft-irtf-cfrg-xchacha-03).
//!
//! Guarantees: what was changed in any way, was sealed with another secret or belongs to another
//! context does not open; equal texts do not look equal. The length is not hidden. Not here: where
//! the sealed bytes are kept.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rushes_domain::IdSource;

use crate::secrets::{Purpose, Secret};

/// The first byte of what is sealed this way, for the day that there is another.
const VERSION: u8 = 1;
/// Bytes of a nonce; long enough to be drawn at random for any number of texts.
const NONCE_BYTES: usize = 24;

/// Seals and opens with the key that the data directory's secret gives for one purpose.
#[derive(Clone)]
pub struct Sealer(XChaCha20Poly1305);

impl std::fmt::Debug for Sealer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Sealer(…)")
    }
}

/// Sealed bytes do not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// They were never sealed in a way that is known here.
    #[error("the sealed bytes have no form that is known")]
    Malformed,
    /// They were changed, or belong to another secret or context.
    #[error("the sealed bytes were changed, or belong to another secret or place")]
    Forged,
}

impl Sealer {
    /// A sealer of one data directory for one purpose.
    pub fn new(secret: &Secret, purpose: Purpose) -> Self {
        Self(XChaCha20Poly1305::new(&secret.derive(purpose).into()))
    }

    /// Seals `plain` for one place: `context`, such as the row's id, has to be the same when it is
    /// opened, and is not part of what comes out: a version byte, the nonce, the ciphertext.
    pub fn seal(&self, ids: &dyn IdSource, plain: &[u8], context: &[u8]) -> Vec<u8> {
        let mut nonce = [0_u8; NONCE_BYTES];
        ids.fill(&mut nonce);
        let ciphertext = self.encrypt(nonce, Payload { msg: plain, aad: context });
        let mut sealed = Vec::with_capacity(1 + NONCE_BYTES + ciphertext.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&ciphertext);
        sealed
    }

    #[expect(clippy::expect_used, reason = "only plain texts over 256 GiB cannot be sealed")]
    fn encrypt(&self, nonce: [u8; NONCE_BYTES], payload: Payload<'_, '_>) -> Vec<u8> {
        self.0.encrypt(&XNonce::from(nonce), payload).expect("the text is shorter")
    }

    /// What was sealed for the same context.
    pub fn open(&self, sealed: &[u8], context: &[u8]) -> Result<Vec<u8>, SealError> {
        let Some((&VERSION, rest)) = sealed.split_first() else {
            return Err(SealError::Malformed);
        };
        let (nonce, ciphertext) =
            rest.split_first_chunk::<NONCE_BYTES>().ok_or(SealError::Malformed)?;
        let payload = Payload { msg: ciphertext, aad: context };
        self.0.decrypt(&XNonce::from(*nonce), payload).map_err(|_| SealError::Forged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::SystemIds;

    fn sealer_of(digit: &str) -> Sealer {
        let folder = tempfile::tempdir().unwrap();
        let secret = Secret::open(folder.path(), Some(&digit.repeat(64)), &SystemIds).unwrap();
        Sealer::new(&secret, Purpose::Keys)
    }

    #[test]
    fn what_is_sealed_opens_for_the_same_context_and_secret() {
        let kept = sealer_of("a").seal(&SystemIds, b"sk-secret", b"key 7");
        assert_eq!(sealer_of("a").open(&kept, b"key 7").unwrap(), b"sk-secret");
        assert_eq!(sealer_of("a").open(&kept, b"key 8"), Err(SealError::Forged));
        assert_eq!(sealer_of("a").open(&kept, b""), Err(SealError::Forged));
        assert_eq!(sealer_of("b").open(&kept, b"key 7"), Err(SealError::Forged));
    }

    #[test]
    fn it_shows_nothing_of_the_text_and_never_the_same_twice() {
        let sealer = sealer_of("a");
        let kept = sealer.seal(&SystemIds, b"sk-secret", b"");
        assert_eq!(kept.len(), 1 + 24 + 9 + 16);
        assert!(!kept.windows(4).any(|part| part == b"sk-s"));
        assert_ne!(kept, sealer.seal(&SystemIds, b"sk-secret", b""));
        assert_eq!(format!("{sealer:?}"), "Sealer(…)");
    }

    #[test]
    fn any_change_is_noticed() {
        let sealer = sealer_of("a");
        let kept = sealer.seal(&SystemIds, b"sk-secret", b"key 7");
        for index in 0..kept.len() {
            let mut changed = kept.clone();
            changed[index] ^= 1;
            let expected = if index == 0 { SealError::Malformed } else { SealError::Forged };
            assert_eq!(sealer.open(&changed, b"key 7"), Err(expected), "byte {index}");
        }
        for length in 0..kept.len() {
            assert!(sealer.open(&kept[..length], b"key 7").is_err(), "{length} bytes");
        }
        assert_eq!(sealer.open(b"", b"key 7"), Err(SealError::Malformed));
    }
}
