//! Signing in, up and out.
//!
//! Guarantees: a wrong name and a wrong password are the same refusal, after the same work; each
//! attempt is counted for the name and for the address before anything is looked at; a token is
//! made here for each session, so that none that a client brought is ever adopted.

mod shapes;

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::header::SET_COOKIE;
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use rushes_domain::account::{Role, is_name, key_hash};
use rushes_domain::{AccountId, ApiError, ErrorCode, Timestamp};
use rushes_store::sessions::SESSION_MS;
use rushes_store::{
    AccountRow, AuditEntry, DEFAULT_GROUP, NewAccount, NewSession, SessionRow, StoreError, Tx,
};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::shapes::{
    Closed, Confirm, Login, LoginInput, Opened, Register, SessionInfo, SessionSettings,
};
use super::actor::{Actor, Origin, Who, by_cookie, is_fresh};
use super::admin::account_of;
use super::fields::display_name;
use super::{input, view};
use crate::bootstrap;
use crate::http::Http;
use crate::http::auth::account_disabled;
use crate::http::error::HttpError;
use crate::http::session::same_origin;
use crate::http::writes::Writer;
use crate::openapi::refusals;
use crate::passwords::{PasswordError, check_new};

/// The routes of this module.
pub(super) fn routes() -> OpenApiRouter<Arc<Http>> {
    OpenApiRouter::new()
        .routes(routes!(login))
        .routes(routes!(logout))
        .routes(routes!(register))
        .routes(routes!(session))
        .routes(routes!(confirm))
}

/// Signs in by name and password, or by the token of a one-time link.
///
/// A browser that had a session before has the new one instead.
#[utoipa::path(post, path = "/api/login", operation_id = "signIn", tag = "session", security(()),
    request_body = LoginInput,
    responses((status = 200, body = Opened, headers(("Set-Cookie" = String,
        description = "The session's cookie."))), refusals::SignIn))]
async fn login(State(http): State<Arc<Http>>, request: Request) -> Result<Response, HttpError> {
    let (parts, body) = request.into_parts();
    same_origin::check(&parts.method, &parts.headers, &http.app.config.public_url)?;
    let origin = Origin::of(&parts, &http);
    http.writes.take(Writer::Address(origin.address))?;
    let login: Login = input::read(&parts.headers, body).await?;
    let way = match (login.name, login.password, login.token) {
        (Some(name), Some(password), None) => by_password(&http, &origin, &name, &password).await?,
        (None, None, Some(token)) => {
            http.app.login_throttle.attempt(None, origin.address)?;
            Way::Link { token_hash: key_hash(&token) }
        }
        _ => {
            return Err(ApiError::new(
                ErrorCode::InvalidRequest,
                "send name and password, or the token of a one-time link",
            )
            .into());
        }
    };
    open(&http, &parts, &origin, way).await
}

/// How somebody came in, and what is looked at again in the transaction that opens the session.
enum Way {
    /// The password that was right is the one with this hash; another may have been set since.
    Password {
        account_id: AccountId,
        phc: String,
    },
    /// Used up in that transaction, so that a link is not lost where no session comes of it.
    Link {
        token_hash: [u8; 32],
    },
    Registration {
        account_id: AccountId,
    },
}

impl Way {
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Password { .. } => "password",
            Self::Link { .. } => "login_link",
            Self::Registration { .. } => "registration",
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::Registration { .. } => StatusCode::CREATED,
            Self::Password { .. } | Self::Link { .. } => StatusCode::OK,
        }
    }

    /// Whose session it becomes, as far as that still holds.
    fn account_id(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<AccountId, StoreError> {
        match self {
            Self::Password { account_id, phc } => {
                let current = rushes_store::accounts::password_hash(tx, *account_id)?;
                current.filter(|it| it == phc).map(|_| *account_id).ok_or_else(|| wrong().into())
            }
            Self::Link { token_hash } => {
                rushes_store::use_login_link(tx, token_hash, now)?.ok_or_else(|| wrong().into())
            }
            Self::Registration { account_id } => Ok(*account_id),
        }
    }
}

