//! What can go wrong between us and an upstream, sorted by what it proves.
//!
//! Guarantees: the kind alone decides what the worker does; the message is for operators, and for
//! customers only where the failure's code allows it.

/// What an error proves about the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UpstreamErrorKind {
    /// The request provably did not leave: name look-up, connect, TLS.
    NotSent,
    /// The upstream refused for now: too many jobs, a full queue.
    Busy,
    /// This kind of upstream has no such jobs, so nothing was sent; another one may.
    Unsuited,
    /// The upstream refused the parameters; repeating it changes nothing.
    Refused,
    /// The upstream could not use an image.
    ImageRefused,
    /// The upstream's moderation refused the prompt or an image.
    Moderated,
    /// The upstream does not accept our credentials or our account is empty there.
    Unauthorized,
    /// The request came back to a gateway that it had already passed.
    Loop,
    /// The upstream does not know the job (any more).
    Lost,
    /// The request may or may not have arrived: a read time-out, a reset, a 500, 502 or 504.
    Ambiguous,
    /// A poll or a cancel failed; that says nothing about the job.
    Temporary,
}

impl UpstreamErrorKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::NotSent,
        Self::Busy,
        Self::Unsuited,
        Self::Refused,
        Self::ImageRefused,
        Self::Moderated,
        Self::Unauthorized,
        Self::Loop,
        Self::Lost,
        Self::Ambiguous,
        Self::Temporary,
    ];
}

/// An upstream's refusal, or the lack of an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind:?}: {message}")]
pub struct UpstreamError {
    /// What it proves.
    pub kind: UpstreamErrorKind,
    /// In the upstream's words where it has any; never shown to customers unfiltered.
    pub message: String,
    /// How long the upstream asked us to wait, in milliseconds.
    pub retry_after_ms: Option<u64>,
}

impl UpstreamError {
    /// An error without a wish for when to come back.
    pub fn new(kind: UpstreamErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), retry_after_ms: None }
    }

    /// The same error; the upstream wants us to wait `milliseconds`.
    #[must_use]
    pub fn with_retry_after_ms(mut self, milliseconds: u64) -> Self {
        self.retry_after_ms = Some(milliseconds);
        self
    }
}
