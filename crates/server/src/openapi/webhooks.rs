//! What endpoints of webhooks are sent, as schemas.
//!
//! Guarantees: what receivers are sent in tests is held against them (`tests/it/support/receiver.rs`).

use utoipa::ToSchema;

use super::words::EventWord;
use crate::dialects::native::wire::Data;

/// Something that happened to a video.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct WebhookEvent<'a> {
    #[schema(inline)]
    r#type: EventWord,
    /// When it happened (RFC 3339).
    #[schema(format = DateTime)]
    timestamp: String,
    /// The task, as a query showed it at that moment.
    data: Data<'a>,
    /// Its place among the events of its task.
    sequence: u32,
}

/// A test of a webhook: nothing happened to any video.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct WebhookTestEvent {
    /// Always `webhook.test`.
    #[schema(pattern = r"^webhook\.test$")]
    r#type: String,
    /// When it was asked for (RFC 3339).
    #[schema(format = DateTime)]
    timestamp: String,
    data: WebhookTestData,
    /// Always 0.
    #[schema(maximum = 0)]
    sequence: u32,
}

/// What a test says.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct WebhookTestData {
    /// The webhook that was tried.
    webhook_id: i64,
    /// For people.
    message: String,
}
