//! `/files/{name}`: videos and still pictures by signed link, and their bytes for other routes.
//!
//! Guarantees: no name and no query gives a byte without a valid signature; a file is streamed from
//! the disk, never held whole, and only if it has the length that its row says; `Range`, `If-Range`
//! and `If-None-Match` follow RFC 9110. These are the only routes that pages of other origins may
//! read.

mod conditions;

use std::io::SeekFrom;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use http::header::{
    ACCEPT_RANGES, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG,
    LAST_MODIFIED,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use rushes_domain::{ApiError, ErrorCode, TaskId};
use rushes_store::{ResultRow, TaskRow};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use self::conditions::{Part, Validators, is_unchanged, wanted_part};
use super::Http;
use super::error::HttpError;
use crate::dialects::view::is_expired;
use crate::openapi::{models, parameters, refusals};

/// Bytes read from the disk at a time.
const CHUNK_BYTES: usize = 128 * 1024;
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

/// The two kinds of file a task has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The film.
    Video,
    /// The still picture that goes before it.
    Poster,
}

/// A video or its poster, by the signed link of a task.
#[utoipa::path(get, path = "/files/{name}", operation_id = "getFile", tag = "videos",
    params(parameters::FileLink, parameters::LinkQuery), security(()),
    responses((status = 200, content((Vec<u8> = "video/mp4"), (Vec<u8> = "image/jpeg"))),
        (status = 206, description = "The part that `Range` asked for.",
            content((Vec<u8> = "video/mp4"), (Vec<u8> = "image/jpeg"))),
        (status = 416, body = models::Error, description = "The range is outside the file."),
        (status = 304, description = "The copy that `If-None-Match` names is current."),
        refusals::File))]
pub(super) async fn serve(
    State(http): State<Arc<Http>>,
    method: Method,
    name: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let name = name.map(|Path(name)| name).unwrap_or_default();
    let query = query.unwrap_or_default();
    let served = respond(&http, &method, &name, &query, &headers).await;
    allow_other_origins(served.into_response())
}

/// `OPTIONS`: what a page of another origin may send.
pub(super) async fn preflight() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD"));
    headers.insert(
        ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("Range, If-Range, If-None-Match"),
    );
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    allow_other_origins(response)
}

async fn respond(
    http: &Http,
    method: &Method,
    name: &str,
    query: &str,
    headers: &HeaderMap,
) -> Result<Response, HttpError> {
    let app = &http.app;
    let (id, kind) = parse_name(name).ok_or_else(not_found)?;
    app.links.check(name, query, app.clock.now())?;
    let row = app.views.get(&app.store, id).await?;
    let row = row.filter(|row| row.hidden_at.is_none()).ok_or_else(not_found)?;
    send(http, method, headers, &row, (kind, name)).await
}

/// A task's file, whole or in parts, under a name for whoever saves it. Who may have it is for the
/// caller to know.
pub(super) async fn send(
    http: &Http,
    method: &Method,
    headers: &HeaderMap,
    row: &TaskRow,
    (kind, name): (Kind, &str),
) -> Result<Response, HttpError> {
    let (app, id) = (&http.app, row.id);
    let result = row.result.as_ref().ok_or_else(not_found)?;
    if is_expired(result, app.clock.now()) {
        return Err(no_longer_kept());
    }
    let path = match kind {
        Kind::Video => &result.path,
        Kind::Poster => result.poster_path.as_ref().ok_or_else(not_found)?,
    };
    let file = match app.storage.open_file(path).await {
        Ok(file) => file,
        Err(source) => return Err(cannot_open(http, id, &source).await),
    };
    let length = file.metadata().await.map_err(|source| HttpError::internal(&source))?.len();
    if kind == Kind::Video && length != result.bytes {
        tracing::error!(task_id = %id, length, expected = result.bytes, "a video is damaged");
        return Err(HttpError::internal(&"a result's file has not the length of its row"));
    }
    let validators = Validators {
        etag: etag(kind, result),
        modified_seconds: row.finished_at.map_or(0, rushes_domain::Timestamp::unix_seconds),
    };
    let described = describe(name, kind, &validators);
    if is_unchanged(headers, &validators) {
        return Ok(with_headers(StatusCode::NOT_MODIFIED.into_response(), described));
    }
    // `Range` has a meaning for GET only (RFC 9110, section 14.2).
    let part = if *method == Method::GET {
        wanted_part(headers, &validators, length)
    } else {
        Part::Whole
    };
    let response = match part {
        Part::Whole => content(StatusCode::OK, method, file, 0, length).await?,
        Part::Range { first, last } => {
            let mut response =
                content(StatusCode::PARTIAL_CONTENT, method, file, first, last - first + 1).await?;
            let range = format!("bytes {first}-{last}/{length}");
            response.headers_mut().insert(CONTENT_RANGE, header(&range));
            response
        }
        Part::Unsatisfiable => return Err(unsatisfiable(length)),
    };
    Ok(with_headers(response, described))
}

