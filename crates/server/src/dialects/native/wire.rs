//! The shapes of the native dialect's answers.
//!
//! Guarantees: the order of the fields is that on the wire, the published document's first; what is
//! not known yet is absent, never null. The OpenAPI document is made from these types.

use rushes_domain::Ticks;
use rushes_domain::money::CostState;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::openapi::words;

/// The answer to a create.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedVideo)]
#[expect(clippy::struct_field_names, reason = "the wire's names")]
pub(crate) struct Created<'a> {
    /// The task.
    #[schema(pattern = "^task_[0-9a-f]{32}$", examples("task_0197f0c2a5d87b3c9e4f6a1b2c3d4e5f"))]
    pub(super) id: &'a str,
    /// The task: `task_` and 32 hexadecimal digits.
    #[schema(pattern = "^task_[0-9a-f]{32}$", examples("task_0197f0c2a5d87b3c9e4f6a1b2c3d4e5f"))]
    pub(super) task_id: &'a str,
    /// Always `video`.
    #[schema(pattern = "^video$")]
    pub(super) object: &'static str,
    /// The model as the request named it.
    #[schema(examples("grok-image-video"))]
    pub(super) model: &'a str,
    /// Always `queued`.
    #[schema(pattern = "^queued$")]
    pub(super) status: &'static str,
    /// Always 0.
    #[schema(maximum = 0)]
    pub(super) progress: u8,
    /// Seconds since 1970.
    pub(super) created_at: i64,
    /// The length, in seconds.
    pub(super) seconds: u32,
    /// What was asked for, if it was cut to what the mode allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seconds_requested: Option<u32>,
    /// The shape.
    #[schema(examples("16:9"))]
    pub(super) aspect_ratio: &'a str,
    /// The height in lines.
    #[schema(examples("720p"))]
    pub(super) resolution: &'a str,
    pub(super) cost: Cost,
}

/// A task that is gone.
#[derive(Serialize, ToSchema)]
#[schema(as = DeletedVideo)]
#[expect(clippy::struct_field_names, reason = "the wire's names")]
pub(crate) struct Deleted<'a> {
    /// The task.
    #[schema(pattern = "^task_[0-9a-f]{32}$", examples("task_0197f0c2a5d87b3c9e4f6a1b2c3d4e5f"))]
    pub(super) id: &'a str,
    /// The task: `task_` and 32 hexadecimal digits.
    #[schema(pattern = "^task_[0-9a-f]{32}$", examples("task_0197f0c2a5d87b3c9e4f6a1b2c3d4e5f"))]
    pub(super) task_id: &'a str,
    /// Always `video.deleted`.
    #[schema(pattern = r"^video\.deleted$")]
    pub(super) object: &'static str,
    /// Always true.
    pub(super) deleted: bool,
}

/// A task.
#[derive(Serialize, ToSchema)]
#[schema(as = VideoEnvelope)]
pub(crate) struct Envelope<'a> {
    /// Always `success`: the question was answered.
    #[schema(pattern = "^success$")]
    pub(super) code: &'static str,
    /// Always empty.
    #[schema(max_length = 0)]
    pub(super) message: &'static str,
    pub(super) data: Data<'a>,
    /// The task.
    #[schema(pattern = "^task_[0-9a-f]{32}$", examples("task_0197f0c2a5d87b3c9e4f6a1b2c3d4e5f"))]
    pub(super) id: &'a str,
    /// The task: `task_` and 32 hexadecimal digits.
    #[schema(pattern = "^task_[0-9a-f]{32}$", examples("task_0197f0c2a5d87b3c9e4f6a1b2c3d4e5f"))]
    pub(super) task_id: &'a str,
    #[schema(inline, value_type = words::TaskStatusLower)]
    pub(super) status: &'static str,
    /// The same as `result_url`.
    pub(super) url: &'a str,
    /// The same as `result_url`.
    pub(super) video_url: &'a str,
    /// The link of the MP4, which works for an hour and needs no key; empty until `SUCCESS`.
    pub(super) result_url: &'a str,
    /// Why it failed; absent unless it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<TopError<'a>>,
}

/// A page of tasks, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = VideoList)]
pub(crate) struct List<'a> {
    /// Always `list`.
    #[schema(pattern = "^list$")]
    pub(super) object: &'static str,
    /// Newest first.
    pub(super) data: Vec<Data<'a>>,
    /// Whether there is another page.
    pub(super) has_more: bool,
    /// What to send as `after` for it; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_after: Option<&'a str>,
}

