//! Who acts on the JSON API: a person with a session, a key with the scope `manage`, or a command
//! on this machine with the token of `server.json`.
//!
//! Guarantees: a request without an `Authorization` header is taken as a browser's and is refused
//! if another site sent it (`session::same_origin`); a session that is idle or old, and one whose
//! account was disabled, is none; tokens are looked up by their SHA-256, never compared as text;
//! whoever would change something is counted (`writes`) before more of it is read.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use rushes_domain::account::{Role, Scope, key_hash};
use rushes_domain::{AccountId, ApiError, ErrorCode, Timestamp};
use rushes_store::sessions::{self, SESSION_IDLE_MS, SESSION_MS};
use rushes_store::{KeyRow, SessionRow, StoreError, Tx};

use crate::http::Http;
use crate::http::admission::address_of;
use crate::http::auth::{self, account_disabled};
use crate::http::error::HttpError;
use crate::http::observe::RequestId;
use crate::http::session::same_origin;
use crate::http::writes::Writer;

/// Time for which a password that was shown counts, in milliseconds.
const CONFIRMED_MS: i64 = 10 * 60 * 1_000;
/// A session's last use is written down again after this time, in milliseconds.
const TOUCH_MS: i64 = 60_000;

/// How an actor is known.
#[derive(Debug, Clone)]
pub(in crate::http) enum Who {
    /// A command on this machine; may do everything.
    Local,
    /// A person who signed in.
    Session(Arc<SessionRow>),
    /// A program with a key that has the scope `manage`, and the SHA-256 of the secret it showed.
    Key(Arc<KeyRow>, [u8; 32]),
}

/// Who sent a request to the JSON API, and from where.
#[derive(Debug, Clone)]
pub(in crate::http) struct Actor {
    /// How it is known.
    pub(in crate::http) who: Who,
    /// The client's address.
    pub(in crate::http) address: IpAddr,
    /// The request's id.
    pub(in crate::http) request_id: String,
}

impl Actor {
    /// The account that acts; a command on this machine has none.
    pub(in crate::http) fn account_id(&self) -> Option<AccountId> {
        match &self.who {
            Who::Local => None,
            Who::Session(session) => Some(session.account_id),
            Who::Key(key, _) => Some(key.account_id),
        }
    }

    /// The account whose own affairs this is about.
    pub(in crate::http) fn own_account(&self) -> Result<AccountId, ApiError> {
        self.account_id().ok_or_else(|| {
            ApiError::new(
                ErrorCode::PermissionDenied,
                "this token belongs to no account; name one: /api/admin/accounts/NAME",
            )
        })
    }

    /// What the actor may do.
    pub(in crate::http) fn role(&self) -> Role {
        match &self.who {
            Who::Local => Role::Owner,
            Who::Session(session) => session.role,
            Who::Key(key, _) => key.role,
        }
    }

    /// Refuses who is neither owner nor operator.
    pub(in crate::http) fn require_operator(&self) -> Result<(), ApiError> {
        if self.role().is_operator() {
            return Ok(());
        }
        Err(ApiError::new(ErrorCode::PermissionDenied, "this needs an operator's account"))
    }

    /// Refuses who is not the owner.
    pub(in crate::http) fn require_owner(&self, what: &str) -> Result<(), ApiError> {
        if self.role() == Role::Owner {
            return Ok(());
        }
        Err(ApiError::new(ErrorCode::PermissionDenied, format!("only the owner may {what}")))
    }

    /// The session, if it is one whose password was shown less than ten minutes ago.
    pub(in crate::http) fn confirmed(&self, now: Timestamp) -> Result<&SessionRow, ApiError> {
        let Who::Session(session) = &self.who else {
            return Err(ApiError::new(
                ErrorCode::ConfirmationRequired,
                "this is for a person who signed in, not for a key",
            ));
        };
        if is_fresh(session.confirmed_at, now) {
            return Ok(session);
        }
        Err(ApiError::new(
            ErrorCode::ConfirmationRequired,
            "the password was not shown within ten minutes; \
             POST /api/session/confirm and repeat the request",
        ))
    }

