//! Fields that nobody knows: ignored and named, unless a picture or a video would go missing.
//!
//! Guarantees: nobody pays for a video without the picture they sent. Not here: the header that
//! names the fields.

use crate::error::ApiError;
use crate::request::images::{IMAGES_FIELD, base64_picture};
use crate::request::json::{Pairs, Value};
use crate::text::shown;

/// Most ignored fields that are named.
pub const IGNORED_FIELDS_MAX: usize = 20;
/// Most characters of an ignored field's name.
pub const FIELD_NAME_CHARS_MAX: usize = 64;
/// Most characters of a path that a message repeats.
const PATH_CHARS_MAX: usize = 128;
/// Parts of names that stand for a picture.
const PICTURE_WORDS: [&str; 11] = [
    "image",
    "img",
    "picture",
    "photo",
    "frame",
    "avatar",
    "portrait",
    "thumbnail",
    "图",
    "照片",
    "首帧",
];
/// Whole words of names that stand for a picture.
const PICTURE_TOKENS: [&str; 9] =
    ["pic", "pics", "ref", "refs", "reference", "references", "pictures", "still", "stills"];
/// Parts of names that stand for a video.
const VIDEO_WORDS: [&str; 3] = ["video", "movie", "视频"];
/// Parts of names whose URL is neither, whatever else they contain.
const OTHER_WORDS: [&str; 9] = [
    "callback",
    "webhook",
    "notify",
    "upload",
    "audio",
    "voice",
    "framework",
    "href",
    "user_agent",
];
/// Endings of the path of a video's URL.
const VIDEO_ENDINGS: [&str; 5] = [".mp4", ".mov", ".webm", ".mkv", ".m4v"];

/// What a field's name says about a URL in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Picture,
    Video,
    Other,
}

/// The names of unknown fields; refuses one that holds a picture or a video.
pub(crate) fn check_unknown(pairs: &Pairs<'_>) -> Result<Vec<String>, ApiError> {
    let mut names = Vec::new();
    for (name, value) in pairs {
        if value.is_absent() {
            continue;
        }
        let name: String = name.chars().take(FIELD_NAME_CHARS_MAX).collect();
        if let Some((path, kind)) = find(value, &name, kind_of(&name).unwrap_or(Kind::Other)) {
            return Err(refusal(&name, &path, kind));
        }
        if names.len() < IGNORED_FIELDS_MAX {
            names.push(name);
        }
    }
    Ok(names)
}

fn refusal(name: &str, path: &str, kind: Kind) -> ApiError {
    let path = shown(path, PATH_CHARS_MAX);
    let message = if kind == Kind::Video {
        format!(
            "the field {path} holds a video, but videos are made from a prompt and images only; \
             leave it out, or send images in {IMAGES_FIELD}"
        )
    } else {
        format!(
            "the field {path} holds an image, but images are read from {IMAGES_FIELD}; send it \
             there"
        )
    };
    ApiError::invalid(name, message)
}

/// The path of the first picture or video in a value; recursion is bounded by the JSON reader.
fn find(value: &Value<'_>, path: &str, kind: Kind) -> Option<(String, Kind)> {
    match value {
        Value::String(text) => media_in(text, kind).map(|kind| (path.to_owned(), kind)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, item)| find(item, &format!("{path}[{index}]"), kind)),
        Value::Object(pairs) => pairs.iter().find_map(|(key, inner)| {
            let key: String = key.chars().take(FIELD_NAME_CHARS_MAX).collect();
            find(inner, &format!("{path}.{key}"), kind_of(&key).unwrap_or(kind))
        }),
        Value::File(bytes) => file_kind(bytes, kind).map(|kind| (path.to_owned(), kind)),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// What a file is: by its first bytes, else by the field's name.
fn file_kind(bytes: &[u8], kind: Kind) -> Option<Kind> {
    let starts = |start: &[u8]| bytes.starts_with(start);
    let is_picture = starts(b"\x89PNG")
        || starts(b"\xff\xd8\xff")
        || starts(b"GIF8")
        || (starts(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"));
    if is_picture {
        return Some(Kind::Picture);
    }
    // ISO base media: a film, unless its brand is that of a still picture.
    if bytes.get(4..8) == Some(b"ftyp") {
        let brand = bytes.get(8..12).unwrap_or(b"");
        let is_still = [&b"heic"[..], b"heix", b"mif1", b"avif"].contains(&brand);
        return Some(if is_still { Kind::Picture } else { Kind::Video });
    }
    if kind == Kind::Other { None } else { Some(kind) }
}

/// What a text is, in a field of some kind.
fn media_in(text: &str, kind: Kind) -> Option<Kind> {
    // Base64 has no colon, so that megabytes of it are passed over at once.
    for (index, _) in text.match_indices(':') {
        let starts = |word: &str| {
            text.get(index + 1..index + 1 + word.len())
                .is_some_and(|found| found.eq_ignore_ascii_case(word))
        };
        let is_data = index
            .checked_sub(4)
            .and_then(|start| text.get(start..index))
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("data"));
        if is_data && starts("image/") {
            return Some(Kind::Picture);
        }
        if is_data && starts("video/") {
            return Some(Kind::Video);
        }
    }
    let text = text.trim();
    if kind == Kind::Picture && base64_picture(text).is_some() {
        return Some(Kind::Picture);
    }
    let starts = |word: &str| text.get(..word.len()).is_some_and(|s| s.eq_ignore_ascii_case(word));
    if !starts("http://") && !starts("https://") {
        return None;
    }
    let path = text.split(['?', '#']).next().unwrap_or(text).to_ascii_lowercase();
    if VIDEO_ENDINGS.iter().any(|ending| path.ends_with(ending)) {
        return Some(Kind::Video);
    }
    if kind == Kind::Other { None } else { Some(kind) }
}

/// What a name stands for, if it says so.
fn kind_of(name: &str) -> Option<Kind> {
    let lower = name.to_lowercase();
    let holds = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if holds(&OTHER_WORDS) {
        Some(Kind::Other)
    } else if holds(&PICTURE_WORDS) {
        Some(Kind::Picture)
    } else if holds(&VIDEO_WORDS) {
        Some(Kind::Video)
    } else if tokens(name).any(|token| PICTURE_TOKENS.contains(&token.as_str())) {
        Some(Kind::Picture)
    } else {
        None
    }
}

/// The words of `snake_case`, `kebab-case` and `camelCase` names, lower-case, without digits.
fn tokens(name: &str) -> impl Iterator<Item = String> {
    let mut spaced = String::with_capacity(name.len() * 2);
    for character in name.chars() {
        if character.is_uppercase() || !character.is_alphabetic() {
            spaced.push(' ');
        }
        if character.is_alphabetic() {
            spaced.extend(character.to_lowercase());
        }
    }
    spaced.split(' ').map(str::to_owned).collect::<Vec<_>>().into_iter()
}
