//! `/api/admin/accounts`: customers and those who serve them.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, RawQuery, Request, State};
use axum::response::Response;
use axum::routing::{delete, get, post};
use http::StatusCode;
use rushes_domain::account::{Role, key_hash};
use rushes_domain::{AccountId, ApiError, ErrorCode, GroupId, Ticks};
use rushes_store::accounts::ACCOUNTS_LIST_MAX;
use rushes_store::{
    AccountChange, AccountRow, DEFAULT_GROUP, NewAccount, NewCredit, StoreError, Tx,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::actor::Actor;
use super::super::fields::{amount, display_name};
use super::super::login::{check_name, name_taken, random_hex};
use super::super::record::differing;
use super::super::{input, view};
use super::find_account;
use super::groups::find_group;
use crate::http::Http;
use crate::http::error::HttpError;
use crate::passwords::check_new;

/// Accounts on a page when nothing is said.
const LIMIT_DEFAULT: u32 = 50;
/// Time in which a one-time link can be used, in milliseconds: 15 minutes.
const LINK_MS: i64 = 15 * 60 * 1_000;

pub(super) fn routes() -> Router<Arc<Http>> {
    Router::new()
        .route("/api/admin/accounts", get(list).post(create))
        .route("/api/admin/accounts/{account}", get(show).patch(change))
        .route("/api/admin/accounts/{account}/password", post(password))
        .route("/api/admin/accounts/{account}/login-link", post(login_link))
        .route("/api/admin/accounts/{account}/sessions", delete(end_sessions))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    search: String,
    group: Option<String>,
    limit: Option<u32>,
    after: Option<i64>,
}

async fn list(
    State(http): State<Arc<Http>>,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let wanted: Wanted = input::query(query.as_deref())?;
    let group_id = match &wanted.group {
        Some(name) => Some(find_group(&http, name).await?.id),
        None => None,
    };
    let limit = wanted.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, ACCOUNTS_LIST_MAX - 1);
    let after = wanted.after.map(AccountId);
    let read = move |tx: &mut Tx<'_>| {
        rushes_store::list_accounts(tx, &wanted.search, group_id, after, limit + 1)
    };
    let mut rows = http.app.store.read(read).await?;
    let has_more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| has_more).map(|row| row.id.to_string());
    view::ok(&view::list(rows.iter().map(view::account).collect(), next))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    #[serde(default)]
    display_name: String,
    role: Option<String>,
    group: Option<String>,
    password: Option<String>,
    credit: Option<String>,
}

async fn create(
    State(http): State<Arc<Http>>,
    actor: Actor,
    request: Request,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let (parts, body) = request.into_parts();
    let new: New = input::read(&parts.headers, body).await?;
    check_name("name", &new.name)?;
    let role = new.role.as_deref().map_or(Ok(Role::User), role)?;
    check_role_change(&actor, role)?;
    let group_id = match &new.group {
        Some(name) => group_field(&http, name).await?,
        None => DEFAULT_GROUP,
    };
    let credit = new.credit.as_deref().map(|text| amount("credit", text)).transpose()?;
    let app = &http.app;
    let password_hash = match &new.password {
        Some(password) => {
            check_new(password)?;
            Some(app.passwords.hash(&*app.ids, password).await?)
        }
        None => None,
    };
    let now = app.clock.now();
    let account = NewAccount {
        name: new.name.clone(),
        display_name: display_name(&new.display_name)?,
        role,
        group_id,
        password_hash,
        now,
    };
    let object = format!("account {}", new.name);
    let entry = actor.entry(now, "account.create", object, None, (Value::Null, Value::Null));
    let by = actor.name();
    let write = move |tx: &mut Tx<'_>| {
        let Some(id) = rushes_store::create_account(tx, &account)? else { return Ok(None) };
        if let Some(amount) = credit {
            opening_credit(tx, id, amount, &by, now)?;
        }
        let row = rushes_store::account(tx, id)?.ok_or(StoreError::NotFound)?;
        let mut entry = entry.clone();
        entry.account_id = Some(id);
        entry.after = Some(audited(&row).to_string());
        rushes_store::audit(tx, &entry)?;
        Ok(Some(row))
    };
    let row = app.store.write(write).await?.ok_or_else(|| name_taken(&new.name))?;
    view::answer(StatusCode::CREATED, &view::account(&row))
}

fn opening_credit(
    tx: &mut Tx<'_>,
    account_id: AccountId,
    amount: Ticks,
    actor: &str,
    now: rushes_domain::Timestamp,
) -> Result<(), StoreError> {
    let credit = NewCredit {
        account_id,
        name: "opening".to_owned(),
        amount,
        reason: Some("opening credit".to_owned()),
        actor: actor.to_owned(),
        now,
    };
    rushes_store::credit(tx, &credit).map(drop)
}

/// What the audit log keeps of an account; its money has lines of its own.
fn audited(row: &AccountRow) -> Value {
    json!({
        "name": row.name,
        "display_name": row.display_name,
        "role": row.role.as_str(),
        "group": row.group_name,
        "enabled": row.enabled,
    })
}

fn role(word: &str) -> Result<Role, ApiError> {
    Role::from_word(word).ok_or_else(|| {
        ApiError::invalid("role", "role must be \"user\", \"operator\" or \"owner\"")
    })
}

/// Who may give a role: operators make users, the owner makes operators, nobody makes owners.
fn check_role_change(actor: &Actor, role: Role) -> Result<(), ApiError> {
    match role {
        Role::User => Ok(()),
        Role::Operator => actor.require_owner("make operators"),
        Role::Owner => {
            Err(ApiError::new(ErrorCode::Conflict, "there is one owner, and it stays the owner")
                .with_param("role"))
        }
    }
}

