//! A task's row: its columns in one order, for writing and for reading.

use std::sync::LazyLock;

use rushes_domain::account::KeyKind;
use rushes_domain::directive::Directives;
use rushes_domain::job::{EngineOptions, Mode};
use rushes_domain::money::CostState;
use rushes_domain::route::Lane;
use rushes_domain::{
    AccountId, ChannelId, Dialect, Failure, KeyId, State, TaskId, Ticks, Timestamp,
};

use crate::error::StoreError;
use crate::tx::{Row, Tx};
use crate::value::Value;

/// A task as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRow {
    /// The task's id.
    pub id: TaskId,
    /// Whose task it is.
    pub account_id: AccountId,
    /// The key that made it.
    pub key_id: KeyId,
    /// Whether that key is a live or a test key.
    pub key_kind: KeyKind,
    /// Where the task stands.
    pub state: State,
    /// Grows with every change of the row that a reader can see.
    pub version: i64,
    /// The model's canonical id.
    pub model_id: String,
    /// The model as the client named it.
    pub model_name: String,
    /// The prompt as sent.
    pub prompt: String,
    /// How the images are used.
    pub mode: Mode,
    /// Length of the video in seconds.
    pub seconds: u32,
    /// Length that was asked for, in seconds.
    pub seconds_requested: u32,
    /// For example `16:9`.
    pub aspect_ratio: String,
    /// For example `720p`.
    pub resolution: String,
    /// Width asked for, in pixels.
    pub width: u32,
    /// Height asked for, in pixels.
    pub height: u32,
    /// How many images came with the request.
    pub image_count: u32,
    /// The client's own pairs.
    pub metadata: Vec<(String, String)>,
    /// Unknown fields of the request.
    pub ignored_fields: Vec<String>,
    /// What a test prompt asks of the preview renderer.
    pub directives: Directives,
    /// What is held, or was paid, or was given back: see `cost_state`.
    pub price: Ticks,
    /// The version of the prices that it was priced with.
    pub price_version: i64,
    /// The month in which its key's budget counts it, as `Timestamp::utc_month` counts.
    pub spend_month: i64,
    /// What became of the price.
    pub cost_state: CostState,
    /// What the upstream charged us, if it said so; never enters the ledger.
    pub upstream_cost: Option<Ticks>,
    /// What the channel's terms say that the job costs us; none for previews.
    pub expected_cost: Option<Ticks>,
    /// The provider that makes the video; empty until a channel was chosen.
    pub provider: String,
    /// Who has it; [`ChannelId::PREVIEW`] for previews, and for tasks that nobody has.
    pub channel_id: ChannelId,
    /// The queue that it waits in, or waited in last.
    pub lane: Lane,
    /// Channels that refused it in a row.
    pub refused_by: Vec<ChannelId>,
    /// Gateways that the request had passed before this one.
    pub hops: u32,
    /// Settings for engines that know them.
    pub options: EngineOptions,
    /// The door the request came through.
    pub door: String,
    /// The dialect of the request.
    pub dialect: Dialect,
    /// The caller's address.
    pub client_address: Option<String>,
    /// The caller's `User-Agent`.
    pub user_agent: Option<String>,
    /// The id of the request that made the task.
    pub request_id: String,
    /// Where its own events go, beside the account's endpoints.
    pub callback_url: Option<String>,
    /// How long it may run after it was submitted, in milliseconds.
    pub run_timeout_ms: i64,
    /// How long it may wait before it is submitted, in milliseconds.
    pub queue_timeout_ms: i64,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it got a slot of its account; none while it is parked for the first time.
    pub queued_at: Option<Timestamp>,
    /// When it was first sent to an upstream that may have taken it.
    pub submitted_at: Option<Timestamp>,
    /// When the upstream first said that it is under way.
    pub started_at: Option<Timestamp>,
    /// When the upstream said that the video is ready.
    pub upstream_done_at: Option<Timestamp>,
    /// When it ended; set exactly in the terminal states.
    pub finished_at: Option<Timestamp>,
    /// When its time is over.
    pub deadline_at: Timestamp,
    /// When its time to wait is over: its deadline while nobody may have it.
    pub queue_deadline_at: Timestamp,
    /// When a worker should look at it next; none while it is parked or ended. While it is leased,
    /// the lease's end.
    pub next_run_at: Option<Timestamp>,
    /// Until when a worker has it for itself; 0 if nobody has.
    pub lease_until: Timestamp,
    /// Grows with every claim and with every move from outside.
    pub lease_epoch: i64,
    /// Submits that may have reached an upstream.
    pub attempts: u32,
    /// Submits in a row that provably did not.
    pub deferrals: u32,
    /// Failed tries to fetch or store the video.
    pub finalize_attempts: u32,
    /// Polls in a row to which the upstream did not know the job.
    pub poll_misses: u32,
    /// When the first of these was.
    pub poll_missed_since: Option<Timestamp>,
    /// Polls in a row that failed.
    pub poll_failures: u32,
    /// Progress; never falls, below 100 until the video is stored.
    pub percent: u8,
    /// The upstream's name for the job.
    pub upstream_id: Option<String>,
    /// Where the upstream keeps the finished video, in the worker's own form, until it is here.
    pub media: Option<String>,
    /// Whether the client asked to stop it after it was handed over.
    pub cancel_requested: bool,
    /// When its owner deleted it; from then on only operators see it.
    pub hidden_at: Option<Timestamp>,
    /// Instead of a video of ours, the upstream's own address of it; empty once its owner deleted the
    /// task.
    pub result_link: Option<String>,
    /// Why there is no video.
    pub failure: Option<Failure>,
    /// The video.
    pub result: Option<ResultRow>,
}

