//! `GET /v1/videos/{id}/content`: a video's bytes for whoever has the key.
//!
//! Guarantees: the variant is looked at before the task, so that nonsense is refused whatever the id
//! is; the bytes, parts and conditions are those of `files`. A video that stayed with its upstream is a
//! redirect there, without anything of the request's.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, LOCATION};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use rushes_domain::{ApiError, ErrorCode};

use super::task_id;
use crate::dialects::view::link;
use crate::http::Http;
use crate::http::auth::Caller;
use crate::http::error::HttpError;
use crate::http::files::{self, Kind};
use crate::http::generations::list::cut;
use crate::http::generations::own_task;
use crate::http::path::Segment;
use crate::openapi::{models, parameters, refusals};

/// A video's bytes, or a picture of it.
#[utoipa::path(get, path = "/v1/videos/{video_id}/content", operation_id = "openaiGetVideoContent",
    tag = "openai", params(parameters::VideoPath, parameters::VariantQuery),
    responses((status = 200, content((Vec<u8> = "video/mp4"), (Vec<u8> = "image/jpeg"))),
        (status = 206, description = "The part that `Range` asked for.",
            content((Vec<u8> = "video/mp4"), (Vec<u8> = "image/jpeg"))),
        (status = 302, description = "The video is kept by the upstream that made it: `Location` has its address."),
        (status = 416, body = models::Error, description = "The range is outside the file."),
        (status = 304, description = "The copy that `If-None-Match` names is current."),
        refusals::Content))]
pub(in crate::http) async fn serve(
    State(http): State<Arc<Http>>,
    caller: Caller,
    Segment(text): Segment,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let kind = variant(query.as_deref().unwrap_or(""))?;
    let (id, spelling) = task_id(&text)?;
    let row = own_task(&http, &caller, id).await?;
    if let (Some(url), Kind::Video) = (link(&row), kind) {
        return elsewhere(url);
    }
    if row.result.is_none() {
        let message = if link(&row).is_some() {
            "there is no picture of this video: it stayed where it was made"
        } else if row.state.is_terminal() {
            "the task ended without a video"
        } else {
            "the video is not there yet; ask for it when its status is completed"
        };
        return Err(ApiError::new(ErrorCode::NotFound, message).into());
    }
    let ending = if kind == Kind::Video { "mp4" } else { "jpg" };
    let name = format!("{}.{ending}", spelling.spell(id));
    files::send(&http, &method, &headers, &row, (kind, &name)).await
}

/// To the upstream, by the operator's choice. The address may end soon: nobody is to keep it.
fn elsewhere(url: &str) -> Result<Response, HttpError> {
    let location = HeaderValue::try_from(url).map_err(|source| HttpError::internal(&source))?;
    let headers = [(LOCATION, location), (CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((StatusCode::FOUND, headers).into_response())
}

/// Which of a video's files is wanted.
fn variant(query: &str) -> Result<Kind, ApiError> {
    let mut wanted = Kind::Video;
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if name != "variant" {
            continue;
        }
        wanted = match &*value {
            "video" => Kind::Video,
            "thumbnail" => Kind::Poster,
            other => {
                return Err(ApiError::invalid(
                    "variant",
                    format!("variant must be video or thumbnail, not {:?}", cut(other)),
                ));
            }
        };
    }
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p04_variants() {
        assert_eq!(variant(""), Ok(Kind::Video));
        assert_eq!(variant("a=b&variant=video"), Ok(Kind::Video));
        assert_eq!(variant("variant=thumbnail"), Ok(Kind::Poster));
        for query in ["variant=", "variant=../../etc/passwd", "variant=spritesheet"] {
            assert_eq!(variant(query).unwrap_err().param.as_deref(), Some("variant"), "{query}");
        }
    }
}
