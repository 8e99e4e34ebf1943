//! The images of a request: five fields, three forms, one list.
//!
//! Guarantees: images that came in are in the list or the request is refused; no combination of
//! fields loses one. Not here: where a URL may point (`image_url`), and pixels.

use crate::error::{ApiError, ErrorCode};
use crate::job::ImageSource;
use crate::request::data_url;
use crate::request::fields::Fields;
use crate::request::json::Value;
use crate::request::numbers::sent;

/// The field that messages recommend, and that errors of its aliases blame.
pub(crate) const IMAGES_FIELD: &str = "image_urls";
/// Names of the list of images, the recommended one first.
const LIST_FIELDS: [&str; 3] = [IMAGES_FIELD, "images", "image"];
const SINGLE_FIELD: &str = "input_reference";
const REFERENCE_FIELD: &str = "reference_images";
/// What base64 of a picture starts with, and the type to suggest.
const BASE64_STARTS: [(&str, &str); 5] = [
    ("iVBORw0KGgo", "image/png"),
    ("/9j/", "image/jpeg"),
    ("R0lGOD", "image/gif"),
    ("UklGR", "image/webp"),
    ("PHN2Zy", "image/png"),
];
/// From this many characters on, text that could be base64 is taken for it.
const BASE64_CHARS_MIN: usize = 64;

/// True for the fields that images are read from.
pub(crate) fn is_image_field(name: &str) -> bool {
    LIST_FIELDS.contains(&name) || name == SINGLE_FIELD || name == REFERENCE_FIELD
}

/// Images in the order of the request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Images {
    pub(crate) sources: Vec<ImageSource>,
    /// They came in `reference_images`, so one alone is a reference and no first frame.
    pub(crate) is_reference: bool,
}

impl Images {
    /// Takes every image field out.
    pub(crate) fn take(fields: &mut Fields<'_>) -> Result<Self, ApiError> {
        let mut given: Vec<(&str, Vec<ImageSource>)> = Vec::new();
        for name in LIST_FIELDS {
            if let Some(value) = fields.take(name) {
                given.push((name, read_list(name, IMAGES_FIELD, value)?));
            }
        }
        let single = fields.take(SINGLE_FIELD);
        let references = fields.take(REFERENCE_FIELD);
        if single.is_some() && references.is_some() {
            return Err(ApiError::new(
                ErrorCode::InvalidReferenceImages,
                format!("{SINGLE_FIELD} and {REFERENCE_FIELD} cannot be used together"),
            )
            .with_param(SINGLE_FIELD));
        }
        if let Some(value) = single {
            given.push((SINGLE_FIELD, vec![read_single(value)?]));
        }
        let is_reference = references.is_some();
        if let Some(value) = references {
            given.push((REFERENCE_FIELD, read_list(REFERENCE_FIELD, REFERENCE_FIELD, value)?));
        }
        Ok(Self { sources: merge(given)?, is_reference })
    }
}

/// One list of what several fields agree on.
fn merge(given: Vec<(&str, Vec<ImageSource>)>) -> Result<Vec<ImageSource>, ApiError> {
    let mut given = given.into_iter();
    let Some((first, sources)) = given.next() else { return Ok(Vec::new()) };
    for (name, others) in given {
        if others != sources {
            return Err(ApiError::new(
                ErrorCode::InvalidReferenceImages,
                format!("{first} and {name} hold different images; send one of them"),
            )
            .with_param(name));
        }
    }
    Ok(sources)
}

/// An array of images; one image alone is an array of one.
fn read_list(name: &str, param: &str, value: Value<'_>) -> Result<Vec<ImageSource>, ApiError> {
    let Value::Array(items) = value else {
        return read_image(name, value).map(|image| vec![image]).map_err(|e| e.with_param(param));
    };
    items
        .into_iter()
        .enumerate()
        .map(|(index, item)| {
            read_image(&format!("{name}[{index}]"), item).map_err(|e| e.with_param(param))
        })
        .collect()
}

fn read_single(value: Value<'_>) -> Result<ImageSource, ApiError> {
    if let Value::Array(items) = &value {
        return Err(ApiError::invalid(
            SINGLE_FIELD,
            format!(
                "{SINGLE_FIELD} must be one image, but an array of {} was sent; use {IMAGES_FIELD}",
                items.len()
            ),
        ));
    }
    read_image(SINGLE_FIELD, value).map_err(|error| error.with_param(SINGLE_FIELD))
}