/// A stored video.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultRow {
    /// The video's file, relative to the data directory.
    pub path: String,
    /// The still picture's file, relative to the data directory.
    pub poster_path: Option<String>,
    /// The video's size.
    pub bytes: u64,
    /// The video's SHA-256 in hex.
    pub sha256_hex: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Length in milliseconds.
    pub duration_ms: u64,
    /// Until when it is kept.
    pub expires_at: Timestamp,
    /// When it was removed.
    pub removed_at: Option<Timestamp>,
}

/// The columns in the order of [`read`], [`insert`] and [`update`].
pub(crate) const COLUMNS: &str = "id, account_id, key_id, key_kind, model_id, model_name, prompt, \
    mode, seconds, seconds_requested, aspect_ratio, resolution, width, height, image_count, \
    metadata, ignored_fields, directives, options, hops, price_ticks, price_version, spend_month, \
    door, dialect, client_address, user_agent, request_id, callback_url, run_timeout_ms, \
    queue_timeout_ms, created_at, queue_deadline_at, state, \
    version, cost_state, upstream_cost_ticks, expected_cost_ticks, provider, channel_id, lane, \
    refused_by, queued_at, submitted_at, started_at, upstream_done_at, finished_at, \
    deadline_at, next_run_at, lease_until, lease_epoch, attempts, deferrals, finalize_attempts, \
    poll_misses, poll_missed_since, poll_failures, percent, upstream_id, media, \
    cancel_requested, hidden_at, result_link, failure_code, \
    failure_reason, failure_internal, result_path, result_poster_path, result_bytes, \
    result_sha256, result_width, result_height, result_duration_ms, result_expires_at, \
    result_removed_at";

/// Columns that no event changes, at the front of [`COLUMNS`]; the others change.
const FIXED_COLUMNS: usize = 33;

static INSERT: LazyLock<String> = LazyLock::new(|| {
    let numbers: Vec<String> =
        (1..=COLUMNS.split(", ").count()).map(|number| format!("${number}")).collect();
    format!("INSERT INTO tasks ({COLUMNS}) VALUES ({})", numbers.join(", "))
});

/// `$1` is the id, `$2` the epoch and `$3` the version that the caller saw.
pub(crate) static UPDATE: LazyLock<String> = LazyLock::new(|| {
    let changed = COLUMNS.split(", ").skip(FIXED_COLUMNS).enumerate();
    let settings: Vec<String> =
        changed.map(|(index, column)| format!("{column} = ${}", index + 4)).collect();
    format!(
        "UPDATE tasks SET {} WHERE id = $1 AND lease_epoch = $2 AND version = $3",
        settings.join(", ")
    )
});

