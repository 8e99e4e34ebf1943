//! `/api/admin/tasks`: everybody's tasks, with what only operators see of them.
//!
//! Guarantees: the bounds of the list of one's own tasks (`api::tasks::list`); tasks that their owners
//! deleted are in it. Where a prompt was forgotten it is null. Not here: changing anything.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use rushes_domain::money::CostState;
use rushes_domain::{AccountId, ChannelId, GroupId, KeyId, TaskId, Ticks, Timestamp};
use rushes_store::keys::KeyLabel;
use rushes_store::tasks::query::LIST_MAX;
use rushes_store::{StateLogRow, StoreError, TaskRow, Tx};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::channels::channel_named;
use super::dashboard::ChannelName;
use super::{account_named, id_in};
use crate::dialects::native::wire;
use crate::http::Http;
use crate::http::api::actor::Actor;
use crate::http::api::csv::Csv;
use crate::http::api::tasks::detail::{self, Detail};
use crate::http::api::tasks::filter::{Filter, FilterQuery, state_word};
use crate::http::api::tasks::list::{self, COLUMNS, Counts, Whose};
use crate::http::api::tasks::row::{self, Key, Row, took_ms};
use crate::http::api::tasks::{Owner, task_id};
use crate::http::api::{input, view};
use crate::http::error::{HttpError, task_not_exist};
use crate::http::generations::list::turn;
use crate::http::path::Segment;
use crate::openapi::{parameters, refusals, words};

/// Whose turn it is when operators read a list: they share one.
const OPERATORS: AccountId = AccountId(0);
/// The word for the preview renderer in the place of a channel's name.
const PREVIEW: &str = "preview";

pub(super) fn routes() -> OpenApiRouter<Arc<Http>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(counts))
        .routes(routes!(csv))
        .routes(routes!(show))
}

/// Which tasks of which accounts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AllQuery {
    /// Only tasks of this account, by its name or as `id:` and its id.
    #[param(example = "lin")]
    account: Option<String>,
    /// Only tasks that this channel has, by its name or as `id:` and its id; `preview` for none.
    #[param(example = "xai-eu")]
    channel: Option<String>,
    /// Only tasks that stand so; not for counts.
    #[param(inline, value_type = Option<words::TaskStateWord>)]
    state: Option<String>,
    /// Only tasks of this model, by its id or an alias.
    #[param(example = "grok-image-video")]
    model: Option<String>,
    /// Only tasks of this key, by its id.
    key_id: Option<i64>,
    /// Only tasks of such keys.
    #[param(inline, value_type = Option<words::KeyKindWord>)]
    kind: Option<String>,
    /// Only tasks that came from there.
    #[param(inline, value_type = Option<words::TaskSourceWord>)]
    source: Option<String>,
    /// Only tasks made at this moment or later, in seconds since 1970.
    since: Option<i64>,
    /// Only tasks made before this moment, in seconds since 1970.
    until: Option<i64>,
    /// Only the task of this id or request id, or tasks whose prompt holds this, in either case.
    #[param(max_length = 200)]
    q: Option<String>,
    /// How many tasks; not for counts and tables.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<usize>,
    /// The `next_after` of the page before; not for counts and tables.
    #[param(example = "task_0197f0c2a5d87b3c9e4f6a1b2c3d4e5f")]
    after: Option<String>,
}

/// The question, checked as far as it is the same for everybody.
struct Wanted {
    whose: Whose,
    filter: Filter,
    query: FilterQuery,
}

impl Wanted {
    async fn of(http: &Http, actor: &Actor, query: Option<&str>) -> Result<Self, HttpError> {
        actor.require_operator()?;
        let AllQuery { account, channel, state, model, key_id, kind, source, .. } =
            input::query(query)?;
        let AllQuery { since, until, q, limit, after, .. } = input::query(query)?;
        let query =
            FilterQuery { state, model, key_id, kind, source, since, until, q, limit, after };
        let mut filter = Filter::of(http, &query)?;
        let read = move |tx: &mut Tx<'_>| {
            let account = account.as_deref().map(|name| account_named(tx, name)).transpose()?;
            let channel_id = match channel.as_deref() {
                None => None,
                Some(PREVIEW) => Some(ChannelId::PREVIEW),
                // By its id also one that was removed.
                Some(text) => Some(match id_in(text) {
                    Some(id) => ChannelId(id),
                    None => channel_named(tx, text)?.id,
                }),
            };
            Ok((account.map(|account| account.id), channel_id))
        };
        let (account_id, channel_id) = http.app.store.read(read).await?;
        filter.channel_id = channel_id;
        Ok(Self { whose: Whose::Any(account_id), filter, query })
    }
}

