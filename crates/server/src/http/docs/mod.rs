//! `/docs`, and `/` before it: the documentation that the gateway itself serves.
//!
//! Guarantees: every example has the address under which clients reach this gateway; a page is
//! there in English and Chinese, and says the same in both; nothing on a page comes from another
//! host, and no text becomes markup. A slash behind an address leads to the page. A page is made
//! when it is first asked for, once in each language. Not here: what the API does; `docs/` in the
//! repository has the long texts.

mod assets;
mod errors;
mod highlight;
mod html;
pub(super) mod language;
mod layout;
mod markdown;
mod pages;
mod reference;
mod snippets;

use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, Request, State};
use axum::response::Response;
use axum::routing::{any, get};
use http::header::LOCATION;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use rushes_domain::{ApiError, ErrorCode};
use utoipa_axum::router::OpenApiRouter;

use self::assets::Assets;
use self::language::Language;
use self::pages::{MISSING, PAGES, Page};
use super::Http;
use super::error::HttpError;
use super::ready::{Ready, takes_html};

/// Folders of an address at which there is nothing that still gets a page.
const FOLDERS_MAX: usize = 16;

/// The pages of a gateway.
#[derive(Debug)]
pub(super) struct Docs {
    public_url: String,
    assets: Assets,
    made: [[OnceLock<Ready>; Language::ALL.len()]; PAGES.len()],
}

impl Docs {
    /// Pages of a gateway at `public_url`.
    pub(super) fn new(public_url: &str) -> Self {
        let public_url = public_url.to_owned();
        Self { public_url, assets: Assets::new(), made: Default::default() }
    }

    /// The page with this number among [`PAGES`].
    fn page(&self, number: usize, language: Language) -> Option<&Ready> {
        let page: &'static Page = PAGES.get(number)?;
        let place = self.made.get(number)?.get(language.index())?;
        let make = || Ready::new(page.html(language, &self.assets, &self.public_url).as_bytes());
        Some(place.get_or_init(make))
    }
}

/// The routes of all pages and of what they load; they are no part of the API's document.
pub(super) fn routes() -> OpenApiRouter<Arc<Http>> {
    let mut router = OpenApiRouter::new().route("/docs/assets/{name}", get(asset));
    for (number, page) in PAGES.iter().enumerate() {
        let show = move |State(http): State<Arc<Http>>, RawQuery(query), headers: HeaderMap| async move {
            show(&http.docs, number, query.as_deref(), &headers)
        };
        router = router.route(page.path, get(show));
        if page.path != "/" {
            let slashed = format!("{}/", page.path);
            let way = layout::relative(&slashed, page.path);
            let lead = move |RawQuery(query): RawQuery| async move { lead(way, query) };
            router = router.route(&slashed, get(lead));
        }
    }
    // At any method, so that what was not found stays that.
    router.route("/docs/{*rest}", any(missing))
}

/// What there is at an address below `/docs` at which there is nothing: a page that leads on for
/// who reads pages, else the JSON of any other such address.
async fn missing(State(http): State<Arc<Http>>, request: Request) -> Result<Response, HttpError> {
    let (headers, path) = (request.headers(), request.uri().path());
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    // Links of the page have a step up for each folder, so its size grows with them.
    if !is_read || !takes_html(headers) || path.matches('/').count() > FOLDERS_MAX {
        return Err(nothing_here().into());
    }
    let language = Language::of(request.uri().query(), headers);
    let docs = &http.docs;
    let html = MISSING.html_at(path, language, &docs.assets, &docs.public_url);
    Ok(Ready::new(html.as_bytes()).missing(headers, language))
}

fn show(
    docs: &Docs,
    number: usize,
    query: Option<&str>,
    headers: &HeaderMap,
) -> Result<Response, HttpError> {
    let language = Language::of(query, headers);
    let page = docs.page(number, language).ok_or_else(nothing_here)?;
    Ok(page.page(headers, language))
}

/// To a page whose address was asked for with a slash behind it, by a relative way.
fn lead(way: String, query: Option<String>) -> Result<Response, HttpError> {
    let location = match query {
        Some(query) => format!("{way}?{query}"),
        None => way,
    };
    let location = HeaderValue::try_from(location).map_err(|_| nothing_here())?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}

async fn asset(
    State(http): State<Arc<Http>>,
    name: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let name = name.map(|Path(name)| name).unwrap_or_default();
    http.docs.assets.answer(&name, &headers).ok_or_else(|| nothing_here().into())
}

fn nothing_here() -> ApiError {
    ApiError::new(ErrorCode::NotFound, "there is nothing at this address")
}
