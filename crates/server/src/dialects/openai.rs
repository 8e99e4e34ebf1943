//! The dialect of the `OpenAI` Videos API: `/v1/videos` and what is below it.
//!
//! Guarantees: ids are `video_…`, `seconds` is text, `progress` a whole number, and all thirteen
//! fields of the video object are always there, null where they have nothing to say; `url` and
//! `video_url` are ours, for clients that do not ask for the content. No object has a `code` of its
//! own. Errors have the body of all other errors, whose `error` is this family's. Not here: remixes,
//! edits, extensions, characters.

use rushes_domain::catalogue::dimensions;
use rushes_domain::request::VideoRequest;
use rushes_domain::request::json::{Pairs, Value};
use rushes_domain::{ApiError, Dialect, State, TaskId};
use rushes_store::{NewTask, TaskRow};
use serde::Serialize;
use utoipa::ToSchema;

use super::view::View;
use crate::openapi::models::null;
use crate::openapi::words;

/// The sizes of this family, and what they mean in ours. What a model does not offer becomes the
/// nearest that it does, as with any size; sizes that are not here are read by their pixels.
pub const SIZES: [(&str, &str, &str); 6] = [
    ("720x1280", "9:16", "720p"),
    ("1280x720", "16:9", "720p"),
    ("1024x1792", "9:16", "1080p"),
    ("1792x1024", "16:9", "1080p"),
    ("1080x1920", "9:16", "1080p"),
    ("1920x1080", "16:9", "1080p"),
];
/// Fields of this family that nobody here can follow, and what to do about it.
pub const REFUSED: [(&str, &str); 5] = [
    ("characters", "characters are not kept; send a picture in input_reference"),
    ("video", "videos are made from a prompt and images only; leave it out"),
    ("image_reference", "send the picture in input_reference"),
    ("video_reference", "videos are made from a prompt and images only; leave it out"),
    ("audio_reference", "voices and sounds cannot be given; leave it out"),
];
/// Longest list that is expected, in bytes for a task; more only grows the buffer.
const VIDEO_BYTES: usize = 1024;

/// The request behind a body's fields. Those of the native dialect mean the same here; the defaults
/// are this family's.
pub fn request(mut pairs: Pairs<'_>) -> VideoRequest {
    for (name, value) in &mut pairs {
        if name == "size" {
            translate_size(value);
        }
    }
    let refused = REFUSED
        .iter()
        .find(|(field, _)| pairs.iter().any(|(name, value)| name == field && !value.is_absent()));
    let request = VideoRequest::with_defaults(pairs, Dialect::Openai.defaults());
    match refused {
        Some((field, advice)) => request
            .refused(ApiError::invalid(*field, format!("{field} is not supported: {advice}"))),
        None => request,
    }
}

/// A size of the table in pixels of the ratio that it stands for.
fn translate_size(value: &mut Value<'_>) {
    let Value::String(asked) = value else { return };
    let known = SIZES.iter().find(|(size, _, _)| *size == asked.trim());
    if let Some((width, height)) =
        known.and_then(|(_, ratio, resolution)| dimensions(ratio, resolution))
    {
        *asked = format!("{width}x{height}").into();
    }
}

/// The body of the answer to a create.
pub fn created(task: &NewTask) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&Video {
        id: spell(task.id),
        object: "video",
        model: &task.model_name,
        status: "queued",
        progress: 0,
        created_at: task.now.unix_seconds(),
        completed_at: None,
        expires_at: None,
        prompt: Some(&task.prompt),
        seconds: task.seconds.to_string(),
        size: size(task.width, task.height),
        remixed_from_video_id: None,
        error: None,
        url: String::new(),
        video_url: String::new(),
    })
}

/// The body of the answer to a query.
pub fn task(view: &View<'_>) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&video(view))
}

/// The body of the answer to a delete; `id` is the text by which the task was named.
pub fn deleted(id: &str) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&Deleted { id, object: "video.deleted", deleted: true })
}

