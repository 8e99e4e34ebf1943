//! `/api/admin/tasks`: the tasks of all accounts, with channel, attempts, upstream cost and margin.
//!
//! Guarantees: for operators alone; what is looked at is bounded as for an account's own list, and one
//! list of an operator at a time is read with a filter. Tasks that their accounts deleted are among them.

mod detail;
mod row;

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use rushes_domain::{AccountId, ChannelId, TaskId, Ticks};
use rushes_store::tasks::query::LIST_MAX;
use rushes_store::{StoreError, TaskRow, Tx};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::row::{Names, Row, Sums};
use super::account_named;
use super::channels::channel_named;
use crate::http::Http;
use crate::http::api::actor::Actor;
use crate::http::api::csv::Csv;
use crate::http::api::tasks::filter::{CountQuery, Filter, FilterQuery};
use crate::http::api::tasks::list;
use crate::http::api::tasks::scan::{self, Counts, Whose};
use crate::http::api::{input, view};
use crate::http::error::HttpError;
use crate::http::generations::list::turn;
use crate::openapi::refusals;

type HttpState = State<Arc<Http>>;

/// What stands for the preview renderer among channels.
const PREVIEW: &str = "preview";

pub(super) fn routes() -> OpenApiRouter<Arc<Http>> {
    OpenApiRouter::new()
        .routes(routes!(all))
        .routes(routes!(counts))
        .routes(routes!(csv))
        .routes(routes!(detail::show))
}

/// Whose tasks are asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct WhoseQuery {
    /// Only tasks of this account, by its name or as `id:5`.
    account: Option<String>,
    /// Only tasks that were sent to this channel last, by its name or as `id:5`; `preview` for those
    /// of the preview renderer.
    channel: Option<String>,
}

/// A query, taken apart: whose tasks, and which.
fn parse(query: Option<&str>) -> Result<(WhoseQuery, FilterQuery), HttpError> {
    let pairs = form_pairs(query.unwrap_or(""));
    let (whose, rest): (Vec<_>, Vec<_>) =
        pairs.into_iter().partition(|(name, _)| matches!(&**name, "account" | "channel"));
    let whose = serde_urlencoded::to_string(whose).unwrap_or_default();
    let rest = serde_urlencoded::to_string(rest).unwrap_or_default();
    Ok((input::query(Some(&whose))?, input::query(Some(&rest))?))
}

fn form_pairs(query: &str) -> Vec<(String, String)> {
    serde_urlencoded::from_str(query).unwrap_or_default()
}

impl WhoseQuery {
    /// The ids behind the names.
    fn find(&self, tx: &mut Tx<'_>) -> Result<Whose, StoreError> {
        let account = self.account.as_deref().filter(|it| !it.is_empty());
        let channel = self.channel.as_deref().filter(|it| !it.is_empty());
        let account_id = account.map(|name| account_named(tx, name)).transpose()?.map(|it| it.id);
        let channel_id = match channel {
            None => None,
            Some(PREVIEW) => Some(ChannelId::PREVIEW),
            Some(name) => Some(channel_named(tx, name)?.id),
        };
        Ok(Whose::Any(account_id, channel_id))
    }
}

/// Who waits for their turn: an operator, or the command of this machine.
fn asker(actor: &Actor) -> AccountId {
    actor.account_id().unwrap_or(AccountId(0))
}

/// The tasks of all accounts, newest first, deleted ones too.
///
/// A page may be short of `limit`, or empty, while there is more: it looks at so many tasks and
/// says in `next_after` where to go on.
#[utoipa::path(get, path = "/api/admin/tasks", operation_id = "listAllTasks", tag = "operators",
    params(WhoseQuery, FilterQuery),
    responses((status = 200, body = view::List<Row>), refusals::ApiLookThrough))]
