//! The native dialect: `/v1/video/generations`.
//!
//! Guarantees: the fields of the published document come first and are always there, always
//! strings; the additions follow, absent until known, never null. There are three vocabularies for
//! one state, one per level of the answer, and several names for one URL, since clients of this
//! family read different ones of them.

pub mod event;
pub(crate) mod wire;

use rushes_domain::account::KeyKind;
use rushes_domain::money::CostState;
use rushes_domain::request::VideoRequest;
use rushes_domain::request::json::Pairs;
use rushes_domain::{State, TaskId, Ticks, Timestamp};
use rushes_store::{NewTask, TaskRow};

use self::wire::{
    Content, Cost, Created, Data, DataError, Deleted, Envelope, InOrder, List, Message, Nested,
    TopError,
};
use super::view::{View, is_expired};
use crate::links::LinkSigner;

/// The provider whose videos are marked as previews.
const PREVIEW: &str = "preview";
/// Longest answer of JSON that is expected, in bytes; more only grows the buffer.
const ENVELOPE_BYTES: usize = 2048;

/// The request behind a body's fields.
pub fn request(pairs: Pairs<'_>) -> VideoRequest {
    VideoRequest::from_pairs(pairs)
}

/// The body of the answer to a create, from what is about to be written.
pub fn created(task: &NewTask) -> serde_json::Result<Vec<u8>> {
    let id = task.id.to_string();
    let price = if task.key_kind == KeyKind::Test { Ticks::ZERO } else { task.price };
    serde_json::to_vec(&Created {
        id: &id,
        task_id: &id,
        object: "video",
        model: &task.model_name,
        status: "queued",
        progress: 0,
        created_at: task.now.unix_seconds(),
        seconds: task.seconds,
        seconds_requested: cut_from(task.seconds, task.seconds_requested),
        aspect_ratio: &task.aspect_ratio,
        resolution: &task.resolution,
        cost: Cost::of(price, CostState::Held),
    })
}

/// The body of the answer to a delete.
pub fn deleted(id: TaskId) -> serde_json::Result<Vec<u8>> {
    let id = id.to_string();
    serde_json::to_vec(&Deleted { id: &id, task_id: &id, object: "video.deleted", deleted: true })
}

/// The body of the answer to a query or a cancel.
pub fn envelope(view: &View<'_>) -> serde_json::Result<Vec<u8>> {
    let strings = Strings::of(view);
    let row = view.row;
    let words = Words::of(row, view.is_held_back);
    let mut body = Vec::with_capacity(ENVELOPE_BYTES);
    let envelope = Envelope {
        code: "success",
        message: "",
        data: data(view, &strings),
        id: &strings.id,
        task_id: &strings.id,
        status: words.top,
        url: &strings.url,
        video_url: &strings.url,
        result_url: &strings.url,
        error: row
            .failure
            .as_ref()
            .map(|failure| TopError { code: failure.code.as_str(), message: &failure.reason }),
    };
    serde_json::to_writer(&mut body, &envelope)?;
    Ok(body)
}

/// The same as text.
pub fn envelope_text(view: &View<'_>) -> serde_json::Result<String> {
    envelope(view).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// The body of a list; `next_after` is there if there is more.
pub fn list(
    rows: &[TaskRow],
    has_more: bool,
    links: &LinkSigner,
    now: Timestamp,
    is_held_back: &dyn Fn(&TaskRow) -> bool,
) -> serde_json::Result<Vec<u8>> {
    let views: Vec<View<'_>> = rows
        .iter()
        .map(|row| View { row, links, now, queue_position: None, is_held_back: is_held_back(row) })
        .collect();
    let strings: Vec<Strings> = views.iter().map(Strings::of).collect();
    let last = strings.last().filter(|_| has_more);
    serde_json::to_vec(&List {
        object: "list",
        data: views.iter().zip(&strings).map(|(view, strings)| data(view, strings)).collect(),
        has_more,
        next_after: last.map(|strings| strings.id.as_str()),
    })
}

/// An inside state that a word of `data.status` stands for. A state that has two words comes with
/// which of them: whether a running task has begun, whether a queued one is held back. Else it does
/// not matter.
pub type StateOfWord = (State, Option<bool>);

/// The inside states that a word of `data.status` stands for; the word's case does not matter.
pub fn states_of_word(word: &str) -> Option<&'static [StateOfWord]> {
    const TABLE: [(&str, &[StateOfWord]); 6] = [
        ("NOT_START", &[(State::Parked, None), (State::Queued, Some(true))]),
        ("QUEUED", &[(State::Queued, Some(false))]),
        ("SUBMITTED", &[(State::Submitting, None), (State::Running, Some(false))]),
        ("IN_PROGRESS", &[(State::Running, Some(true)), (State::Finalizing, None)]),
        ("SUCCESS", &[(State::Succeeded, None)]),
        ("FAILURE", &[(State::Failed, None), (State::Cancelled, None)]),
    ];
    let entry = TABLE.iter().find(|(known, _)| known.eq_ignore_ascii_case(word));
    entry.map(|(_, states)| *states)
}

