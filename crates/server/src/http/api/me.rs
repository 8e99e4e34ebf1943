//! A person's own account: name, password, sessions.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::header::SET_COOKIE;
use rushes_domain::{ApiError, ErrorCode, Timestamp};
use rushes_store::sessions::{SESSION_IDLE_MS, SESSION_MS};
use rushes_store::{AccountChange, SessionRow, Tx};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::actor::{Actor, Who, is_fresh};
use super::admin::account_of;
use super::fields::display_name;
use super::login::{check_own_password, cleared, own_row};
use super::{input, view};
use crate::http::Http;
use crate::http::error::HttpError;
use crate::http::path::Segment;
use crate::openapi::refusals;
use crate::passwords::check_new;

/// The routes of this module.
pub(super) fn routes() -> OpenApiRouter<Arc<Http>> {
    OpenApiRouter::new()
        .routes(routes!(show, change))
        .routes(routes!(password))
        .routes(routes!(sessions, end_others))
        .routes(routes!(end))
}

/// Your account.
#[utoipa::path(get, path = "/api/me", operation_id = "getOwnAccount", tag = "account",
    responses((status = 200, body = view::Account), refusals::ApiLook))]
async fn show(State(http): State<Arc<Http>>, actor: Actor) -> Result<Response, HttpError> {
    view::ok(&view::Account::from(&own_row(&http, &actor).await?))
}

/// What one changes of one's own account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OwnAccountChange)]
struct Change {
    /// How you like to be called; without line breaks.
    #[schema(max_length = 100, examples("Lin"))]
    display_name: String,
}

/// Changes your account.
#[utoipa::path(patch, path = "/api/me", operation_id = "changeOwnAccount", tag = "account",
    request_body = Change,
    responses((status = 200, body = view::Account), refusals::ApiChange))]
async fn change(
    State(http): State<Arc<Http>>,
    actor: Actor,
    request: Request,
) -> Result<Response, HttpError> {
    let (parts, body) = request.into_parts();
    let wanted: Change = input::read(&parts.headers, body).await?;
    let display_name = display_name(&wanted.display_name)?;
    let now = http.app.clock.now();
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        let before = account_of(tx, actor.own_account()?)?;
        if before.display_name == display_name {
            return Ok(before);
        }
        let change =
            AccountChange { display_name: Some(display_name.clone()), ..AccountChange::default() };
        rushes_store::update_account(tx, before.id, &change)?;
        let values = (
            json!({ "display_name": before.display_name }),
            json!({ "display_name": display_name }),
        );
        let object = format!("account {}", before.name);
        let entry = actor.entry(now, "account.update", object, Some(before.id), values);
        rushes_store::audit(tx, &entry)?;
        account_of(tx, before.id)
    };
    view::ok(&view::Account::from(&http.change(&actor, change).await?))
}

/// A new password of one's own.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OwnPassword)]
struct NewPassword {
    /// The password as it is now. Not needed within ten minutes of coming by a one-time link.
    #[schema(format = Password)]
    current: Option<String>,
    /// Not only blanks.
    #[schema(min_length = 10, max_length = 256, pattern = r"\S", format = Password)]
    #[schema(examples("three green paper boats"))]
    new: String,
}

/// Sets your password, and ends all other sessions and one-time links.
///
/// The one before is asked for, but for somebody who came by a one-time link within ten minutes:
/// such a link is for who has none, or forgot it.
#[utoipa::path(post, path = "/api/me/password", operation_id = "changeOwnPassword",
    tag = "account", security(("session" = [])), request_body = NewPassword,
    responses((status = 200, body = view::PasswordChanged), refusals::ApiPassword))]
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
        None => require_link(session, now)?,
    }
    let phc = app.passwords.hash(&*app.ids, &wanted.new).await?;
    let (account_id, id) = (session.account_id, session.id.clone());
    let is_current_known = wanted.current.is_some();
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        // One of two at a time that came by the same link.
        if let Who::Session(session) = &actor.who
            && !is_current_known
        {
            require_link(session, now)?;
        }
        rushes_store::accounts::set_password(tx, account_id, &phc, now)?;
        rushes_store::confirm_session(tx, &id, now)?;
        let ended = rushes_store::delete_other_sessions(tx, account_id, Some(&id))?;
        let object = format!("account {}", account_of(tx, account_id)?.name);
        let values = (Value::Null, Value::Null);
        let entry = actor.entry(now, "password.change", object, Some(account_id), values);
        rushes_store::audit(tx, &entry)?;
        Ok(ended)
    };
    let ended = http.change(&actor, change).await?;
    view::ok(&view::PasswordChanged::new(ended))
}

