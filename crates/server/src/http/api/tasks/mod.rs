//! A person's videos: made, called off and removed from the console, and all that is known of them.
//!
//! Guarantees: a task of another account does not exist, whoever asks. A create goes the one way
//! of all creates (`http/admission`); cancel and delete are those of `/v1`. A key makes videos with
//! itself alone, so that its budget and models bound it here too. Not here: other people's tasks,
//! which are for operators.

mod choice;
mod create;
pub(in crate::http::api) mod detail;
mod events;
pub(crate) mod filter;
pub(in crate::http::api) mod list;
pub(in crate::http::api) mod row;

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use rushes_domain::{AccountId, ApiError, ErrorCode, GroupId, TaskId};
use rushes_store::{StoreError, Tx, cancel_task, hide_task};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(in crate::http) use self::events::KeyLabels;
use super::actor::{Actor, Who};
use crate::dialects::native::{self, wire};
use crate::http::error::{HttpError, task_not_exist};
use crate::http::path::Segment;
use crate::http::{Http, generations, json, to_json};
use crate::openapi::{parameters, refusals};

/// The routes of this module.
pub(super) fn routes() -> OpenApiRouter<Arc<Http>> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(list::counts))
        .routes(routes!(list::csv))
        .routes(routes!(events::events))
        .routes(routes!(create::estimate))
        .routes(routes!(create::models))
        .routes(routes!(detail::show, remove))
        .routes(routes!(cancel))
}

type HttpState = State<Arc<Http>>;

/// Whose tasks they are, and in which group.
#[derive(Debug, Clone, Copy)]
pub(in crate::http::api) struct Owner {
    /// The account.
    pub(in crate::http::api) account_id: AccountId,
    /// Its group.
    pub(in crate::http::api) group_id: GroupId,
}

impl Owner {
    /// The account that acts.
    fn of(actor: &Actor) -> Result<Self, ApiError> {
        let account_id = actor.own_account()?;
        match &actor.who {
            Who::Session(session) => Ok(Self { account_id, group_id: session.group_id }),
            Who::Key(key, _) => Ok(Self { account_id, group_id: key.group_id }),
            Who::Local => Err(ApiError::new(ErrorCode::PermissionDenied, "this is for accounts")),
        }
    }
}

/// The id in a path; whatever cannot be one is a task that does not exist.
pub(in crate::http::api) fn task_id(text: &str) -> Result<TaskId, ApiError> {
    text.parse().map_err(|_| task_not_exist())
}

/// Calls one of your videos off.
///
/// 200 says that it has ended and its money was given back. 202 says that the model was asked to
/// stop: if it is too late for that, the task ends with its video and is paid.
#[utoipa::path(post, path = "/api/tasks/{task_id}/cancel", operation_id = "cancelTask",
    tag = "tasks", params(parameters::TaskPath),
    responses((status = 200, body = wire::Envelope),
        (status = 202, body = wire::Envelope, description = "The model was asked to stop."),
        refusals::ApiCancel))]
async fn cancel(
    State(http): HttpState,
    actor: Actor,
    Segment(id): Segment,
) -> Result<Response, HttpError> {
    let (id, now) = (task_id(&id)?, http.app.clock.now());
    let group_id = Owner::of(&actor)?.group_id;
    let change =
        move |tx: &mut Tx<'_>, actor: &Actor| cancel_task(tx, actor.own_account()?, id, now);
    let outcome = http.change(&actor, change).await?;
    generations::answer_cancel(&http, outcome, group_id).await
}

/// Removes one of your videos and its files; one that has not ended is called off first.
#[utoipa::path(delete, path = "/api/tasks/{task_id}", operation_id = "deleteTask", tag = "tasks",
    params(parameters::TaskPath),
    responses((status = 200, body = wire::Deleted), refusals::ApiRemove))]
async fn remove(
    State(http): HttpState,
    actor: Actor,
    Segment(id): Segment,
) -> Result<Response, HttpError> {
    let (id, now) = (task_id(&id)?, http.app.clock.now());
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        hide_task(tx, actor.own_account()?, id, now)?
            .map(drop)
            .ok_or_else(|| StoreError::from(task_not_exist()))
    };
    http.change(&actor, change).await?;
    Ok(json(StatusCode::OK, to_json(native::deleted(id))?))
}
