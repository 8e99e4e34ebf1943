//! `/api/admin/accounts`: customers and those who serve them.

mod shapes;

use std::sync::Arc;

use axum::extract::{RawQuery, Request, State};
use axum::response::Response;
use http::StatusCode;
use rushes_domain::account::{Role, key_hash};
use rushes_domain::{AccountId, ApiError, ErrorCode, GroupId, Ticks, Timestamp};
use rushes_store::accounts::ACCOUNTS_LIST_MAX;
use rushes_store::sessions::LOGIN_LINK_MS;
use rushes_store::{
    AccountChange, AccountRow, DEFAULT_GROUP, NewAccount, NewCredit, StoreError, Tx,
};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::shapes::{Change, Link, New, NewPassword, Wanted};
use super::super::actor::Actor;
use super::super::fields::{amount, display_name};
use super::super::login::{check_name, name_taken, random_hex};
use super::super::{input, view};
use super::groups::{find_group, group_named};
use super::{account_named, account_of, find_account};
use crate::http::Http;
use crate::http::error::HttpError;
use crate::http::path::Segment;
use crate::openapi::parameters::AccountPath;
use crate::openapi::refusals;
use crate::pages::LOGIN_TOKEN_BYTES;
use crate::passwords::check_new;

/// Accounts on a page when nothing is said.
const LIMIT_DEFAULT: u32 = 50;

pub(super) fn routes() -> OpenApiRouter<Arc<Http>> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change))
        .routes(routes!(password))
        .routes(routes!(login_link))
        .routes(routes!(end_sessions))
}

/// The accounts, in the order in which they were made.
#[utoipa::path(get, path = "/api/admin/accounts", operation_id = "listAccounts",
    tag = "operators", params(Wanted),
    responses((status = 200, body = view::List<view::Account>), refusals::ApiLook))]
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
    view::ok(&view::List::page(rows.iter().map(view::Account::from).collect(), next))
}

/// Makes an account.
#[utoipa::path(post, path = "/api/admin/accounts", operation_id = "createAccount",
    tag = "operators", request_body = New,
    responses((status = 201, body = view::Account), refusals::ApiChange))]
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
        group_id: DEFAULT_GROUP,
        password_hash,
        now,
    };
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        actor.require_operator()?;
        check_role_change(actor, role)?;
        let group_id = match &new.group {
            Some(name) => group_field(tx, name)?,
            None => DEFAULT_GROUP,
        };
        let account = NewAccount { group_id, ..account.clone() };
        let id = rushes_store::create_account(tx, &account)?;
        let id = id.ok_or_else(|| name_taken(&account.name))?;
        let values = (Value::Null, audited(&account_of(tx, id)?));
        let object = format!("account {}", account.name);
        rushes_store::audit(tx, &actor.entry(now, "account.create", object, Some(id), values))?;
        if let Some(amount) = credit {
            let row = account_of(tx, id)?;
            opening_credit(tx, actor, &row, amount, now)?;
        }
        account_of(tx, id)
    };
    let row = http.change(&actor, change).await?;
    view::answer(StatusCode::CREATED, &view::Account::from(&row))
}

fn opening_credit(
    tx: &mut Tx<'_>,
    actor: &Actor,
    account: &AccountRow,
    amount: Ticks,
    now: Timestamp,
) -> Result<(), StoreError> {
    let reason = "opening credit";
    let credit = NewCredit {
        account_id: account.id,
        name: "opening".to_owned(),
        amount,
        reason: Some(reason.to_owned()),
        actor: actor.name(),
        now,
    };
    rushes_store::credit(tx, &credit)?;
    let values = (Value::Null, json!({ "amount": view::Money::from(amount), "reason": reason }));
    let object = format!("account {}", account.name);
    let entry = actor.entry(now, "credit.grant", object, Some(account.id), values);
    rushes_store::audit(tx, &entry)
}

