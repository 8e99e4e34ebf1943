//! `GET /api/tasks`, its counts and its table for spreadsheets: an account's tasks by a filter.
//!
//! Guarantees: a page looks at no more than [`SCANNED_MAX`] rows, a count at no more than
//! [`COUNTED_MAX`], and one list of an account at a time is read with a filter; where a page ends
//! early for that it says where to go on. Deleted tasks are in none.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use rushes_domain::money::CostState;
use rushes_domain::{AccountId, ApiError, TaskId, Ticks};
use rushes_store::tasks::query::LIST_MAX;
use rushes_store::{ListFilter, StoreError, TaskRow, Tx, list_all_tasks, list_tasks};
use serde::Serialize;
use utoipa::ToSchema;

use super::filter::{CountQuery, Filter, FilterQuery, state_word};
use super::row::{Row, kind_word, labels, took_ms};
use super::{HttpState, Owner};
use crate::http::Http;
use crate::http::api::actor::Actor;
use crate::http::api::csv::Csv;
use crate::http::api::{input, view};
use crate::http::error::HttpError;
use crate::http::generations::list::{LIMIT_DEFAULT, LIMIT_MAX, turn};
use crate::openapi::refusals;

/// Rows that are looked at for one page, at most.
const SCANNED_MAX: usize = 2_000;
/// Rows that are read at once while a filter leaves out most.
const STEP: usize = 200;
/// Rows that are looked at for one count, at most.
const COUNTED_MAX: usize = 5_000;

/// Your account's tasks, newest first, whichever key or door they came by.
///
/// A page may be short of `limit`, or empty, while there is more: it looks at so many tasks and
/// says in `next_after` where to go on.
#[utoipa::path(get, path = "/api/tasks", operation_id = "listTasks", tag = "tasks",
    params(FilterQuery),
    responses((status = 200, body = view::List<Row>), refusals::ApiTasks))]
pub(in crate::http::api) async fn list(
    State(http): HttpState,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    let owner = Owner::of(&actor)?;
    let query: FilterQuery = input::query(query.as_deref())?;
    let (limit, after) = place(&query)?;
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

/// Whose tasks are looked at.
#[derive(Debug, Clone, Copy)]
pub(in crate::http::api) enum Whose {
    /// An account's, without those that it deleted.
    Own(AccountId),
    /// Everybody's or one account's, as operators see them.
    Any(Option<AccountId>),
}

impl Whose {
    fn has(self, row: &TaskRow) -> bool {
        match self {
            Self::Own(id) => row.account_id == id && row.hidden_at.is_none(),
            Self::Any(id) => id.is_none_or(|id| row.account_id == id),
        }
    }
}

/// Some tasks, and behind which to go on, if there may be more.
pub(in crate::http::api) struct Page {
    pub(in crate::http::api) rows: Vec<TaskRow>,
    pub(in crate::http::api) next: Option<TaskId>,
}

/// At most `limit` tasks that are meant, out of at most [`SCANNED_MAX`].
pub(in crate::http::api) fn page(
    tx: &mut Tx<'_>,
    whose: Whose,
    filter: &Filter,
    after: Option<TaskId>,
    limit: usize,
) -> Result<Page, StoreError> {
    if let Some(id) = filter.only() {
        return only(tx, whose, filter, after, id);
    }
    let step = if filter.is_set() { STEP } else { limit + 1 };
    let mut scan = Scan::new(whose, filter, after, step);
    let mut found = Page { rows: Vec::new(), next: None };
    let mut scanned = 0;
    while let Some(rows) = scan.next(tx, filter)? {
        scanned += rows.len();
        for row in rows.into_iter().filter(|row| filter.takes(row)) {
            if found.rows.len() == limit {
                // Only now it is known that there is one more.
                found.next = found.rows.last().map(|last: &TaskRow| last.id);
                return Ok(found);
            }
            found.rows.push(row);
        }
        if scanned >= SCANNED_MAX {
            found.next = scan.after;
            break;
        }
    }
    Ok(found)
}

/// The task of this id, if it is meant.
fn only(
    tx: &mut Tx<'_>,
    whose: Whose,
    filter: &Filter,
    after: Option<TaskId>,
    id: TaskId,
) -> Result<Page, StoreError> {
    let row = rushes_store::task(tx, id)?.filter(|row| {
        whose.has(row) && after.is_none_or(|after| row.id < after) && filter.takes(row)
    });
    Ok(Page { rows: row.into_iter().collect(), next: None })
}

/// An account's tasks, newest first, in steps, as far as their time may be meant.
struct Scan {
    whose: Whose,
    after: Option<TaskId>,
    step: usize,
    is_over: bool,
}

impl Scan {
    fn new(whose: Whose, filter: &Filter, after: Option<TaskId>, step: usize) -> Self {
        let after = after.into_iter().chain(filter.behind()).min();
        Self { whose, after, step: step.min(LIST_MAX), is_over: false }
    }

    /// The next step; nothing behind the last.
    fn next(
        &mut self,
        tx: &mut Tx<'_>,
        filter: &Filter,
    ) -> Result<Option<Vec<TaskRow>>, StoreError> {
        if self.is_over {
            return Ok(None);
        }
        let rows = match self.whose {
            Whose::Own(account_id) => {
                let wanted = ListFilter {
                    account_id,
                    limit: self.step,
                    after: self.after,
                    is_oldest_first: false,
                    states: None,
                    model_ids: None,
                };
                list_tasks(tx, &wanted)?
            }
            Whose::Any(account_id) => list_all_tasks(tx, account_id, self.after, self.step)?,
        };
        let last = rows.last().map(|row| row.id);
        self.is_over = rows.len() < self.step || last.is_some_and(|id| filter.is_over(id));
        self.after = last.or(self.after);
        Ok(Some(rows))
    }
}

/// How many of your tasks stand how.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = TaskCounts)]
pub(in crate::http::api) struct Counts {
    /// Always `task_counts`.
    #[schema(pattern = "^task_counts$")]
    object: &'static str,
    all: usize,
    waiting: usize,
    running: usize,
    succeeded: usize,
    failed: usize,
    cancelled: usize,
    /// Whether only the newest tasks were looked at, so that there may be more.
    capped: bool,
}

/// How many of your tasks stand how, by the filters of the list.
///
/// The newest 5000 of the time that is asked for are looked at.
#[utoipa::path(get, path = "/api/tasks/counts", operation_id = "countTasks", tag = "tasks",
    params(CountQuery), responses((status = 200, body = Counts), refusals::ApiTasks))]
