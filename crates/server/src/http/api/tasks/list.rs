//! `GET /api/tasks`, its counts and its table for spreadsheets: an account's tasks by a filter.
//!
//! Guarantees: what is looked at is bounded (`scan`), and one list of an account at a time is read
//! with a filter. Deleted tasks are in none.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use rushes_domain::money::CostState;
use rushes_domain::{TaskId, Ticks};
use rushes_store::tasks::query::LIST_MAX;
use rushes_store::{StoreError, TaskRow, Tx};

use super::filter::{CountQuery, Filter, FilterQuery, state_word};
use super::row::{Row, kind_word, labels, took_ms};
use super::scan::{Counts, Whose, count, page};
use super::{HttpState, Owner};
use crate::http::Http;
use crate::http::api::actor::Actor;
use crate::http::api::csv::Csv;
use crate::http::api::{input, view};
use crate::http::error::HttpError;
use crate::http::generations::list::turn;
use crate::openapi::refusals;

/// Your account's tasks, newest first, whichever key or door they came by.
///
/// A page may be short of `limit`, or empty, while there is more: it looks at so many tasks and
/// says in `next_after` where to go on.
#[utoipa::path(get, path = "/api/tasks", operation_id = "listTasks", tag = "tasks",
    params(FilterQuery),
    responses((status = 200, body = view::List<Row>), refusals::ApiTasks))]
pub(super) async fn list(
    State(http): HttpState,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    let owner = Owner::of(&actor)?;
    let query: FilterQuery = input::query(query.as_deref())?;
    let (limit, after) = query.page()?;
    let filter = Filter::of(&http, &query)?;
    let is_set = filter.is_set();
    let turn = if is_set { Some(turn(&http, owner.account_id).await?) } else { None };
    let read = move |tx: &mut Tx<'_>| {
        let page = page(tx, Whose::Own(owner.account_id), &filter, after, limit)?;
        let labels = labels(tx, &page.rows)?;
        Ok((page, labels))
    };
    let (page, labels) = http.app.store.read(read).await?;
    drop(turn);
    let shown = |row: &TaskRow| Row::of(&http, owner.group_id, row, labels.get(&row.key_id));
    let rows = page.rows.iter().map(shown).collect::<Result<_, _>>()?;
    view::ok(&view::List::page(rows, page.next.map(|id| id.to_string())))
}

/// How many of your tasks stand how, by the filters of the list.
///
/// The newest 5000 of the time that is asked for are looked at.
#[utoipa::path(get, path = "/api/tasks/counts", operation_id = "countTasks", tag = "tasks",
    params(CountQuery), responses((status = 200, body = Counts), refusals::ApiTasks))]
pub(super) async fn counts(
    State(http): HttpState,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    let account_id = Owner::of(&actor)?.account_id;
    let query: FilterQuery = input::query(query.as_deref())?;
    query.of_a_count()?;
    let filter = Filter::of(&http, &query)?;
    let turn = turn(&http, account_id).await?;
    let counts = http.app.store.read(move |tx| count(tx, Whose::Own(account_id), &filter)).await?;
    drop(turn);
    view::ok(&counts)
}

/// Your account's tasks as a table for spreadsheets, by the filters of the list.
///
/// Newest first, and all of them. Columns: `id`, `created_at`, `finished_at`, `state`, `model`,
/// `mode`, `seconds`, `resolution`, `aspect_ratio`, `cost_usd`, `cost_ticks`, `cost_state`,
/// `key_id`, `key`, `kind`, `source`, `request_id`, `failure_code`, `took_ms`, `prompt`.
#[utoipa::path(get, path = "/api/tasks.csv", operation_id = "getTasksCsv", tag = "tasks",
    params(FilterQuery),
    responses((status = 200, body = String, content_type = "text/csv"), refusals::ApiTasks))]
pub(super) async fn csv(
    State(http): HttpState,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    Owner::of(&actor)?;
    let query: FilterQuery = input::query(query.as_deref())?;
    query.of_a_table()?;
    let filter = Filter::of(&http, &query)?;
    let heading = Csv::new(&COLUMNS);
    Ok(heading.answer_with_pages("tasks.csv", None, move |after| {
        let (http, actor, filter) = (http.clone(), actor.clone(), filter.clone());
        async move { table(&http, actor, filter, after).await }
    }))
}

pub(in crate::http::api) const COLUMNS: [&str; 20] = [
    "id",
    "created_at",
    "finished_at",
    "state",
    "model",
    "mode",
    "seconds",
    "resolution",
    "aspect_ratio",
    "cost_usd",
    "cost_ticks",
    "cost_state",
    "key_id",
    "key",
    "kind",
    "source",
    "request_id",
    "failure_code",
    "took_ms",
    "prompt",
];

/// Rows of the table, and behind which to go on; for who may look still.
async fn table(
    http: &Http,
    actor: Actor,
    filter: Filter,
    after: Option<TaskId>,
) -> Result<(Csv, Option<Option<TaskId>>), StoreError> {
    let account_id = Owner::of(&actor).map_err(StoreError::from)?.account_id;
    let turn = turn(http, account_id).await.map_err(StoreError::from)?;
    let now = http.app.clock.now();
    let read = move |tx: &mut Tx<'_>| {
        actor.refreshed(tx, now)?;
        let page = page(tx, Whose::Own(account_id), &filter, after, LIST_MAX - 1)?;
        let labels = labels(tx, &page.rows)?;
        Ok((page, labels))
    };
    let (page, labels) = http.app.store.read(read).await?;
    drop(turn);
    let mut table = Csv::page();
    for row in &page.rows {
        let name = labels.get(&row.key_id).map_or("", |label| label.name.as_str());
        add(&mut table, row, name);
        table.end();
    }
    Ok((table, page.next.map(Some)))
}

/// The columns of a task; the line is not ended.
pub(in crate::http::api) fn add(table: &mut Csv, row: &TaskRow, key_name: &str) {
    let paid = if row.cost_state == CostState::Voided { Ticks::ZERO } else { row.price };
    table.text(&row.id.to_string()).moment(row.created_at);
    match row.finished_at {
        Some(at) => table.moment(at),
        None => table.text(""),
    };
    table
        .text(state_word(row.state))
        .text(&row.model_name)
        .text(row.mode.as_str())
        .number(row.seconds)
        .text(&row.resolution)
        .text(&row.aspect_ratio)
        .money(paid)
        .text(row.cost_state.as_str())
        .number(row.key_id.0)
        .text(key_name)
        .text(kind_word(row.key_kind))
        .text(&row.door)
        .text(&row.request_id)
        .text(row.failure.as_ref().map_or("", |failure| failure.code.as_str()))
        .number(took_ms(row).map(|it| it.to_string()).unwrap_or_default())
        .text(&row.prompt);
}
