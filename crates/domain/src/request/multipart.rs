//! The parts of a `multipart/form-data` body (RFC 7578 over RFC 2046, section 5.1).
//!
//! Guarantees: nothing of a part is copied; the count of parts and the size of a part's head are
//! bounded by the named limits; a body without its closing line is refused, since a part may be
//! missing. Not here: what a part's name means (`form`).

use std::borrow::Cow;

use memchr::memmem;

use crate::error::{ApiError, ErrorCode};
use crate::text::shown;

/// Most parts of a form.
pub const PARTS_MAX: usize = 1_000;
/// Most bytes of a part's head.
pub const HEAD_BYTES_MAX: usize = 8 * 1024;
/// Most characters of a boundary (RFC 2046, section 5.1.1).
pub const BOUNDARY_CHARS_MAX: usize = 70;
/// Most characters of the body that a message repeats.
const SHOWN_CHARS_MAX: usize = 64;

/// One part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    /// The field's name as it was sent.
    pub(crate) name: Cow<'a, str>,
    /// Whether it says that it is a file, by a file name or by its media type.
    pub(crate) is_file: bool,
    /// Whether its media type is JSON's.
    pub(crate) is_json: bool,
    /// The bytes.
    pub(crate) content: &'a [u8],
}

/// The parts of a body, in its order. A file input that nobody filled (an empty file without a
/// name, as browsers send it) is no part.
pub(crate) fn parts<'a>(body: &'a [u8], boundary: &str) -> Result<Vec<Part<'a>>, ApiError> {
    let delimiter = format!("\r\n--{boundary}");
    let finder = memmem::Finder::new(delimiter.as_bytes());
    // The first line needs no line break before it.
    let mut rest = match body.strip_prefix(&delimiter.as_bytes()[2..]) {
        Some(rest) => rest,
        None => after(body, &finder).ok_or_else(|| {
            refusal("the form does not hold the boundary that its Content-Type names")
        })?,
    };
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        if parts.len() == PARTS_MAX {
            return Err(refusal(&format!("the form has more than {PARTS_MAX} parts")));
        }
        let start = line_end(rest).ok_or_else(cut_off)?;
        let end = finder.find(&rest[start - 2..]).ok_or_else(cut_off)?;
        // A head that ends where the part does leaves nothing between the two line breaks.
        let part = rest.get(start..start - 2 + end).unwrap_or(b"");
        parts.extend(read_part(part)?);
        rest = &rest[start - 2 + end + delimiter.len()..];
    }
    Ok(parts)
}

fn after<'a>(body: &'a [u8], finder: &memmem::Finder<'_>) -> Option<&'a [u8]> {
    finder.find(body).and_then(|at| body.get(at + finder.needle().len()..))
}

/// Where the part begins: behind the padding and the line break that follow a boundary.
fn line_end(rest: &[u8]) -> Option<usize> {
    let padding = rest.iter().take_while(|&&byte| byte == b' ' || byte == b'\t').count();
    rest[padding..].starts_with(b"\r\n").then_some(padding + 2)
}

fn read_part(part: &[u8]) -> Result<Option<Part<'_>>, ApiError> {
    let window = &part[..part.len().min(HEAD_BYTES_MAX)];
    let Some((end, content)) = split_head(window, part) else {
        return Err(refusal(&format!(
            "a part of the form has no head of at most {HEAD_BYTES_MAX} bytes that ends in an \
             empty line"
        )));
    };
    let head = std::str::from_utf8(&part[..end])
        .map_err(|_| refusal("the head of a part of the form is not UTF-8"))?;
    let mut disposition = None;
    let mut media_type = "";
    for line in head.split("\r\n") {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "content-disposition" => disposition = Some(Disposition::parse(value)),
            "content-type" => media_type = value.trim(),
            "content-transfer-encoding" => check_encoding(value.trim())?,
            _ => {}
        }
    }
    let Some(Disposition { name: Some(name), file_name }) = disposition else {
        return Err(refusal("a part of the form has no name in its Content-Disposition"));
    };
    if name.contains('\0') {
        return Err(refusal("the name of a part of the form holds the character U+0000"));
    }
    if file_name.as_deref() == Some("") && content.is_empty() {
        return Ok(None);
    }
    let essence = media_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let is_json = essence == "application/json";
    let is_binary = essence.starts_with("image/")
        || essence.starts_with("video/")
        || essence == "application/octet-stream";
    let is_file = !is_json && (file_name.is_some() || is_binary);
    Ok(Some(Part { name, is_file, is_json, content }))
}

/// Where the head of a part ends, and what follows it. Without content the empty line may be the
/// line break of the boundary (RFC 2046, section 5.1.1: `[CRLF *OCTET]`).
fn split_head<'a>(window: &[u8], part: &'a [u8]) -> Option<(usize, &'a [u8])> {
    if let Some(end) = memmem::find(window, b"\r\n\r\n") {
        return Some((end, &part[end + 4..]));
    }
    let is_head_alone = window.len() == part.len() && part.ends_with(b"\r\n");
    is_head_alone.then(|| (part.len() - 2, &part[part.len()..]))
}

/// RFC 7578, section 4.7: senders do not use it; what would have to be decoded is refused.
fn check_encoding(value: &str) -> Result<(), ApiError> {
    if ["7bit", "8bit", "binary"].iter().any(|plain| value.eq_ignore_ascii_case(plain)) {
        return Ok(());
    }
    let value = shown(value, SHOWN_CHARS_MAX);
    Err(refusal(&format!(
        "a part of the form has the Content-Transfer-Encoding {value}; leave it out"
    )))
}

/// What a `Content-Disposition` says.
#[derive(Debug, Default)]
struct Disposition<'a> {
    name: Option<Cow<'a, str>>,
    file_name: Option<Cow<'a, str>>,
}

impl<'a> Disposition<'a> {
    /// The parameters behind the first semicolon; the first of a name counts.
    fn parse(value: &'a str) -> Self {
        let mut found = Self::default();
        let mut rest = value.split_once(';').map_or("", |(_, rest)| rest);
        while let Some((name, after)) = rest.split_once('=') {
            let (text, after) = parameter(after.trim_start());
            match name.trim().to_ascii_lowercase().as_str() {
                "name" => found.name = found.name.or(Some(text)),
                "filename" | "filename*" => found.file_name = found.file_name.or(Some(text)),
                _ => {}
            }
            rest = after.trim_start().strip_prefix(';').unwrap_or("");
        }
        found
    }
}

/// A parameter's value, and what follows it. In quotes a backslash escapes the quote alone:
/// browsers send file names with plain backslashes.
fn parameter(text: &str) -> (Cow<'_, str>, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        return (Cow::Borrowed(text[..end].trim_end()), &text[end..]);
    };
    let is_end = |&(index, _): &(usize, &str)| !quoted[..index].ends_with('\\');
    let end = quoted.match_indices('"').find(is_end).map_or(quoted.len(), |(index, _)| index);
    let value = &quoted[..end];
    let after = quoted.get(end + 1..).unwrap_or("");
    if value.contains("\\\"") || value.contains("%22") {
        return (Cow::Owned(value.replace("\\\"", "\"").replace("%22", "\"")), after);
    }
    (Cow::Borrowed(value), after)
}

fn cut_off() -> ApiError {
    refusal("the form is cut off, or its boundary occurs within a part")
}

fn refusal(message: &str) -> ApiError {
    ApiError::new(ErrorCode::InvalidRequest, message)
}
