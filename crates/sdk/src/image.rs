//! Images of a request: a URL that the gateway fetches, or bytes that are sent along.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::Error;

/// Largest image that the gateway takes, in bytes.
pub const IMAGE_BYTES_MAX: u64 = 20 * 1024 * 1024;

/// An image of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    url: String,
}

impl Image {
    /// An `http(s)` or `data:` URL, sent as it is.
    pub fn url(url: impl Into<String>) -> Self {
        Self { url: url.into() }
    }

    /// PNG, JPEG, WebP or GIF bytes, sent along as a data URL. The type is told by the content.
    ///
    /// ```
    /// use rushes_sdk::Image;
    /// assert!(Image::bytes(b"GIF89a...").is_ok());
    /// assert!(Image::bytes(b"%PDF-1.7").is_err());
    /// ```
    pub fn bytes(bytes: &[u8]) -> Result<Self, Error> {
        let Some(mime) = sniff(bytes) else {
            return Err(Error::Invalid("not a PNG, JPEG, WebP or GIF image".into()));
        };
        let mut url = format!("data:{mime};base64,");
        STANDARD.encode_string(bytes, &mut url);
        Ok(Self { url })
    }

    /// The same from a file of at most [`IMAGE_BYTES_MAX`].
    pub async fn file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let failed = |source| Error::file(path, source);
        let metadata = tokio::fs::metadata(path).await.map_err(failed)?;
        if metadata.len() > IMAGE_BYTES_MAX {
            let megabytes = IMAGE_BYTES_MAX / (1024 * 1024);
            let message = format!("{}: larger than {megabytes} MB", path.display());
            return Err(Error::Invalid(message));
        }
        let bytes = tokio::fs::read(path).await.map_err(failed)?;
        Self::bytes(&bytes).map_err(|error| Error::Invalid(format!("{}: {error}", path.display())))
    }

    /// What goes into the request.
    pub(crate) fn into_url(self) -> String {
        self.url
    }
}

/// The media type by the first bytes (the formats' published signatures).
fn sniff(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => Some("image/png"),
        [0xFF, 0xD8, 0xFF, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}
