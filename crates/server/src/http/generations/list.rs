//! `GET /v1/video/generations`: the caller's tasks, newest first.
//!
//! Guarantees: lists with a filter, which may read many rows to find few, never take more than
//! one of the store's readers, nor keep one account waiting for many lists of another; a model
//! that does not exist costs no look at the store.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::StatusCode;
use rushes_domain::{AccountId, ApiError, Limit, State as TaskState, TaskId};
use rushes_store::{ListFilter, StoreError, TaskRow, Tx, list_tasks};
use tokio::time::Instant;

use crate::dialects::native::{self, StateOfWord, wire};
use crate::http::auth::Caller;
use crate::http::error::{HttpError, busy};
use crate::http::fair::{FairPool, Place};
use crate::http::{Http, json, to_json};
use crate::openapi::{parameters, refusals};

/// Tasks in a list when nothing is said.
pub(in crate::http) const LIMIT_DEFAULT: usize = 20;
/// Most tasks in a list.
pub(in crate::http) const LIMIT_MAX: usize = 100;
/// Most pages read from the store for one list. A word that a state shares with another is sorted
/// out after reading; only tasks under way have such a state, and an account has few of them.
const PAGES_MAX: usize = 32;
/// Filtered lists that are read at a time: of one account, and of all (the store has two readers).
const FILTERED_PER_ACCOUNT_MAX: usize = 1;
const FILTERED_MAX: usize = 1;
/// Longest wait of a filtered list for its turn.
const FILTERED_WAIT: Duration = Duration::from_secs(5);
/// Seconds after which to try again.
const FILTERED_RETRY_SECONDS: u32 = 2;

/// The query, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    limit: usize,
    after: Option<TaskId>,
    status: Option<&'static [StateOfWord]>,
    model: Option<String>,
}

/// The places of filtered lists.
pub(in crate::http) fn filtered_lists() -> FairPool {
    FairPool::new(FILTERED_PER_ACCOUNT_MAX, FILTERED_MAX)
}

/// The account's tasks, newest first.
///
/// All of them, whichever key created them: a test key lists live tasks too.
#[utoipa::path(get, path = "/v1/video/generations", operation_id = "listVideos", tag = "videos",
    params(parameters::TasksQuery),
    responses((status = 200, body = wire::List), refusals::List))]
pub(in crate::http) async fn list(
    State(http): State<Arc<Http>>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    let wanted = Wanted::parse(query.as_deref().unwrap_or(""))?;
    let app = &http.app;
    let model_id = match &wanted.model {
        None => None,
        Some(name) => match app.prices.current().catalogue.find(name) {
            Some(model) => Some(model.id.clone()),
            // No such model, so no such task.
            None => return answer(&http, &caller, &[], false),
        },
    };
    let account_id = caller.account_id();
    let limit = wanted.limit;
    let is_filtered = wanted.status.is_some() || model_id.is_some();
    let turn = if is_filtered { Some(turn(&http, account_id).await?) } else { None };
    let (known, group_id) = (Arc::clone(app), caller.0.group_id);
    let is_held_back = move |row: &TaskRow| known.channels.holds_back(row, group_id);
    let mut rows = app
        .store
        .read(move |tx| read(tx, account_id, &wanted, model_id.as_ref(), &is_held_back))
        .await?;
    drop(turn);
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    answer(&http, &caller, &rows, has_more)
}

fn answer(
    http: &Http,
    caller: &Caller,
    rows: &[TaskRow],
    has_more: bool,
) -> Result<Response, HttpError> {
    let app = &http.app;
    let is_held_back = |row: &TaskRow| app.channels.holds_back(row, caller.0.group_id);
    let body = native::list(rows, has_more, &app.links, app.clock.now(), &is_held_back);
    Ok(json(StatusCode::OK, to_json(body)?))
}

/// The account's turn to read a list with a filter.
pub(in crate::http) async fn turn(http: &Http, account_id: AccountId) -> Result<Place, ApiError> {
    let turn = http.filtered_lists.enter(account_id, 1, Instant::now() + FILTERED_WAIT).await;
    turn.ok_or_else(too_many)
}

fn too_many() -> ApiError {
    busy(
        Limit::at_once("filtered-lists", FILTERED_PER_ACCOUNT_MAX),
        "too many lists with a filter are being read; ask for fewer at a time",
        FILTERED_RETRY_SECONDS,
    )
}

