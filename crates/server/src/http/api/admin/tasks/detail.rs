//! `GET /api/admin/tasks/{task_id}`: all that is known of any task, with what only operators may read.

use axum::extract::State;
use axum::response::Response;
use rushes_domain::Timestamp;
use rushes_store::{TaskRow, Tx};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::HttpState;
use super::row::{Named, Names, Sums};
use crate::dialects::native::wire;
use crate::http::Http;
use crate::http::api::actor::Actor;
use crate::http::api::tasks::detail::{self, File, Image, Known, LogLine, Webhook};
use crate::http::api::tasks::row::Key;
use crate::http::api::tasks::{Owner, task_id};
use crate::http::api::view::{self, Money};
use crate::http::error::{HttpError, task_not_exist};
use crate::http::path::Segment;
use crate::openapi::{parameters, refusals, words};

/// All that is known of a task, for operators.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminTaskDetail)]
struct Detail {
    /// Always `admin_task_detail`.
    #[schema(pattern = "^admin_task_detail$")]
    object: &'static str,
    #[schema(value_type = wire::Data<'static>)]
    task: Box<RawValue>,
    #[schema(inline, value_type = words::TaskStateWord)]
    state: &'static str,
    /// As sent; null where the gateway has forgotten it.
    #[schema(required)]
    prompt: Option<String>,
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
    account: Named,
    /// Null before it was sent anywhere, and for previews.
    #[schema(required)]
    channel: Option<Named>,
    /// Channels that refused it before.
    refused_by: Vec<Named>,
    /// How often it was sent to an upstream.
    attempts: u32,
    /// The upstream's name for the job.
    #[schema(required)]
    upstream_id: Option<String>,
    /// What the job cost, or may have cost, you; null until it has ended.
    #[schema(required)]
    upstream_cost: Option<Money>,
    /// Whether that is by your price list, since the upstream named none.
    upstream_cost_estimated: bool,
    /// What was charged; null until it has ended.
    #[schema(required)]
    charged: Option<Money>,
    /// What is left of it; null for test keys, previews, and until it has ended.
    #[schema(required)]
    margin: Option<Money>,
    /// When its account deleted it, in seconds since 1970.
    #[schema(required)]
    deleted_at: Option<i64>,
    /// What only operators read of a failure; may hold the upstream's own words.
    #[schema(required)]
    failure_internal: Option<String>,
    /// When it was first sent to an upstream, in milliseconds since 1970.
    #[schema(required)]
    submitted_at_ms: Option<i64>,
    /// When the model began.
    #[schema(required)]
    started_at_ms: Option<i64>,
    /// When the upstream said that the video is ready.
    #[schema(required)]
    upstream_done_at_ms: Option<i64>,
    /// When it ended.
    #[schema(required)]
    finished_at_ms: Option<i64>,
    /// A body of `POST /v1/video/generations` that asks for the same.
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    request: Value,
    #[schema(value_type = wire::Envelope<'static>)]
    response: Box<RawValue>,
    /// What happened to it, oldest first, with channels and the upstream's ids.
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

/// All that is known of any task, deleted ones too.
#[utoipa::path(get, path = "/api/admin/tasks/{task_id}", operation_id = "getAnyTask",
    tag = "operators", params(parameters::TaskPath),
    responses((status = 200, body = Detail), refusals::ApiTask))]
pub(super) async fn show(
    State(http): HttpState,
    actor: Actor,
    Segment(id): Segment,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let id = task_id(&id)?;
    let read = move |tx: &mut Tx<'_>| {
        let row = rushes_store::task(tx, id)?.ok_or_else(task_not_exist)?;
        let names = Names::of(tx, std::slice::from_ref(&row))?;
        Ok((Known::of(tx, row)?, names))
    };
    let (known, names) = http.app.store.read(read).await?;
    view::ok(&tell(&http, known, &names).await?)
}

async fn tell(http: &Http, known: Known, names: &Names) -> Result<Detail, HttpError> {
    let row = known.row.clone();
    let holder = names.holder(&row)?;
    let owner = Owner { account_id: row.account_id, group_id: holder.group_id };
    let shown = detail::detail(http, owner, known, |_| true).await?;
    let Sums { charged, upstream_cost, margin } = Sums::of(&row);
    let refused = row.refused_by.iter().filter_map(|id| names.channels.get(id));
    Ok(Detail {
        object: "admin_task_detail",
        task: shown.task,
        state: shown.state,
        prompt: Some(shown.prompt).filter(|text| !text.is_empty()),
        mode: shown.mode,
        image_count: shown.image_count,
        key: shown.key,
        source: shown.source,
        dialect: shown.dialect,
        request_id: shown.request_id,
        took_ms: shown.took_ms,
        account: holder.named.clone(),
        channel: names.channel(&row),
        refused_by: refused.cloned().collect(),
        attempts: row.attempts,
        upstream_cost: upstream_cost.map(Money::from),
        upstream_cost_estimated: row.upstream_cost.is_none(),
        charged: charged.map(Money::from),
        margin: margin.map(Money::from),
        deleted_at: view::moment(row.hidden_at),
        failure_internal: internal(&row),
        submitted_at_ms: milliseconds(row.submitted_at),
        started_at_ms: milliseconds(row.started_at),
        upstream_done_at_ms: milliseconds(row.upstream_done_at),
        finished_at_ms: milliseconds(row.finished_at),
        upstream_id: row.upstream_id,
        request: shown.request,
        response: shown.response,
        log: shown.log,
        money: shown.money,
        images: shown.images,
        ignored_fields: shown.ignored_fields,
        client: shown.client,
        address: shown.address,
        file: shown.file,
        webhooks: shown.webhooks,
    })
}

fn internal(row: &TaskRow) -> Option<String> {
    let failure = row.failure.as_ref()?;
    Some(failure.internal.clone()).filter(|text| !text.is_empty())
}

fn milliseconds(at: Option<Timestamp>) -> Option<i64> {
    at.map(|at| at.ms_since(Timestamp(0)))
}
