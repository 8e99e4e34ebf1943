//! What a call says.

use serde::Deserialize;
use serde_json::Value;

use crate::task::Task;

/// Something that happened to a video, or a test.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// The same in every repetition and every replay: whoever has seen it has heard this before.
    pub id: String,
    /// When this attempt was made, in seconds since 1970.
    pub sent_at_seconds: i64,
    /// When it happened, e.g. `2026-06-01T00:00:12.345678Z` (RFC 3339, in UTC).
    pub happened_at: String,
    /// Its place among the events of its task: of two that came in the wrong order the smaller one
    /// happened first. 0 for a test.
    pub sequence: u32,
    /// What happened.
    pub happened: Happened,
}

/// What happened. The task is as it stands at the moment of the call, so that its links work.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Happened {
    /// `video.started`: the upstream began to make the video.
    Started(Box<Task>),
    /// `video.completed`: the video can be fetched from [`Task::result_url`].
    Completed(Box<Task>),
    /// `video.failed`: there will be no video; [`Task::fail_reason`] says why.
    Failed(Box<Task>),
    /// `video.canceled`: the task was called off.
    Canceled(Box<Task>),
    /// `video.expired`: the video's file is gone.
    Expired(Box<Task>),
    /// `webhook.test`: somebody tries whether the webhook hears.
    Test {
        /// The webhook's id.
        webhook_id: i64,
        /// A sentence for people.
        message: String,
    },
    /// Something that this version does not know. Take it with a 2xx and go on.
    Unknown {
        /// The word that says what happened.
        kind: String,
        /// What is told about it.
        data: Value,
    },
}

impl Happened {
    /// The task that it happened to, unless it is a test or unknown.
    pub fn task(&self) -> Option<&Task> {
        match self {
            Self::Started(task)
            | Self::Completed(task)
            | Self::Failed(task)
            | Self::Canceled(task)
            | Self::Expired(task) => Some(task),
            Self::Test { .. } | Self::Unknown { .. } => None,
        }
    }

    fn read(kind: String, data: Value) -> serde_json::Result<Self> {
        #[derive(Deserialize)]
        struct Test {
            webhook_id: i64,
            #[serde(default)]
            message: String,
        }
        let of_task: fn(Box<Task>) -> Self = match kind.as_str() {
            "video.started" => Self::Started,
            "video.completed" => Self::Completed,
            "video.failed" => Self::Failed,
            "video.canceled" => Self::Canceled,
            "video.expired" => Self::Expired,
            "webhook.test" => {
                let Test { webhook_id, message } = serde_json::from_value(data)?;
                return Ok(Self::Test { webhook_id, message });
            }
            _ => return Ok(Self::Unknown { kind, data }),
        };
        serde_json::from_value(data).map(of_task)
    }
}

impl Event {
    /// Reads a body whose signature fits.
    pub(super) fn read(id: &str, sent_at_seconds: i64, body: &[u8]) -> serde_json::Result<Self> {
        #[derive(Deserialize)]
        struct Body {
            #[serde(rename = "type")]
            kind: String,
            #[serde(default)]
            timestamp: String,
            #[serde(default)]
            sequence: u32,
            #[serde(default)]
            data: Value,
        }
        let Body { kind, timestamp, sequence, data } = serde_json::from_slice(body)?;
        let happened = Happened::read(kind, data)?;
        let id = id.to_owned();
        Ok(Self { id, sent_at_seconds, happened_at: timestamp, sequence, happened })
    }
}