/// What tasks' numbers are called.
#[derive(Default)]
struct Names {
    keys: HashMap<KeyId, KeyLabel>,
    accounts: HashMap<AccountId, (String, GroupId)>,
    channels: HashMap<ChannelId, String>,
}

impl Names {
    fn of(tx: &mut Tx<'_>, rows: &[TaskRow]) -> Result<Self, StoreError> {
        let mut names = Self { keys: row::labels(tx, rows)?, ..Self::default() };
        for row in rows {
            if !names.accounts.contains_key(&row.account_id)
                && let Some(account) = rushes_store::account(tx, row.account_id)?
            {
                names.accounts.insert(account.id, (account.name, account.group_id));
            }
            for id in row.refused_by.iter().chain([&row.channel_id]) {
                if !names.channels.contains_key(id)
                    && let Some(name) = rushes_store::channel_label(tx, *id)?
                {
                    names.channels.insert(*id, name);
                }
            }
        }
        Ok(names)
    }

    fn account(&self, id: AccountId) -> (&str, GroupId) {
        let known = self.accounts.get(&id);
        known.map_or(("", rushes_store::DEFAULT_GROUP), |(name, group)| (name.as_str(), *group))
    }

    fn channel(&self, id: ChannelId) -> Option<ChannelName> {
        let name = self.channels.get(&id)?;
        Some(ChannelName { id: id.0, name: name.clone() })
    }
}

/// An account as a task names it.
#[derive(Serialize, ToSchema)]
#[schema(as = TaskAccount)]
struct Account {
    id: i64,
    #[schema(examples("lin"))]
    name: String,
}

/// Somebody's task.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminTaskRow)]
struct AdminRow {
    /// Always `admin_task_row`.
    #[schema(pattern = "^admin_task_row$")]
    object: &'static str,
    #[schema(value_type = wire::Data<'static>)]
    task: Box<RawValue>,
    #[schema(inline, value_type = words::TaskStateWord)]
    state: &'static str,
    /// As sent; null where the gateway forgot it at the task's end.
    #[schema(required)]
    prompt: Option<String>,
    #[schema(inline, value_type = words::ModeWord)]
    mode: &'static str,
    /// How many pictures came with it.
    image_count: u32,
    account: Account,
    key: Key,
    /// Null for previews, and while no channel has it.
    #[schema(required)]
    channel: Option<ChannelName>,
    /// Submits that may have reached an upstream.
    attempts: u32,
    /// The upstream's name for the job.
    #[schema(required)]
    upstream_id: Option<String>,
    /// What the job cost, or may have cost; null while that is open, and for previews.
    #[schema(required)]
    upstream_cost: Option<view::Money>,
    /// Whether that is by the channel's terms, as the upstream does not say.
    upstream_cost_estimated: bool,
    /// What its account paid; null while that is open.
    #[schema(required)]
    charged: Option<view::Money>,
    /// What was paid less what it cost; null where either is.
    #[schema(required)]
    margin: Option<view::Money>,
    #[schema(inline, value_type = words::TaskSourceWord)]
    source: String,
    #[schema(inline, value_type = words::DialectWord)]
    dialect: &'static str,
    /// The id of the request that made it.
    request_id: String,
    /// From the create to the end, in milliseconds; null until then.
    #[schema(required)]
    took_ms: Option<i64>,
    /// When its owner deleted it, in seconds since 1970.
    #[schema(required)]
    deleted_at: Option<i64>,
}

/// What a task brought and cost, where it is known.
fn money(row: &TaskRow) -> (Option<Ticks>, Option<Ticks>) {
    let charged = match row.cost_state {
        CostState::Posted => Some(row.price),
        CostState::Voided => Some(Ticks::ZERO),
        _ => None,
    };
    let has_cost = row.channel_id != ChannelId::PREVIEW && row.state.is_terminal();
    (charged, has_cost.then(|| rushes_store::cost_of(row)))
}

