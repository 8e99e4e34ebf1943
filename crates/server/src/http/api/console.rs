//! `/api/console`: what the console's first page asks before anybody has signed in.
//!
//! Guarantees: it tells nothing of accounts, tasks or money, and nothing that a visitor could not
//! find out by trying. Not here: what a session may do, which is `/api/session`'s.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::view;
use crate::bootstrap;
use crate::http::Http;
use crate::http::error::HttpError;
use crate::openapi::refusals;
use crate::openapi::words::OpenOrClosed;

/// The routes of this module.
pub(super) fn routes() -> OpenApiRouter<Arc<Http>> {
    OpenApiRouter::new().routes(routes!(console))
}

/// What the console has to know before anybody signed in.
#[derive(Serialize, ToSchema)]
struct ConsoleInfo {
    /// Always `console_info`.
    #[schema(pattern = "^console_info$")]
    object: &'static str,
    /// Of the gateway.
    #[schema(examples("0.1.0"))]
    version: &'static str,
    /// What its links begin with.
    #[schema(format = "uri")]
    public_url: String,
    /// Whether people may sign up by themselves.
    #[schema(inline, value_type = OpenOrClosed)]
    registration: &'static str,
    /// Whether the owner has never signed in: their password and a one-time link stand in
    /// `bootstrap.json`, and on the terminal of the first start.
    first_run: bool,
    /// Whether passwords and the cookie would go over a connection that others can read.
    insecure_cookie: bool,
}

/// Says what a page for signing in needs to know.
#[utoipa::path(get, path = "/api/console", operation_id = "getConsoleInfo", tag = "session",
    security(()), responses((status = 200, body = ConsoleInfo), refusals::Ready))]
async fn console(State(http): State<Arc<Http>>) -> Result<Response, HttpError> {
    let first_run = http.app.store.read(bootstrap::is_first_run).await?;
    view::ok(&ConsoleInfo {
        object: "console_info",
        version: env!("CARGO_PKG_VERSION"),
        public_url: http.app.config.public_url.clone(),
        registration: if http.app.settings.get().registration { "open" } else { "closed" },
        first_run,
        insecure_cookie: http.cookies.is_insecure(),
    })
}
