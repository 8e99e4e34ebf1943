//! The one way in which a provider reaches its upstream.
//!
//! Guarantees: a provider names a path below its channel's address and nothing else; the server
//! signs the request with the channel's credential, bounds it in time and size, counts it, and
//! never repeats it. A [`HttpFault`] says whether the request can have arrived. Not here: what an
//! answer means, which is the provider's knowledge.

use bytes::Bytes;
use http::Method;

use crate::{BoxFuture, ProviderJob, UpstreamError, UpstreamErrorKind};

/// Most bytes of an upstream's JSON answer.
pub const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// Which limits in time a request has: those of the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// A job is handed over.
    Submit,
    /// A job is asked after.
    Poll,
    /// A job is called off.
    Cancel,
    /// The upstream is looked at, for free.
    Check,
}

impl Operation {
    /// The word in metrics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Poll => "poll",
            Self::Cancel => "cancel",
            Self::Check => "check",
        }
    }
}

/// One request to the channel's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// What it is for.
    pub operation: Operation,
    /// The method.
    pub method: Method,
    /// The path from the channel's address on, such as `/v1/videos`; each variable part was escaped
    /// with [`path_segment`].
    pub path: String,
    /// Headers beside those that every request has; names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: HttpBody,
}

impl HttpRequest {
    /// A request without a body.
    pub fn new(operation: Operation, method: Method, path: impl Into<String>) -> Self {
        Self { operation, method, path: path.into(), headers: Vec::new(), body: HttpBody::None }
    }

    /// The same with a body.
    #[must_use]
    pub fn with_body(mut self, body: HttpBody) -> Self {
        self.body = body;
        self
    }

    /// The same, counting the gateways that the job has passed. Whatever the channel was made as,
    /// there may be a gateway of this kind behind it, since it speaks all of these dialects.
    #[must_use]
    pub fn with_hops(self, job: &ProviderJob) -> Self {
        self.with_header("rushes-hops", job.hops.to_string())
    }

    /// The same with a header more.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A request's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpBody {
    /// None.
    None,
    /// `application/json`.
    Json(Bytes),
    /// `multipart/form-data` (RFC 7578), in this order.
    Multipart(Vec<Part>),
}

/// A part of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The field's name.
    pub name: &'static str,
    /// The file's name and media type, if it is a file.
    pub file: Option<(String, String)>,
    /// What it holds.
    pub bytes: Bytes,
}

impl Part {
    /// A plain field.
    pub fn text(name: &'static str, text: impl Into<String>) -> Self {
        Self { name, file: None, bytes: Bytes::from(text.into()) }
    }

    /// A file.
    pub fn file(name: &'static str, file_name: &str, mime: &str, bytes: Bytes) -> Self {
        Self { name, file: Some((file_name.to_owned(), mime.to_owned())), bytes }
    }
}

/// An upstream's whole answer, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// What `Retry-After` says (RFC 9110 10.2.3, both forms), in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// The body, at most [`ANSWER_BYTES_MAX`].
    pub body: Bytes,
}

/// No whole answer came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpFault {
    /// The request provably did not leave: name look-up, connect, TLS.
    #[error("{0}")]
    NotSent(String),
    /// It may have arrived: a time-out, a reset, an answer that is cut off, too long or no HTTP.
    #[error("{0}")]
    Broken(String),
}

impl HttpFault {
    /// What it means for a submit ([`UpstreamErrorKind::NotSent`], `Ambiguous`), and for anything
    /// else, which may be repeated at will (`Temporary`).
    pub fn into_error(self, operation: Operation) -> UpstreamError {
        let kind = match (&self, operation) {
            (Self::NotSent(_), _) => UpstreamErrorKind::NotSent,
            (Self::Broken(_), Operation::Submit) => UpstreamErrorKind::Ambiguous,
            (Self::Broken(_), _) => UpstreamErrorKind::Temporary,
        };
        UpstreamError::new(kind, self.to_string())
    }
}

/// The capability.
pub trait Http: Send + Sync {
    /// Sends one request once.
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpAnswer, HttpFault>>;
}

/// An upstream's name for something as one segment of a path (RFC 3986 3.3): everything but
/// letters, digits, `-`, `_` and `~` is escaped, also the dots of `..`.
pub fn path_segment(text: &str) -> String {
    use std::fmt::Write as _;
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~') {
            escaped.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}
