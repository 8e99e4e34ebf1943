//! Usage: what was made and paid, by day, model, key or account; as sums and as CSV.
//!
//! Guarantees: days are UTC; every sum follows from the ledger; the total is that of all rows, also
//! where not all are shown.

mod shapes;

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use jiff::civil::Date;
use rushes_domain::{AccountId, ApiError};
use rushes_store::usage::USAGE_DAYS_MAX;
use rushes_store::{StoreError, Tx, UsageFilter, UsageGroup, UsageRow, usage_sums, usage_total};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::shapes::{Input, OwnQuery, Sums, Total, Usage};
use super::actor::Actor;
use super::admin::find_account;
use super::csv::Csv;
use super::{input, view};
use crate::http::Http;
use crate::http::error::HttpError;
use crate::openapi::refusals;

/// Rows of one answer, and of a table for spreadsheets.
const ROWS_MAX: u32 = 1_000;
const CSV_ROWS_MAX: u32 = 100_000;
/// Days when nothing is said.
const DAYS_DEFAULT: i64 = 30;
/// The first day of the Unix epoch.
const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// The routes of this module.
pub(super) fn routes() -> OpenApiRouter<Arc<Http>> {
    OpenApiRouter::new()
        .routes(routes!(show_own))
        .routes(routes!(csv_own))
        .routes(routes!(show_all))
        .routes(routes!(csv_all))
}

/// The question, checked.
#[derive(Debug, Clone, Copy)]
struct Question {
    account_id: Option<AccountId>,
    from_day: i64,
    to_day: i64,
    group: UsageGroup,
    word: &'static str,
}

/// What came of it.
struct Found {
    /// With a name to each.
    rows: Vec<(UsageRow, String)>,
    has_more: bool,
    /// Of all rows, also those that are not shown.
    total: UsageRow,
}

impl Question {
    fn own(http: &Http, actor: &Actor, query: Option<&str>) -> Result<Self, HttpError> {
        let input: Input = input::query(query)?;
        if input.account.is_some() {
            return Err(ApiError::invalid("account", "account is for operators").into());
        }
        let mut question = Self::of(http, &input)?;
        question.account_id = Some(actor.own_account()?);
        if question.group == UsageGroup::Account {
            return Err(group_refused("day, model or key").into());
        }
        Ok(question)
    }

    async fn any(http: &Http, actor: &Actor, query: Option<&str>) -> Result<Self, HttpError> {
        actor.require_operator()?;
        let input: Input = input::query(query)?;
        let mut question = Self::of(http, &input)?;
        if let Some(name) = &input.account {
            question.account_id = Some(find_account(http, name).await?.id);
        }
        Ok(question)
    }

    fn of(http: &Http, input: &Input) -> Result<Self, ApiError> {
        let day = |field: &str, text: &Option<String>| {
            text.as_ref().map(|text| day_of(field, text)).transpose()
        };
        let to_day = day("to", &input.to)?.unwrap_or_else(|| http.app.clock.now().unix_days());
        let from_day = day("from", &input.from)?.unwrap_or((to_day - DAYS_DEFAULT + 1).max(0));
        if from_day > to_day || to_day - from_day >= USAGE_DAYS_MAX {
            return Err(ApiError::invalid(
                "from",
                format!(
                    "from must be the day of to or before it; at most {USAGE_DAYS_MAX} days are \
                     summed at a time"
                ),
            ));
        }
        let (group, word) = match input.group_by.as_deref() {
            None | Some("day") => (UsageGroup::Day, "day"),
            Some("model") => (UsageGroup::Model, "model"),
            Some("key") => (UsageGroup::Key, "key"),
            Some("account") => (UsageGroup::Account, "account"),
            Some(_) => return Err(group_refused("day, model, key or account")),
        };
        Ok(Self { account_id: None, from_day, to_day, group, word })
    }

    /// At most `rows_max` rows, whether there are more, and the sum of all.
    async fn rows(self, http: &Http, rows_max: u32) -> Result<Found, HttpError> {
        let read = move |tx: &mut Tx<'_>| {
            let filter = UsageFilter {
                account_id: self.account_id,
                from_day: self.from_day,
                to_day: self.to_day,
                ..UsageFilter::default()
            };
            let mut sums = usage_sums(tx, &filter, self.group, rows_max + 1)?;
            let has_more = sums.len() > rows_max as usize;
            sums.truncate(rows_max as usize);
            let named = |row: UsageRow| name_of(tx, &row).map(|name| (row, name));
            let rows = sums.into_iter().map(named).collect::<Result<_, StoreError>>()?;
            Ok(Found { rows, has_more, total: usage_total(tx, &filter)? })
        };
        Ok(http.app.store.read(read).await?)
    }
}

fn group_refused(known: &str) -> ApiError {
    ApiError::invalid("group_by", format!("group_by must be {known}"))
}

