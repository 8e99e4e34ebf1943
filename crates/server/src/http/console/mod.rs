//! `/console`: the web console, whose files lie in the repository's `console/`.
//!
//! Guarantees: the page is the same at every address below `/console`, since the script looks at the
//! address; everything it loads is from here, under the policy below, and its way there is relative,
//! so that the console works below any path and at any name of the gateway. Files are in the binary,
//! compressed once, at addresses that name a hash of all of them, and are kept for a year by
//! browsers. A debug build reads them from the disk each time, so that who changes one reloads the
//! page and sees it. Not here: what the console does, which is the JSON API's.

mod files;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::get;
use http::header::LOCATION;
use http::{HeaderMap, HeaderValue, StatusCode};
use rushes_domain::{ApiError, ErrorCode};
use utoipa_axum::router::OpenApiRouter;

use self::files::Files;
use super::Http;
use super::error::HttpError;
use super::ready::Ready;

/// What the page may load. Videos and posters come from this gateway; pictures that are about to be
/// sent are shown from the browser's memory.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                      img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Folders of an address below `/console` that still gets the page.
const FOLDERS_MAX: usize = 16;

/// The console of a gateway.
pub(super) struct Console {
    public_url: String,
    files: Files,
}

impl Console {
    /// The console of a gateway at `public_url`.
    pub(super) fn new(public_url: &str) -> Self {
        Self { public_url: public_url.to_owned(), files: Files::default() }
    }

    /// The page as it is at an address so many folders below `/console/`.
    fn page(&self, folders: usize) -> Ready {
        let up = if folders == 0 { "./".to_owned() } else { "../".repeat(folders) };
        let assets = format!("{up}assets/{}", self.files.hash());
        let preload = self.files.needed_first().into_iter().fold(String::new(), |text, name| {
            text + &format!("<link rel=\"modulepreload\" href=\"{assets}/{name}\">\n")
        });
        let html = self
            .files
            .index()
            .replace("{preload}\n", &preload)
            .replace("{assets}", &assets)
            .replace("{public_url}", &self.public_url)
            .replace("{version}", env!("CARGO_PKG_VERSION"));
        Ready::new(html.as_bytes())
    }
}

/// The routes of the page and of what it loads; they are no part of the API's document.
pub(super) fn routes() -> OpenApiRouter<Arc<Http>> {
    OpenApiRouter::new()
        .route("/console", get(lead))
        .route("/console/", get(show))
        .route("/console/{*rest}", get(show))
        .route("/console/assets/{hash}/{*name}", get(asset))
}

/// To the page, whose relative ways begin behind the slash.
async fn lead() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    response.headers_mut().insert(LOCATION, HeaderValue::from_static("console/"));
    response
}

async fn show(State(http): State<Arc<Http>>, request: Request) -> Result<Response, HttpError> {
    let below = request.uri().path().strip_prefix("/console/").unwrap_or_default();
    let folders = below.matches('/').count();
    if folders > FOLDERS_MAX || below.starts_with("assets/") {
        return Err(nothing_here().into());
    }
    Ok(http.console.page(folders).html(request.headers(), POLICY))
}

async fn asset(
    State(http): State<Arc<Http>>,
    place: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let (hash, name) = place.map(|Path(place)| place).map_err(|_| nothing_here())?;
    http.console.files.answer(&hash, &name, &headers).ok_or_else(|| nothing_here().into())
}

fn nothing_here() -> ApiError {
    ApiError::new(ErrorCode::NotFound, "there is nothing at this address")
}
