//! Data URLs of images: `data:image/…;base64,…` and nothing else.
//!
//! Guarantees: no more than [`IMAGE_BYTES_MAX`] bytes are ever decoded. Not here: whether the
//! bytes are a picture, which is found by looking at them and not at the name.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::error::{ApiError, ErrorCode};
use crate::text::shown;

/// Most bytes of an image, inline or fetched.
pub const IMAGE_BYTES_MAX: usize = 20_000_000;
/// Most characters of a type that a message repeats.
const SHOWN_CHARS_MAX: usize = 64;
/// Most bytes before the comma of a data URL.
const HEADER_BYTES_MAX: usize = 256;

const TOLERANT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, TOLERANT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, TOLERANT);

/// True if the text is a data URL of any type.
pub(crate) fn is_data_url(text: &str) -> bool {
    text.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"))
}

/// The bytes of a data URL.
///
/// # Errors
/// `image_url_invalid`, `image_unsupported` or `image_too_large`.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, ApiError> {
    let rest = text.get(5..).unwrap_or("");
    let Some((header, data)) = rest.split_once(',').filter(|(h, _)| h.len() <= HEADER_BYTES_MAX)
    else {
        return Err(invalid("it has no comma after its type"));
    };
    let mut parts = header.split(';').map(str::trim);
    let mime = parts.next().unwrap_or("").to_ascii_lowercase();
    check_type(&mime)?;
    if !parts.next_back().is_some_and(|last| last.eq_ignore_ascii_case("base64")) {
        return Err(invalid("it is not marked ;base64,"));
    }
    let bytes = decode_base64(data)?;
    if bytes.is_empty() {
        return Err(invalid("it holds no data"));
    }
    if bytes.len() > IMAGE_BYTES_MAX { Err(too_large()) } else { Ok(bytes) }
}

/// Standard base64 in one pass; only what that refuses is looked at for white space and for the
/// URL-safe alphabet. Padding may be missing.
fn decode_base64(data: &str) -> Result<Vec<u8>, ApiError> {
    // Four characters are three bytes, so this many cannot be within the limit.
    let is_too_long = |data: &str| data.len() / 4 > IMAGE_BYTES_MAX.div_ceil(3);
    if !is_too_long(data)
        && let Ok(bytes) = STANDARD.decode(data)
    {
        return Ok(bytes);
    }
    let data: String = data.split(|character: char| character.is_ascii_whitespace()).collect();
    if is_too_long(&data) {
        return Err(too_large());
    }
    let engine = if data.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    engine.decode(data).map_err(|_| invalid("its data is not base64"))
}

fn check_type(mime: &str) -> Result<(), ApiError> {
    if mime.is_empty() || !mime.contains('/') {
        return Err(invalid("it names no image type"));
    }
    let subtype = mime.strip_prefix("image/").filter(|subtype| !subtype.is_empty());
    if subtype.is_none_or(|subtype| subtype.starts_with("svg")) {
        let mime = shown(mime, SHOWN_CHARS_MAX);
        return Err(ApiError::new(
            ErrorCode::ImageUnsupported,
            format!("the type {mime} is not supported; send PNG, JPEG, WebP or GIF"),
        ));
    }
    Ok(())
}

fn invalid(problem: &str) -> ApiError {
    ApiError::new(
        ErrorCode::ImageUrlInvalid,
        format!(
            "not a complete image data URL: {problem}. The right form is \
             data:image/png;base64,iVBORw0KGgo…"
        ),
    )
}

/// The refusal of an image over [`IMAGE_BYTES_MAX`].
pub(crate) fn too_large() -> ApiError {
    ApiError::new(
        ErrorCode::ImageTooLarge,
        format!("the image is over {} MB", IMAGE_BYTES_MAX / 1_000_000),
    )
}