/// A day such as `2026-11-22`, not before 1970, as days since then.
fn day_of(field: &str, text: &str) -> Result<i64, ApiError> {
    let invalid = || {
        let message = format!("{field} must be a day from 1970 on, such as 2026-11-22");
        ApiError::invalid(field, message)
    };
    let date: Date = text.parse().map_err(|_| invalid())?;
    let span = EPOCH.until(date).map_err(|_| invalid())?;
    let day = i64::from(span.get_days());
    if day < 0 { Err(invalid()) } else { Ok(day) }
}

fn day_text(day: i64) -> String {
    let span = jiff::Span::new().try_days(day);
    let date = span.and_then(|span| EPOCH.checked_add(span));
    date.map(|date| date.to_string()).unwrap_or_default()
}

/// What a person calls the thing that a row is about.
fn name_of(tx: &mut Tx<'_>, row: &UsageRow) -> Result<String, StoreError> {
    if let Some(id) = row.key_id {
        return Ok(rushes_store::keys::name_of(tx, id)?.unwrap_or_default());
    }
    if let Some(id) = row.account_id {
        return Ok(rushes_store::account(tx, id)?.map(|row| row.name).unwrap_or_default());
    }
    Ok(row.model_id.clone().or_else(|| row.day.map(day_text)).unwrap_or_default())
}

/// What your account made and paid, as sums by day, model or key.
#[utoipa::path(get, path = "/api/usage", operation_id = "getUsage", tag = "usage",
    params(OwnQuery), responses((status = 200, body = Usage), refusals::ApiLook))]
async fn show_own(
    State(http): State<Arc<Http>>,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    let question = Question::own(&http, &actor, query.as_deref())?;
    show(&http, question).await
}

/// What all accounts, or one of them, made and paid, as sums by day, model, key or account.
#[utoipa::path(get, path = "/api/admin/usage", operation_id = "getAllUsage", tag = "operators",
    params(Input), responses((status = 200, body = Usage), refusals::ApiLook))]
async fn show_all(
    State(http): State<Arc<Http>>,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    let question = Question::any(&http, &actor, query.as_deref()).await?;
    show(&http, question).await
}

async fn show(http: &Http, question: Question) -> Result<Response, HttpError> {
    let Found { rows, has_more, total } = question.rows(http, ROWS_MAX).await?;
    view::ok(&Usage {
        object: "usage",
        from: day_text(question.from_day),
        to: day_text(question.to_day),
        group_by: question.word,
        data: rows.into_iter().map(|(row, name)| Sums::of(question.group, &row, name)).collect(),
        has_more,
        total: Total::from(&total),
    })
}

/// The same sums as a table for spreadsheets.
///
/// Columns: what is grouped by, `id`, `succeeded`, `failed`, `cancelled`, `seconds`, `amount_usd`,
/// `amount_ticks`. A table of more than 100000 rows is refused.
#[utoipa::path(get, path = "/api/usage.csv", operation_id = "getUsageCsv", tag = "usage",
    params(OwnQuery),
    responses((status = 200, body = String, content_type = "text/csv"), refusals::ApiLook))]
async fn csv_own(
    State(http): State<Arc<Http>>,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    let question = Question::own(&http, &actor, query.as_deref())?;
    csv(&http, question).await
}

/// The sums of all accounts, or of one of them, as a table for spreadsheets.
///
/// Columns: what is grouped by, `id`, `succeeded`, `failed`, `cancelled`, `seconds`, `amount_usd`,
/// `amount_ticks`. A table of more than 100000 rows is refused.
#[utoipa::path(get, path = "/api/admin/usage.csv", operation_id = "getAllUsageCsv",
    tag = "operators", params(Input),
    responses((status = 200, body = String, content_type = "text/csv"), refusals::ApiLook))]
async fn csv_all(
    State(http): State<Arc<Http>>,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    let question = Question::any(&http, &actor, query.as_deref()).await?;
    csv(&http, question).await
}

async fn csv(http: &Http, question: Question) -> Result<Response, HttpError> {
    let mut table = Csv::new(&[
        question.word,
        "id",
        "succeeded",
        "failed",
        "cancelled",
        "seconds",
        "amount_usd",
        "amount_ticks",
    ]);
    let found = question.rows(http, CSV_ROWS_MAX).await?;
    if found.has_more {
        let text = format!("there are more than {CSV_ROWS_MAX} rows; ask for fewer days at a time");
        return Err(ApiError::invalid("from", text).into());
    }
    for (row, name) in found.rows {
        let id = row.key_id.map(|id| id.0).or(row.account_id.map(|id| id.0));
        table
            .text(&name)
            .number(id.map(|id| id.to_string()).unwrap_or_default())
            .number(row.succeeded_count)
            .number(row.failed_count)
            .number(row.cancelled_count)
            .number(row.seconds)
            .money(row.posted)
            .end();
    }
    Ok(table.answer("usage.csv"))
}
