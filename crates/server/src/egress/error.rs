//! What can go wrong, in the words that customers read.

use std::error::Error;
use std::fmt::Write as _;
use std::io;

use reqwest::StatusCode;

use super::EgressOptions;
use super::resolver::NameRefused;

/// Bytes of a megabyte, as image limits count them.
const MEGABYTE_BYTES: usize = 1_000_000;
/// Most causes behind an error that are looked at.
const CAUSES_MAX: usize = 16;

/// Why the untrusted client could not be built.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// One of [`EgressOptions::certificates_extra`] cannot be read.
    #[error("a certificate of the untrusted client cannot be read")]
    Certificate(#[source] reqwest::Error),
    /// The client does not accept its settings.
    #[error("the untrusted client cannot be built")]
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
        Self::blocked("The host's address is not public.")
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
        let sentence = match status.canonical_reason() {
            Some(reason) => {
                format!("Fetching image failed with HTTP status {} {reason}.", status.as_str())
            }
            None => format!("Fetching image failed with HTTP status {}.", status.as_str()),
        };
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
        if let Some(refused) = find_cause::<NameRefused>(error) {
            return match refused {
                NameRefused::NotPublic => Self::not_public(),
                NameRefused::Lookup(_) | NameRefused::NoAddress => {
                    Self::passing("The host name could not be resolved.")
                }
            };
        }
        if let Some(error) = find_cause::<rustls::Error>(error) {
            return tls(error);
        }
        match (error.is_timeout(), error.is_connect()) {
            (true, true) => Self::passing(format!(
                "Connecting to the image's server timed out after {}.",
                duration_words(options.connect_timeout_ms)
            )),
            (true, false) => Self::passing(format!(
                "The image's server was silent for {}.",
                duration_words(options.idle_timeout_ms)
            )),
            (false, true) => Self::passing("Connecting to the image's server failed."),
            (false, false) => answer(error),
        }
    }
}

/// A connection that is not secure enough to use.
fn tls(error: &rustls::Error) -> FetchError {
    if matches!(error, rustls::Error::InvalidCertificate(_)) {
        return FetchError::lasting("The certificate of the image's server is not trusted.");
    }
    FetchError::passing("No secure connection to the image's server could be made.")
}

/// A connection that broke, or that does not speak HTTP.
fn answer(error: &reqwest::Error) -> FetchError {
    match find_cause::<hyper::Error>(error) {
        Some(cause) if cause.is_parse() => {
            FetchError::lasting("The image's server did not answer with valid HTTP.")
        }
        _ => FetchError::passing(
            "The image's server closed the connection before the image was complete.",
        ),
    }
}

/// The first cause of type `T` behind `error`; also looks into I/O errors, which name the cause of
/// what they wrap as their source and not the wrapped error itself.
fn find_cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    for _ in 0..CAUSES_MAX {
        let current = next?;
        if let Some(found) = current.downcast_ref::<T>() {
            return Some(found);
        }
        let wrapped = current.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => current.source(),
        };
    }
    None
}

/// The causes behind `error` in one line. `error` itself is left out: it names the URL.
pub(super) fn causes_text(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut next = error.source();
    for _ in 0..CAUSES_MAX {
        let Some(cause) = next else { break };
        let separator = if text.is_empty() { "" } else { ": " };
        // Writing to a string cannot fail.
        let _infallible = write!(text, "{separator}{cause}");
        next = cause.source();
    }
    text
}

/// `30 s`, or `250 ms` for what is no whole number of seconds.
fn duration_words(duration_ms: u64) -> String {
    if duration_ms.is_multiple_of(1000) {
        format!("{} s", duration_ms / 1000)
    } else {
        format!("{duration_ms} ms")
    }
}

/// `20 MB`, or the bytes of what is no whole number of megabytes.
fn size_words(size_bytes: usize) -> String {
    if size_bytes.is_multiple_of(MEGABYTE_BYTES) {
        format!("{} MB", size_bytes / MEGABYTE_BYTES)
    } else {
        format!("{size_bytes} bytes")
    }
}
