//! Webhooks: addresses of an account's programs that are told what happens to its tasks. One's own
//! under `/api/webhooks`, an account's under `/api/admin/accounts/NAME/webhooks`.
//!
//! Guarantees: both doors lead to the same handlers; a secret is in the answer that makes or
//! rotates it and in no other; an endpoint or delivery that is not the caller's does not exist for
//! it; an operator changes nothing of somebody above it, and what it disabled stays so. Not here:
//! sending, which is the worker's (`worker/deliver`).

mod change;
mod doors;
mod input;
mod log;
mod view;

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams, State};
use axum::response::Response;
use http::request::Parts;
use rushes_domain::{AccountId, ApiError, EndpointId, ErrorCode};
use rushes_store::{DeliveryRow, EndpointRow, StoreError, Tx};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::actor::Actor;
use super::admin::account_named;
use super::view as api_view;
use crate::http::Http;
use crate::http::error::HttpError;
use crate::openapi::refusals;

/// The routes of this module, each below both doors.
pub(super) fn routes() -> OpenApiRouter<Arc<Http>> {
    let own = [
        routes!(list, change::create),
        routes!(show, change::update, change::delete),
        routes!(change::rotate),
        routes!(log::test),
        routes!(log::replay_failed),
        routes!(log::list),
        routes!(log::show),
        routes!(log::replay),
    ];
    let of_accounts = own.clone().map(doors::of_account);
    own.into_iter().chain(of_accounts).fold(OpenApiRouter::new(), OpenApiRouter::routes)
}

/// A webhook by its id.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
struct WebhookPath {
    /// The webhook's id.
    id: i64,
}

/// A delivery by its id.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
struct DeliveryPath {
    /// The webhook's id.
    id: i64,
    /// The delivery's id.
    #[param(example = "dlv_0197f0c2a5d87b3c9e4f6a1b2c3d4e5f_2_7")]
    delivery: String,
}

type HttpState = State<Arc<Http>>;

/// What a path names: by which door, which endpoint, which delivery.
#[derive(Debug, Clone, Default)]
struct Place {
    /// The account of an operator's door; none for one's own.
    account: Option<String>,
    id: Option<EndpointId>,
    delivery: Option<String>,
}

impl FromRequestParts<Arc<Http>> for Place {
    type Rejection = HttpError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &Arc<Http>,
    ) -> Result<Self, Self::Rejection> {
        let named = RawPathParams::from_request_parts(parts, state).await;
        let named = named.map_err(|_| no_such_webhook())?;
        let mut place = Self::default();
        for (name, value) in &named {
            match name {
                "account" => place.account = Some(value.to_owned()),
                "delivery" => place.delivery = Some(value.to_owned()),
                _ => {
                    let id = value.parse().map_err(|_| no_such_webhook())?;
                    place.id = Some(EndpointId(id));
                }
            }
        }
        Ok(place)
    }
}

/// What somebody wants at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    Look,
    Change,
}

impl Place {
    /// Whether it is reached by the operators' door.
    const fn is_admin(&self) -> bool {
        self.account.is_some()
    }

    /// Whose affairs it is about, if the actor may do there what it wants.
    fn account(&self, tx: &mut Tx<'_>, actor: &Actor, want: Want) -> Result<AccountId, StoreError> {
        let Some(name) = &self.account else { return Ok(actor.own_account()?) };
        actor.require_operator()?;
        let account = account_named(tx, name)?;
        if want == Want::Change {
            actor.require_power_over(&account)?;
        }
        Ok(account.id)
    }

    /// The endpoint, if it is that account's.
    fn endpoint(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        want: Want,
    ) -> Result<EndpointRow, StoreError> {
        let account_id = self.account(tx, actor, want)?;
        let found = match self.id {
            Some(id) => rushes_store::endpoint(tx, id)?,
            None => None,
        };
        let own = found.filter(|row| row.account_id == account_id);
        Ok(own.ok_or_else(no_such_webhook)?)
    }

    /// The delivery, if it is that endpoint's.
    fn delivery(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        want: Want,
    ) -> Result<(EndpointRow, DeliveryRow), StoreError> {
        let endpoint = self.endpoint(tx, actor, want)?;
        let id = self.delivery.as_deref().unwrap_or_default();
        let found = rushes_store::delivery(tx, id)?;
        let own = found.filter(|row| row.endpoint_id == endpoint.id);
        let row = own.ok_or_else(|| {
            ApiError::new(ErrorCode::NotFound, "there is no such delivery of this webhook")
        })?;
        Ok((endpoint, row))
    }
}

fn no_such_webhook() -> ApiError {
    ApiError::new(ErrorCode::NotFound, "there is no such webhook")
}

/// Lists your webhooks.
#[utoipa::path(get, path = "/api/webhooks", operation_id = "listWebhooks", tag = "webhooks",
    responses((status = 200, body = api_view::List<view::Webhook>), refusals::ApiLook))]
async fn list(State(http): HttpState, actor: Actor, place: Place) -> Result<Response, HttpError> {
    let read = move |tx: &mut Tx<'_>| {
        let account_id = place.account(tx, &actor, Want::Look)?;
        rushes_store::endpoints(tx, account_id)
    };
    let rows = http.app.store.read(read).await?;
    let now = http.app.clock.now();
    let data = rows.iter().map(|row| view::Webhook::of(row, now)).collect();
    api_view::ok(&api_view::List::whole(data))
}

/// Shows one of your webhooks.
#[utoipa::path(get, path = "/api/webhooks/{id}", operation_id = "getWebhook", tag = "webhooks",
    params(WebhookPath), responses((status = 200, body = view::Webhook), refusals::ApiLook))]
async fn show(State(http): HttpState, actor: Actor, place: Place) -> Result<Response, HttpError> {
    let read = move |tx: &mut Tx<'_>| place.endpoint(tx, &actor, Want::Look);
    let row = http.app.store.read(read).await?;
    api_view::ok(&view::Webhook::of(&row, http.app.clock.now()))
}
