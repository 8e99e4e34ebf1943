//! Tasks as the API shows them.
//!
//! Guarantees: only the id and the status are needed, which the shortest webhook has too; a missing
//! one among the others is its default, an unknown one is ignored, an unknown status word is "still
//! running".

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Where a task stands, in the API's words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TaskStatus {
    /// Held back by a limit.
    NotStart,
    /// Waiting for its turn.
    #[default]
    Queued,
    /// Handed over.
    Submitted,
    /// The video is being made, or stored.
    InProgress,
    /// The video is there.
    Success,
    /// No video came of it.
    Failure,
    /// A word that this version does not know; it counts as unfinished.
    Other(String),
}

impl TaskStatus {
    /// The word of the API.
    pub fn as_str(&self) -> &str {
        match self {
            Self::NotStart => "NOT_START",
            Self::Queued => "QUEUED",
            Self::Submitted => "SUBMITTED",
            Self::InProgress => "IN_PROGRESS",
            Self::Success => "SUCCESS",
            Self::Failure => "FAILURE",
            Self::Other(word) => word,
        }
    }

    /// True once the task cannot change any more.
    pub const fn is_finished(&self) -> bool {
        matches!(self, Self::Success | Self::Failure)
    }
}

impl From<String> for TaskStatus {
    fn from(word: String) -> Self {
        match word.as_str() {
            "NOT_START" => Self::NotStart,
            "QUEUED" => Self::Queued,
            "SUBMITTED" => Self::Submitted,
            "IN_PROGRESS" => Self::InProgress,
            "SUCCESS" => Self::Success,
            "FAILURE" => Self::Failure,
            _ => Self::Other(word),
        }
    }
}

impl<'de> Deserialize<'de> for TaskStatus {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

/// What a task costs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Cost {
    /// US dollars as a decimal number, e.g. `0.54`.
    pub amount: String,
    /// The same in units of 1e-10 dollars.
    pub ticks: String,
    /// `held`, `posted` or `voided`.
    pub state: String,
}

/// Why a task ended without a video.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct TaskError {
    /// The failure's code, e.g. `image_fetch_failed`.
    pub code: String,
    /// A sentence.
    pub message: String,
    /// Whether the same request may succeed when it is sent again.
    pub retryable: bool,
}

/// A task: the `data` object of a query, or an entry of the list.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct Task {
    /// `task_` and 32 hex digits.
    #[serde(rename = "task_id")]
    pub id: String,
    /// Where it stands.
    pub status: TaskStatus,
    /// As the API says it, e.g. `30%`. `100%` means that it ended, not that there is a video.
    #[serde(default)]
    pub progress: String,
    /// Where the video is; empty until [`TaskStatus::Success`].
    #[serde(default)]
    pub result_url: String,
    /// Why there is none; empty unless [`TaskStatus::Failure`].
    #[serde(default)]
    pub fail_reason: String,
    /// The model as the client named it.
    #[serde(default)]
    pub model: String,
    /// Length of the video in seconds.
    #[serde(default)]
    pub seconds: Option<u32>,
    /// For example `16:9`.
    #[serde(default)]
    pub aspect_ratio: Option<String>,
    /// For example `720p`.
    #[serde(default)]
    pub resolution: Option<String>,
    /// Width in pixels, once known.
    #[serde(default)]
    pub width: Option<u32>,
    /// Height in pixels, once known.
    #[serde(default)]
    pub height: Option<u32>,
    /// Seconds since the epoch.
    #[serde(default)]
    pub created_at: Option<i64>,
    /// When the work began.
    #[serde(default)]
    pub started_at: Option<i64>,
    /// When it ended.
    #[serde(default)]
    pub finished_at: Option<i64>,
    /// Until when the video is kept.
    #[serde(default)]
    pub expires_at: Option<i64>,
    /// Its place among those that wait, from 1 (the next one), while it waits.
    #[serde(default)]
    pub queue_position: Option<u32>,
    /// A still of the video.
    #[serde(default)]
    pub poster_url: Option<String>,
    /// What it costs.
    #[serde(default)]
    pub cost: Option<Cost>,
    /// The client's own pairs.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// `preview` for videos of the built-in preview renderer.
    #[serde(default)]
    pub provider: Option<String>,
    /// True once the video is no longer kept.
    #[serde(default)]
    pub result_expired: bool,
    /// Why there is no video.
    #[serde(default)]
    pub error: Option<TaskError>,
}

impl Task {
    /// The progress as a number from 0 to 100; 0 if it is not one.
    pub fn percent(&self) -> u8 {
        percent_of(&self.progress)
    }

    /// True if the video is there.
    pub fn is_success(&self) -> bool {
        self.status == TaskStatus::Success
    }

    /// The reason of a failure, never empty.
    pub(crate) fn fail_sentence(&self) -> &str {
        let from_error = self.error.as_ref().map_or("", |error| error.message.as_str());
        let texts = [self.fail_reason.as_str(), from_error];
        texts.into_iter().find(|text| !text.is_empty()).unwrap_or("the task failed")
    }
}

/// The number in `30%`, at most 100; 0 if there is none.
pub(crate) fn percent_of(text: &str) -> u8 {
    text.trim().trim_end_matches('%').parse::<u8>().unwrap_or(0).min(100)
}

/// A task that was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct Deleted {
    /// Which.
    pub id: String,
    /// True: it is out of sight, and its video is gone.
    #[serde(default)]
    pub deleted: bool,
}

/// Which tasks to list; the default is the newest of all.
///
/// ```
/// use rushes_sdk::ListQuery;
/// let query = ListQuery { limit: Some(5), status: Some("IN_PROGRESS".into()), ..ListQuery::default() };
/// ```
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListQuery {
    /// Tasks on a page, 1 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The last task of the page before ([`TaskPage::next_after`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// A status word, e.g. `SUCCESS`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// A model's id or alias.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// One page of the list, newest first.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct TaskPage {
    /// The tasks.
    pub data: Vec<Task>,
    /// Whether another page follows.
    #[serde(default)]
    pub has_more: bool,
    /// What to ask it with.
    #[serde(default)]
    pub next_after: Option<String>,
}