async fn by_password(
    http: &Http,
    origin: &Origin,
    name: &str,
    password: &str,
) -> Result<Way, HttpError> {
    let app = &http.app;
    app.login_throttle.attempt(Some(name), origin.address)?;
    let looked_up = name.to_owned();
    let (account, phc) = app
        .store
        .read(move |tx| {
            let account = rushes_store::account_by_name(tx, &looked_up)?;
            let phc = match &account {
                Some(account) => rushes_store::accounts::password_hash(tx, account.id)?,
                None => None,
            };
            Ok((account, phc))
        })
        .await?;
    let is_right = verify(http, Some(name), origin.address, password, phc.as_deref()).await?;
    let found = account.zip(phc).filter(|_| is_right);
    let (account, phc) = found.ok_or_else(wrong)?;
    app.login_throttle.succeeded(Some(name), origin.address);
    Ok(Way::Password { account_id: account.id, phc })
}

/// Checks a password that was counted as an attempt; where the line for it is too long it was none.
async fn verify(
    http: &Http,
    name: Option<&str>,
    address: IpAddr,
    password: &str,
    phc: Option<&str>,
) -> Result<bool, HttpError> {
    let checked = http.app.passwords.verify(password, phc).await;
    if matches!(checked, Err(PasswordError::Busy)) {
        http.app.login_throttle.succeeded(name, address);
    }
    Ok(checked?)
}

fn wrong() -> ApiError {
    ApiError::new(
        ErrorCode::InvalidCredentials,
        "name or password is wrong, or the link was used or has expired",
    )
}

/// Opens a session, ends the one that the browser had, and answers with the new one.
async fn open(
    http: &Http,
    parts: &Parts,
    origin: &Origin,
    way: Way,
) -> Result<Response, HttpError> {
    let app = &http.app;
    let former = by_cookie(&parts.headers, http).await.ok().flatten();
    let (token, id) = (random_hex(http, 32), format!("ses_{}", random_hex(http, 12)));
    let (now, token_hash) = (app.clock.now(), key_hash(&token));
    let (is_link, status) = (matches!(way, Way::Link { .. }), way.status());
    let by = origin.clone();
    let (account, session) = app
        .store
        .write(move |tx| {
            if let Some(former) = &former {
                rushes_store::delete_session(tx, former.account_id, &former.id)?;
            }
            let account_id = way.account_id(tx, now)?;
            let account = account_of(tx, account_id)?;
            if !account.enabled {
                return Err(account_disabled().into());
            }
            let new = NewSession {
                id: id.clone(),
                token_hash,
                account_id,
                address: by.address.to_string(),
                client: by.client.clone(),
                by_link: is_link,
                now,
            };
            rushes_store::create_session(tx, &new)?;
            bootstrap::note_session(tx, account.role, now)?;
            let after = json!({ "by": way.as_str() });
            let object = format!("session {}", new.id);
            let entry = by_themselves(&by, &account, "session.open", object, &after, now);
            rushes_store::audit(tx, &entry)?;
            let session = rushes_store::find_session(tx, &token_hash)?;
            Ok((account, session.ok_or(StoreError::NotFound)?))
        })
        .await?;
    if is_link {
        app.login_throttle.succeeded(None, origin.address);
    }
    let body = Opened::new(&account, &session);
    let mut response = view::answer(status, &body)?;
    let max_age_seconds = u32::try_from(SESSION_MS / 1_000).unwrap_or(u32::MAX);
    response.headers_mut().append(SET_COOKIE, http.cookies.set(&token, max_age_seconds));
    Ok(response)
}

