//! Money: the ledger, grants and corrections.
//!
//! Guarantees: a grant or correction is booked once for each reference; a correction never takes more than
//! the account can spend; both say who and why, in the ledger and in the audit log.

mod shapes;

use std::sync::Arc;

use axum::extract::{RawQuery, Request, State};
use axum::response::Response;
use http::StatusCode;
use rushes_domain::{AccountId, ApiError, ErrorCode, TaskId, Ticks, Timestamp};
use rushes_store::ledger::TRANSFERS_LIST_MAX;
use rushes_store::{AccountRow, BookOutcome, NewAdjustment, NewCredit, StoreError, Transfer, Tx};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::shapes::{Adjustment, Credit, Wanted};
use super::actor::Actor;
use super::admin::{account_named, find_account};
use super::csv::Csv;
use super::fields::{amount, reason, signed_amount};
use super::login::random_hex;
use super::{input, view};
use crate::http::Http;
use crate::http::error::HttpError;
use crate::http::path::Segment;
use crate::openapi::parameters::AccountPath;
use crate::openapi::refusals;

/// Transfers on a page when nothing is said, and at most.
const LIMIT_DEFAULT: u32 = 50;
const LIMIT_MAX: u32 = 200;
/// Most characters of a grant's reference.
const REFERENCE_CHARS_MAX: usize = 64;

/// The routes of this module.
pub(super) fn routes() -> OpenApiRouter<Arc<Http>> {
    OpenApiRouter::new()
        .routes(routes!(list_own))
        .routes(routes!(csv_own))
        .routes(routes!(list_of))
        .routes(routes!(csv_of))
        .routes(routes!(credit))
        .routes(routes!(adjust))
}

/// Your account's ledger, newest line first.
#[utoipa::path(get, path = "/api/ledger", operation_id = "listTransfers", tag = "account",
    params(Wanted),
    responses((status = 200, body = view::List<view::Transfer>), refusals::ApiLook))]
async fn list_own(
    State(http): State<Arc<Http>>,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    list(&http, actor.own_account()?, query.as_deref()).await
}

/// An account's ledger, newest line first.
#[utoipa::path(get, path = "/api/admin/accounts/{account}/ledger",
    operation_id = "listAccountTransfers", tag = "operators", params(AccountPath, Wanted),
    responses((status = 200, body = view::List<view::Transfer>), refusals::ApiLook))]
async fn list_of(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Segment(name): Segment,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    list(&http, find_account(&http, &name).await?.id, query.as_deref()).await
}

async fn list(
    http: &Http,
    account_id: AccountId,
    query: Option<&str>,
) -> Result<Response, HttpError> {
    let wanted: Wanted = input::query(query)?;
    let limit = wanted.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX);
    let read = move |tx: &mut Tx<'_>| {
        rushes_store::list_transfers(tx, account_id, wanted.after, limit + 1)
    };
    let mut rows = http.app.store.read(read).await?;
    let has_more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| has_more).map(|row| row.sequence.to_string());
    view::ok(&view::List::page(rows.iter().map(view::Transfer::from).collect(), next))
}

/// Your account's ledger as a table for spreadsheets.
///
/// Newest line first, and all of them. Columns: `sequence`, `created_at`, `kind`, `amount_usd`,
/// `amount_ticks`, `available_after_usd`, `available_after_ticks`, `task_id`, `key_id`, `model`,
/// `seconds`, `price_version`, `reason`, `actor`, `id`.
#[utoipa::path(get, path = "/api/ledger.csv", operation_id = "getLedgerCsv", tag = "account",
    responses((status = 200, body = String, content_type = "text/csv"), refusals::ApiLook))]
async fn csv_own(State(http): State<Arc<Http>>, actor: Actor) -> Result<Response, HttpError> {
    Ok(csv(&http, actor.own_account()?))
}

