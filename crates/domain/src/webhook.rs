//! What customers' programs are told about their videos, and how often it is tried.
//!
//! Guarantees: a task has at most one event of each place in its order (started, its one end, the
//! removal of its file), so that the event's id, which is made of the task's and of that place, is
//! the same however often the event is written or sent. Not here: signing, sending, and who wants
//! to hear.

use std::net::IpAddr;

use url::{Host, Url};

use crate::error::ApiError;
use crate::id::TaskId;
use crate::image_url::{UrlProblem, check_url};
use crate::state::State;

/// Most bytes of an event's body (Standard Webhooks 1.0, "Payload size").
pub const BODY_BYTES_MAX: usize = 20 * 1024;
/// Most bytes of a webhook URL.
pub const URL_BYTES_MAX: usize = 2_048;
/// Milliseconds between one attempt and the next: 5 s, 5 min, 30 min, then 2, 5, 10, 14, 20 and 24
/// hours. The first attempt is made at once.
pub const RETRY_DELAYS_MS: [i64; 9] = [
    5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000, 72_000_000,
    86_400_000,
];
/// Attempts of a delivery.
pub const ATTEMPTS_MAX: u32 = 10;
/// Longest wait that a receiver's `Retry-After` gets, in milliseconds: 24 hours.
pub const RETRY_AFTER_MS_MAX: i64 = 86_400_000;
/// How long an endpoint may do nothing but fail before it is disabled, in milliseconds: 5 days.
pub const FAILING_MS_MAX: i64 = 5 * 86_400_000;
/// How long the secret before a rotation is valid, in milliseconds: 24 hours.
pub const OLD_SECRET_MS: i64 = 86_400_000;
/// Delays are up to a fifth longer or shorter.
const JITTER_DIVISOR: i64 = 5;

/// Something that happened to a task and that can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventType {
    /// The upstream began to make the video.
    Started,
    /// The video can be fetched.
    Completed,
    /// There will be no video.
    Failed,
    /// The task was called off.
    Canceled,
    /// The video's time is over and its file is gone.
    Expired,
    /// Somebody tries whether an endpoint hears; of no task.
    Test,
}

impl EventType {
    /// Those that an endpoint can ask for.
    pub const ALL: [Self; 5] =
        [Self::Started, Self::Completed, Self::Failed, Self::Canceled, Self::Expired];

    /// The word in JSON and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "video.started",
            Self::Completed => "video.completed",
            Self::Failed => "video.failed",
            Self::Canceled => "video.canceled",
            Self::Expired => "video.expired",
            Self::Test => "webhook.test",
        }
    }

    /// The type of a word, also that of a test.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().chain([Self::Test]).find(|each| each.as_str() == word)
    }

    /// What the end of a task is told as; nothing for a state that is no end.
    pub const fn of_end(state: State) -> Option<Self> {
        match state {
            State::Succeeded => Some(Self::Completed),
            State::Failed => Some(Self::Failed),
            State::Cancelled => Some(Self::Canceled),
            _ => None,
        }
    }

    /// Its place among the events of one task: whoever hears two of them late knows which came
    /// first. A task that ended before it started has no 1.
    pub const fn sequence(self) -> u32 {
        match self {
            Self::Test => 0,
            Self::Started => 1,
            Self::Completed | Self::Failed | Self::Canceled => 2,
            Self::Expired => 3,
        }
    }

    /// The id of a task's event of this type.
    pub fn event_id(self, task_id: TaskId) -> String {
        format!("evt_{}_{}", task_id.hex(), self.sequence())
    }
}

/// How long to wait after the attempt in place `step` (0 for the first) failed; `None` if it was
/// the last one. `draw` is any random number; `asked_ms` is what the receiver's `Retry-After` says.
pub fn retry_delay_ms(step: u32, draw: u32, asked_ms: Option<i64>) -> Option<i64> {
    let delay = RETRY_DELAYS_MS.get(usize::try_from(step).ok()?)?;
    let spread = delay / JITTER_DIVISOR;
    let jittered = delay - spread + i64::from(draw) % (2 * spread + 1);
    let asked_ms = asked_ms.unwrap_or(0).min(RETRY_AFTER_MS_MAX);
    Some(jittered.max(asked_ms))
}

/// Looks at the text of a URL that is to be called, under the name of `field`. `is_allowed` says
/// which addresses that are not public the operator allowed; `own_host` is the gateway's own.
///
/// # Errors
/// `invalid_request` if it is no URL, not https, an address instead of a name, the gateway itself
/// or anywhere that the gateway does not go.
pub fn check_webhook_url(
    field: &str,
    text: &str,
    is_allowed: &dyn Fn(IpAddr) -> bool,
    own_host: Option<&str>,
) -> Result<Url, ApiError> {
    let refuse = |problem: &str| Err(ApiError::invalid(field, format!("{field}: {problem}")));
    if text.len() > URL_BYTES_MAX {
        return refuse(&format!("the URL is longer than {URL_BYTES_MAX} bytes"));
    }
    let url = match check_url(text, is_allowed) {
        Ok(url) => url,
        Err(UrlProblem::Invalid(problem) | UrlProblem::Blocked(problem)) => {
            return refuse(&problem);
        }
    };
    if url.scheme() != "https" {
        return refuse("only https URLs are called");
    }
    if url.fragment().is_some() {
        return refuse("a URL that is called cannot have a fragment (#…)");
    }
    match url.host() {
        Some(Host::Domain(name)) if Some(bare(name)) == own_host.map(bare) => {
            refuse("the gateway does not call itself")
        }
        Some(Host::Domain(_)) => Ok(url),
        _ => refuse("the host must be a name, not an address"),
    }
}

/// The host of a URL as it is compared: lower-case, without a dot at its end.
pub fn host_of(url: &str) -> Option<String> {
    Url::parse(url).ok()?.host_str().map(|host| bare(host).to_owned())
}

fn bare(host: &str) -> &str {
    host.trim_end_matches('.')
}