pub(in crate::http::api) async fn counts(
    State(http): HttpState,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    let account_id = Owner::of(&actor)?.account_id;
    let query: FilterQuery = input::query(query.as_deref())?;
    check_count(&query)?;
    let filter = Filter::of(&http, &query)?;
    let turn = turn(&http, account_id).await?;
    let counts = http.app.store.read(move |tx| count(tx, Whose::Own(account_id), &filter)).await?;
    drop(turn);
    view::ok(&counts)
}

/// Refuses what a count has no use for.
pub(in crate::http::api) fn check_count(query: &FilterQuery) -> Result<(), ApiError> {
    let given = [
        ("state", query.state.is_some()),
        ("limit", query.limit.is_some()),
        ("after", query.after.is_some()),
    ];
    given.iter().find(|(_, is_given)| *is_given).map_or(Ok(()), |(field, _)| {
        Err(ApiError::invalid(*field, format!("{field}: the counts are of all states and pages")))
    })
}

/// Refuses what a table has no use for.
pub(in crate::http::api) fn check_table(query: &FilterQuery) -> Result<(), ApiError> {
    let given = [("limit", query.limit.is_some()), ("after", query.after.is_some())];
    given.iter().find(|(_, is_given)| *is_given).map_or(Ok(()), |(field, _)| {
        Err(ApiError::invalid(*field, format!("{field}: a table has no pages")))
    })
}

/// The page that is asked for: how many tasks, and after which.
pub(in crate::http::api) fn place(
    query: &FilterQuery,
) -> Result<(usize, Option<TaskId>), ApiError> {
    let limit = query.limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(ApiError::invalid("limit", format!("limit must be 1 to {LIMIT_MAX}")));
    }
    let after = query.after.as_deref().map(str::parse::<TaskId>).transpose().map_err(|_| {
        ApiError::invalid("after", "after must be a task id: the next_after of the page before")
    })?;
    Ok((limit, after))
}

/// Counts the tasks that are meant, of the newest [`COUNTED_MAX`].
pub(in crate::http::api) fn count(
    tx: &mut Tx<'_>,
    whose: Whose,
    filter: &Filter,
) -> Result<Counts, StoreError> {
    let mut counts = Counts { object: "task_counts", ..Counts::default() };
    let mut add = |row: &TaskRow| {
        counts.all += 1;
        *match state_word(row.state) {
            "waiting" => &mut counts.waiting,
            "running" => &mut counts.running,
            "succeeded" => &mut counts.succeeded,
            "failed" => &mut counts.failed,
            _ => &mut counts.cancelled,
        } += 1;
    };
    if let Some(id) = filter.only() {
        only(tx, whose, filter, None, id)?.rows.iter().for_each(add);
        return Ok(counts);
    }
    let mut scan = Scan::new(whose, filter, None, LIST_MAX);
    let mut scanned = 0;
    let mut is_capped = false;
    while let Some(rows) = scan.next(tx, filter)? {
        rows.iter().filter(|row| filter.takes(row)).for_each(&mut add);
        scanned += rows.len();
        if scanned >= COUNTED_MAX {
            is_capped = !scan.is_over;
            break;
        }
    }
    counts.capped = is_capped;
    Ok(counts)
}

/// Your account's tasks as a table for spreadsheets, by the filters of the list.
///
/// Newest first, and all of them. Columns: `id`, `created_at`, `finished_at`, `state`, `model`,
/// `mode`, `seconds`, `resolution`, `aspect_ratio`, `cost_usd`, `cost_ticks`, `cost_state`,
/// `key_id`, `key`, `kind`, `source`, `request_id`, `failure_code`, `took_ms`, `prompt`.
#[utoipa::path(get, path = "/api/tasks.csv", operation_id = "getTasksCsv", tag = "tasks",
    params(FilterQuery),
    responses((status = 200, body = String, content_type = "text/csv"), refusals::ApiTasks))]
pub(in crate::http::api) async fn csv(
    State(http): HttpState,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    let account_id = Owner::of(&actor)?.account_id;
    let query: FilterQuery = input::query(query.as_deref())?;
    check_table(&query)?;
    let filter = Filter::of(&http, &query)?;
    let heading = Csv::new(&COLUMNS);
    Ok(heading.answer_with_pages("tasks.csv", None, move |after| {
        let (http, filter) = (http.clone(), filter.clone());
        async move { table(&http, account_id, filter, after).await }
    }))
}

/// The columns of the table.
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

/// Rows of the table, and behind which to go on.
async fn table(
    http: &Http,
    account_id: AccountId,
    filter: Filter,
    after: Option<TaskId>,
) -> Result<(Csv, Option<Option<TaskId>>), StoreError> {
    let turn = turn(http, account_id).await.map_err(StoreError::from)?;
    let read = move |tx: &mut Tx<'_>| {
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
    }
    Ok((table, page.next.map(Some)))
}

/// Adds a row of [`COLUMNS`].
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
        .text(&row.prompt)
        .end();
}