/// Refuses a session that no one-time link opened within ten minutes, or whose password was shown
/// since.
fn require_link(session: &SessionRow, now: Timestamp) -> Result<(), ApiError> {
    if session.by_link && session.confirmed_at.0 == 0 && is_fresh(session.created_at, now) {
        return Ok(());
    }
    Err(ApiError::invalid("current", "current is required: the password as it is now"))
}

/// Your sessions that have not ended.
#[utoipa::path(get, path = "/api/sessions", operation_id = "listSessions", tag = "account",
    responses((status = 200, body = view::List<view::Session>), refusals::ApiLook))]
async fn sessions(State(http): State<Arc<Http>>, actor: Actor) -> Result<Response, HttpError> {
    let account_id = actor.own_account()?;
    let now = http.app.clock.now();
    let (idle, opened) = (now.plus_ms(-SESSION_IDLE_MS), now.plus_ms(-SESSION_MS));
    let read = move |tx: &mut Tx<'_>| rushes_store::list_sessions(tx, account_id, idle, opened);
    let rows = http.app.store.read(read).await?;
    let current = current(&actor);
    let data = rows.iter().map(|row| view::Session::of(row, current.as_deref())).collect();
    view::ok(&view::List::whole(data))
}

fn current(actor: &Actor) -> Option<String> {
    match &actor.who {
        Who::Session(session) => Some(session.id.clone()),
        Who::Local | Who::Key(..) => None,
    }
}

/// A session by its id.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
struct SessionPath {
    /// The session's id.
    #[param(example = "ses_0f1e2d3c4b5a69788796a5b4")]
    id: String,
}

/// Ends one of your sessions; with your own, you are signed out.
#[utoipa::path(delete, path = "/api/sessions/{id}", operation_id = "endSession", tag = "account",
    params(SessionPath),
    responses((status = 200, body = view::SessionsEnded), refusals::ApiDeed))]
async fn end(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Segment(id): Segment,
) -> Result<Response, HttpError> {
    let account_id = actor.own_account()?;
    let is_own = current(&actor).as_deref() == Some(id.as_str());
    let now = http.app.clock.now();
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        if !rushes_store::delete_session(tx, account_id, &id)? {
            return Err(ApiError::new(ErrorCode::NotFound, "you have no such session").into());
        }
        let values = (Value::Null, Value::Null);
        let object = format!("session {id}");
        rushes_store::audit(tx, &actor.entry(now, "session.end", object, Some(account_id), values))
    };
    http.change(&actor, change).await?;
    let mut response = view::ok(&view::SessionsEnded::new(1))?;
    if is_own {
        response.headers_mut().append(SET_COOKIE, cleared(&http));
    }
    Ok(response)
}

/// Ends all your sessions but the one that asks.
#[utoipa::path(delete, path = "/api/sessions", operation_id = "endOtherSessions",
    tag = "account",
    responses((status = 200, body = view::SessionsEnded), refusals::ApiDeed))]
async fn end_others(State(http): State<Arc<Http>>, actor: Actor) -> Result<Response, HttpError> {
    let account_id = actor.own_account()?;
    let keep = current(&actor);
    let now = http.app.clock.now();
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        let count = rushes_store::delete_other_sessions(tx, account_id, keep.as_deref())?;
        if count == 0 {
            return Ok(count);
        }
        let (values, object) = ((Value::Null, Value::Null), "all other sessions");
        let entry = actor.entry(now, "session.end", object, Some(account_id), values);
        rushes_store::audit(tx, &entry)?;
        Ok(count)
    };
    let count = http.change(&actor, change).await?;
    view::ok(&view::SessionsEnded::new(count))
}