/// The group that a field names.
async fn group_field(http: &Http, name: &str) -> Result<GroupId, HttpError> {
    let found = find_group(http, name).await;
    found.map(|group| group.id).map_err(|_| {
        let shown: String = name.chars().take(super::NAME_SHOWN_CHARS_MAX).collect();
        ApiError::invalid("group", format!("there is no group {shown:?}")).into()
    })
}

async fn show(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Path(name): Path<String>,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    view::ok(&view::account(&find_account(&http, &name).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    display_name: Option<String>,
    role: Option<String>,
    group: Option<String>,
    enabled: Option<bool>,
}

async fn change(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let before = find_account(&http, &name).await?;
    actor.require_power_over(&before)?;
    let (parts, body) = request.into_parts();
    let wanted: Change = input::read(&parts.headers, body).await?;
    let change = read_change(&http, &actor, &before, wanted).await?;
    let app = &http.app;
    let (id, now, defaults) = (before.id, app.clock.now(), app.config.account.limits());
    let object = format!("account {}", before.name);
    let entry = actor.entry(now, "account.update", object, Some(id), (Value::Null, Value::Null));
    let write = move |tx: &mut Tx<'_>| {
        rushes_store::update_account(tx, id, &change)?;
        if let Some(group_id) = change.group_id {
            rushes_store::group_limits_changed(tx, before.group_id, defaults, now)?;
            rushes_store::group_limits_changed(tx, group_id, defaults, now)?;
        }
        if change.enabled == Some(false) {
            rushes_store::delete_other_sessions(tx, id, None)?;
        }
        let after = rushes_store::account(tx, id)?.ok_or(StoreError::NotFound)?;
        let mut entry = entry.clone();
        (entry.before, entry.after) = differing(audited(&before), audited(&after));
        rushes_store::audit(tx, &entry)?;
        Ok(after)
    };
    view::ok(&view::account(&app.store.write(write).await?))
}

async fn read_change(
    http: &Http,
    actor: &Actor,
    before: &AccountRow,
    wanted: Change,
) -> Result<AccountChange, HttpError> {
    let role = wanted.role.as_deref().map(role).transpose()?.filter(|&role| role != before.role);
    let is_owner = before.role == Role::Owner;
    if is_owner && (role.is_some() || wanted.enabled == Some(false)) {
        return Err(ApiError::new(
            ErrorCode::Conflict,
            "the owner stays the owner and enabled, or nobody could administer this gateway",
        )
        .into());
    }
    if let Some(role) = role {
        actor.require_owner("change roles")?;
        check_role_change(actor, role)?;
    }
    if wanted.enabled == Some(false) && actor.account_id() == Some(before.id) {
        return Err(ApiError::new(ErrorCode::Conflict, "you cannot disable yourself").into());
    }
    let group_id = match &wanted.group {
        Some(name) => Some(group_field(http, name).await?),
        None => None,
    };
    Ok(AccountChange {
        display_name: wanted.display_name.as_deref().map(display_name).transpose()?,
        role,
        group_id,
        enabled: wanted.enabled,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    password: String,
}

/// Sets a password for somebody who forgot it, and ends all sessions.
async fn password(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let account = find_account(&http, &name).await?;
    actor.require_power_over(&account)?;
    let (parts, body) = request.into_parts();
    let wanted: NewPassword = input::read(&parts.headers, body).await?;
    check_new(&wanted.password)?;
    let app = &http.app;
    let phc = app.passwords.hash(&*app.ids, &wanted.password).await?;
    let (id, now) = (account.id, app.clock.now());
    let object = format!("account {}", account.name);
    let entry = actor.entry(now, "password.reset", object, Some(id), (Value::Null, Value::Null));
    let write = move |tx: &mut Tx<'_>| {
        rushes_store::accounts::set_password(tx, id, &phc, now)?;
        let ended = rushes_store::delete_other_sessions(tx, id, None)?;
        rushes_store::audit(tx, &entry)?;
        Ok(ended)
    };
    let ended = app.store.write(write).await?;
    view::ok(&json!({ "object": "password_changed", "sessions_ended": ended }))
}

/// A link by which the account can sign in once, for somebody without a password.
async fn login_link(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Path(name): Path<String>,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let account = find_account(&http, &name).await?;
    actor.require_power_over(&account)?;
    let app = &http.app;
    let token = random_hex(&http, 32);
    let (id, hash, now) = (account.id, key_hash(&token), app.clock.now());
    let expires_at = now.plus_ms(LINK_MS);
    let object = format!("account {}", account.name);
    let entry = actor.entry(now, "login_link.create", object, Some(id), (Value::Null, Value::Null));
    let write = move |tx: &mut Tx<'_>| {
        rushes_store::create_login_link(tx, &hash, id, now, expires_at)?;
        rushes_store::audit(tx, &entry)
    };
    app.store.write(write).await?;
    let body = json!({
        "object": "login_link",
        "url": format!("{}/login#t={token}", app.config.public_url),
        "token": token,
        "expires_at": expires_at.unix_seconds(),
    });
    view::answer(StatusCode::CREATED, &body)
}

async fn end_sessions(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Path(name): Path<String>,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let account = find_account(&http, &name).await?;
    actor.require_power_over(&account)?;
    let (id, now) = (account.id, http.app.clock.now());
    let object = format!("account {}", account.name);
    let entry = actor.entry(now, "session.end", object, Some(id), (Value::Null, Value::Null));
    let write = move |tx: &mut Tx<'_>| {
        let count = rushes_store::delete_other_sessions(tx, id, None)?;
        rushes_store::audit(tx, &entry)?;
        Ok(count)
    };
    let count = http.app.store.write(write).await?;
    view::ok(&json!({ "object": "sessions_ended", "count": count }))
}
