//! What a poll can show.

use bytes::Bytes;
use rushes_domain::{Failure, Ticks};

/// How a job is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Not over yet.
    Pending {
        /// Per cent as the upstream says, 0 to 99; `None` if it says nothing.
        percent: Option<u8>,
        /// Whether the upstream works on it (and does not only have it in a queue).
        started: bool,
        /// When to ask again, in milliseconds, if the provider's interval is not what fits.
        again_in_ms: Option<u64>,
        /// The upstream's word for it, cleaned, if it is none that the provider knows: the upstream has
        /// changed, or is another than the channel says.
        unknown_word: Option<String>,
    },
    /// The video is ready.
    Done {
        /// Where it is.
        media: Media,
        /// What the upstream charges, if it says so.
        cost: Option<Ticks>,
    },
    /// There will be no video. [`rushes_domain::FailureCode::Cancelled`] means that the upstream
    /// stopped because it was asked to.
    Failed(Failure),
}

/// A finished video.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Media {
    /// The bytes themselves.
    Bytes {
        /// The video file.
        video: Bytes,
        /// A still of it as JPEG.
        poster: Option<Bytes>,
    },
    /// An address to fetch it from: with the channel's client if it lies on an origin of the
    /// channel's, else as a stranger's.
    Url(String),
    /// A path below the channel's address, to be fetched with its credential.
    Path(String),
}
