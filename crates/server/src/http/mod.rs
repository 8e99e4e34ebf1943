//! The HTTP side: listener, routes and handlers, one module per noun.
//!
//! Guarantees: every answer of a handler is made here or in `dialects`; every refusal is a code of
//! the domain's error table; a handler reads, validates, does at most one `store.write`, and
//! answers. A URL in an answer is made from `public_url`, never from what the request says about
//! its host. Not here: moving tasks, which is the worker's.

mod admission;
mod api;
mod auth;
mod body;
mod console;
mod docs;
mod error;
mod fair;
mod files;
mod generations;
mod health;
mod linger;
pub mod listener;
mod metrics;
mod models;
mod observe;
pub mod openapi;
mod path;
mod prefer;
mod proxies;
pub mod rate;
mod ready;
pub mod session;
mod videos;
mod writes;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{options, post};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use rushes_domain::{ApiError, ErrorCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use self::api::admin::dashboard::PROBLEM_WORDS;
pub(crate) use self::api::{TASK_SOURCE_WORDS, TASK_STATE_WORDS};

use self::admission::decoding::Decoding;
use self::admission::disk::DiskGuard;
use self::body::Bodies;
use self::console::Console;
use self::docs::Docs;
use self::error::HttpError;
use self::fair::FairPool;
use self::generations::events::EventStreams;
use self::generations::position::Positions;
use self::metrics::Scrapes;
use self::openapi::Document;
use self::session::cookie::CookieRules;
use self::writes::WriteLimiter;
use crate::app::App;

/// What handlers share besides the app.
pub(crate) struct Http {
    app: Arc<App>,
    bodies: Bodies,
    decoding: Decoding,
    filtered_lists: FairPool,
    disk: DiskGuard,
    positions: Positions,
    event_streams: EventStreams,
    key_labels: api::tasks::KeyLabels,
    docs: Docs,
    console: Console,
    document: Document,
    cookies: CookieRules,
    writes: WriteLimiter,
    /// One change of prices or settings at a time.
    setting_changes: tokio::sync::Mutex<()>,
    scrapes: Scrapes,
    upkeep: api::Upkeep,
    dashboards: api::admin::dashboard::Dashboards,
}

/// True if passwords and cookies that go to `public_url` can be read on the way.
pub(crate) fn is_in_the_open(public_url: &str) -> bool {
    CookieRules::of(public_url).is_insecure()
}

/// All routes.
pub fn router(app: Arc<App>) -> Router {
    let (routes, operations) = routes().split_for_parts();
    let http = Arc::new(Http {
        bodies: Bodies::new(&app.config.limits),
        decoding: Decoding::default(),
        filtered_lists: generations::filtered_lists(),
        disk: DiskGuard::default(),
        positions: Positions::default(),
        event_streams: EventStreams::default(),
        key_labels: api::tasks::KeyLabels::default(),
        docs: Docs::new(&app.config.public_url),
        console: Console::new(&app.config.public_url),
        document: Document::new(operations, &app.config.public_url),
        setting_changes: tokio::sync::Mutex::new(()),
        cookies: CookieRules::of(&app.config.public_url),
        writes: WriteLimiter::new(&app.config.account, Arc::clone(&app.clock)),
        scrapes: Scrapes::default(),
        upkeep: api::Upkeep::default(),
        dashboards: api::admin::dashboard::Dashboards::default(),
        app,
    });
    routes
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(Arc::clone(&http), observe::observe))
        .with_state(http)
}

/// The routes with their operations of the OpenAPI document. What is registered by `route` is for
/// people or browsers and is not in it.
fn routes() -> OpenApiRouter<Arc<Http>> {
    OpenApiRouter::new()
        .routes(routes!(generations::create, generations::list::list))
        .routes(routes!(admission::estimate::estimate))
        .routes(routes!(generations::show, generations::delete))
        .routes(routes!(generations::cancel))
        .routes(routes!(generations::events::events))
        .routes(routes!(files::serve))
        .route("/files/{name}", options(files::preflight))
        .routes(routes!(models::list))
        .routes(routes!(models::show))
        .routes(routes!(videos::create_openai, videos::list::list))
        .routes(routes!(videos::show, videos::delete))
        .routes(routes!(videos::content::serve))
        .routes(routes!(videos::create_xai))
        .routes(routes!(models::list_xai))
        .routes(routes!(models::show_xai))
        .route("/v1/videos/edits", post(videos::not_offered))
        .route("/v1/videos/extensions", post(videos::not_offered))
        .route("/v1/videos/characters", post(videos::not_offered))
        .route("/v1/videos/{video_id}/remix", post(videos::not_offered))
        .merge(api::routes())
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
        .routes(routes!(metrics::scrape))
        .routes(routes!(openapi::serve))
        .merge(docs::routes())
        .merge(console::routes())
}

async fn not_found() -> HttpError {
    ApiError::new(ErrorCode::NotFound, "there is nothing at this address").into()
}

async fn method_not_allowed() -> HttpError {
    ApiError::new(
        ErrorCode::MethodNotAllowed,
        "this address does not take this method; the Allow header lists those that it takes",
    )
    .into()
}

/// An answer of JSON bytes that no cache may keep.
fn json(status: StatusCode, bytes: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The bytes of an answer, or the refusal that says that they could not be made.
fn to_json(bytes: serde_json::Result<Vec<u8>>) -> Result<Vec<u8>, HttpError> {
    bytes.map_err(|source| HttpError::internal(&source))
}
