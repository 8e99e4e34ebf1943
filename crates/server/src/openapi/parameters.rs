//! Parameters that several operations take.

use utoipa::IntoParams;

use super::words::{Order, TaskStatus, Variant};

/// A task by its id.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct TaskPath {
    /// `task_` and 32 lower-case hexadecimal digits, as the create answered.
    #[param(example = "task_0197f0c2a5d87b3c9e4f6a1b2c3d4e5f", max_length = 64)]
    task_id: String,
}

/// A task by its id in any spelling.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct VideoPath {
    /// `video_…` or `task_…` is answered in `OpenAI`'s words; a UUID in those of the dialect that
    /// the task was made in.
    #[param(example = "video_0197f0c2a5d87b3c9e4f6a1b2c3d4e5f", max_length = 64)]
    video_id: String,
}

/// A model by its name.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct ModelPath {
    /// The model's id, or an alias.
    #[param(example = "grok-image-video", max_length = 256)]
    model_id: String,
}

/// A wait for a task's end.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct Prefer {
    /// `wait=N` holds the answer until the task ends or N seconds (1 to 60) pass (RFC 7240). Other
    /// preferences are passed over.
    #[param(rename = "Prefer", example = "wait=30")]
    prefer: Option<String>,
}

/// What makes a create safe to repeat.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct IdempotencyKey {
    /// A text of your own (1 to 255 visible ASCII characters) that names this video. The same key
    /// with the same body gives the first answer again for seven days; with another body it is
    /// refused.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255)]
    #[param(pattern = "^[!-~]+$", example = "order-1042")]
    idempotency_key: Option<String>,
}

/// An account by its name.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct AccountPath {
    /// The account's name, or `id:` and its id.
    #[param(example = "lin")]
    account: String,
}

/// Which page of the tasks.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct TasksQuery {
    /// How many tasks.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
    /// The `next_after` of the page before.
    #[param(min_length = 1, example = "task_0197f0c2a5d87b3c9e4f6a1b2c3d4e5f")]
    after: Option<String>,
    /// Only tasks with this status.
    #[param(inline)]
    status: Option<TaskStatus>,
    /// Only tasks of this model, by its id or an alias.
    #[param(example = "grok-image-video")]
    model: Option<String>,
}

/// Which page of the videos.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct VideosQuery {
    /// How many videos.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
    /// The `last_id` of the page before.
    #[param(min_length = 1, example = "video_0197f0c2a5d87b3c9e4f6a1b2c3d4e5f")]
    after: Option<String>,
    /// `desc` is newest first.
    #[param(inline)]
    order: Option<Order>,
}

/// Which of a video's files.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct VariantQuery {
    /// `video` is the MP4, `thumbnail` a JPEG of its first picture.
    #[param(inline)]
    variant: Option<Variant>,
}

/// A file by its name; the rest of its link is the signature.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct FileLink {
    /// The task's id with `.mp4` or `.jpg`.
    #[param(example = "task_0197f0c2a5d87b3c9e4f6a1b2c3d4e5f.mp4")]
    name: String,
}

/// What makes a link of a file valid; the link of a task has it all.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct LinkQuery {
    /// Until when it works, in seconds since 1970.
    exp: i64,
    /// The key that it was signed with.
    kid: u32,
    /// The signature, in hexadecimal digits.
    #[param(pattern = "^[0-9a-f]{64}$")]
    sig: String,
}

/// Where a stream of events broke.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct LastEventId {
    /// The id of the last event that was heard: only what came after it is sent.
    #[param(rename = "Last-Event-ID", example = "3")]
    last_event_id: Option<String>,
}