/// A line of the audit log about what a person did before there was a session.
fn by_themselves(
    origin: &Origin,
    account: &AccountRow,
    action: &str,
    object: String,
    after: &Value,
    now: Timestamp,
) -> AuditEntry {
    AuditEntry {
        at: now,
        actor: account.name.clone(),
        actor_account_id: Some(account.id),
        address: Some(origin.address.to_string()),
        request_id: Some(origin.request_id.clone()),
        action: action.to_owned(),
        object,
        account_id: Some(account.id),
        before: None,
        after: Some(after.to_string()),
    }
}

/// So many random bytes in hex.
pub(super) fn random_hex(http: &Http, bytes_count: usize) -> String {
    crate::ids::random_hex(&*http.app.ids, bytes_count)
}

/// Signs out: ends the session that the cookie is of, if there is one.
#[utoipa::path(post, path = "/api/logout", operation_id = "signOut", tag = "session",
    security(()), responses((status = 200, body = Closed, headers(("Set-Cookie" = String,
        description = "Makes the browser forget the session."))), refusals::SignOut))]
async fn logout(State(http): State<Arc<Http>>, request: Request) -> Result<Response, HttpError> {
    let (parts, _body) = request.into_parts();
    same_origin::check(&parts.method, &parts.headers, &http.app.config.public_url)?;
    if let Some(session) = by_cookie(&parts.headers, &http).await.ok().flatten() {
        let (account_id, id) = (session.account_id, session.id.clone());
        http.app.store.write(move |tx| rushes_store::delete_session(tx, account_id, &id)).await?;
    }
    let mut response = view::ok(&Closed::new())?;
    response.headers_mut().append(SET_COOKIE, cleared(&http));
    Ok(response)
}

/// The header that makes the browser forget the session.
pub(super) fn cleared(http: &Http) -> HeaderValue {
    http.cookies.clear()
}

/// Signs up: makes an account and signs in, where the operator allows it.
#[utoipa::path(post, path = "/api/register", operation_id = "signUp", tag = "session",
    security(()), request_body = Register,
    responses((status = 201, body = Opened, headers(("Set-Cookie" = String,
        description = "The session's cookie."))), refusals::SignUp))]
async fn register(State(http): State<Arc<Http>>, request: Request) -> Result<Response, HttpError> {
    let (parts, body) = request.into_parts();
    same_origin::check(&parts.method, &parts.headers, &http.app.config.public_url)?;
    let app = &http.app;
    if !app.settings.get().registration {
        return Err(ApiError::new(
            ErrorCode::RegistrationClosed,
            ErrorCode::RegistrationClosed.title(),
        )
        .into());
    }
    let origin = Origin::of(&parts, &http);
    http.writes.take(Writer::Address(origin.address))?;
    let new: Register = input::read(&parts.headers, body).await?;
    check_name("name", &new.name)?;
    let display_name = display_name(&new.display_name)?;
    check_new(&new.password)?;
    // Not given back: it is accounts and argon2 that are counted here, not mistakes.
    app.login_throttle.attempt(None, origin.address)?;
    let phc = app.passwords.hash(&*app.ids, &new.password).await?;
    let account = NewAccount {
        name: new.name.clone(),
        display_name,
        role: Role::User,
        group_id: DEFAULT_GROUP,
        password_hash: Some(phc),
        now: app.clock.now(),
    };
    let by = origin.clone();
    let write = move |tx: &mut Tx<'_>| {
        let id = rushes_store::create_account(tx, &account)?;
        let row = account_of(tx, id.ok_or_else(|| name_taken(&account.name))?)?;
        let object = format!("account {}", row.name);
        let after = super::admin::audited_account(&row);
        let entry = by_themselves(&by, &row, "account.create", object, &after, account.now);
        rushes_store::audit(tx, &entry)?;
        Ok(row.id)
    };
    let account_id = app.store.write(write).await?;
    open(&http, &parts, &origin, Way::Registration { account_id }).await
}

/// Refuses a name that no account or group may have.
pub(super) fn check_name(field: &str, name: &str) -> Result<(), ApiError> {
    if is_name(name) {
        return Ok(());
    }
    Err(ApiError::invalid(
        field,
        format!(
            "{field} must be 1 to 64 of the letters a-z, digits and . _ - @ +, and begin with a \
             letter or digit"
        ),
    ))
}