/// An account's ledger as a table for spreadsheets.
///
/// Newest line first, and all of them. Columns: `sequence`, `created_at`, `kind`, `amount_usd`,
/// `amount_ticks`, `available_after_usd`, `available_after_ticks`, `task_id`, `key_id`, `model`,
/// `seconds`, `price_version`, `reason`, `actor`, `id`.
#[utoipa::path(get, path = "/api/admin/accounts/{account}/ledger.csv",
    operation_id = "getAccountLedgerCsv", tag = "operators", params(AccountPath),
    responses((status = 200, body = String, content_type = "text/csv"), refusals::ApiLook))]
async fn csv_of(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Segment(name): Segment,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    Ok(csv(&http, find_account(&http, &name).await?.id))
}

fn csv(http: &Http, account_id: AccountId) -> Response {
    let heading = Csv::new(&[
        "sequence",
        "created_at",
        "kind",
        "amount_usd",
        "amount_ticks",
        "available_after_usd",
        "available_after_ticks",
        "task_id",
        "key_id",
        "model",
        "seconds",
        "price_version",
        "reason",
        "actor",
        "id",
    ]);
    let store = http.app.store.clone();
    heading.answer_with_pages("ledger.csv", None, move |before| {
        let store = store.clone();
        async move {
            let read = move |tx: &mut Tx<'_>| {
                rushes_store::list_transfers(tx, account_id, before, TRANSFERS_LIST_MAX)
            };
            let rows = store.read(read).await?;
            let mut page = Csv::page();
            for row in &rows {
                add(&mut page, row);
            }
            let is_full = rows.len() >= TRANSFERS_LIST_MAX as usize;
            let next = rows.last().filter(|_| is_full).map(|row| Some(row.sequence));
            Ok((page, next))
        }
    })
}

fn add(table: &mut Csv, row: &Transfer) {
    let number = |number: Option<i64>| number.map(|it| it.to_string()).unwrap_or_default();
    table
        .number(row.sequence)
        .moment(row.created_at)
        .text(&row.kind)
        .money(row.amount)
        .money(row.available)
        .text(&row.task_id.as_ref().map(TaskId::to_string).unwrap_or_default())
        .number(number(row.key_id.map(|id| id.0)))
        .text(row.model_id.as_deref().unwrap_or_default())
        .number(number(row.seconds.map(i64::from)))
        .number(number(row.price_version))
        .text(row.reason.as_deref().unwrap_or_default())
        .text(row.actor.as_deref().unwrap_or_default())
        .text(&row.id)
        .end();
}

/// Gives an account credit, once for each reference.
///
/// The same reference with the same amount changes nothing and answers the line booked before.
#[utoipa::path(post, path = "/api/admin/accounts/{account}/credit", operation_id = "grantCredit",
    tag = "operators", params(AccountPath), request_body = Credit,
    responses(
        (status = 201, description = "Booked.", body = view::Transfer),
        (status = 200, description = "Booked before, by this reference.", body = view::Transfer),
        refusals::ApiChange))]
async fn credit(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Segment(name): Segment,
    request: Request,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let (parts, body) = request.into_parts();
    let wanted: Credit = input::read(&parts.headers, body).await?;
    let reference = match &wanted.reference {
        Some(given) => check_reference(given)?,
        None => random_hex(&http, 16),
    };
    let (amount, reason) = (amount("amount", &wanted.amount)?, reason(&wanted.reason)?);
    let now = http.app.clock.now();
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        actor.require_operator()?;
        let account = account_named(tx, &name)?;
        let new = NewCredit {
            account_id: account.id,
            name: format!("grant-{reference}"),
            amount,
            reason: Some(reason.clone()),
            actor: actor.name(),
            now,
        };
        let outcome = rushes_store::credit(tx, &new)?;
        if matches!(outcome, BookOutcome::Booked(_)) {
            let after = json!({ "amount": view::Money::from(amount), "reason": reason, "reference": reference });
            note(tx, actor, "credit.grant", &account, after, now)?;
        }
        Ok(outcome)
    };
    answer(http.change(&actor, change).await?, amount)
}

