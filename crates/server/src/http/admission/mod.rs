//! The one way by which an order for a video is admitted, whatever door it comes through.
//!
//! Guarantees: every door asks the same questions in the same order (contract 2): key, address and
//! scope, rate, body, idempotency, model and prompt, who may use the model, parameters and image
//! headers, money, pictures, places. What money and limits say is decided by `domain::admission`,
//! asked once before the pictures are decoded and again within the transaction that takes the
//! money. A door adds its name and the words of its answer. The work is a task of its own and runs
//! to its end once the body has arrived, whether or not the client still listens.

pub(super) mod decoding;
pub(super) mod disk;
pub(super) mod estimate;
mod headers;
mod images;
pub(super) mod order;
mod refusal;

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts as _, Request};
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use http::header::USER_AGENT;
use http::request::Parts;
use rushes_domain::account::KeyKind;
use rushes_domain::admission::Standing;
use rushes_domain::catalogue::Model;
use rushes_domain::job::Job;
use rushes_domain::request::VideoRequest;
use rushes_domain::request::json::Pairs;
use rushes_domain::{ApiError, Dialect, ErrorCode, Ticks};
use rushes_store::{KeyRow, NewTask, Shown};
use tracing::Instrument as _;

use self::headers::{hops, idempotency_key};
use self::images::Incoming;
use self::order::Order;
use self::refusal::rate_limited;
use super::Http;
use super::auth::Caller;
use super::body::{self, ReadBody};
use super::error::HttpError;
use super::observe::RequestId;
use super::proxies::{Peer, client_address};
use super::rate::{Allowance, Rate};
use crate::app::App;

/// How our own command line begins its `User-Agent`.
const CLI_USER_AGENT: &str = "rushes-cli/";
/// Most characters of a `User-Agent` that are kept.
const USER_AGENT_CHARS_MAX: usize = 256;
/// Models that a refusal lists, at most.
const MODELS_SHOWN_MAX: usize = 20;

/// A door: where an order comes in and in which words it is answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Door {
    /// The route as idempotency keys know it.
    pub(super) route: &'static str,
    /// How a task says where it came from, if not by the caller's program.
    pub(super) label: Option<&'static str>,
    /// Kept with the task.
    pub(super) dialect: Dialect,
    /// The request behind a body's fields.
    pub(super) request: fn(Pairs<'_>) -> VideoRequest,
    /// The answer to an order that was taken.
    pub(super) answer: fn(&NewTask) -> serde_json::Result<Vec<u8>>,
}

/// Takes an order. All of it is a task of its own, so that the order of a client that hangs up
/// after its last byte is carried out, wherever the work stood at that moment.
pub(super) async fn take(http: Arc<Http>, door: Door, request: Request) -> Response {
    let tracker = http.app.tracker.clone();
    let work = tracker.spawn(admit(http, door, request).instrument(tracing::Span::current()));
    work.await.unwrap_or_else(|source| HttpError::internal(&source).into_response())
}

/// Key, rate limit, body; then [`Order::run`].
async fn admit(http: Arc<Http>, door: Door, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let caller = match Caller::from_request_parts(&mut parts, &http).await {
        Ok(caller) => caller,
        Err(refusal) => return refusal.into_response(),
    };
    let allowance = ask_for_token(&http.app, &caller.0);
    let outcome = if allowance.is_allowed() {
        receive(http, door, caller, &parts, body).await
    } else {
        Err(rate_limited(&allowance))
    };
    let mut response = outcome.into_response();
    allowance.write(response.headers_mut());
    response
}

/// One token of the account's bucket, whose size its group or the configuration says, and one of
/// the key's, if it has a limit of its own.
fn ask_for_token(app: &App, key: &KeyRow) -> Allowance {
    let per_minute = |count: u32| Rate { burst: count, per_minute: count };
    let account =
        key.group_creates_per_minute.map_or_else(|| (&app.config.account).into(), per_minute);
    let own = key.creates_per_minute.map(|count| (key.id, per_minute(count)));
    app.create_limiter.take(key.account_id, account, own)
}

async fn receive(
    http: Arc<Http>,
    door: Door,
    caller: Caller,
    parts: &Parts,
    body: Body,
) -> Result<Response, HttpError> {
    let marks = Marks::of(&parts.headers)?;
    let limits = &http.app.config.limits;
    let account_id = caller.account_id();
    let body = body::read(&parts.headers, body, limits, &http.bodies, account_id).await?;
    let origin = Origin::of(&http, door, parts);
    let secret_hash = caller.0.secret_hash;
    let shown = Some(Shown { secret_hash, address: origin.address });
    Order { http, caller, shown, door, origin, marks }.run(body).await
}

/// What an order's headers say beside who sends it.
pub(super) struct Marks {
    idempotency_key: Option<String>,
    /// Gateways that the request has passed.
    hops: u32,
}