/// The word of `data.status`.
pub fn status_word(row: &TaskRow) -> &'static str {
    Words::of(row, false).task
}

/// The word of `data.status` for a state; whether the model has begun tells two of them apart.
pub fn word_of_state(state: State, has_begun: bool) -> &'static str {
    match state {
        State::Parked => "NOT_START",
        State::Queued => "QUEUED",
        State::Submitting => "SUBMITTED",
        State::Running if !has_begun => "SUBMITTED",
        State::Running | State::Finalizing => "IN_PROGRESS",
        State::Succeeded => "SUCCESS",
        State::Failed | State::Cancelled => "FAILURE",
    }
}

/// One state in the three vocabularies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Words {
    /// `data.status`.
    task: &'static str,
    /// `status`.
    top: &'static str,
    /// `data.data.status`.
    nested: &'static str,
}

impl Words {
    const fn new(task: &'static str, top: &'static str, nested: &'static str) -> Self {
        Self { task, top, nested }
    }

    fn of(row: &TaskRow, is_held_back: bool) -> Self {
        match row.state {
            State::Queued if is_held_back => Self::new("NOT_START", "queued", "queued"),
            State::Parked => Self::new("NOT_START", "queued", "queued"),
            State::Queued => Self::new("QUEUED", "queued", "queued"),
            State::Submitting => Self::new("SUBMITTED", "queued", "queued"),
            State::Running if row.started_at.is_none() => {
                Self::new("SUBMITTED", "queued", "queued")
            }
            State::Running | State::Finalizing => {
                Self::new("IN_PROGRESS", "in_progress", "running")
            }
            State::Succeeded => Self::new("SUCCESS", "completed", "succeeded"),
            State::Failed | State::Cancelled => Self::new("FAILURE", "failed", "failed"),
        }
    }
}

/// Texts that are made for one answer and used in several places of it.
struct Strings {
    id: String,
    progress: String,
    url: String,
    poster_url: Option<String>,
}

impl Strings {
    fn of(view: &View<'_>) -> Self {
        Self {
            id: view.row.id.to_string(),
            progress: format!("{}%", view.percent()),
            url: view.url(),
            poster_url: view.poster_url(),
        }
    }
}

/// The data object: in the envelope, and in lists.
fn data<'a>(view: &View<'a>, strings: &'a Strings) -> Data<'a> {
    let View { row, now, queue_position, .. } = *view;
    let words = Words::of(row, view.is_held_back);
    let reason = row.failure.as_ref().map_or("", |failure| failure.reason.as_str());
    let result = row.result.as_ref();
    let seconds = |at: Timestamp| at.unix_seconds();
    Data {
        task_id: &strings.id,
        status: words.task,
        progress: &strings.progress,
        result_url: &strings.url,
        fail_reason: reason,
        id: &strings.id,
        object: "video",
        model: &row.model_name,
        seconds: row.seconds,
        seconds_requested: cut_from(row.seconds, row.seconds_requested),
        aspect_ratio: &row.aspect_ratio,
        resolution: &row.resolution,
        // Of the file, once there is one: an upstream may make another than was asked for.
        width: result.map_or(row.width, |result| result.width),
        height: result.map_or(row.height, |result| result.height),
        created_at: row.created_at.unix_seconds(),
        started_at: row.started_at.map(seconds),
        finished_at: row.finished_at.map(seconds),
        expires_at: result.map(|result| result.expires_at.unix_seconds()),
        result_expired: result.and_then(|result| is_expired(result, now).then_some(true)),
        poster_url: strings.poster_url.as_deref(),
        queue_position,
        cost: Cost::of(row.price, row.cost_state),
        metadata: Some(InOrder(&row.metadata)).filter(|pairs| !pairs.0.is_empty()),
        provider: Some(row.provider.as_str()).filter(|&name| name == PREVIEW),
        error: row.failure.as_ref().map(|failure| DataError {
            code: failure.code.as_str(),
            message: &failure.reason,
            retryable: failure.code.is_retryable(),
        }),
        url: &strings.url,
        video_url: &strings.url,
        output: &strings.url,
        submit_time: row.created_at.unix_seconds(),
        start_time: row.started_at.map(seconds),
        finish_time: row.finished_at.map(seconds),
        data: Nested {
            id: &strings.id,
            status: words.nested,
            content: Content { video_url: &strings.url },
            video_url: &strings.url,
            url: &strings.url,
            output: &strings.url,
            error: row.failure.as_ref().map(|failure| Message { message: &failure.reason }),
        },
    }
}

/// The seconds that were asked for, if they were cut.
fn cut_from(seconds: u32, requested: u32) -> Option<u32> {
    Some(requested).filter(|&requested| requested != seconds)
}

#[cfg(test)]
mod tests;
