//! What endpoints of webhooks are sent, as a schema.

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
