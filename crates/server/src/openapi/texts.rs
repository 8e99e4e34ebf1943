//! Texts of a form of their own within requests, as schemas.
//!
//! Guarantees: only schemas are here; what is read is checked where it is read.

use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// A price in US dollars: from 0 to 10000, with at most 10 decimals.
pub(crate) struct Price;

impl ToSchema for Price {}

impl PartialSchema for Price {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(r"^[0-9]{1,4}(\.[0-9]{1,10})?$|^10000(\.0{1,10})?$"))
            .examples([json!("0.07")])
            .description(Some("US dollars: from 0 to 10000, with at most 10 decimals."))
            .into()
    }
}

/// Scheme, host and port of an address.
pub(crate) struct Origin;

impl ToSchema for Origin {}

impl PartialSchema for Origin {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^https?://[^/?#]+/?$"))
            .max_length(Some(rushes_domain::channel::CHANNEL_URL_BYTES_MAX))
            .examples([json!("https://cdn.example.com")])
            .description(Some("Scheme, host and port of an address."))
            .into()
    }
}
