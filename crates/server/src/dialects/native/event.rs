//! What a webhook says (an event, with the task as a query shows it at that moment) and what a
//! stream of events does.
//!
//! Guarantees: a body is at most `rushes_domain::webhook::BODY_BYTES_MAX`; what does not fit goes,
//! the client's own metadata first. Links are signed when the body is made, so that those of a late
//! attempt work.

use rushes_domain::webhook::{BODY_BYTES_MAX, EventType};
use rushes_domain::{EndpointId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::wire::Data;
use super::{Strings, Words, data};
use crate::dialects::view::View;
use crate::openapi::words;

/// Something that happened.
#[derive(Debug, Clone, Copy)]
pub struct Event {
    /// What.
    pub kind: EventType,
    /// Its place among the events of its task.
    pub sequence: u32,
    /// When.
    pub happened_at: Timestamp,
}

/// An event as a webhook tells it.
#[derive(Serialize)]
struct Body<'a, D> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: &'a str,
    data: D,
    sequence: u32,
}

/// What names a task, and where it stands.
#[derive(Serialize, ToSchema)]
#[schema(as = NamedVideo)]
pub(crate) struct Named<'a> {
    /// The task: `task_` and 32 hexadecimal digits.
    task_id: &'a str,
    /// The same as `task_id`.
    id: &'a str,
    #[schema(inline, value_type = words::TaskStatus)]
    status: &'static str,
}

/// What a test says.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookTestData)]
pub(crate) struct TestData {
    /// The endpoint that is tried.
    webhook_id: i64,
    /// For people.
    message: String,
}

impl Event {
    fn write(&self, data: impl Serialize) -> serde_json::Result<Vec<u8>> {
        let timestamp = moment(self.happened_at);
        let (kind, sequence) = (self.kind.as_str(), self.sequence);
        serde_json::to_vec(&Body { kind, timestamp: &timestamp, data, sequence })
    }
}

/// The body of a task's event.
pub fn body(event: &Event, view: &View<'_>) -> serde_json::Result<Vec<u8>> {
    let strings = Strings::of(view);
    let whole = event.write(data(view, &strings))?;
    if whole.len() <= BODY_BYTES_MAX {
        return Ok(whole);
    }
    let without = Data { metadata: None, ..data(view, &strings) };
    let shorter = event.write(without)?;
    if shorter.len() <= BODY_BYTES_MAX {
        return Ok(shorter);
    }
    let status = Words::of(view.row, view.is_held_back).task;
    event.write(Named { task_id: &strings.id, id: &strings.id, status })
}

/// The body of a test.
pub fn test_body(event: &Event, endpoint: EndpointId) -> serde_json::Result<Vec<u8>> {
    let message = format!("This is a test of webhook {endpoint}. Nothing happened to any video.");
    event.write(TestData { webhook_id: endpoint.0, message })
}

/// To the microsecond, in UTC (RFC 3339).
fn moment(at: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(at.0).map(|it| it.to_string()).unwrap_or_default()
}

/// What a stream of events compares to tell that something new is to be said: status and progress.
pub fn shown(view: &View<'_>) -> (&'static str, u8) {
    (Words::of(view.row, view.is_held_back).task, view.percent())
}

/// Where a task stands, in few fields of a query's: an event under way.
pub fn brief(view: &View<'_>) -> serde_json::Result<String> {
    let (status, percent) = shown(view);
    serde_json::to_string(&Brief {
        task_id: view.row.id.to_string(),
        status,
        progress: format!("{percent}%"),
        queue_position: view.queue_position,
    })
}

/// A task as a query's `data` shows it: the last event of a stream.
pub fn whole(view: &View<'_>) -> serde_json::Result<String> {
    serde_json::to_string(&data(view, &Strings::of(view)))
}

#[derive(Serialize)]
struct Brief {
    task_id: String,
    status: &'static str,
    progress: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_position: Option<u32>,
}
