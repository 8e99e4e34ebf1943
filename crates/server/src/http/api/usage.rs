//! Usage: what was made and paid, by day, model, key or account; as sums and as CSV.
//!
//! Guarantees: days are UTC; every sum follows from the ledger; the total is that of all rows, also
//! where not all are shown.

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use jiff::civil::Date;
use rushes_domain::{AccountId, ApiError};
use rushes_store::usage::USAGE_DAYS_MAX;
use rushes_store::{StoreError, Tx, UsageFilter, UsageGroup, UsageRow, usage_sums, usage_total};
use serde::Deserialize;
use serde_json::{Value, json};

use super::actor::Actor;
use super::admin::find_account;
use super::csv::Csv;
use super::{input, view};
use crate::http::Http;
use crate::http::error::HttpError;

/// Rows of one answer, and of a table for spreadsheets.
const ROWS_MAX: u32 = 1_000;
const CSV_ROWS_MAX: u32 = 100_000;
/// Days when nothing is said.
const DAYS_DEFAULT: i64 = 30;
/// The first day of the Unix epoch.
const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// The routes of this module.
pub(super) fn routes() -> Router<Arc<Http>> {
    Router::new()
        .route("/api/usage", get(show_own))
        .route("/api/usage.csv", get(csv_own))
        .route("/api/admin/usage", get(show_all))
        .route("/api/admin/usage.csv", get(csv_all))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    from: Option<String>,
    to: Option<String>,
    group_by: Option<String>,
    /// Operators only.
    account: Option<String>,
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
        let from_day = day("from", &input.from)?.unwrap_or(to_day - DAYS_DEFAULT + 1);
        if from_day > to_day || to_day - from_day >= USAGE_DAYS_MAX {
            return Err(ApiError::invalid(
                "from",
                format!("from must be the day of to or before, by at most {USAGE_DAYS_MAX} days"),
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

/// A day such as `2026-11-22`.
fn day_of(field: &str, text: &str) -> Result<i64, ApiError> {
    let invalid = || ApiError::invalid(field, format!("{field} must be a day such as 2026-11-22"));
    let date: Date = text.parse().map_err(|_| invalid())?;
    let span = EPOCH.until(date).map_err(|_| invalid())?;
    Ok(i64::from(span.get_days()))
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

async fn show_own(
    State(http): State<Arc<Http>>,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    let question = Question::own(&http, &actor, query.as_deref())?;
    show(&http, question).await
}

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
    let data: Vec<Value> = rows.iter().map(|(row, name)| shown(question.word, row, name)).collect();
    view::ok(&json!({
        "object": "usage",
        "from": day_text(question.from_day),
        "to": day_text(question.to_day),
        "group_by": question.word,
        "data": data,
        "has_more": has_more,
        "total": {
            "succeeded": total.succeeded_count,
            "failed": total.failed_count,
            "cancelled": total.cancelled_count,
            "seconds": total.seconds,
            "amount": view::Money::from(total.posted),
        },
    }))
}

fn shown(word: &str, row: &UsageRow, name: &str) -> Value {
    let mut value = json!({
        "succeeded": row.succeeded_count,
        "failed": row.failed_count,
        "cancelled": row.cancelled_count,
        "seconds": row.seconds,
        "amount": view::Money::from(row.posted),
    });
    if let Value::Object(fields) = &mut value {
        match (row.key_id, row.account_id) {
            (Some(id), _) => {
                fields.insert("key_id".to_owned(), json!(id.0));
                fields.insert("key_name".to_owned(), json!(name));
            }
            (_, Some(id)) => {
                fields.insert("account_id".to_owned(), json!(id.0));
                fields.insert("account".to_owned(), json!(name));
            }
            _ => {
                fields.insert(word.to_owned(), json!(name));
            }
        }
    }
    value
}

async fn csv_own(
    State(http): State<Arc<Http>>,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    let question = Question::own(&http, &actor, query.as_deref())?;
    csv(&http, question).await
}

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