/// What the audit log keeps of an account; its money has lines of its own.
pub(in crate::http::api) fn audited(row: &AccountRow) -> Value {
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
fn group_field(tx: &mut Tx<'_>, name: &str) -> Result<GroupId, StoreError> {
    match group_named(tx, name) {
        Err(StoreError::Refused(error)) => Err(ApiError::invalid("group", error.message).into()),
        found => Ok(found?.id),
    }
}

/// An account.
#[utoipa::path(get, path = "/api/admin/accounts/{account}", operation_id = "getAccount",
    tag = "operators", params(AccountPath),
    responses((status = 200, body = view::Account), refusals::ApiLook))]
async fn show(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Segment(name): Segment,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    view::ok(&view::Account::from(&find_account(&http, &name).await?))
}

/// Changes an account.
///
/// Only the owner changes operators and itself.
#[utoipa::path(patch, path = "/api/admin/accounts/{account}", operation_id = "changeAccount",
    tag = "operators", params(AccountPath), request_body = Change,
    responses((status = 200, body = view::Account), refusals::ApiChange))]
async fn change(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Segment(name): Segment,
    request: Request,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let (parts, body) = request.into_parts();
    let wanted: Change = input::read(&parts.headers, body).await?;
    let app = &http.app;
    let (now, defaults) = (app.clock.now(), app.config.account.limits());
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        actor.require_operator()?;
        let before = account_named(tx, &name)?;
        actor.require_power_over(&before)?;
        let id = before.id;
        let change = read_change(tx, actor, &before, &wanted)?;
        if is_nothing(&change, &before) {
            return Ok(before);
        }
        rushes_store::update_account(tx, id, &change)?;
        if let Some(group_id) = change.group_id {
            rushes_store::group_limits_changed(tx, before.group_id, defaults, now)?;
            rushes_store::group_limits_changed(tx, group_id, defaults, now)?;
        }
        if change.enabled == Some(false) {
            rushes_store::delete_other_sessions(tx, id, None)?;
        }
        let after = account_of(tx, id)?;
        let values = (audited(&before), audited(&after));
        let object = format!("account {}", before.name);
        rushes_store::audit(tx, &actor.entry(now, "account.update", object, Some(id), values))?;
        Ok(after)
    };
    view::ok(&view::Account::from(&http.change(&actor, change).await?))
}

/// Whether everything is as a change would make it.
fn is_nothing(change: &AccountChange, before: &AccountRow) -> bool {
    let AccountChange { display_name, role, group_id, enabled } = change;
    display_name.as_ref().is_none_or(|it| *it == before.display_name)
        && role.is_none_or(|it| it == before.role)
        && group_id.is_none_or(|it| it == before.group_id)
        && enabled.is_none_or(|it| it == before.enabled)
}

fn read_change(
    tx: &mut Tx<'_>,
    actor: &Actor,
    before: &AccountRow,
    wanted: &Change,
) -> Result<AccountChange, StoreError> {
    let conflict = |text: &str| Err(ApiError::new(ErrorCode::Conflict, text).into());
    let role = wanted.role.as_deref().map(role).transpose()?.filter(|&role| role != before.role);
    let is_owner = before.role == Role::Owner;
    if is_owner && (role.is_some() || wanted.enabled == Some(false)) {
        return conflict(
            "the owner stays the owner and enabled, or nobody could administer this gateway",
        );
    }
    if let Some(role) = role {
        actor.require_owner("change roles")?;
        check_role_change(actor, role)?;
    }
    if wanted.enabled == Some(false) && actor.account_id() == Some(before.id) {
        return conflict("you cannot disable yourself");
    }
    let group_id = match &wanted.group {
        Some(name) => Some(group_field(tx, name)?),
        None => None,
    };
    Ok(AccountChange {
        display_name: wanted.display_name.as_deref().map(display_name).transpose()?,
        role,
        group_id,
        enabled: wanted.enabled,
    })
}

