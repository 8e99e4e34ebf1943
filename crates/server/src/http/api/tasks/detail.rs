//! `GET /api/tasks/{task_id}`: all that is known of one of the account's tasks.
//!
//! Guarantees: a task of another account is one that does not exist. Of the log a customer sees what
//! happened and when, and of a failure its public code; never a channel, an upstream's id for the
//! job, or an internal reason. Where the gateway keeps nothing of a person after a task's end
//! (`privacy`), the addresses of its pictures are left out too.

use axum::extract::State;
use axum::response::Response;
use rushes_domain::job::Mode;
use rushes_store::keys::KeyLabel;
use rushes_store::webhooks::deliveries::{deliveries_of_task, last_status};
use rushes_store::{
    DeliveryRow, ImageKind, ImageRow, PRIVACY_SETTING, ResultRow, StateLogRow, StoreError, TaskRow,
    Transfer, Tx,
};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::row::{Key, Row};
use super::{HttpState, Owner, task_id};
use crate::dialects::native::{self, wire};
use crate::dialects::view::View;
use crate::http::Http;
use crate::http::api::actor::Actor;
use crate::http::api::view;
use crate::http::error::{HttpError, task_not_exist};
use crate::http::path::Segment;
use crate::openapi::{parameters, refusals, words};

/// All that is known of a task.
#[derive(Serialize, ToSchema)]
#[schema(as = TaskDetail)]
pub(in crate::http::api) struct Detail {
    /// Always `task_detail`.
    #[schema(pattern = "^task_detail$")]
    object: &'static str,
    #[schema(value_type = wire::Data<'static>)]
    task: Box<RawValue>,
    #[schema(inline, value_type = words::TaskStateWord)]
    state: &'static str,
    /// As sent; empty where the gateway forgets it at the task's end.
    prompt: String,
    #[schema(inline, value_type = words::ModeWord)]
    mode: &'static str,
    /// How many pictures came with it.
    image_count: u32,
    key: Key,
    #[schema(inline, value_type = words::TaskSourceWord)]
    source: String,
    #[schema(inline, value_type = words::DialectWord)]
    dialect: &'static str,
    /// The id of the request that made it.
    request_id: String,
    /// From the create to the end, in milliseconds; null until then.
    #[schema(required)]
    took_ms: Option<i64>,
    /// A body of `POST /v1/video/generations` that asks for the same; a picture that came with the
    /// request is a note in its place.
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    request: Value,
    #[schema(value_type = wire::Envelope<'static>)]
    response: Box<RawValue>,
    /// What happened to it, oldest first.
    log: Vec<LogLine>,
    /// What was booked about it, oldest first.
    money: Vec<view::Transfer>,
    images: Vec<Image>,
    /// Fields of the request that nobody looked at.
    ignored_fields: Vec<String>,
    /// The program that sent it, as it calls itself.
    #[schema(required)]
    client: Option<String>,
    /// From where it was sent.
    #[schema(required)]
    address: Option<String>,
    /// The video's file; null until there is one.
    #[schema(required)]
    file: Option<File>,
    /// What was sent about it to webhooks.
    webhooks: Vec<Webhook>,
}

/// A change of a task.
#[derive(Serialize, ToSchema)]
#[schema(as = TaskLogLine)]
struct LogLine {
    /// When, in milliseconds since 1970.
    at_ms: i64,
    /// What happened.
    #[schema(examples("submit_accepted"))]
    event: String,
    #[schema(inline, value_type = words::TaskStateWord)]
    state: &'static str,
    #[schema(inline, value_type = words::TaskStatus)]
    status: &'static str,
    /// The code of a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// A picture of the request.
#[derive(Serialize, ToSchema)]
#[schema(as = TaskImage)]
struct Image {
    #[schema(inline, value_type = words::ImageSourceWord)]
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("image/png"))]
    mime: Option<String>,
}

/// A video's file.
#[derive(Serialize, ToSchema)]
#[schema(as = TaskFile)]
struct File {
    /// In pixels.
    width: u32,
    /// In pixels.
    height: u32,
    bytes: u64,
    duration_ms: u64,
    /// In hexadecimal digits.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    sha256: String,
    /// In seconds since 1970.
    kept_until: i64,
    /// When it was removed, in seconds since 1970.
    #[schema(required)]
    removed_at: Option<i64>,
}

