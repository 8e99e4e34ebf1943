//! What is answered by code that knows no framework (the domain's), as schemas.
//!
//! Guarantees: the shapes are those that tests see answered (`tests/it/support/document.rs`).

use std::collections::BTreeMap;

use utoipa::openapi::schema::{AnyOfBuilder, Object, ObjectBuilder, Schema, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::words::{RefusalCode, RefusalType, StreamEventWord, TaskStreamWord};
use crate::dialects::{openai, xai};

/// Nothing but null.
pub(crate) fn null() -> Object {
    ObjectBuilder::new().schema_type(Type::Null).description(Some("Always null.")).build()
}

/// The body of every refusal.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
#[expect(clippy::struct_field_names, reason = "the wire's names")]
pub(crate) struct Error {
    #[schema(inline)]
    code: RefusalCode,
    /// As in `error`.
    #[schema(examples("prompt is required"))]
    message: String,
    #[schema(schema_with = null)]
    data: (),
    error: ErrorDetail,
}

/// What was wrong.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct ErrorDetail {
    #[schema(inline)]
    code: RefusalCode,
    /// What is wrong and what to do, for people.
    #[schema(examples("prompt is required"))]
    message: String,
    #[schema(inline)]
    r#type: RefusalType,
    /// The field to blame, if one is.
    #[schema(required, examples("prompt"))]
    param: Option<String>,
    /// Leads the gateway's operator to the log.
    #[schema(examples("req_0197f0c2a5d87b3c9e4f6a1b2c3d4e5f"))]
    request_id: String,
    /// The code's line in the table of errors.
    #[schema(format = "uri")]
    doc_url: String,
}

/// The models that this key may use.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct ModelList {
    /// Always `list`.
    #[schema(pattern = "^list$")]
    object: String,
    /// Always true.
    success: bool,
    data: Vec<Model>,
}

/// A model: what it offers, and what it costs.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct Model {
    #[schema(examples("grok-image-video"))]
    id: String,
    /// Always `model`.
    #[schema(pattern = "^model$")]
    object: String,
    /// Seconds since 1970.
    created: i64,
    owned_by: String,
    /// For people.
    name: String,
    /// For people.
    description: String,
    capabilities: Capabilities,
    pricing: Pricing,
}

/// What a model offers; a mode that it lacks is absent.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct Capabilities {
    text_to_video: Option<ModeLimits>,
    image_to_video: Option<ModeLimits>,
    reference_to_video: Option<ModeLimits>,
    #[schema(examples("16:9", "9:16"))]
    aspect_ratios: Vec<String>,
    #[schema(examples("480p", "720p"))]
    resolutions: Vec<String>,
}

/// What a model offers in one mode.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct ModeLimits {
    /// Longest video.
    max_seconds: u32,
    /// Most pictures.
    max_images: u32,
    /// The lengths to offer to people.
    seconds: Vec<u32>,
}

/// What a model costs, with the account's group worked in.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct Pricing {
    #[schema(examples("USD"))]
    currency: String,
    /// For each resolution, the dollars of a second.
    #[schema(examples("0.06"))]
    per_second: BTreeMap<String, String>,
    /// The dollars of a picture.
    #[schema(examples("0.005"))]
    per_image: String,
}

/// An event of a stream.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct StreamEvent {
    #[schema(inline)]
    event: StreamEventWord,
    /// What to send as `Last-Event-ID` when the stream breaks.
    #[schema(pattern = "^[0-9]+$", examples("3"))]
    id: String,
    /// JSON: `{"task_id","status","progress"}` and, in the queue, `queue_position`; with `end` the
    /// task as a query's `data` shows it.
    #[schema(content_media_type = "application/json")]
    data: String,
}

/// An event of the stream of all tasks.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct TaskStreamEvent {
    #[schema(inline)]
    event: TaskStreamWord,
    /// JSON: with `task` a row of `GET /api/tasks`, with `removed` `{"task_id"}`, with `reset` `{}`.
    #[schema(content_media_type = "application/json")]
    data: String,
}

/// That the gateway answers.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct Health {
    #[schema(examples("ok"))]
    status: String,
}

/// A video in the words of either dialect.
pub(crate) struct EitherVideo;

impl ToSchema for EitherVideo {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((openai::Video::name().into(), openai::Video::schema()));
        openai::Video::schemas(schemas);
        schemas.push((xai::Task::name().into(), xai::Task::schema()));
        xai::Task::schemas(schemas);
    }
}

impl PartialSchema for EitherVideo {
    fn schema() -> RefOr<Schema> {
        AnyOfBuilder::new()
            .item(Ref::from_schema_name(openai::Video::name()))
            .item(Ref::from_schema_name(xai::Task::name()))
            .description(Some(
                "`OpenaiVideo` for `video_…`, `task_…`, and the UUID of a video that was made in \
                 this dialect; `XaiVideo` for any other UUID.",
            ))
            .into()
    }
}
