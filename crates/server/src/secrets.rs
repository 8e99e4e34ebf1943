//! The secret of a data directory, and the keys that are derived from it.
//!
//! Guarantees: one 32-byte secret, kept in `secret.key` (0600) or given by `RUSHES_SECRET_KEY`;
//! every use has a key of its own, derived by HKDF-SHA256 (RFC 5869) under its own label, so that
//! no key ever serves two purposes. The secret is never logged.

use std::fs;
use std::io;
use std::path::Path;

use hkdf::Hkdf;
use rushes_domain::IdSource;
use sha2::Sha256;

/// Bytes of the secret.
const SECRET_BYTES: usize = 32;
/// Name of the file in the data directory.
pub const SECRET_FILE: &str = "secret.key";

/// What a derived key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Signatures of `/files` links.
    Links,
    /// API keys that can be copied again.
    Keys,
    /// Credentials for upstreams.
    Credentials,
    /// Secrets that webhooks are signed with.
    Webhooks,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Links => b"rushes/links/v1",
            Self::Keys => b"rushes/keys/v1",
            Self::Credentials => b"rushes/credentials/v1",
            Self::Webhooks => b"rushes/webhooks/v1",
        }
    }
}

/// The secret of one data directory.
#[derive(Clone)]
pub struct Secret([u8; SECRET_BYTES]);

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// The secret cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// `RUSHES_SECRET_KEY` is not 64 hex digits.
    #[error("RUSHES_SECRET_KEY must be 64 hex digits (32 bytes)")]
    Malformed,
    /// `secret.key` has another length.
    #[error("secret.key in the data directory must hold exactly 32 bytes, it holds {0}")]
    Length(usize),
    /// The file cannot be read or written.
    #[error("secret.key in the data directory cannot be read or written: {0}")]
    Io(#[from] io::Error),
}

/// What is wrong with the secret of a directory that has a database, for `rushes doctor`; `None` if
/// nothing is.
pub fn fault(data_dir: &Path) -> Option<String> {
    match fs::metadata(data_dir.join(SECRET_FILE)) {
        Ok(metadata) if metadata.len() == SECRET_BYTES as u64 => None,
        Ok(metadata) => {
            let length = metadata.len();
            Some(format!("{SECRET_FILE} must hold {SECRET_BYTES} bytes, it holds {length}"))
        }
        Err(source) if source.kind() == io::ErrorKind::NotFound => Some(format!(
            "{SECRET_FILE} is missing: put it back, or the next start makes a new one, with which \
             old links, copies of keys, channels' credentials and webhooks' secrets are lost"
        )),
        Err(source) => Some(format!("{SECRET_FILE} cannot be read: {source}")),
    }
}

impl Secret {
    /// The secret given as 64 hex digits, else the one in the data directory, made if there is
    /// none yet.
    pub fn open(
        data_dir: &Path,
        given_hex: Option<&str>,
        ids: &dyn IdSource,
    ) -> Result<Self, SecretError> {
        if let Some(text) = given_hex {
            return parse_hex(text).map(Self).ok_or(SecretError::Malformed);
        }
        let path = data_dir.join(SECRET_FILE);
        match fs::read(&path) {
            Ok(bytes) => {
                let length = bytes.len();
                bytes.try_into().map(Self).map_err(|_| SecretError::Length(length))
            }
            Err(source) if source.kind() == io::ErrorKind::NotFound => {
                if data_dir.join(crate::app::STORE_FILE).exists() {
                    tracing::warn!(
                        "secret.key is missing beside a database, so a new one is made: links that \
                         were given out stop working, keys cannot be copied again, and channels \
                         need their credentials anew"
                    );
                }
                let mut bytes = [0_u8; SECRET_BYTES];
                ids.fill(&mut bytes);
                crate::private::write(&path, &bytes)?;
                Ok(Self(bytes))
            }
            Err(source) => Err(source.into()),
        }
    }

    /// The key for one purpose.
    pub fn derive(&self, purpose: Purpose) -> [u8; 32] {
        let mut key = [0_u8; 32];
        let expanded = Hkdf::<Sha256>::new(None, &self.0).expand(purpose.label(), &mut key);
        debug_assert!(expanded.is_ok(), "32 bytes are a legal length for HKDF-SHA256");
        key
    }
}

fn parse_hex(text: &str) -> Option<[u8; SECRET_BYTES]> {
    if text.len() != SECRET_BYTES * 2 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0_u8; SECRET_BYTES];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}