/// What was sent about a task.
#[derive(Serialize, ToSchema)]
#[schema(as = TaskWebhook)]
struct Webhook {
    endpoint_id: i64,
    /// The delivery.
    #[schema(examples("dlv_0197f0c2a5d87b3c9e4f6a1b2c3d4e5f_2_7"))]
    id: String,
    #[schema(inline, value_type = words::DeliveryEventWord)]
    event: &'static str,
    #[schema(inline, value_type = words::DeliveryStatusWord)]
    state: &'static str,
    /// What the latest attempt was answered with; null if it was not.
    #[schema(required)]
    last_status: Option<u16>,
}

/// What the store knows.
pub(in crate::http::api) struct Known {
    pub(in crate::http::api) row: TaskRow,
    pub(in crate::http::api) label: Option<KeyLabel>,
    pub(in crate::http::api) log: Vec<StateLogRow>,
    money: Vec<Transfer>,
    images: Vec<ImageRow>,
    webhooks: Vec<(DeliveryRow, Option<u16>)>,
}

/// All that is known of one of your tasks.
#[utoipa::path(get, path = "/api/tasks/{task_id}", operation_id = "getTask", tag = "tasks",
    params(parameters::TaskPath),
    responses((status = 200, body = Detail), refusals::ApiTask))]
pub(super) async fn show(
    State(http): HttpState,
    actor: Actor,
    Segment(id): Segment,
) -> Result<Response, HttpError> {
    let (owner, id) = (Owner::of(&actor)?, task_id(&id)?);
    let read = move |tx: &mut Tx<'_>| {
        let row = rushes_store::task(tx, id)?
            .filter(|row| row.account_id == owner.account_id && row.hidden_at.is_none())
            .ok_or_else(task_not_exist)?;
        known(tx, row)
    };
    let known = http.app.store.read(read).await?;
    view::ok(&detail(&http, owner, known).await?)
}

/// All that the store knows of a task.
pub(in crate::http::api) fn known(tx: &mut Tx<'_>, row: TaskRow) -> Result<Known, StoreError> {
    let id = row.id;
    let mut images = rushes_store::images(tx, id)?;
    let is_private = rushes_store::setting(tx, PRIVACY_SETTING)?.as_deref() == Some("on");
    if is_private && row.state.is_terminal() {
        for image in &mut images {
            image.url = None;
        }
    }
    let deliveries = deliveries_of_task(tx, id)?.into_iter();
    let with_status = deliveries.map(|row| last_status(tx, &row.id).map(|status| (row, status)));
    let webhooks = with_status.collect::<Result<_, _>>()?;
    Ok(Known {
        label: rushes_store::keys::label_of(tx, row.key_id)?,
        log: rushes_store::state_log(tx, id)?,
        money: rushes_store::ledger::story_of(tx, id)?,
        row,
        images,
        webhooks,
    })
}

/// How that looks to its account.
pub(in crate::http::api) async fn detail(
    http: &Http,
    owner: Owner,
    known: Known,
) -> Result<Detail, HttpError> {
    let app = &http.app;
    let row = &known.row;
    let view = View {
        row,
        links: &app.links,
        now: app.clock.now(),
        queue_position: http.positions.of(&app.store, row).await?,
        is_held_back: app.channels.holds_back(row, owner.group_id),
    };
    let shown = Row::of(http, owner.group_id, row, known.label.as_ref())?;
    let response = native::envelope_text(&view).and_then(RawValue::from_string);
    Ok(Detail {
        object: "task_detail",
        task: shown.task,
        state: shown.state,
        prompt: shown.prompt,
        mode: shown.mode,
        image_count: shown.image_count,
        key: shown.key,
        source: shown.source,
        dialect: shown.dialect,
        request_id: shown.request_id,
        took_ms: shown.took_ms,
        request: request(row, &known.images),
        response: response.map_err(|source| HttpError::internal(&source))?,
        log: known.log.iter().map(|line| LogLine::of(line, row)).collect(),
        money: known.money.iter().map(view::Transfer::from).collect(),
        images: known.images.iter().map(Image::from).collect(),
        ignored_fields: row.ignored_fields.clone(),
        client: row.user_agent.clone(),
        address: row.client_address.clone(),
        file: row.result.as_ref().map(File::from),
        webhooks: known.webhooks.iter().map(Webhook::from).collect(),
    })
}