/// Why a file is not there: removed since the row was looked at, or lost.
async fn cannot_open(http: &Http, id: TaskId, source: &std::io::Error) -> HttpError {
    let app = &http.app;
    if source.kind() == std::io::ErrorKind::NotFound {
        // From the store itself: what is in memory may be older than the removal.
        let row = match app.store.read(move |tx| rushes_store::task(tx, id)).await {
            Ok(row) => row,
            Err(error) => return error.into(),
        };
        let result = row.and_then(|row| row.result);
        if result.is_none_or(|result| is_expired(&result, app.clock.now())) {
            return no_longer_kept();
        }
    }
    tracing::error!(task_id = %id, error = %source, "a result's file cannot be opened");
    HttpError::internal(&"a result's file is missing")
}

fn no_longer_kept() -> HttpError {
    ApiError::new(ErrorCode::ResultExpired, "the video is no longer kept").into()
}

/// `length` bytes of the file from `first` on; none of them for HEAD.
async fn content(
    status: StatusCode,
    method: &Method,
    mut file: tokio::fs::File,
    first: u64,
    length: u64,
) -> Result<Response, HttpError> {
    let body = if *method == Method::HEAD {
        Body::empty()
    } else {
        if first > 0 {
            let sought = file.seek(SeekFrom::Start(first)).await;
            sought.map_err(|source| HttpError::internal(&source))?;
        }
        Body::from_stream(ReaderStream::with_capacity(file.take(length), CHUNK_BYTES))
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    Ok(response)
}

/// The headers that 200, 206 and 304 share.
fn describe(name: &str, kind: Kind, validators: &Validators) -> HeaderMap {
    let media_type = match kind {
        Kind::Video => "video/mp4",
        Kind::Poster => "image/jpeg",
    };
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CONTENT_DISPOSITION, header(&format!("inline; filename=\"{name}\"")));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600"));
    headers.insert(ETAG, header(&validators.etag));
    headers.insert(LAST_MODIFIED, header(&conditions::http_date(validators.modified_seconds)));
    headers
}

fn with_headers(mut response: Response, described: HeaderMap) -> Response {
    response.headers_mut().extend(described);
    response
}

fn allow_other_origins(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("Content-Length, Content-Range, ETag, X-Request-Id"),
    );
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    response
}

/// Strong: a result never changes. The picture belongs to the video, but is another thing.
fn etag(kind: Kind, result: &ResultRow) -> String {
    match kind {
        Kind::Video => format!("\"{}\"", result.sha256_hex),
        Kind::Poster => format!("\"{}-poster\"", result.sha256_hex),
    }
}

/// `task_….mp4` or `task_….jpg`.
fn parse_name(name: &str) -> Option<(TaskId, Kind)> {
    let (id, ending) = name.rsplit_once('.')?;
    let kind = match ending {
        "mp4" => Kind::Video,
        "jpg" => Kind::Poster,
        _ => return None,
    };
    Some((id.parse().ok()?, kind))
}

/// A header of characters that are known to be plain.
fn header(text: &str) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

fn not_found() -> HttpError {
    ApiError::new(ErrorCode::NotFound, "there is no such file").into()
}

fn unsatisfiable(length: u64) -> HttpError {
    let error = ApiError::invalid(
        "Range",
        format!("the range is outside the file, which has {length} bytes"),
    );
    HttpError::from(error)
        .with_status(StatusCode::RANGE_NOT_SATISFIABLE)
        .with_header(CONTENT_RANGE, header(&format!("bytes */{length}")))
}