/// A string, `{"url": …}` or `{"image_url": string or {"url": …}}`. `path` is for messages.
fn read_image(path: &str, value: Value<'_>) -> Result<ImageSource, ApiError> {
    match value {
        Value::String(text) => read_text(path, &text),
        Value::File(bytes) => read_file(path, bytes),
        Value::Object(pairs) => {
            let mut found = None;
            for (key, inner) in pairs {
                let path = format!("{path}.{key}");
                let image = match (key.as_ref(), inner) {
                    (_, inner) if inner.is_absent() => continue,
                    ("image_url", Value::Object(inner)) => {
                        let url = inner.into_iter().find(|(key, _)| key == "url");
                        read_inner(&format!("{path}.url"), url.map(|(_, url)| url))?
                    }
                    ("url" | "image_url", inner) => read_inner(&path, Some(inner))?,
                    ("file_id", _) => return Err(wrong_form(&path, "a file id")),
                    _ => continue,
                };
                if found.as_ref().is_some_and(|first| *first != image) {
                    return Err(ApiError::new(
                        ErrorCode::InvalidReferenceImages,
                        format!("{path} is another image than its sibling; send one of them"),
                    ));
                }
                found = Some(image);
            }
            found.ok_or_else(|| wrong_form(path, "an object without url or image_url"))
        }
        other => Err(wrong_form(path, &sent(&other))),
    }
}

fn read_inner(path: &str, value: Option<Value<'_>>) -> Result<ImageSource, ApiError> {
    match value {
        Some(Value::String(text)) => read_text(path, &text),
        Some(Value::File(bytes)) => read_file(path, bytes),
        Some(other) => Err(wrong_form(path, &sent(&other))),
        None => Err(wrong_form(path, "nothing")),
    }
}

/// An `http(s)` URL, whose text is vetted later, or a data URL, which is decoded.
fn read_text(path: &str, text: &str) -> Result<ImageSource, ApiError> {
    if text.is_empty() {
        return Err(ApiError::new(
            ErrorCode::ImageUrlInvalid,
            format!("{path} is an empty string; send an https:// URL or leave it out"),
        ));
    }
    if data_url::is_data_url(text) {
        return data_url::decode(text).map(ImageSource::Inline).map_err(|error| at(path, error));
    }
    if let Some(mime) = bare_base64(text) {
        return Err(ApiError::new(
            ErrorCode::ImageUrlInvalid,
            format!(
                "{path} is bare base64; send a complete data URL: data:{mime};base64,{}…",
                text.chars().take(12).collect::<String>()
            ),
        ));
    }
    Ok(ImageSource::Url(text.to_owned()))
}

/// The bytes of a form's file.
fn read_file(path: &str, bytes: &[u8]) -> Result<ImageSource, ApiError> {
    if bytes.is_empty() {
        let message = format!("{path}: the file is empty");
        return Err(ApiError::new(ErrorCode::ImageUnsupported, message));
    }
    if bytes.len() > data_url::IMAGE_BYTES_MAX {
        return Err(at(path, data_url::too_large()));
    }
    Ok(ImageSource::Inline(bytes.to_vec()))
}

/// The same error with the place of the image before its message.
pub(crate) fn at(path: &str, mut error: ApiError) -> ApiError {
    error.message = format!("{path}: {}", error.message);
    error
}

fn wrong_form(path: &str, what: &str) -> ApiError {
    ApiError::new(
        ErrorCode::InvalidRequest,
        format!(
            "{path} must be an image: a string (https:// URL or data:image/…;base64, URL), \
             {{\"url\": …}} or {{\"image_url\": …}}, but {what} was sent"
        ),
    )
}

/// The type to suggest, if the text is base64 without the head of a data URL.
fn bare_base64(text: &str) -> Option<&'static str> {
    let is_base64 = |byte: u8| {
        byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte) || byte.is_ascii_whitespace()
    };
    let is_long = || text.len() >= BASE64_CHARS_MIN && !text.starts_with('/');
    base64_picture(text)
        .or_else(|| (is_long() && text.bytes().all(is_base64)).then_some("image/png"))
}

/// The type to suggest, if the text starts as base64 of a picture does.
pub(crate) fn base64_picture(text: &str) -> Option<&'static str> {
    BASE64_STARTS.iter().find(|(start, _)| text.starts_with(start)).map(|(_, mime)| *mime)
}
