//! Why a task ended without a video: the code and the sentence that the customer reads.
//!
//! Guarantees: a sentence never holds a URL of ours, a channel's name, an upstream's host or a
//! key. The upstream's own words are added for image, moderation and parameter errors only,
//! cleaned and cut.

use serde::{Deserialize, Serialize};

/// Most bytes of an upstream's own words in a customer's sentence.
pub const UPSTREAM_WORDS_BYTES_MAX: usize = 1024;

macro_rules! failure_codes {
    ($($(#[$meta:meta])* $variant:ident, $word:literal, $retryable:literal, $sentence:literal;)*) => {
        /// The reason a task ended as `FAILURE` (`data.error.code`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum FailureCode { $($(#[$meta])* $variant,)* }

        impl FailureCode {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word in JSON and in the store.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// Whether the same request may succeed when it is sent again.
            pub const fn is_retryable(self) -> bool {
                match self { $(Self::$variant => $retryable,)* }
            }

            /// Our sentence for the customer.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence,)* }
            }
        }
    };
}

failure_codes! {
    /// An image URL could not be fetched, or what came was no usable image.
    ImageFetchFailed, "image_fetch_failed", false, "Image URL could not be fetched";
    /// The upstream's moderation refused the prompt, the images or the video.
    Moderated, "moderated", false, "The request or its result was rejected by content moderation";
    /// The upstream refused the parameters.
    InvalidForUpstream, "invalid_for_upstream", false, "The model rejected the request's parameters";
    /// The upstream tried and failed.
    UpstreamError, "upstream_error", true, "The model failed to generate this video";
    /// No upstream could be reached in time.
    UpstreamUnavailable, "upstream_unavailable", true, "The model is temporarily unavailable";
    /// The upstream no longer knows the job.
    UpstreamLost, "upstream_lost", true, "The model lost this job";
    /// Whether the upstream took the job is unknown, and sending it twice could cost twice.
    UpstreamSubmitAmbiguous, "upstream_submit_ambiguous", true,
        "The model's answer was lost, and the job was not sent again so that it cannot run twice";
    /// Gateways that are each other's channels.
    LoopDetected, "loop_detected", false, "The request went round in a loop of gateways";
    /// The upstream's result is not a playable video, or cannot be fetched.
    ResultInvalid, "result_invalid", true, "The generated video could not be retrieved";
    /// The task's time ran out.
    DeadlineExceeded, "deadline_exceeded", true, "The video was not finished within its time limit";
    /// The client called it off.
    Cancelled, "cancelled", false, "The task was cancelled";
    /// Our own fault; the log knows more.
    InternalError, "internal_error", true, "An internal error stopped this task";
}

impl FailureCode {
    /// The code behind a stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == word)
    }

    /// Whether the customer may read the upstream's own words after our sentence.
    pub const fn shows_detail(self) -> bool {
        matches!(self, Self::ImageFetchFailed | Self::Moderated | Self::InvalidForUpstream)
    }
}

/// A failure as it is kept: code, the customer's sentence, and what only operators see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub code: FailureCode,
    /// What the customer reads as `fail_reason`.
    pub reason: String,
    /// What only an operator reads; may hold the upstream's raw words.
    pub internal: String,
}

impl Failure {
    /// A failure with `detail` behind our sentence where the code allows it; operators see the
    /// detail in any case.
    pub fn new(code: FailureCode, detail: &str) -> Self {
        let cleaned = clean(detail);
        let reason = if code.shows_detail() && !cleaned.is_empty() {
            format!("{}: {cleaned}", code.sentence())
        } else {
            format!("{}.", code.sentence())
        };
        Self { code, reason, internal: detail.to_owned() }
    }

    /// A failure with a whole sentence of its own (test prompts).
    pub fn with_reason(code: FailureCode, reason: &str) -> Self {
        Self { code, reason: clean(reason), internal: String::new() }
    }
}

/// Drops control characters, hides URLs, cuts to [`UPSTREAM_WORDS_BYTES_MAX`].
fn clean(text: &str) -> String {
    let printable: String = text
        .chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect();
    let mut words: Vec<&str> = Vec::new();
    for word in printable.split_whitespace() {
        words.push(if word.contains("://") { "(URL)" } else { word });
    }
    let mut cleaned = words.join(" ");
    if cleaned.len() > UPSTREAM_WORDS_BYTES_MAX {
        let end = (0..=UPSTREAM_WORDS_BYTES_MAX)
            .rev()
            .find(|&index| cleaned.is_char_boundary(index))
            .unwrap_or(0);
        cleaned.truncate(end);
    }
    cleaned
}
