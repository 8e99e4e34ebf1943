//! `/api/admin/groups`: what accounts pay, which models they may use, and how much at a time.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use rushes_domain::catalogue::Catalogue;
use rushes_domain::{ApiError, ErrorCode, GroupId, Ticks};
use rushes_store::groups::{GROUPS_MAX, MULTIPLIER_ONE_MILLIONTHS};
use rushes_store::{DEFAULT_GROUP, GroupOutcome, GroupRow, GroupTerms, StoreError, Tx};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::actor::Actor;
use super::super::fields::{self, Patch};
use super::super::login::{check_name, name_taken};
use super::super::{input, view};
use super::not_there;
use crate::http::Http;
use crate::http::error::HttpError;

/// Ticks of a dollar that make a millionth: multipliers are read as amounts are.
const TICKS_PER_MILLIONTH: i64 = 10_000;
/// Highest multiplier.
const MULTIPLIER_MAX: i64 = 1_000;
/// Highest limit of a count.
const COUNT_MAX: u32 = 1_000_000;
/// Most characters of a description.
const DESCRIPTION_CHARS_MAX: usize = 500;

pub(super) fn routes() -> Router<Arc<Http>> {
    Router::new()
        .route("/api/admin/groups", get(list).post(create))
        .route("/api/admin/groups/{group}", get(show).patch(change).delete(remove))
}

/// The group in a path or field: its id, or its name.
pub(super) async fn find_group(http: &Http, text: &str) -> Result<GroupRow, HttpError> {
    let (name, id) = (text.to_owned(), text.parse().ok().map(GroupId));
    let find = move |tx: &mut Tx<'_>| {
        if let Some(id) = id
            && let Some(found) = rushes_store::group(tx, id)?
        {
            return Ok(Some(found));
        }
        rushes_store::group_by_name(tx, &name)
    };
    let found = http.app.store.read(find).await?;
    Ok(found.ok_or_else(|| not_there("group", text))?)
}

async fn list(State(http): State<Arc<Http>>, actor: Actor) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let rows = http.app.store.read(rushes_store::groups).await?;
    view::ok(&view::list(rows.iter().map(view::group).collect(), None))
}

async fn show(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Path(name): Path<String>,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    view::ok(&view::group(&find_group(&http, &name).await?))
}

/// The fields; absent ones stay as they are, null takes a limit away.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    name: Option<String>,
    description: Option<String>,
    multiplier: Option<String>,
    #[serde(default)]
    models: Patch<Vec<String>>,
    #[serde(default)]
    in_flight_max: Patch<u32>,
    #[serde(default)]
    waiting_max: Patch<u32>,
    #[serde(default)]
    creates_per_minute: Patch<u32>,
    #[serde(default)]
    total_in_flight_max: Patch<u32>,
    #[serde(default)]
    total_waiting_max: Patch<u32>,
}

impl Input {
    fn terms(&self, before: &GroupTerms, catalogue: &Catalogue) -> Result<GroupTerms, ApiError> {
        let mut terms = before.clone();
        if let Some(name) = &self.name {
            check_name("name", name)?;
            terms.name.clone_from(name);
        }
        if let Some(text) = &self.description {
            terms.description = fields::text("description", text, DESCRIPTION_CHARS_MAX)?;
        }
        if let Some(text) = &self.multiplier {
            terms.multiplier_millionths = multiplier(text)?;
        }
        self.models.apply(&mut terms.models, |names| fields::models(names, catalogue))?;
        for (field, given, place) in [
            ("in_flight_max", &self.in_flight_max, &mut terms.in_flight_max),
            ("waiting_max", &self.waiting_max, &mut terms.waiting_max),
            ("creates_per_minute", &self.creates_per_minute, &mut terms.creates_per_minute),
            ("total_in_flight_max", &self.total_in_flight_max, &mut terms.total_in_flight_max),
            ("total_waiting_max", &self.total_waiting_max, &mut terms.total_waiting_max),
        ] {
            given.apply(place, |&count| fields::limit(field, count, COUNT_MAX))?;
        }
        Ok(terms)
    }
}

/// A factor as text with at most six decimals.
fn multiplier(text: &str) -> Result<i64, ApiError> {
    let invalid = || {
        ApiError::invalid(
            "multiplier",
            format!(
                "multiplier must be text such as \"0.8\", more than 0, at most {MULTIPLIER_MAX}, \
                 with at most 6 decimals"
            ),
        )
    };
    let ticks = Ticks::parse_dollars(text).map_err(|_| invalid())?.0;
    let millionths = ticks / TICKS_PER_MILLIONTH;
    let is_whole = ticks % TICKS_PER_MILLIONTH == 0;
    let most = MULTIPLIER_MAX * MULTIPLIER_ONE_MILLIONTHS;
    if is_whole && (1..=most).contains(&millionths) { Ok(millionths) } else { Err(invalid()) }
}