/// A task: the published document's five fields, the additions, and other names for them.
#[derive(Serialize, ToSchema)]
#[schema(as = Video)]
#[expect(clippy::struct_field_names, reason = "the wire's names")]
pub(crate) struct Data<'a> {
    // The published document's five.
    /// The task: `task_` and 32 hexadecimal digits.
    #[schema(pattern = "^task_[0-9a-f]{32}$", examples("task_0197f0c2a5d87b3c9e4f6a1b2c3d4e5f"))]
    pub(super) task_id: &'a str,
    #[schema(inline, value_type = words::TaskStatus)]
    pub(super) status: &'static str,
    /// From `0%` to `100%`, never falling.
    #[schema(pattern = "^(100|[0-9]{1,2})%$", examples("40%"))]
    pub(super) progress: &'a str,
    /// The link of the MP4, which works for an hour and needs no key; empty until `SUCCESS`.
    pub(super) result_url: &'a str,
    /// Why it failed; empty unless it did.
    pub(super) fail_reason: &'a str,
    // Ours.
    /// The task.
    #[schema(pattern = "^task_[0-9a-f]{32}$", examples("task_0197f0c2a5d87b3c9e4f6a1b2c3d4e5f"))]
    pub(super) id: &'a str,
    /// Always `video`.
    #[schema(pattern = "^video$")]
    pub(super) object: &'static str,
    /// The model as the request named it.
    #[schema(examples("grok-image-video"))]
    pub(super) model: &'a str,
    /// The length, in seconds.
    pub(super) seconds: u32,
    /// What was asked for, if it was cut to what the mode allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seconds_requested: Option<u32>,
    /// The shape.
    #[schema(examples("16:9"))]
    pub(super) aspect_ratio: &'a str,
    /// The height in lines.
    #[schema(examples("720p"))]
    pub(super) resolution: &'a str,
    /// In pixels.
    pub(super) width: u32,
    /// In pixels.
    pub(super) height: u32,
    /// Seconds since 1970.
    pub(super) created_at: i64,
    /// When the model began, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) started_at: Option<i64>,
    /// When it ended, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) finished_at: Option<i64>,
    /// Until when the file is kept, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expires_at: Option<i64>,
    /// True once the file is no longer kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) result_expired: Option<bool>,
    /// The link of a JPEG of a frame near the start, as large as the video.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) poster_url: Option<&'a str>,
    /// The place in the queue, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) queue_position: Option<u32>,
    pub(super) cost: Cost,
    /// Your own pairs, as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    pub(super) metadata: Option<InOrder<'a>>,
    /// `preview` for videos of the built-in renderer, which is no AI model; else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("preview"))]
    pub(super) provider: Option<&'a str>,
    /// Why it failed; absent unless it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<DataError<'a>>,
    // Other names that clients of this family read.
    /// The same as `result_url`.
    pub(super) url: &'a str,
    /// The same as `result_url`.
    pub(super) video_url: &'a str,
    /// The same as `result_url`.
    pub(super) output: &'a str,
    /// The same as `created_at`.
    pub(super) submit_time: i64,
    /// The same as `started_at`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) start_time: Option<i64>,
    /// The same as `finished_at`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) finish_time: Option<i64>,
    pub(super) data: Nested<'a>,
}

/// The same once more, for clients that look there.
#[derive(Serialize, ToSchema)]
#[schema(as = NestedVideo)]
pub(crate) struct Nested<'a> {
    /// The task.
    #[schema(pattern = "^task_[0-9a-f]{32}$", examples("task_0197f0c2a5d87b3c9e4f6a1b2c3d4e5f"))]
    pub(super) id: &'a str,
    #[schema(inline, value_type = words::TaskStatusNested)]
    pub(super) status: &'static str,
    pub(super) content: Content<'a>,
    /// The same as `result_url`.
    pub(super) video_url: &'a str,
    /// The same as `result_url`.
    pub(super) url: &'a str,
    /// The same as `result_url`.
    pub(super) output: &'a str,
    /// Why it failed; absent unless it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<Message<'a>>,
}

/// The video.
#[derive(Serialize, ToSchema)]
#[schema(as = NestedContent)]
pub(crate) struct Content<'a> {
    /// The same as `result_url`.
    pub(super) video_url: &'a str,
}

/// Why the task failed.
#[derive(Serialize, ToSchema)]
#[schema(as = NestedError)]
pub(crate) struct Message<'a> {
    /// A sentence for people.
    pub(super) message: &'a str,
}

/// Why the task failed.
#[derive(Serialize, ToSchema)]
#[schema(as = VideoError)]
pub(crate) struct TopError<'a> {
    #[schema(inline, value_type = words::TaskFailureCode)]
    pub(super) code: &'static str,
    /// A sentence for people.
    pub(super) message: &'a str,
}

/// Why the task failed.
#[derive(Serialize, ToSchema)]
#[schema(as = VideoFailure)]
pub(crate) struct DataError<'a> {
    #[schema(inline, value_type = words::TaskFailureCode)]
    pub(super) code: &'static str,
    /// A sentence for people.
    pub(super) message: &'a str,
    /// Whether the same request may succeed later.
    pub(super) retryable: bool,
}

/// What the task costs now; strings, since neither fits a JavaScript number safely.
#[derive(Serialize, ToSchema)]
pub(crate) struct Cost {
    /// US dollars, with 2 to 10 decimals.
    #[schema(pattern = r"^[0-9]+\.[0-9]{2,10}$", examples("0.54"))]
    amount: String,
    /// The same in units of 1e-10 dollar.
    #[schema(pattern = "^[0-9]+$", examples("5400000000"))]
    ticks: String,
    #[schema(inline, value_type = words::CostStateWord)]
    state: &'static str,
}

impl Cost {
    /// A price and what has become of it.
    pub(crate) fn of(price: Ticks, state: CostState) -> Self {
        let now = if state == CostState::Voided { Ticks::ZERO } else { price };
        Self { amount: now.to_string(), ticks: now.0.to_string(), state: state.as_str() }
    }
}

/// Ordered pairs as an object.
pub(crate) struct InOrder<'a>(pub(super) &'a [(String, String)]);

impl Serialize for InOrder<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
