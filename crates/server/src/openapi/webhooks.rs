//! What endpoints of webhooks are sent, as schemas.
//!
//! Guarantees: what receivers are sent in tests is held against them (`tests/it/support/receiver.rs`).

use utoipa::openapi::schema::{AnyOfBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::words::EventWord;
use crate::dialects::native::event::{Named, TestData};
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
    data: EventData<'a>,
    /// Its place among the events of its task.
    sequence: u32,
}

/// The task, as a query showed it at that moment; of one that would be too long for an event only
/// what names it.
pub(crate) struct EventData<'a>(std::marker::PhantomData<Data<'a>>);

impl ToSchema for EventData<'_> {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Data::name().into(), Data::schema()));
        Data::schemas(schemas);
        schemas.push((Named::name().into(), Named::schema()));
        Named::schemas(schemas);
    }
}

impl PartialSchema for EventData<'_> {
    fn schema() -> RefOr<Schema> {
        AnyOfBuilder::new()
            .item(Ref::from_schema_name(Data::name()))
            .item(Ref::from_schema_name(Named::name()))
            .description(Some(
                "The task, as a query showed it at that moment; of one that would be too long for \
                 an event only what names it.",
            ))
            .into()
    }
}

/// A test of a webhook: nothing happened to any video.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct WebhookTest {
    /// Always `webhook.test`.
    #[schema(pattern = r"^webhook\.test$")]
    r#type: String,
    /// When it happened (RFC 3339).
    #[schema(format = DateTime)]
    timestamp: String,
    data: TestData,
    /// Always 0.
    #[schema(maximum = 0)]
    sequence: u32,
}