impl AdminRow {
    fn of(http: &Http, row: &TaskRow, names: &Names) -> Result<Self, HttpError> {
        let (account, group_id) = names.account(row.account_id);
        let shown = Row::of(http, group_id, row, names.keys.get(&row.key_id))?;
        let (charged, cost) = money(row);
        let margin = charged.zip(cost).map(|(paid, cost)| Ticks(paid.0.saturating_sub(cost.0)));
        Ok(Self {
            object: "admin_task_row",
            task: shown.task,
            state: shown.state,
            prompt: Some(shown.prompt).filter(|prompt| !prompt.is_empty()),
            mode: shown.mode,
            image_count: shown.image_count,
            account: Account { id: row.account_id.0, name: account.to_owned() },
            key: shown.key,
            channel: names.channel(row.channel_id),
            attempts: row.attempts,
            upstream_id: row.upstream_id.clone(),
            upstream_cost: cost.map(view::Money::from),
            upstream_cost_estimated: cost.is_some() && row.upstream_cost.is_none(),
            charged: charged.map(view::Money::from),
            margin: margin.map(view::Money::from),
            source: shown.source,
            dialect: shown.dialect,
            request_id: shown.request_id,
            took_ms: took_ms(row),
            deleted_at: view::moment(row.hidden_at),
        })
    }
}

/// The tasks of all accounts, newest first, also those that their owners deleted.
///
/// A page may be short of `limit`, or empty, while there is more: it looks at so many tasks and
/// says in `next_after` where to go on.
#[utoipa::path(get, path = "/api/admin/tasks", operation_id = "listAllTasks", tag = "operators",
    params(AllQuery),
    responses((status = 200, body = view::List<AdminRow>), refusals::ApiAllTasks))]
async fn list(
    State(http): State<Arc<Http>>,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    let Wanted { whose, filter, query } = Wanted::of(&http, &actor, query.as_deref()).await?;
    let (limit, after) = list::place(&query)?;
    let turn = if filter.is_set() { Some(turn(&http, OPERATORS).await?) } else { None };
    let read = move |tx: &mut Tx<'_>| {
        let page = list::page(tx, whose, &filter, after, limit)?;
        let names = Names::of(tx, &page.rows)?;
        Ok((page, names))
    };
    let (page, names) = http.app.store.read(read).await?;
    drop(turn);
    let rows = page.rows.iter().map(|row| AdminRow::of(&http, row, &names));
    let rows = rows.collect::<Result<_, _>>()?;
    view::ok(&view::List::page(rows, page.next.map(|id| id.to_string())))
}

/// How many tasks of all accounts stand how, by the filters of the list but `state`.
///
/// The newest 5000 of the time that is asked for are looked at.
#[utoipa::path(get, path = "/api/admin/tasks/counts", operation_id = "countAllTasks",
    tag = "operators", params(AllQuery),
    responses((status = 200, body = Counts), refusals::ApiAllTasks))]
async fn counts(
    State(http): State<Arc<Http>>,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    let Wanted { whose, filter, query } = Wanted::of(&http, &actor, query.as_deref()).await?;
    list::check_count(&query)?;
    let turn = turn(&http, OPERATORS).await?;
    let counts = http.app.store.read(move |tx| list::count(tx, whose, &filter)).await?;
    drop(turn);
    view::ok(&counts)
}

/// Columns before those of one's own table.
const COLUMNS_MORE: [&str; 9] = [
    "account_id",
    "account",
    "channel_id",
    "channel",
    "attempts",
    "upstream_id",
    "upstream_cost_usd",
    "upstream_cost_ticks",
    "deleted",
];

/// The tasks of all accounts as a table for spreadsheets, by the filters of the list.
///
/// Newest first, and all of them. Columns: `account_id`, `account`, `channel_id`, `channel`,
/// `attempts`, `upstream_id`, `upstream_cost_usd`, `upstream_cost_ticks`, `deleted`, and those of
/// `/api/tasks.csv`.
#[utoipa::path(get, path = "/api/admin/tasks.csv", operation_id = "getAllTasksCsv",
    tag = "operators", params(AllQuery),
    responses((status = 200, body = String, content_type = "text/csv"), refusals::ApiAllTasks))]
async fn csv(
    State(http): State<Arc<Http>>,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    let Wanted { whose, filter, query } = Wanted::of(&http, &actor, query.as_deref()).await?;
    list::check_table(&query)?;
    let columns: Vec<&str> = COLUMNS_MORE.iter().chain(&COLUMNS).copied().collect();
    Ok(Csv::new(&columns).answer_with_pages("all-tasks.csv", None, move |after| {
        let (http, filter) = (http.clone(), filter.clone());
        async move { table(&http, whose, filter, after).await }
    }))
}

