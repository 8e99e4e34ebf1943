//! Identifiers: typed, so that an account's number can never be taken for a key's.
//!
//! Guarantees: a [`TaskId`] prints as `task_` and 32 lower-case hex digits and parses only from
//! that spelling; the spellings of other dialects are asked for by name ([`Spelling`]), and each
//! task has exactly one text in each of them. Not here: where new ids come from; that is the app's
//! [`IdSource`].

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Length of the native spelling: `task_` and 32 hex digits.
const TASK_ID_CHARS: usize = 37;
/// Where a UUID has its hyphens (RFC 9562, section 4).
const UUID_HYPHENS: [usize; 4] = [8, 13, 18, 23];
/// Length of a UUID with its hyphens.
const UUID_CHARS: usize = 36;
/// What the `OpenAI` Videos API puts before the digits.
const VIDEO_PREFIX: &str = "video_";

/// A task's id: 128 bits, a `UUIDv7` (RFC 9562), so that ids sort by the time of their making.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(u128);

impl TaskId {
    /// Wraps the 128 bits of a `UUIDv7`.
    pub const fn new(bits: u128) -> Self {
        Self(bits)
    }

    /// The raw 128 bits.
    pub const fn bits(self) -> u128 {
        self.0
    }

    /// The 32 lower-case hex digits alone, as stored and as used in file names.
    pub fn hex(self) -> String {
        format!("{:032x}", self.0)
    }

    /// Reads exactly 32 lower-case hex digits.
    ///
    /// # Errors
    /// [`InvalidTaskId`] for anything else, upper-case digits included.
    pub fn from_hex(text: &str) -> Result<Self, InvalidTaskId> {
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != 32 || !text.bytes().all(is_hex) {
            return Err(InvalidTaskId);
        }
        u128::from_str_radix(text, 16).map(Self).map_err(|_| InvalidTaskId)
    }
}

/// One of the texts of a task's id (contract 5): every dialect has its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Spelling {
    /// `task_` and 32 hex digits: the native routes, the store's owner, file names.
    Task,
    /// `video_` and 32 hex digits: the `OpenAI` Videos API.
    Video,
    /// A hyphenated UUID: xAI.
    Uuid,
}

impl Spelling {
    /// Reads an id in whichever spelling it is; upper-case digits are in none.
    pub fn parse(text: &str) -> Option<(TaskId, Self)> {
        if let Some(hex) = text.strip_prefix(VIDEO_PREFIX) {
            return TaskId::from_hex(hex).ok().map(|id| (id, Self::Video));
        }
        if text.len() == UUID_CHARS && UUID_HYPHENS.iter().all(|&at| text.as_bytes()[at] == b'-') {
            // With a hyphen elsewhere there are too few digits left.
            let hex: String = text.chars().filter(|&character| character != '-').collect();
            return TaskId::from_hex(&hex).ok().map(|id| (id, Self::Uuid));
        }
        text.parse().ok().map(|id| (id, Self::Task))
    }

    /// The text of an id.
    pub fn spell(self, id: TaskId) -> String {
        match self {
            Self::Task => id.to_string(),
            Self::Video => format!("{VIDEO_PREFIX}{}", id.hex()),
            Self::Uuid => {
                let mut text = id.hex();
                for at in UUID_HYPHENS {
                    text.insert(at, '-');
                }
                text
            }
        }
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "task_{:032x}", self.0)
    }
}

impl fmt::Debug for TaskId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// The text is not a task id in its native spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a task id: expected \"task_\" and 32 lower-case hex digits")]
pub struct InvalidTaskId;

impl FromStr for TaskId {
    type Err = InvalidTaskId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != TASK_ID_CHARS {
            return Err(InvalidTaskId);
        }
        Self::from_hex(text.strip_prefix("task_").ok_or(InvalidTaskId)?)
    }
}

macro_rules! row_id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, formatter)
            }
        }
    };
}

row_id! {
    /// An account's row number in the store.
    AccountId
}
row_id! {
    /// An API key's row number in the store.
    KeyId
}
row_id! {
    /// A group's row number in the store.
    GroupId
}
row_id! {
    /// A channel's row number in the store; 0 is the built-in preview renderer.
    ChannelId
}
row_id! {
    /// A webhook endpoint's row number in the store.
    EndpointId
}

impl ChannelId {
    /// The built-in preview renderer, which is no row.
    pub const PREVIEW: Self = Self(0);
}

/// Where new ids and random bytes come from. A field of the app, so that a test can replay a run.
pub trait IdSource: Send + Sync {
    /// A new task id; never the same twice.
    fn task_id(&self) -> TaskId;
    /// A new request id: `req_` and 24 hex digits.
    fn request_id(&self) -> String;
    /// Fills the buffer with random bytes, fit for secrets.
    fn fill(&self, bytes: &mut [u8]);
}