impl Marks {
    /// Of a request's headers.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        Ok(Self { idempotency_key: idempotency_key(headers)?, hops: hops(headers)? })
    }
}

/// Takes an order whose key was not shown but chosen: who may choose it was asked before, and the
/// body is read. The rest of the way is that of any order.
pub(super) async fn take_chosen(
    http: Arc<Http>,
    door: Door,
    (caller, shown): (Caller, Option<Shown>),
    (parts, marks): (&Parts, Marks),
    body: ReadBody,
) -> Response {
    let allowance = ask_for_token(&http.app, &caller.0);
    let outcome = if allowance.is_allowed() {
        let origin = Origin::of(&http, door, parts);
        Order { http, caller, shown, door, origin, marks }.run(body).await
    } else {
        Err(rate_limited(&allowance))
    };
    let mut response = outcome.into_response();
    allowance.write(response.headers_mut());
    response
}

/// Where an order came from.
#[derive(Debug)]
struct Origin {
    /// A label for the operator and nothing more: whoever likes can say that it is the CLI.
    door: &'static str,
    address: IpAddr,
    client: Option<String>,
    request_id: String,
}

impl Origin {
    fn of(http: &Http, door: Door, parts: &Parts) -> Self {
        let client: Option<String> = parts.headers.get(USER_AGENT).map(|value| {
            let text = String::from_utf8_lossy(value.as_bytes());
            text.chars().take(USER_AGENT_CHARS_MAX).collect()
        });
        let is_cli = client.as_deref().is_some_and(|it| it.starts_with(CLI_USER_AGENT));
        let request_id = parts.extensions.get::<RequestId>();
        Self {
            door: door.label.unwrap_or(if is_cli { "cli" } else { "api" }),
            address: address_of(http, parts),
            client,
            request_id: request_id.map(|id| id.0.to_string()).unwrap_or_default(),
        }
    }
}

/// The client's address as far as it can be believed.
pub(super) fn address_of(http: &Http, parts: &Parts) -> IpAddr {
    let trusted = &http.app.config.trusted_proxies;
    let peer = parts.extensions.get::<Peer>();
    peer.map_or(IpAddr::from([0, 0, 0, 0]), |&peer| client_address(&parts.headers, peer, trusted))
}

/// A request that passed every check that needs no look at the store.
struct Checked {
    job: Job,
    images: Vec<Incoming>,
    price: Ticks,
    price_version: i64,
}

/// Model and prompt, who may use the model, then parameters, image headers and the price.
fn check(app: &App, caller: &Caller, request: VideoRequest) -> Result<Checked, HttpError> {
    let key = &caller.0;
    let priced = app.prices.current();
    let model = request.find_model(&priced.catalogue)?;
    check_model(model, key)?;
    let allow = &app.config.egress.allow;
    let is_allowed = |address| allow.iter().any(|network| network.contains(&address));
    let mut job = request.into_job(&priced.catalogue, key.kind, &is_allowed)?;
    let images = images::probe_all(std::mem::take(&mut job.images))?;
    let price = match key.kind {
        KeyKind::Test => Ticks::ZERO,
        KeyKind::Live => job
            .list_price
            .scale_millionths(key.multiplier_millionths)
            .map_err(|source| HttpError::internal(&source))?,
    };
    Ok(Checked { job, images, price, price_version: priced.version })
}

/// Whether key and group may use the model.
fn check_model(model: &Model, key: &KeyRow) -> Result<(), ApiError> {
    let lists = [
        (&key.models, ErrorCode::ModelNotAllowed, "this API key"),
        (&key.group_models, ErrorCode::GroupNotAllowed, "the group of this account"),
    ];
    for (list, code, whose) in lists {
        let Some(allowed) = list else { continue };
        if !allowed.contains(&model.id) {
            let shown: Vec<&str> =
                allowed.iter().take(MODELS_SHOWN_MAX).map(String::as_str).collect();
            let shown = if shown.is_empty() { "none".to_owned() } else { shown.join(", ") };
            let message = format!("{whose} may not use model {}; it may use: {shown}", model.id);
            return Err(ApiError::new(code, message).with_param("model"));
        }
    }
    Ok(())
}

/// Whether key and group may use the model, for lists.
pub(super) fn may_use(model: &Model, key: &KeyRow) -> bool {
    check_model(model, key).is_ok()
}

/// What the store knows of the caller's key, account and group.
async fn standing(app: &App, caller: &Caller) -> Result<Standing, HttpError> {
    let (key, limits, now) = (Arc::clone(&caller.0), app.config.account.limits(), app.clock.now());
    let read = move |tx: &mut rushes_store::Tx<'_>| {
        rushes_store::standing(tx, key.account_id, key.id, None, limits, now)
    };
    Ok(app.store.read(read).await?)
}