async fn all(
    State(http): HttpState,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let (whose, query) = parse(query.as_deref())?;
    let (limit, after) = query.page()?;
    let filter = Filter::of(&http, &query)?;
    let turn = turn(&http, asker(&actor)).await?;
    let read = move |tx: &mut Tx<'_>| {
        let whose = whose.find(tx)?;
        let page = scan::page(tx, whose, &filter, after, limit)?;
        let names = Names::of(tx, &page.rows)?;
        Ok((page, names))
    };
    let (page, names) = http.app.store.read(read).await?;
    drop(turn);
    let shown = |row: &TaskRow| Row::of(&http, row, &names);
    let rows = page.rows.iter().map(shown).collect::<Result<_, _>>()?;
    view::ok(&view::List::page(rows, page.next.map(|id| id.to_string())))
}

/// How many tasks of all accounts stand how, by the filters of the list.
///
/// The newest 5000 of the time that is asked for are looked at.
#[utoipa::path(get, path = "/api/admin/tasks/counts", operation_id = "countAllTasks",
    tag = "operators", params(WhoseQuery, CountQuery),
    responses((status = 200, body = Counts), refusals::ApiLookThrough))]
async fn counts(
    State(http): HttpState,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let (whose, query) = parse(query.as_deref())?;
    query.of_a_count()?;
    let filter = Filter::of(&http, &query)?;
    let turn = turn(&http, asker(&actor)).await?;
    let read = move |tx: &mut Tx<'_>| {
        let whose = whose.find(tx)?;
        scan::count(tx, whose, &filter)
    };
    let counts = http.app.store.read(read).await?;
    drop(turn);
    view::ok(&counts)
}

/// What the table has beside the columns of an account's own.
const MORE_COLUMNS: [&str; 7] = [
    "account_id",
    "account",
    "channel",
    "attempts",
    "upstream_id",
    "upstream_cost_usd",
    "upstream_cost_ticks",
];

/// The tasks of all accounts as a table for spreadsheets, by the filters of the list.
///
/// The columns of `/api/tasks.csv`, and `account_id`, `account`, `channel`, `attempts`,
/// `upstream_id`, `upstream_cost_usd`, `upstream_cost_ticks`.
#[utoipa::path(get, path = "/api/admin/tasks.csv", operation_id = "getAllTasksCsv",
    tag = "operators", params(WhoseQuery, FilterQuery),
    responses((status = 200, body = String, content_type = "text/csv"), refusals::ApiLookThrough))]
async fn csv(
    State(http): HttpState,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let (whose, query) = parse(query.as_deref())?;
    query.of_a_table()?;
    let filter = Filter::of(&http, &query)?;
    let whose = http.app.store.read(move |tx: &mut Tx<'_>| whose.find(tx)).await?;
    let columns: Vec<&str> = list::COLUMNS.into_iter().chain(MORE_COLUMNS).collect();
    Ok(Csv::new(&columns).answer_with_pages("all-tasks.csv", None, move |after| {
        let (http, actor, filter) = (http.clone(), actor.clone(), filter.clone());
        async move { table(&http, actor, whose, filter, after).await }
    }))
}

/// Rows of the table, and behind which to go on; for who is an operator still.
async fn table(
    http: &Http,
    actor: Actor,
    whose: Whose,
    filter: Filter,
    after: Option<TaskId>,
) -> Result<(Csv, Option<Option<TaskId>>), StoreError> {
    let turn = turn(http, asker(&actor)).await.map_err(StoreError::from)?;
    let now = http.app.clock.now();
    let read = move |tx: &mut Tx<'_>| {
        actor.refreshed(tx, now)?.require_operator()?;
        let page = scan::page(tx, whose, &filter, after, LIST_MAX - 1)?;
        let names = Names::of(tx, &page.rows)?;
        Ok((page, names))
    };
    let (page, names) = http.app.store.read(read).await?;
    drop(turn);
    let mut table = Csv::page();
    for row in &page.rows {
        list::add(&mut table, row, Row::key_name(&names, row));
        let account = names.accounts.get(&row.account_id).map_or("", |it| it.named.name.as_str());
        let channel = names.channel(row);
        table
            .number(row.account_id.0)
            .text(account)
            .text(channel.as_ref().map_or("", |it| it.name.as_str()))
            .number(row.attempts)
            .text(row.upstream_id.as_deref().unwrap_or(""))
            .money(Sums::of(row).upstream_cost.unwrap_or(Ticks::ZERO))
            .end();
    }
    Ok((table, page.next.map(Some)))
}
