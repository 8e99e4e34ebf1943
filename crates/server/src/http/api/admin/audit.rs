//! `/api/admin/audit`: who did what, as a list and as CSV.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use rushes_domain::Timestamp;
use rushes_store::audit::AUDIT_LIST_MAX;
use rushes_store::{AuditEntry, AuditFilter, Tx};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::actor::Actor;
use super::super::csv::Csv;
use super::super::{input, view};
use super::find_account;
use crate::http::Http;
use crate::http::error::HttpError;
use crate::openapi::refusals;

/// Lines on a page when nothing is said.
const LIMIT_DEFAULT: u32 = 50;

pub(super) fn routes() -> OpenApiRouter<Arc<Http>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(csv))
}

/// Which lines.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Only what this one did, as lines name it.
    #[serde(default)]
    #[param(example = "admin")]
    actor: String,
    /// Only actions that begin so.
    #[serde(default)]
    #[param(example = "group.")]
    action: String,
    /// Only what was done to this, a line's `target`.
    #[serde(default)]
    #[param(example = "group default")]
    object: String,
    /// Only what is about this account, by its name or as `id:` and its id.
    #[param(example = "lin")]
    account: Option<String>,
    /// Only lines of this moment or later, in seconds since 1970.
    from: Option<i64>,
    /// Only lines before this moment, in seconds since 1970.
    until: Option<i64>,
    /// How many: 0 counts as 1, and more than 999 as 999. A table has all.
    #[param(default = 50)]
    limit: Option<u32>,
    /// Only lines with a lower id: the `next_after` of the page before.
    after: Option<i64>,
}

impl Wanted {
    async fn filter(self, http: &Http) -> Result<AuditFilter, HttpError> {
        let account_id = match &self.account {
            Some(name) => Some(find_account(http, name).await?.id),
            None => None,
        };
        Ok(AuditFilter {
            actor: self.actor,
            action: self.action,
            object: self.object,
            account_id,
            from: self.from.map(Timestamp::from_unix_seconds),
            until: self.until.map(Timestamp::from_unix_seconds),
            before: self.after,
            limit: self.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, AUDIT_LIST_MAX - 1),
        })
    }
}

/// The audit log, newest first: who did what, when, and from where.
#[utoipa::path(get, path = "/api/admin/audit", operation_id = "listAuditLog", tag = "settings",
    params(Wanted),
    responses((status = 200, body = view::List<view::AuditEntry>), refusals::ApiLook))]
async fn list(
    State(http): State<Arc<Http>>,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let wanted: Wanted = input::query(query.as_deref())?;
    let filter = wanted.filter(&http).await?;
    let limit = filter.limit as usize;
    let one_more = AuditFilter { limit: filter.limit + 1, ..filter };
    let read = move |tx: &mut Tx<'_>| rushes_store::list_audit(tx, &one_more);
    let mut rows = http.app.store.read(read).await?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| has_more).map(|(id, _)| id.to_string());
    view::ok(&view::List::page(
        rows.iter().map(|(id, row)| view::AuditEntry::of(*id, row)).collect(),
        next,
    ))
}

/// The audit log as a table for spreadsheets (RFC 4180), newest first.
#[utoipa::path(get, path = "/api/admin/audit.csv", operation_id = "getAuditLogCsv",
    tag = "settings", params(Wanted),
    responses((status = 200, body = String, content_type = "text/csv"), refusals::ApiLook))]
async fn csv(
    State(http): State<Arc<Http>>,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let wanted: Wanted = input::query(query.as_deref())?;
    let filter = AuditFilter { limit: AUDIT_LIST_MAX, ..wanted.filter(&http).await? };
    let heading = Csv::new(&[
        "id",
        "at",
        "actor",
        "address",
        "request_id",
        "action",
        "target",
        "before",
        "after",
    ]);
    let store = http.app.store.clone();
    Ok(heading.answer_with_pages("audit.csv", filter, move |filter| {
        let store = store.clone();
        async move {
            let wanted = filter.clone();
            let rows = store.read(move |tx| rushes_store::list_audit(tx, &wanted)).await?;
            let mut page = Csv::page();
            for (id, row) in &rows {
                add(&mut page, *id, row);
            }
            let is_full = rows.len() >= AUDIT_LIST_MAX as usize;
            let last = rows.last().filter(|_| is_full).map(|(id, _)| *id);
            Ok((page, last.map(|id| AuditFilter { before: Some(id), ..filter })))
        }
    }))
}

fn add(table: &mut Csv, id: i64, row: &AuditEntry) {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    table
        .number(id)
        .moment(row.at)
        .text(&row.actor)
        .text(&text(&row.address))
        .text(&text(&row.request_id))
        .text(&row.action)
        .text(&row.object)
        .text(&text(&row.before))
        .text(&text(&row.after))
        .end();
}
