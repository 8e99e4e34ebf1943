//! What can go wrong, sorted by what the caller can do about it.
//!
//! Guarantees: no message holds the API key, and a text never repeats its source's.

use std::error::Error as _;
use std::io;
use std::path::PathBuf;

use crate::client::Response;
use crate::task::Task;

/// Why a call did not give what was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server answered and refused.
    #[error("{message}")]
    Api {
        /// HTTP status.
        status: u16,
        /// The entry of the error table, e.g. `insufficient_quota`; `http_502` and the like when
        /// something in front of the gateway answered.
        code: String,
        /// The server's sentence.
        message: String,
        /// The field of the request that is to blame, if one is.
        param: Option<Box<str>>,
        /// By which the operator finds the request in the log.
        request_id: Option<String>,
        /// `Retry-After`, if the server sent one.
        retry_after_seconds: Option<u32>,
        /// The body as it came.
        body: Box<[u8]>,
    },
    /// No connection, or it broke off, or the server was silent for too long.
    #[error("cannot reach {server}: {reason}")]
    Unreachable {
        /// Scheme, host and port.
        server: String,
        /// What happened, in short.
        reason: String,
        /// True if nobody listens there.
        refused: bool,
        /// True if the request provably did not leave.
        not_sent: bool,
    },
    /// The task had not ended when the caller's time was up. It goes on without us.
    #[error("the task {task_id} has not ended in time")]
    Timeout {
        /// Which.
        task_id: String,
        /// The task as it stands, if it was asked for and the server answered.
        task: Option<Box<Response<Task>>>,
    },
    /// The task ended without a video.
    #[error("{}", task.value.fail_sentence())]
    TaskFailed {
        /// The task.
        task: Box<Response<Task>>,
    },
    /// What answered does not speak this API.
    #[error("{0}")]
    Protocol(String),
    /// The client was set up wrongly: the base URL, the key or a value that cannot be sent.
    #[error("{0}")]
    Invalid(String),
    /// A local file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Error {
    /// The code of an API error, or a word of the same kind for the rest.
    pub fn code(&self) -> &str {
        match self {
            Self::Api { code, .. } => code,
            Self::Unreachable { .. } => "unreachable",
            Self::Timeout { .. } => "timeout",
            Self::TaskFailed { .. } => "task_failed",
            Self::Protocol(_) => "protocol_error",
            Self::Invalid(_) => "invalid_argument",
            Self::File { .. } => "file_error",
        }
    }

    /// The server's own body, if there is one.
    pub fn body(&self) -> Option<&[u8]> {
        match self {
            Self::Api { body, .. } => Some(body),
            Self::Timeout { task: Some(task), .. } | Self::TaskFailed { task } => Some(&task.body),
            _ => None,
        }
    }

    /// True if the server or the way to it may be fine again in a moment.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Api { status, .. } => matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
            Self::Unreachable { .. } => true,
            _ => false,
        }
    }

    /// True if the gateway itself said that it did nothing, and may do it in a moment.
    pub(crate) fn did_nothing(&self) -> bool {
        match self {
            Self::Api { status: 408 | 429 | 503, code, .. } => !code.starts_with("http_"),
            Self::Unreachable { not_sent, .. } => *not_sent,
            _ => false,
        }
    }

    /// True if nobody listens there.
    pub(crate) fn is_refused(&self) -> bool {
        matches!(self, Self::Unreachable { refused: true, .. })
    }

    /// An [`Error::Unreachable`] from the HTTP library's words.
    pub(crate) fn from_transport(source: &reqwest::Error, server: &url::Url) -> Self {
        let refused = io_kind(source) == Some(io::ErrorKind::ConnectionRefused);
        let reason = if refused {
            "connection refused".to_owned()
        } else if source.is_timeout() && source.is_connect() {
            "no connection in time".to_owned()
        } else if source.is_timeout() {
            "no answer in time".to_owned()
        } else {
            root_cause(source)
        };
        let server = server.origin().ascii_serialization();
        Self::Unreachable { server, reason, refused, not_sent: source.is_connect() }
    }

    /// An [`Error::Unreachable`] of a connection that stood.
    pub(crate) fn broken(url: &url::Url, reason: &str) -> Self {
        Self::Unreachable {
            server: url.origin().ascii_serialization(),
            reason: reason.to_owned(),
            refused: false,
            not_sent: false,
        }
    }

    /// An [`Error::File`] that names `path`.
    pub(crate) fn file(path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::File { path: path.into(), source }
    }
}

fn io_kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            return Some(io.kind());
        }
        source = inner.source();
    }
    None
}

/// The innermost text, which names the fault; the outer ones name the library's layers and URLs.
fn root_cause(error: &reqwest::Error) -> String {
    let mut text = None;
    let mut source = error.source();
    while let Some(inner) = source {
        text = Some(inner.to_string());
        source = inner.source();
    }
    text.unwrap_or_else(|| "the request failed".to_owned())
}