/// Writes a new task.
pub(crate) fn insert(tx: &mut Tx<'_>, task: &TaskRow) -> Result<(), StoreError> {
    let mut values = fixed_values(task)?;
    values.extend(changing_values(task));
    tx.exec(&INSERT, &values).map(drop)
}

/// Writes what changed, if the row is still the one that `before` was read from.
pub(crate) fn update(tx: &mut Tx<'_>, before: &TaskRow, after: &TaskRow) -> Result<(), StoreError> {
    let mut values = vec![before.id.into(), before.lease_epoch.into(), before.version.into()];
    values.extend(changing_values(after));
    match tx.exec(&UPDATE, &values)? {
        1 => Ok(()),
        _ => Err(StoreError::Fenced),
    }
}

fn fixed_values(task: &TaskRow) -> Result<Vec<Value<'_>>, StoreError> {
    Ok(vec![
        task.id.into(),
        task.account_id.into(),
        task.key_id.into(),
        task.key_kind.into(),
        (&task.model_id).into(),
        (&task.model_name).into(),
        (&task.prompt).into(),
        task.mode.into(),
        task.seconds.into(),
        task.seconds_requested.into(),
        (&task.aspect_ratio).into(),
        (&task.resolution).into(),
        task.width.into(),
        task.height.into(),
        task.image_count.into(),
        to_json(&serde_json::to_string(&task.metadata))?,
        to_json(&serde_json::to_string(&task.ignored_fields))?,
        to_json(&serde_json::to_string(&task.directives))?,
        to_json(&serde_json::to_string(&task.options))?,
        task.hops.into(),
        task.price.into(),
        task.price_version.into(),
        task.spend_month.into(),
        (&task.door).into(),
        task.dialect.into(),
        task.client_address.as_ref().into(),
        task.user_agent.as_ref().into(),
        (&task.request_id).into(),
        task.callback_url.as_ref().into(),
        task.run_timeout_ms.into(),
        task.queue_timeout_ms.into(),
        task.created_at.into(),
        task.queue_deadline_at.into(),
    ])
}

fn changing_values(task: &TaskRow) -> Vec<Value<'_>> {
    let failure = task.failure.as_ref();
    let result = task.result.as_ref();
    vec![
        task.state.into(),
        task.version.into(),
        task.cost_state.into(),
        task.upstream_cost.into(),
        task.expected_cost.into(),
        (&task.provider).into(),
        task.channel_id.into(),
        (&task.lane).into(),
        ids_text(&task.refused_by).into(),
        task.queued_at.into(),
        task.submitted_at.into(),
        task.started_at.into(),
        task.upstream_done_at.into(),
        task.finished_at.into(),
        task.deadline_at.into(),
        task.next_run_at.into(),
        task.lease_until.into(),
        task.lease_epoch.into(),
        task.attempts.into(),
        task.deferrals.into(),
        task.finalize_attempts.into(),
        task.poll_misses.into(),
        task.poll_missed_since.into(),
        task.poll_failures.into(),
        task.percent.into(),
        task.upstream_id.as_ref().into(),
        task.media.as_ref().into(),
        task.cancel_requested.into(),
        task.hidden_at.into(),
        task.result_link.as_ref().into(),
        failure.map(|failure| failure.code).into(),
        failure.map(|failure| &failure.reason).into(),
        failure.map(|failure| &failure.internal).into(),
        result.map(|result| &result.path).into(),
        result.and_then(|result| result.poster_path.as_ref()).into(),
        result.map(|result| result.bytes).into(),
        result.map(|result| &result.sha256_hex).into(),
        result.map(|result| result.width).into(),
        result.map(|result| result.height).into(),
        result.map(|result| result.duration_ms).into(),
        result.map(|result| result.expires_at).into(),
        result.and_then(|result| result.removed_at).into(),
    ]
}

/// A JSON array of numbers.
fn ids_text(ids: &[ChannelId]) -> String {
    let numbers: Vec<String> = ids.iter().map(ToString::to_string).collect();
    format!("[{}]", numbers.join(","))
}