    /// The actor as it is in a transaction: what it was when the request began may have been taken
    /// away since.
    ///
    /// # Errors
    /// `Refused` with what a new request would be told.
    pub(in crate::http) fn refreshed(
        &self,
        tx: &mut Tx<'_>,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let who = match &self.who {
            Who::Local => Who::Local,
            Who::Session(session) => {
                let row = sessions::session(tx, &session.id)?.ok_or_else(not_signed_in)?;
                if !row.account_enabled {
                    return Err(account_disabled().into());
                }
                Who::Session(Arc::new(row))
            }
            Who::Key(_, hash) => {
                let row = rushes_store::find_key(tx, hash)?.ok_or_else(auth::invalid_api_key)?;
                auth::check_key(&row, now, || self.address)?;
                auth::require_scope(&row, Scope::Manage)?;
                Who::Key(Arc::new(row), *hash)
            }
        };
        Ok(Self { who, ..self.clone() })
    }

    /// The name that the audit log and the ledger show.
    pub(in crate::http) fn name(&self) -> String {
        match &self.who {
            Who::Local => "local".to_owned(),
            Who::Session(session) => session.account_name.clone(),
            Who::Key(key, _) => format!("{} (key {})", key.account_name, key.id),
        }
    }
}

/// Whether a moment is less than ten minutes ago.
pub(in crate::http) const fn is_fresh(moment: Timestamp, now: Timestamp) -> bool {
    now.ms_since(moment) < CONFIRMED_MS
}

impl FromRequestParts<Arc<Http>> for Actor {
    type Rejection = HttpError;

    async fn from_request_parts(
        parts: &mut Parts,
        http: &Arc<Http>,
    ) -> Result<Self, Self::Rejection> {
        let actor = Self::uncounted(parts, http).await?;
        if let Some(id) = actor.account_id()
            && !parts.method.is_safe()
            && !actor.role().is_operator()
        {
            http.writes.take(Writer::Account(id))?;
        }
        Ok(actor)
    }
}

impl Actor {
    /// Who sent a request that is no change, or is counted elsewhere, whatever its method.
    pub(in crate::http) async fn uncounted(parts: &Parts, http: &Http) -> Result<Self, HttpError> {
        let who = if parts.headers.contains_key(AUTHORIZATION) {
            by_header(parts, http).await?
        } else {
            same_origin::check(&parts.method, &parts.headers, &http.app.config.public_url)?;
            Who::Session(by_cookie(&parts.headers, http).await?.ok_or_else(not_signed_in)?)
        };
        let Origin { address, request_id, .. } = Origin::of(parts, http);
        let actor = Self { who, address, request_id };
        if let Some(id) = actor.account_id() {
            tracing::Span::current().record("account_id", id.0);
        }
        Ok(actor)
    }
}

/// Where a request came from.
#[derive(Debug, Clone)]
pub(in crate::http) struct Origin {
    /// The client's address.
    pub(in crate::http) address: IpAddr,
    /// The client's program.
    pub(in crate::http) client: String,
    /// The request's id.
    pub(in crate::http) request_id: String,
}

impl Origin {
    /// Of a request's head.
    pub(in crate::http) fn of(parts: &Parts, http: &Http) -> Self {
        let request_id = parts.extensions.get::<RequestId>();
        Self {
            address: address_of(http, parts),
            client: auth::client_of(parts),
            request_id: request_id.map(|id| id.0.to_string()).unwrap_or_default(),
        }
    }
}

async fn by_header(parts: &Parts, http: &Http) -> Result<Who, HttpError> {
    let token = auth::bearer(&parts.headers).unwrap_or_default();
    if key_hash(token) == key_hash(&http.app.local_token) {
        return Ok(Who::Local);
    }
    let caller = auth::Caller::of(parts, http).await?;
    caller.require(Scope::Manage)?;
    Ok(Who::Key(caller.0, key_hash(token)))
}

/// The session of a request's cookie, if it has one that counts.
pub(in crate::http) async fn by_cookie(
    headers: &HeaderMap,
    http: &Http,
) -> Result<Option<Arc<SessionRow>>, HttpError> {
    let Some(token) = http.cookies.read(headers) else { return Ok(None) };
    let hash = key_hash(token);
    let app = &http.app;
    let now = app.clock.now();
    let Some(session) = app.store.read(move |tx| rushes_store::find_session(tx, &hash)).await?
    else {
        return Ok(None);
    };
    let is_over = now.ms_since(session.last_seen_at) >= SESSION_IDLE_MS
        || now.ms_since(session.created_at) >= SESSION_MS;
    if is_over {
        return Ok(None);
    }
    if !session.account_enabled {
        return Err(account_disabled().into());
    }
    if now.ms_since(session.last_seen_at) >= TOUCH_MS {
        let id = session.id.clone();
        app.store.write(move |tx| rushes_store::touch_session(tx, &id, now)).await?;
    }
    Ok(Some(Arc::new(session)))
}

fn not_signed_in() -> ApiError {
    ApiError::new(ErrorCode::NotSignedIn, ErrorCode::NotSignedIn.title())
}