/// The account in a path, if the actor may open it to somebody.
fn opened_account(tx: &mut Tx<'_>, actor: &Actor, name: &str) -> Result<AccountRow, StoreError> {
    actor.require_operator()?;
    let account = account_named(tx, name)?;
    actor.require_power_over(&account)?;
    actor.require_other(&account)?;
    Ok(account)
}

/// Sets the password of somebody who forgot it.
///
/// All sessions and one-time links of the account end. Your own is `POST /api/me/password`.
#[utoipa::path(post, path = "/api/admin/accounts/{account}/password",
    operation_id = "setAccountPassword", tag = "operators", params(AccountPath),
    request_body = NewPassword,
    responses((status = 200, body = view::PasswordChanged), refusals::ApiChange))]
async fn password(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Segment(name): Segment,
    request: Request,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let (parts, body) = request.into_parts();
    let wanted: NewPassword = input::read(&parts.headers, body).await?;
    check_new(&wanted.password)?;
    let (app, by, path) = (&http.app, actor.clone(), name.clone());
    app.store.read(move |tx| opened_account(tx, &by, &path).map(drop)).await?;
    let phc = app.passwords.hash(&*app.ids, &wanted.password).await?;
    let now = app.clock.now();
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        let account = opened_account(tx, actor, &name)?;
        rushes_store::accounts::set_password(tx, account.id, &phc, now)?;
        let ended = rushes_store::delete_other_sessions(tx, account.id, None)?;
        note(tx, actor, "password.reset", &account, now)?;
        Ok(ended)
    };
    let ended = http.change(&actor, change).await?;
    view::ok(&view::PasswordChanged::new(ended))
}

/// The line of what has no before and after.
fn note(
    tx: &mut Tx<'_>,
    actor: &Actor,
    action: &str,
    account: &AccountRow,
    now: Timestamp,
) -> Result<(), StoreError> {
    let object = format!("account {}", account.name);
    let values = (Value::Null, Value::Null);
    rushes_store::audit(tx, &actor.entry(now, action, object, Some(account.id), values))
}

/// Makes a link by which an account's person can sign in once.
///
/// For somebody without a password, within 15 minutes. No other answer shows it.
#[utoipa::path(post, path = "/api/admin/accounts/{account}/login-link",
    operation_id = "createLoginLink", tag = "operators", params(AccountPath),
    responses((status = 201, body = Link), refusals::ApiDeed))]
async fn login_link(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Segment(name): Segment,
) -> Result<Response, HttpError> {
    let app = &http.app;
    let token = random_hex(&http, LOGIN_TOKEN_BYTES);
    let (hash, now) = (key_hash(&token), app.clock.now());
    let expires_at = now.plus_ms(LOGIN_LINK_MS);
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        let account = opened_account(tx, actor, &name)?;
        if !account.enabled {
            let text = "the account is disabled: enable it first";
            return Err(ApiError::new(ErrorCode::Conflict, text).into());
        }
        rushes_store::create_login_link(tx, &hash, account.id, now, expires_at)?;
        note(tx, actor, "login_link.create", &account, now)
    };
    http.change(&actor, change).await?;
    let link = Link::new(&app.config.public_url, token, expires_at.unix_seconds());
    view::answer(StatusCode::CREATED, &link)
}

/// Ends all sessions of an account, and its one-time links.
#[utoipa::path(delete, path = "/api/admin/accounts/{account}/sessions",
    operation_id = "endAccountSessions", tag = "operators", params(AccountPath),
    responses((status = 200, body = view::SessionsEnded), refusals::ApiDeed))]
async fn end_sessions(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Segment(name): Segment,
) -> Result<Response, HttpError> {
    let now = http.app.clock.now();
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        actor.require_operator()?;
        let account = account_named(tx, &name)?;
        actor.require_power_over(&account)?;
        let count = rushes_store::delete_other_sessions(tx, account.id, None)?;
        note(tx, actor, "session.end", &account, now)?;
        Ok(count)
    };
    let count = http.change(&actor, change).await?;
    view::ok(&view::SessionsEnded::new(count))
}