/// What was booked, now or before; or why nothing was.
fn answer(outcome: BookOutcome, amount: Ticks) -> Result<Response, HttpError> {
    match outcome {
        BookOutcome::Booked(transfer) => {
            view::answer(StatusCode::CREATED, &view::Transfer::from(&*transfer))
        }
        BookOutcome::Exists(known) if known.amount == amount => {
            view::ok(&view::Transfer::from(&*known))
        }
        BookOutcome::Exists(known) => Err(ApiError::new(
            ErrorCode::Conflict,
            format!("this reference was used before, for ${}; use another", known.amount),
        )
        .with_param("reference")
        .into()),
        refused => Err(not_booked(&refused).into()),
    }
}

/// The line about money that an operator moved.
fn note(
    tx: &mut Tx<'_>,
    actor: &Actor,
    action: &str,
    account: &AccountRow,
    after: Value,
    now: Timestamp,
) -> Result<(), StoreError> {
    let object = format!("account {}", account.name);
    let entry = actor.entry(now, action, object, Some(account.id), (Value::Null, after));
    rushes_store::audit(tx, &entry)
}

fn check_reference(given: &str) -> Result<String, ApiError> {
    let is_valid = (1..=REFERENCE_CHARS_MAX).contains(&given.len())
        && given.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if is_valid {
        return Ok(given.to_owned());
    }
    Err(ApiError::invalid(
        "reference",
        format!("reference must be 1 to {REFERENCE_CHARS_MAX} letters, digits and . _ -"),
    ))
}

fn not_booked(outcome: &BookOutcome) -> ApiError {
    let message = match outcome {
        BookOutcome::NotCovered { available } => {
            format!("only ${available} can be taken: the rest is held or was never there")
        }
        _ => "the account's sum would be out of range".to_owned(),
    };
    ApiError::new(ErrorCode::Conflict, message).with_param("amount")
}

/// Corrects an account's money, up or down, once for each reference.
///
/// To take from another operator's account, or from the owner's, is for the owner.
#[utoipa::path(post, path = "/api/admin/accounts/{account}/adjustments",
    operation_id = "adjustCredit", tag = "operators", params(AccountPath),
    request_body = Adjustment,
    responses((status = 201, description = "Booked.", body = view::Transfer),
        (status = 200, description = "Booked before, by this reference.", body = view::Transfer),
        refusals::ApiAdjust))]
async fn adjust(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Segment(name): Segment,
    request: Request,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let (parts, body) = request.into_parts();
    let wanted: Adjustment = input::read(&parts.headers, body).await?;
    let no_task = || {
        ApiError::new(ErrorCode::TaskNotExist, "the account has no such task").with_param("task_id")
    };
    let task_id = wanted.task_id.as_ref().map(|text| text.parse::<TaskId>());
    let task_id = task_id.transpose().map_err(|_| no_task())?;
    let reference = wanted.reference.as_deref().map(check_reference).transpose()?;
    let (amount, reason) = (signed_amount("amount", &wanted.amount)?, reason(&wanted.reason)?);
    let now = http.app.clock.now();
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        actor.require_operator()?;
        let account = account_named(tx, &name)?;
        // To give is free, and stands in the log; to take is power over somebody.
        if amount < Ticks::ZERO {
            actor.require_power_over(&account)?;
        }
        let new = NewAdjustment {
            account_id: account.id,
            task_id,
            reference: reference.clone(),
            amount,
            reason: reason.clone(),
            actor: actor.name(),
            now,
        };
        let outcome = match rushes_store::adjust(tx, &new) {
            Err(StoreError::NotFound) => return Err(no_task().into()),
            outcome => outcome?,
        };
        if matches!(outcome, BookOutcome::Booked(_)) {
            let after = json!({
                "amount": view::Money::from(amount), "reason": reason, "task_id": wanted.task_id,
                "reference": reference,
            });
            note(tx, actor, "credit.adjust", &account, after, now)?;
        }
        Ok(outcome)
    };
    answer(http.change(&actor, change).await?, amount)
}