/// Rows of the table, and behind which to go on.
async fn table(
    http: &Http,
    whose: Whose,
    filter: Filter,
    after: Option<TaskId>,
) -> Result<(Csv, Option<Option<TaskId>>), StoreError> {
    let turn = turn(http, OPERATORS).await.map_err(StoreError::from)?;
    let read = move |tx: &mut Tx<'_>| {
        let page = list::page(tx, whose, &filter, after, LIST_MAX - 1)?;
        let names = Names::of(tx, &page.rows)?;
        Ok((page, names))
    };
    let (page, names) = http.app.store.read(read).await?;
    drop(turn);
    let mut table = Csv::page();
    for row in &page.rows {
        let channel = names.channels.get(&row.channel_id).map_or("", String::as_str);
        table
            .number(row.account_id.0)
            .text(names.account(row.account_id).0)
            .number(row.channel_id.0)
            .text(channel)
            .number(row.attempts)
            .text(row.upstream_id.as_deref().unwrap_or_default());
        match money(row).1 {
            Some(cost) => table.money(cost),
            None => table.text("").text(""),
        };
        table.text(if row.hidden_at.is_some() { "true" } else { "false" });
        let key = names.keys.get(&row.key_id).map_or("", |label| label.name.as_str());
        list::add(&mut table, row, key);
    }
    Ok((table, page.next.map(Some)))
}

/// All that is known of a task, with what its account is not told.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminTaskDetail)]
struct AdminDetail {
    /// Always `admin_task_detail`.
    #[schema(pattern = "^admin_task_detail$")]
    object: &'static str,
    row: AdminRow,
    /// What its account sees.
    detail: Detail,
    /// What happened to it, oldest first, with all details.
    log: Vec<AdminLogLine>,
    /// What went wrong inside, or the upstream's words.
    #[schema(required)]
    failure_internal: Option<String>,
    /// Channels that refused it in a row.
    refused_by: Vec<ChannelName>,
    /// When it was first sent to an upstream, in milliseconds since 1970.
    #[schema(required)]
    submitted_at_ms: Option<i64>,
    /// When the upstream began, in milliseconds since 1970.
    #[schema(required)]
    started_at_ms: Option<i64>,
    /// When the upstream was done, in milliseconds since 1970.
    #[schema(required)]
    upstream_done_at_ms: Option<i64>,
    /// When it ended, in milliseconds since 1970.
    #[schema(required)]
    finished_at_ms: Option<i64>,
}

/// A change of a task.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminTaskLogLine)]
struct AdminLogLine {
    /// When, in milliseconds since 1970.
    at_ms: i64,
    /// What happened.
    #[schema(examples("submit_accepted"))]
    event: String,
    #[schema(inline, value_type = words::TaskStateWord)]
    state: &'static str,
    /// The channel, the upstream's id or the failure's code; empty for nothing.
    detail: String,
}

impl From<&StateLogRow> for AdminLogLine {
    fn from(line: &StateLogRow) -> Self {
        Self {
            at_ms: since_1970_ms(line.at),
            event: line.event.clone(),
            state: state_word(line.state),
            detail: line.detail.clone(),
        }
    }
}

const fn since_1970_ms(at: Timestamp) -> i64 {
    at.ms_since(Timestamp(0))
}

/// All that is known of anybody's task.
#[utoipa::path(get, path = "/api/admin/tasks/{task_id}", operation_id = "getAnyTask",
    tag = "operators", params(parameters::TaskPath),
    responses((status = 200, body = AdminDetail), refusals::ApiTask))]
async fn show(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Segment(id): Segment,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let id = task_id(&id)?;
    let read = move |tx: &mut Tx<'_>| {
        let row = rushes_store::task(tx, id)?.ok_or_else(task_not_exist)?;
        let names = Names::of(tx, std::slice::from_ref(&row))?;
        Ok((detail::known(tx, row)?, names))
    };
    let (known, names) = http.app.store.read(read).await?;
    let task = known.row.clone();
    let (account_id, group_id) = (task.account_id, names.account(task.account_id).1);
    let log = known.log.iter().map(AdminLogLine::from).collect();
    let internal = task.failure.as_ref().map(|failure| failure.internal.clone());
    view::ok(&AdminDetail {
        object: "admin_task_detail",
        row: AdminRow::of(&http, &task, &names)?,
        detail: detail::detail(&http, Owner { account_id, group_id }, known).await?,
        log,
        failure_internal: internal.filter(|text| !text.is_empty()),
        refused_by: task.refused_by.iter().filter_map(|id| names.channel(*id)).collect(),
        submitted_at_ms: task.submitted_at.map(since_1970_ms),
        started_at_ms: task.started_at.map(since_1970_ms),
        upstream_done_at_ms: task.upstream_done_at.map(since_1970_ms),
        finished_at_ms: task.finished_at.map(since_1970_ms),
    })
}