/// The body that asks for the same.
fn request(row: &TaskRow, images: &[ImageRow]) -> Value {
    let mut body = Map::new();
    body.insert("model".into(), json!(row.model_name));
    body.insert("prompt".into(), json!(row.prompt));
    body.insert("seconds".into(), json!(row.seconds_requested));
    body.insert("aspect_ratio".into(), json!(row.aspect_ratio));
    body.insert("resolution".into(), json!(row.resolution));
    let pictures: Vec<Value> = images.iter().map(picture).collect();
    match row.mode {
        Mode::TextToVideo => {}
        Mode::ImageToVideo => {
            let first = pictures.into_iter().next().unwrap_or_default();
            body.insert("input_reference".into(), first);
        }
        Mode::ReferenceToVideo => {
            body.insert("reference_images".into(), pictures.into());
        }
    }
    if !row.metadata.is_empty() {
        let pairs = row.metadata.iter().map(|(name, value)| (name.clone(), json!(value)));
        body.insert("metadata".into(), pairs.collect::<Map<_, _>>().into());
    }
    if let Some(url) = &row.callback_url {
        body.insert("callback_url".into(), json!(url));
    }
    if let Ok(Value::Object(options)) = serde_json::to_value(&row.options) {
        for (name, value) in options {
            // A decimal number that is kept as its text.
            let number = value.as_str().filter(|_| name == "guidance_scale");
            let number = number.and_then(|text| text.parse::<serde_json::Number>().ok());
            body.insert(name, number.map_or(value, Value::Number));
        }
    }
    Value::Object(body)
}

/// A picture's address, or a note in its place.
fn picture(image: &ImageRow) -> Value {
    match (&image.url, image.source) {
        (Some(url), _) => json!(url),
        (None, ImageKind::Url) => json!("(an address that is not kept)"),
        (None, ImageKind::Inline) => {
            let mime = image.mime.as_deref().unwrap_or("image");
            let bytes = image.bytes_len.unwrap_or_default();
            json!(format!("({mime} of {bytes} bytes that came with the request)"))
        }
    }
}

impl LogLine {
    fn of(line: &StateLogRow, row: &TaskRow) -> Self {
        let has_begun = row.started_at.is_some_and(|at| at <= line.at);
        // Beside a failure's code the log has channels and upstreams' ids, which are for operators.
        let is_public = matches!(line.event.as_str(), "failed" | "cancelled");
        Self {
            at_ms: line.at.ms_since(rushes_domain::Timestamp(0)),
            event: line.event.clone(),
            state: super::filter::state_word(line.state),
            status: native::word_of_state(line.state, has_begun),
            detail: Some(line.detail.clone()).filter(|text| is_public && !text.is_empty()),
        }
    }
}

impl From<&ImageRow> for Image {
    fn from(row: &ImageRow) -> Self {
        Self {
            source: if row.source == ImageKind::Inline { "inline" } else { "url" },
            url: row.url.clone(),
            bytes: row.bytes_len,
            mime: row.mime.clone(),
        }
    }
}

impl From<&ResultRow> for File {
    fn from(row: &ResultRow) -> Self {
        Self {
            width: row.width,
            height: row.height,
            bytes: row.bytes,
            duration_ms: row.duration_ms,
            sha256: row.sha256_hex.clone(),
            kept_until: row.expires_at.unix_seconds(),
            removed_at: view::moment(row.removed_at),
        }
    }
}

impl From<&(DeliveryRow, Option<u16>)> for Webhook {
    fn from((row, last_status): &(DeliveryRow, Option<u16>)) -> Self {
        Self {
            endpoint_id: row.endpoint_id.0,
            id: row.id.clone(),
            event: row.event_type.as_str(),
            state: row.status.as_str(),
            last_status: *last_status,
        }
    }
}
