//! What a new thing needs, where one shape is read for new and for changed things.

use utoipa::PartialSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Schema, SchemaType, Type};

/// The schema of the fields `T`, of which these texts are needed.
pub(crate) fn needing<T: PartialSchema>(description: &str, names: &[&str]) -> RefOr<Schema> {
    let mut schema = T::schema();
    let RefOr::T(Schema::Object(object)) = &mut schema else { return schema };
    object.description = Some(description.to_owned());
    for name in names {
        object.required.push((*name).to_owned());
        if let Some(RefOr::T(Schema::Object(field))) = object.properties.get_mut(*name) {
            field.schema_type = SchemaType::Type(Type::String);
        }
    }
    schema
}
