//! A person's own account: name, password, sessions.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::{delete, get, post};
use http::header::SET_COOKIE;
use rushes_domain::{ApiError, ErrorCode};
use rushes_store::AccountChange;
use rushes_store::sessions::{SESSION_IDLE_MS, SESSION_MS};
use serde::Deserialize;
use serde_json::{Value, json};

use super::actor::{Actor, Who};
use super::fields::display_name;
use super::login::{check_own_password, cleared, own_row};
use super::{input, view};
use crate::http::Http;
use crate::http::error::HttpError;
use crate::passwords::check_new;

/// The routes of this module.
pub(super) fn routes() -> Router<Arc<Http>> {
    Router::new()
        .route("/api/me", get(show).patch(change))
        .route("/api/me/password", post(password))
        .route("/api/sessions", get(sessions).delete(end_others))
        .route("/api/sessions/{id}", delete(end))
}

async fn show(State(http): State<Arc<Http>>, actor: Actor) -> Result<Response, HttpError> {
    view::ok(&view::account(&own_row(&http, &actor).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    display_name: String,
}

async fn change(
    State(http): State<Arc<Http>>,
    actor: Actor,
    request: Request,
) -> Result<Response, HttpError> {
    let (parts, body) = request.into_parts();
    let wanted: Change = input::read(&parts.headers, body).await?;
    let before = own_row(&http, &actor).await?;
    let display_name = display_name(&wanted.display_name)?;
    let app = &http.app;
    let values =
        (json!({ "display_name": before.display_name }), json!({ "display_name": display_name }));
    let object = format!("account {}", before.name);
    let entry = actor.entry(app.clock.now(), "account.update", object, Some(before.id), values);
    let change = AccountChange { display_name: Some(display_name), ..AccountChange::default() };
    let write = move |tx: &mut rushes_store::Tx<'_>| {
        rushes_store::update_account(tx, before.id, &change)?;
        rushes_store::audit(tx, &entry)
    };
    app.store.write(write).await?;
    view::ok(&view::account(&own_row(&http, &actor).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    current: Option<String>,
    new: String,
}

/// Sets the password and ends all other sessions. The one before is asked for, unless there is none
/// or a one-time link was used just now.
async fn password(
    State(http): State<Arc<Http>>,
    actor: Actor,
    request: Request,
) -> Result<Response, HttpError> {
    let (parts, body) = request.into_parts();
    let wanted: NewPassword = input::read(&parts.headers, body).await?;
    let Who::Session(session) = &actor.who else {
        return Err(ApiError::new(
            ErrorCode::PermissionDenied,
            "only a person who signed in can change a password; \
             operators: POST /api/admin/accounts/NAME/password",
        )
        .into());
    };
    check_new(&wanted.new).map_err(|error| error.with_param("new"))?;
    let app = &http.app;
    let now = app.clock.now();
    match &wanted.current {
        Some(current) => check_own_password(&http, &actor, session, current).await?,
        None => drop(actor.confirmed(now)?),
    }
    let phc = app.passwords.hash(&*app.ids, &wanted.new).await?;
    let (account_id, id) = (session.account_id, session.id.clone());
    let object = format!("account {}", session.account_name);
    let values = (Value::Null, Value::Null);
    let entry = actor.entry(now, "password.change", object, Some(account_id), values);
    let write = move |tx: &mut rushes_store::Tx<'_>| {
        rushes_store::accounts::set_password(tx, account_id, &phc, now)?;
        rushes_store::confirm_session(tx, &id, now)?;
        let ended = rushes_store::delete_other_sessions(tx, account_id, Some(&id))?;
        rushes_store::audit(tx, &entry)?;
        Ok(ended)
    };
    let ended = app.store.write(write).await?;
    view::ok(&json!({ "object": "password_changed", "sessions_ended": ended }))
}

async fn sessions(State(http): State<Arc<Http>>, actor: Actor) -> Result<Response, HttpError> {
    let account_id = actor.own_account()?;
    let now = http.app.clock.now();
    let (idle, opened) = (now.plus_ms(-SESSION_IDLE_MS), now.plus_ms(-SESSION_MS));
    let read = move |tx: &mut rushes_store::Tx<'_>| {
        rushes_store::list_sessions(tx, account_id, idle, opened)
    };
    let rows = http.app.store.read(read).await?;
    let current = current(&actor);
    let data = rows.iter().map(|row| view::session(row, current.as_deref())).collect();
    view::ok(&view::list(data, None))
}

fn current(actor: &Actor) -> Option<String> {
    match &actor.who {
        Who::Session(session) => Some(session.id.clone()),
        Who::Local | Who::Key(_) => None,
    }
}

async fn end(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<Response, HttpError> {
    let account_id = actor.own_account()?;
    let is_own = current(&actor).as_deref() == Some(id.as_str());
    let now = http.app.clock.now();
    let object = format!("session {}", id.chars().take(64).collect::<String>());
    let values = (Value::Null, Value::Null);
    let entry = actor.entry(now, "session.end", object, Some(account_id), values);
    let write = move |tx: &mut rushes_store::Tx<'_>| {
        let is_ended = rushes_store::delete_session(tx, account_id, &id)?;
        if is_ended {
            rushes_store::audit(tx, &entry)?;
        }
        Ok(is_ended)
    };
    if !http.app.store.write(write).await? {
        return Err(ApiError::new(ErrorCode::NotFound, "you have no such session").into());
    }
    let mut response = view::ok(&json!({ "object": "sessions_ended", "count": 1 }))?;
    if is_own {
        response.headers_mut().append(SET_COOKIE, cleared(&http));
    }
    Ok(response)
}

async fn end_others(State(http): State<Arc<Http>>, actor: Actor) -> Result<Response, HttpError> {
    let account_id = actor.own_account()?;
    let keep = current(&actor);
    let now = http.app.clock.now();
    let values = (Value::Null, Value::Null);
    let entry = actor.entry(now, "session.end", "all other sessions", Some(account_id), values);
    let write = move |tx: &mut rushes_store::Tx<'_>| {
        let count = rushes_store::delete_other_sessions(tx, account_id, keep.as_deref())?;
        rushes_store::audit(tx, &entry)?;
        Ok(count)
    };
    let count = http.app.store.write(write).await?;
    view::ok(&json!({ "object": "sessions_ended", "count": count }))
}