/// The body of a list.
pub fn list(views: &[View<'_>], has_more: bool) -> serde_json::Result<Vec<u8>> {
    let id_of = |view: &View<'_>| spell(view.row.id);
    let mut body = Vec::with_capacity(VIDEO_BYTES * views.len());
    let list = List {
        object: "list",
        data: views.iter().map(video).collect(),
        has_more,
        first_id: views.first().map(id_of),
        last_id: views.last().map(id_of),
    };
    serde_json::to_writer(&mut body, &list)?;
    Ok(body)
}

fn video<'a>(view: &View<'a>) -> Video<'a> {
    let row = view.row;
    let url = view.url();
    Video {
        id: spell(row.id),
        object: "video",
        model: &row.model_name,
        status: status(row),
        progress: view.percent(),
        created_at: row.created_at.unix_seconds(),
        completed_at: row.finished_at.map(rushes_domain::Timestamp::unix_seconds),
        expires_at: view.result().map(|result| result.expires_at.unix_seconds()),
        // Forgotten, if the operator wants it so.
        prompt: Some(row.prompt.as_str()).filter(|prompt| !prompt.is_empty()),
        seconds: row.seconds.to_string(),
        size: size(row.width, row.height),
        remixed_from_video_id: None,
        error: row
            .failure
            .as_ref()
            .map(|failure| Error { code: failure.code.as_str(), message: &failure.reason }),
        url: url.clone(),
        video_url: url,
    }
}

fn status(row: &TaskRow) -> &'static str {
    match row.state {
        State::Parked | State::Queued | State::Submitting => "queued",
        State::Running if row.started_at.is_none() => "queued",
        State::Running | State::Finalizing => "in_progress",
        State::Succeeded => "completed",
        State::Failed | State::Cancelled => "failed",
    }
}

fn spell(id: TaskId) -> String {
    Dialect::Openai.spelling().spell(id)
}

fn size(width: u32, height: u32) -> String {
    format!("{width}x{height}")
}

/// A video.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenaiVideo)]
#[expect(clippy::struct_field_names, reason = "the wire's names")]
pub(crate) struct Video<'a> {
    /// `video_` and 32 hexadecimal digits.
    #[schema(pattern = "^video_[0-9a-f]{32}$", examples("video_0197f0c2a5d87b3c9e4f6a1b2c3d4e5f"))]
    id: String,
    /// Always `video`.
    #[schema(pattern = "^video$")]
    object: &'static str,
    /// The model as the request named it.
    #[schema(examples("sora-2"))]
    model: &'a str,
    #[schema(inline, value_type = words::OpenaiStatus)]
    status: &'static str,
    /// Per cent.
    #[schema(maximum = 100)]
    progress: u8,
    /// Seconds since 1970.
    created_at: i64,
    /// Seconds since 1970; null until the end.
    #[schema(required)]
    completed_at: Option<i64>,
    /// Until when the file is kept, in seconds since 1970; null without one.
    #[schema(required)]
    expires_at: Option<i64>,
    /// Null if the operator keeps none.
    #[schema(required)]
    prompt: Option<&'a str>,
    /// The length, as text.
    #[schema(pattern = "^[0-9]+$", examples("4"))]
    seconds: String,
    /// Pixels.
    #[schema(pattern = "^[0-9]+x[0-9]+$", examples("720x1280"))]
    size: String,
    #[schema(required, schema_with = null)]
    remixed_from_video_id: Option<()>,
    /// Why it failed; null unless it did.
    #[schema(required)]
    error: Option<Error<'a>>,
    // Ours.
    /// The link of the MP4; empty until `completed`.
    url: String,
    /// The same as `url`.
    video_url: String,
}

/// Why it failed.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenaiError)]
pub(crate) struct Error<'a> {
    #[schema(inline, value_type = words::TaskFailureCode)]
    code: &'static str,
    /// A sentence for people.
    message: &'a str,
}

/// A video that is gone.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenaiDeleted)]
#[expect(clippy::struct_field_names, reason = "the wire's names")]
pub(crate) struct Deleted<'a> {
    /// As it was named.
    #[schema(
        pattern = "^(video|task)_[0-9a-f]{32}$|^[0-9a-f-]{36}$",
        examples("video_0197f0c2a5d87b3c9e4f6a1b2c3d4e5f")
    )]
    id: &'a str,
    /// Always `video.deleted`.
    #[schema(pattern = r"^video\.deleted$")]
    object: &'static str,
    /// Always true.
    deleted: bool,
}

/// A page of videos.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenaiVideoList)]
pub(crate) struct List<'a> {
    /// Always `list`.
    #[schema(pattern = "^list$")]
    object: &'static str,
    data: Vec<Video<'a>>,
    /// Whether there is another page.
    has_more: bool,
    /// The first of this page; null if it is empty.
    #[schema(required)]
    first_id: Option<String>,
    /// What to send as `after` for the next page; null if this one is empty.
    #[schema(required)]
    last_id: Option<String>,
}

#[cfg(test)]
mod tests;
