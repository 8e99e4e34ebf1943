//! What can go wrong, in the words that customers read.

use reqwest::StatusCode;

use super::EgressOptions;
use super::cause::{Cause, duration_words, status_words};
use super::guard::Refusal;

/// Bytes of a megabyte, as image limits count them.
const MEGABYTE_BYTES: usize = 1_000_000;

/// Why a client could not be built.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// One of the extra certificates cannot be read.
    #[error("a certificate for outgoing connections cannot be read")]
    Certificate(#[source] reqwest::Error),
    /// The client does not accept its settings.
    #[error("the client for outgoing connections cannot be built")]
    Client(#[source] reqwest::Error),
}

/// Why there are no bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct FetchError {
    /// A whole sentence for the customer, without any URL.
    pub sentence: String,
    /// Whether another try of the same URL may succeed.
    pub retryable: bool,
    /// Whether the URL, or a redirect, leads where the gateway does not go.
    pub blocked: bool,
}

impl FetchError {
    /// A fault that may be gone at the next try.
    pub(super) fn passing(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), retryable: true, blocked: false }
    }

    /// A fault that another try would meet again.
    pub(super) fn lasting(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), retryable: false, blocked: false }
    }

    /// A target that is never dialled.
    pub(super) fn blocked(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), retryable: false, blocked: true }
    }

    /// An address that is neither public nor allowed.
    pub(super) fn not_public() -> Self {
        Refusal::NotPublic.into()
    }

    /// The time for the whole fetch is over.
    pub(super) fn timed_out(options: &EgressOptions) -> Self {
        Self::passing(format!(
            "Fetching image timed out after {}.",
            duration_words(options.total_timeout_ms)
        ))
    }

    /// More bytes than are read.
    pub(super) fn too_large(options: &EgressOptions) -> Self {
        Self::lasting(format!("The image is larger than {}.", size_words(options.body_bytes_max)))
    }

    /// More redirects than are followed.
    pub(super) fn too_many_redirects(options: &EgressOptions) -> Self {
        Self::lasting(format!("Too many redirects (more than {}).", options.redirects_max))
    }

    /// An answer other than 200 and the redirects.
    pub(super) fn status(status: StatusCode) -> Self {
        let sentence = format!("Fetching image failed with HTTP status {}.", status_words(status));
        let is_passing = matches!(
            status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
        ) || (status.is_server_error()
            && status != StatusCode::NOT_IMPLEMENTED
            && status != StatusCode::HTTP_VERSION_NOT_SUPPORTED);
        if is_passing { Self::passing(sentence) } else { Self::lasting(sentence) }
    }

    /// What `reqwest` met before or within the body.
    pub(super) fn transport(error: &reqwest::Error, options: &EgressOptions) -> Self {
        let (cause, _is_unsent) = Cause::of(error);
        match cause {
            Cause::NotPublic => Self::not_public(),
            Cause::Lookup(_) => Self::passing("The host name could not be resolved."),
            Cause::ConnectTimedOut => Self::passing(format!(
                "Connecting to the image's server timed out after {}.",
                duration_words(options.connect_timeout_ms)
            )),
            Cause::Refused | Cause::Unreachable(_) => {
                Self::passing("Connecting to the image's server failed.")
            }
            Cause::Certificate(_) => {
                Self::lasting("The certificate of the image's server is not trusted.")
            }
            Cause::Tls(_) | Cause::TlsBroken(_) => {
                Self::passing("No secure connection to the image's server could be made.")
            }
            Cause::Silent | Cause::Stalled => Self::passing(format!(
                "The image's server was silent for {}.",
                duration_words(options.idle_timeout_ms)
            )),
            Cause::NotHttp | Cause::HeadTooLong => {
                Self::lasting("The image's server did not answer with valid HTTP.")
            }
            Cause::Reset | Cause::Closed => Self::passing(
                "The image's server closed the connection before the image was complete.",
            ),
        }
    }
}

impl From<Refusal> for FetchError {
    fn from(refusal: Refusal) -> Self {
        let sentence = sentence(&refusal.words("image"));
        if refusal.is_blocked() { Self::blocked(sentence) } else { Self::lasting(sentence) }
    }
}

/// A clause as a whole sentence.
fn sentence(clause: &str) -> String {
    let mut characters = clause.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).chain(['.']).collect()
}

/// `20 MB`, or the bytes of what is no whole number of megabytes.
fn size_words(size_bytes: usize) -> String {
    if size_bytes.is_multiple_of(MEGABYTE_BYTES) {
        format!("{} MB", size_bytes / MEGABYTE_BYTES)
    } else {
        format!("{size_bytes} bytes")
    }
}
