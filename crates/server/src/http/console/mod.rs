//! `/console`: the web console, whose files lie in the repository's `console/`.
//!
//! Guarantees: the page is the same at every address below `/console`, since the script looks at the
//! address; everything it loads is from here, under the policy below, and its way there is relative,
//! so that the console works below any path and at any name of the gateway. Files are in the binary,
//! compressed once, at addresses that name a hash of all of them, and are kept for a year by
//! browsers. A debug build reads them from the disk each time, so that who changes one reloads the
//! page and sees it. Not here: what the console does, which is the JSON API's.

mod files;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::get;
use http::header::LOCATION;
use http::{HeaderMap, HeaderValue, StatusCode};
use rushes_domain::channel::ResultLinks;
use rushes_domain::{ApiError, ErrorCode};
use utoipa_axum::router::OpenApiRouter;

use self::files::Files;
use super::Http;
use super::error::HttpError;
use super::ready::Ready;
use crate::channels::Channel;

/// What the page may load, but for videos. Pictures that are about to be sent are shown from the
/// browser's memory.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                      img-src 'self' data: blob:; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// Where videos come from: this gateway, and the frames that a page made itself.
const MEDIA: &str = "'self' blob:";

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

    /// The page as it is at an address so many folders below `/console/`, with where its videos
    /// come from.
    fn page(&self, folders: usize, media: &str) -> Ready {
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
            .replace("{media}", media)
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
    // The page comes also when the store does not answer: it is the console that says so.
    let current = http.app.channels.current(&http.app.store).await;
    let roster = current.unwrap_or_else(|_| http.app.channels.known());
    let media = media(roster.all());
    let policy = format!("{POLICY}; media-src {media}");
    Ok(http.console.page(folders, &media).html(request.headers(), &policy))
}

/// Where videos may come from. Channels whose own addresses are given out say no host beforehand: it
/// may be any, such as an object storage. None is named, since the page is shown to everybody.
fn media(channels: &[Arc<Channel>]) -> String {
    let mut sources = BTreeSet::new();
    for channel in channels {
        let terms = &channel.row.terms;
        if terms.result_links == ResultLinks::Upstream {
            sources.insert("https:");
            if terms.base_url.starts_with("http:") {
                sources.insert("http:");
            }
        }
    }
    sources.into_iter().fold(MEDIA.to_owned(), |text, source| text + " " + source)
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