/// Somebody has this name already.
pub(super) fn name_taken(name: &str) -> ApiError {
    ApiError::new(ErrorCode::Conflict, format!("the name {name:?} is taken")).with_param("name")
}

/// Who is signed in, and what a page needs to know first.
#[utoipa::path(get, path = "/api/session", operation_id = "getSession", tag = "session",
    responses((status = 200, body = SessionInfo), refusals::ApiLook))]
async fn session(State(http): State<Arc<Http>>, actor: Actor) -> Result<Response, HttpError> {
    let account = own_row(&http, &actor).await?;
    let settings = http.app.settings.get();
    let now = http.app.clock.now();
    let session = match &actor.who {
        Who::Session(session) => Some(Arc::clone(session)),
        Who::Local | Who::Key(..) => None,
    };
    let shown = session.as_deref().map(|row| view::Session::of(row, Some(&row.id)));
    view::ok(&SessionInfo {
        object: "session_info",
        account: view::Account::from(&account),
        session: shown,
        confirmed: session.is_some_and(|row| is_fresh(row.confirmed_at, now)),
        settings: SessionSettings {
            registration: word(settings.registration, "open", "closed"),
            key_reveal: word(settings.key_reveal, "on", "off"),
        },
        insecure_cookie: http.cookies.is_insecure(),
    })
}

const fn word(value: bool, yes: &'static str, no: &'static str) -> &'static str {
    if value { yes } else { no }
}

/// The row of the account that acts.
pub(super) async fn own_row(http: &Http, actor: &Actor) -> Result<AccountRow, HttpError> {
    let id = actor.own_account()?;
    let row = http.app.store.read(move |tx| rushes_store::account(tx, id)).await?;
    row.ok_or_else(|| HttpError::internal(&"an actor without an account"))
}

/// Shows the password once more, for what needs it fresh: it counts for ten minutes.
#[utoipa::path(post, path = "/api/session/confirm", operation_id = "confirmSession",
    tag = "session", security(("session" = [])), request_body = Confirm,
    responses((status = 200, body = view::Session), refusals::ApiPassword))]
async fn confirm(
    State(http): State<Arc<Http>>,
    actor: Actor,
    request: Request,
) -> Result<Response, HttpError> {
    let (parts, body) = request.into_parts();
    let confirm: Confirm = input::read(&parts.headers, body).await?;
    let Who::Session(session) = &actor.who else {
        return Err(ApiError::new(
            ErrorCode::PermissionDenied,
            "only a person who signed in can confirm a session",
        )
        .into());
    };
    check_own_password(&http, &actor, session, &confirm.password).await?;
    let (id, now) = (session.id.clone(), http.app.clock.now());
    http.change(&actor, move |tx, _| rushes_store::confirm_session(tx, &id, now)).await?;
    let shown = SessionRow { confirmed_at: now, last_seen_at: now, ..(**session).clone() };
    view::ok(&view::Session::of(&shown, Some(&session.id)))
}

/// Refuses a password that is not the session's account's; counted like a sign-in.
pub(super) async fn check_own_password(
    http: &Http,
    actor: &Actor,
    session: &SessionRow,
    password: &str,
) -> Result<(), HttpError> {
    let app = &http.app;
    let (name, id) = (session.account_name.as_str(), session.account_id);
    app.login_throttle.attempt(Some(name), actor.address)?;
    let phc = app.store.read(move |tx| rushes_store::accounts::password_hash(tx, id)).await?;
    let is_right = verify(http, Some(name), actor.address, password, phc.as_deref()).await?;
    if !is_right || phc.is_none() {
        return Err(ApiError::new(ErrorCode::InvalidCredentials, "the password is wrong").into());
    }
    app.login_throttle.succeeded(Some(name), actor.address);
    Ok(())
}