async fn create(
    State(http): State<Arc<Http>>,
    actor: Actor,
    request: Request,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let (parts, body) = request.into_parts();
    let wanted: Input = input::read(&parts.headers, body).await?;
    if wanted.name.is_none() {
        return Err(ApiError::invalid("name", "name is required").into());
    }
    let empty = GroupTerms {
        name: String::new(),
        description: String::new(),
        multiplier_millionths: MULTIPLIER_ONE_MILLIONTHS,
        models: None,
        in_flight_max: None,
        waiting_max: None,
        creates_per_minute: None,
        total_in_flight_max: None,
        total_waiting_max: None,
    };
    let app = &http.app;
    let terms = wanted.terms(&empty, app.prices.base())?;
    let (name, now) = (terms.name.clone(), app.clock.now());
    let entry =
        actor.entry(now, "group.create", format!("group {name}"), None, (Value::Null, Value::Null));
    let write = move |tx: &mut Tx<'_>| match rushes_store::create_group(tx, &terms, now)? {
        GroupOutcome::Done(id) => {
            let row = rushes_store::group(tx, id)?.ok_or(StoreError::NotFound)?;
            let mut entry = entry.clone();
            entry.after = Some(audited(&row).to_string());
            rushes_store::audit(tx, &entry)?;
            Ok(Ok(row))
        }
        refused => Ok(Err(refused)),
    };
    let row = app.store.write(write).await?.map_err(|outcome| refusal(&outcome, &name))?;
    view::answer(StatusCode::CREATED, &view::group(&row))
}

fn refusal(outcome: &GroupOutcome, name: &str) -> ApiError {
    match outcome {
        GroupOutcome::TooMany => {
            ApiError::new(ErrorCode::Conflict, format!("there are {GROUPS_MAX} groups already"))
        }
        GroupOutcome::NameTaken | GroupOutcome::Done(_) => name_taken(name),
    }
}

/// What the audit log keeps of a group.
fn audited(row: &GroupRow) -> Value {
    let mut value = view::group(row);
    if let Value::Object(fields) = &mut value {
        fields.remove("accounts");
    }
    value
}

async fn change(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let before = find_group(&http, &name).await?;
    let (parts, body) = request.into_parts();
    let wanted: Input = input::read(&parts.headers, body).await?;
    let app = &http.app;
    let terms = wanted.terms(&before.terms, app.prices.base())?;
    let (id, now, defaults) = (before.id, app.clock.now(), app.config.account.limits());
    let after = GroupRow { terms: terms.clone(), ..before.clone() };
    let values = (audited(&before), audited(&after));
    let object = format!("group {}", before.terms.name);
    let entry = actor.entry(now, "group.update", object, None, values);
    let new_name = terms.name.clone();
    let write = move |tx: &mut Tx<'_>| match rushes_store::update_group(tx, id, &terms)? {
        GroupOutcome::Done(_) => {
            rushes_store::group_limits_changed(tx, id, defaults, now)?;
            rushes_store::audit(tx, &entry)?;
            Ok(Ok(rushes_store::group(tx, id)?.ok_or(StoreError::NotFound)?))
        }
        refused => Ok(Err(refused)),
    };
    let row = app.store.write(write).await?.map_err(|outcome| refusal(&outcome, &new_name))?;
    view::ok(&view::group(&row))
}

async fn remove(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Path(name): Path<String>,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let row = find_group(&http, &name).await?;
    if row.id == DEFAULT_GROUP {
        return Err(ApiError::new(
            ErrorCode::Conflict,
            "the default group stays: accounts without another belong to it",
        )
        .into());
    }
    let (id, now) = (row.id, http.app.clock.now());
    let object = format!("group {}", row.terms.name);
    let entry = actor.entry(now, "group.delete", object, None, (audited(&row), Value::Null));
    let write = move |tx: &mut Tx<'_>| {
        let is_deleted = rushes_store::delete_group(tx, id)?;
        if is_deleted {
            rushes_store::audit(tx, &entry)?;
        }
        Ok(is_deleted)
    };
    if !http.app.store.write(write).await? {
        let count = row.accounts_count;
        return Err(ApiError::new(
            ErrorCode::Conflict,
            format!("{count} accounts are in this group; put them into another one first"),
        )
        .into());
    }
    view::ok(&json!({ "object": "group_deleted", "id": id.0, "name": row.terms.name }))
}