fn to_json(text: &serde_json::Result<String>) -> Result<Value<'static>, StoreError> {
    match text {
        Ok(text) => Ok(text.clone().into()),
        Err(error) => Err(StoreError::Sql(format!("a field cannot be kept as JSON: {error}"))),
    }
}

fn json_error(error: &serde_json::Error) -> StoreError {
    StoreError::Corrupt(format!("a task's JSON cannot be read: {error}"))
}

/// Reads the [`COLUMNS`].
pub(crate) fn read(row: &mut Row<'_>) -> Result<TaskRow, StoreError> {
    Ok(TaskRow {
        id: row.take()?,
        account_id: row.take()?,
        key_id: row.take()?,
        key_kind: row.take()?,
        model_id: row.take()?,
        model_name: row.take()?,
        prompt: row.take()?,
        mode: row.take()?,
        seconds: row.take()?,
        seconds_requested: row.take()?,
        aspect_ratio: row.take()?,
        resolution: row.take()?,
        width: row.take()?,
        height: row.take()?,
        image_count: row.take()?,
        metadata: serde_json::from_str(&row.take::<String>()?).map_err(|e| json_error(&e))?,
        ignored_fields: serde_json::from_str(&row.take::<String>()?).map_err(|e| json_error(&e))?,
        directives: serde_json::from_str(&row.take::<String>()?).map_err(|e| json_error(&e))?,
        options: serde_json::from_str(&row.take::<String>()?).map_err(|e| json_error(&e))?,
        hops: row.take()?,
        price: row.take()?,
        price_version: row.take()?,
        spend_month: row.take()?,
        door: row.take()?,
        dialect: row.take()?,
        client_address: row.take()?,
        user_agent: row.take()?,
        request_id: row.take()?,
        callback_url: row.take()?,
        run_timeout_ms: row.take()?,
        queue_timeout_ms: row.take()?,
        created_at: row.take()?,
        queue_deadline_at: row.take()?,
        state: row.take()?,
        version: row.take()?,
        cost_state: row.take()?,
        upstream_cost: row.take()?,
        expected_cost: row.take()?,
        provider: row.take()?,
        channel_id: row.take()?,
        lane: row.take()?,
        refused_by: serde_json::from_str(&row.take::<String>()?).map_err(|e| json_error(&e))?,
        queued_at: row.take()?,
        submitted_at: row.take()?,
        started_at: row.take()?,
        upstream_done_at: row.take()?,
        finished_at: row.take()?,
        deadline_at: row.take()?,
        next_run_at: row.take()?,
        lease_until: row.take()?,
        lease_epoch: row.take()?,
        attempts: row.take()?,
        deferrals: row.take()?,
        finalize_attempts: row.take()?,
        poll_misses: row.take()?,
        poll_missed_since: row.take()?,
        poll_failures: row.take()?,
        percent: row.take()?,
        upstream_id: row.take()?,
        media: row.take()?,
        cancel_requested: row.take()?,
        hidden_at: row.take()?,
        result_link: row.take()?,
        failure: read_failure(row)?,
        result: read_result(row)?,
    })
}

fn read_failure(row: &mut Row<'_>) -> Result<Option<Failure>, StoreError> {
    let code = row.take::<Option<_>>()?;
    let reason: Option<String> = row.take()?;
    let internal: Option<String> = row.take()?;
    Ok(code.map(|code| Failure {
        code,
        reason: reason.unwrap_or_default(),
        internal: internal.unwrap_or_default(),
    }))
}

fn read_result(row: &mut Row<'_>) -> Result<Option<ResultRow>, StoreError> {
    let path: Option<String> = row.take()?;
    let poster_path = row.take()?;
    let Some(path) = path else {
        return Ok(None);
    };
    Ok(Some(ResultRow {
        path,
        poster_path,
        bytes: row.take()?,
        sha256_hex: row.take()?,
        width: row.take()?,
        height: row.take()?,
        duration_ms: row.take()?,
        expires_at: row.take()?,
        removed_at: row.take()?,
    }))
}