/// One task more than wanted, if there are as many.
fn read(
    tx: &mut Tx<'_>,
    account_id: AccountId,
    wanted: &Wanted,
    model_id: Option<&String>,
    is_held_back: &dyn Fn(&TaskRow) -> bool,
) -> Result<Vec<TaskRow>, StoreError> {
    let mut filter = ListFilter {
        account_id,
        limit: wanted.limit + 1,
        after: wanted.after,
        is_oldest_first: false,
        states: wanted.status.map(|words| words.iter().map(|(state, _)| *state).collect()),
        model_ids: model_id.map(|id| vec![id.clone()]),
    };
    let mut found = Vec::new();
    for _ in 0..PAGES_MAX {
        let page = list_tasks(tx, &filter)?;
        let is_last = page.len() < filter.limit;
        filter.after = page.last().map(|row| row.id);
        found.extend(page.into_iter().filter(|row| wanted.takes(row, is_held_back)));
        if is_last || found.len() > wanted.limit {
            break;
        }
    }
    Ok(found)
}

impl Wanted {
    fn parse(query: &str) -> Result<Self, ApiError> {
        let mut wanted = Self { limit: LIMIT_DEFAULT, after: None, status: None, model: None };
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "limit" => wanted.limit = parse_limit(&value)?,
                "after" => wanted.after = Some(parse_after(&value)?),
                "status" => wanted.status = Some(parse_status(&value)?),
                "model" => wanted.model = Some(value.into_owned()),
                _ => {}
            }
        }
        Ok(wanted)
    }

    fn takes(&self, row: &TaskRow, is_held_back: &dyn Fn(&TaskRow) -> bool) -> bool {
        let Some(words) = self.status else { return true };
        let mark = || match row.state {
            TaskState::Queued => is_held_back(row),
            _ => row.started_at.is_some(),
        };
        words.iter().any(|&(state, wanted)| {
            state == row.state && wanted.is_none_or(|wanted| wanted == mark())
        })
    }
}

/// `limit`: how many tasks, at most 100.
pub(in crate::http) fn parse_limit(text: &str) -> Result<usize, ApiError> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| is_number && (1..=LIMIT_MAX).contains(number));
    number.ok_or_else(|| {
        let shown = cut(text);
        ApiError::invalid(
            "limit",
            format!("limit must be a whole number from 1 to {LIMIT_MAX}, not {shown:?}"),
        )
    })
}

fn parse_after(text: &str) -> Result<TaskId, ApiError> {
    text.parse().map_err(|_| {
        ApiError::invalid("after", "after must be a task id: the next_after of the page before")
    })
}

fn parse_status(text: &str) -> Result<&'static [StateOfWord], ApiError> {
    native::states_of_word(text).ok_or_else(|| {
        let shown = cut(text);
        ApiError::invalid(
            "status",
            format!(
                "status must be one of NOT_START, QUEUED, SUBMITTED, IN_PROGRESS, SUCCESS, \
                 FAILURE, not {shown:?}"
            ),
        )
    })
}

/// At most 32 characters of what the client sent.
pub(in crate::http) fn cut(text: &str) -> String {
    text.chars().take(32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(query: &str) -> Option<String> {
        Wanted::parse(query).unwrap_err().param
    }

    #[test]
    fn nothing_said_is_the_default() {
        let wanted = Wanted::parse("").unwrap();
        assert_eq!((wanted.limit, wanted.after, wanted.status), (20, None, None));
        assert_eq!(Wanted::parse("limit=100&foo=bar").unwrap().limit, 100);
    }

    #[test]
    fn p07_nonsense_is_refused() {
        for query in ["limit=-1", "limit=0", "limit=101", "limit=1e9", "limit=", "limit=%2B5"] {
            assert_eq!(refused(query).as_deref(), Some("limit"), "{query}");
        }
        for query in ["after=", "after=garbage", "after=task_0", "after=%00"] {
            assert_eq!(refused(query).as_deref(), Some("after"), "{query}");
        }
        assert_eq!(refused("status=done").as_deref(), Some("status"));
    }

    #[test]
    fn status_words_in_any_case() {
        for word in ["NOT_START", "queued", "Submitted", "in_progress", "SUCCESS", "failure"] {
            assert!(Wanted::parse(&format!("status={word}")).unwrap().status.is_some(), "{word}");
        }
    }
}
