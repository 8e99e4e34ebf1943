//! `GET /v1/videos`: the caller's tasks in `OpenAI`'s words, whatever door they came through.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::StatusCode;
use rushes_domain::{ApiError, Spelling, TaskId};
use rushes_store::{ListFilter, list_tasks};

use crate::dialects::openai;
use crate::dialects::view::View;
use crate::http::auth::Caller;
use crate::http::error::HttpError;
use crate::http::generations::list::{LIMIT_DEFAULT, cut, parse_limit};
use crate::http::{Http, json, to_json};
use crate::openapi::{parameters, refusals};

/// The query, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wanted {
    limit: usize,
    after: Option<TaskId>,
    is_oldest_first: bool,
}

/// The account's videos, whatever door they came through.
#[utoipa::path(get, path = "/v1/videos", operation_id = "openaiListVideos", tag = "openai",
    params(parameters::VideosQuery),
    responses((status = 200, body = openai::List), refusals::List))]
pub(in crate::http) async fn list(
    State(http): State<Arc<Http>>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    let wanted = Wanted::parse(query.as_deref().unwrap_or(""))?;
    let filter = ListFilter {
        account_id: caller.account_id(),
        // One more tells whether there is more.
        limit: wanted.limit + 1,
        after: wanted.after,
        is_oldest_first: wanted.is_oldest_first,
        states: None,
        model_ids: None,
    };
    let app = &http.app;
    let mut rows = app.store.read(move |tx| list_tasks(tx, &filter)).await?;
    let has_more = rows.len() > wanted.limit;
    rows.truncate(wanted.limit);
    let (links, now) = (&app.links, app.clock.now());
    let view = |row| View { row, links, now, queue_position: None, is_held_back: false };
    let views: Vec<_> = rows.iter().map(view).collect();
    Ok(json(StatusCode::OK, to_json(openai::list(&views, has_more))?))
}

impl Wanted {
    fn parse(query: &str) -> Result<Self, ApiError> {
        let mut wanted = Self { limit: LIMIT_DEFAULT, after: None, is_oldest_first: false };
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "limit" => wanted.limit = parse_limit(&value)?,
                "after" => wanted.after = Some(parse_after(&value)?),
                "order" => wanted.is_oldest_first = parse_order(&value)?,
                _ => {}
            }
        }
        Ok(wanted)
    }
}

fn parse_after(text: &str) -> Result<TaskId, ApiError> {
    Spelling::parse(text).map(|(id, _)| id).ok_or_else(|| {
        ApiError::invalid("after", "after must be a video's id: the last_id of the page before")
    })
}

fn parse_order(text: &str) -> Result<bool, ApiError> {
    match text {
        "asc" => Ok(true),
        "desc" => Ok(false),
        other => Err(ApiError::invalid(
            "order",
            format!("order must be asc or desc, not {:?}", cut(other)),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_said_is_the_default() {
        let wanted = Wanted::parse("foo=bar").unwrap();
        assert_eq!(wanted, Wanted { limit: 20, after: None, is_oldest_first: false });
        assert!(Wanted::parse("order=asc").unwrap().is_oldest_first);
    }

    #[test]
    fn p07_nonsense_is_refused() {
        for (query, param) in [
            ("limit=-1", "limit"),
            ("limit=1e9", "limit"),
            ("after=garbage", "after"),
            ("after=", "after"),
            ("order=up", "order"),
            ("order=", "order"),
        ] {
            let refusal = Wanted::parse(query).unwrap_err();
            assert_eq!(refusal.param.as_deref(), Some(param), "{query}");
        }
    }
}
