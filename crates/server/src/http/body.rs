//! Reading a body of JSON or a form: type, size, time, and how many at once.
//!
//! Guarantees: a body over the limit is refused without being read when its length is announced,
//! and at the first byte too many otherwise. A body takes one of the few places for large ones,
//! and memory for its announced length, only once it has really sent more than a small one may
//! have; each [`LARGE_STEP_BYTES`] of it then have [`LARGE_STEP_TIME`] to arrive. No account takes all of these
//! places, nor reads more than [`PER_ACCOUNT_MAX`] bodies at once. The wait for a place is bounded
//! and does not count as the body's time.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http_body_util::BodyExt as _;
use hyper::body::Body as _;
use rushes_domain::request::form;
use rushes_domain::request::json::{self, Pairs};
use rushes_domain::request::multipart::BOUNDARY_CHARS_MAX;
use rushes_domain::{AccountId, ApiError, ErrorCode, Limit};
use tokio::time::{Instant, timeout_at};

use super::error::busy;
use super::fair::{FairPool, Place};
use crate::config::LimitsConfig;

/// Bodies of one account that are read at a time.
const PER_ACCOUNT_MAX: usize = 64;
/// Longest wait for one of these.
const BODY_WAIT: Duration = Duration::from_secs(5);
/// Large bodies of one account that are read at a time.
const LARGE_PER_ACCOUNT_MAX: usize = 2;
/// Longest wait for a place among the large bodies.
const LARGE_WAIT: Duration = Duration::from_secs(30);
/// A body that holds such a place has to come in steps of so many bytes …
const LARGE_STEP_BYTES: usize = 160 * 1024;
/// … each within this time: 32 KiB/s. Slower bodies over 2 MiB could not arrive within the default
/// `limits.body_timeout_ms` anyway.
const LARGE_STEP_TIME: Duration = Duration::from_secs(5);
/// Seconds after which to try again when there is no place.
const RETRY_SECONDS: u32 = 5;

/// The places of bodies that are being read.
#[derive(Debug)]
pub(super) struct Bodies {
    any: FairPool,
    large: FairPool,
}

impl Bodies {
    /// All places free.
    pub(super) fn new(limits: &LimitsConfig) -> Self {
        Self {
            // As many in all as there are connections.
            any: FairPool::new(PER_ACCOUNT_MAX, limits.connections_max),
            large: FairPool::new(LARGE_PER_ACCOUNT_MAX, limits.large_bodies_max),
        }
    }
}

/// A whole body, and its place among the large ones.
#[derive(Debug)]
pub(super) struct ReadBody {
    /// The bytes; JSON is UTF-8 as far as its first bytes show.
    pub(super) bytes: Bytes,
    /// What they are.
    pub(super) format: Format,
    /// Held while a large body, or what was made of it, is in memory and counted nowhere else.
    pub(super) place: Option<Place>,
}

/// What a body is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Format {
    /// One JSON object.
    Json,
    /// `multipart/form-data`.
    Form {
        /// What separates its parts.
        boundary: String,
    },
}

/// What the content type says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Json,
    /// What `curl -d` sends when nothing else is said; JSON if it looks like it.
    UrlEncoded,
    Form {
        boundary: String,
    },
}

impl Format {
    /// The fields in a body of this format.
    ///
    /// # Errors
    /// `invalid_request` for a body that cannot be read as what it says it is.
    pub(super) fn pairs<'a>(&self, bytes: &'a [u8]) -> Result<Pairs<'a>, ApiError> {
        match self {
            Self::Json => json::read_pairs(bytes),
            Self::Form { boundary } => form::read_pairs(bytes, boundary),
        }
    }
}

/// Reads the body of a request that takes JSON or a form.
///
/// # Errors
/// 415, 413, 408, 429, and 400 for bytes that are no UTF-8 JSON at a glance or a broken connection.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Body,
    limits: &LimitsConfig,
    bodies: &Bodies,
    account_id: AccountId,
) -> Result<ReadBody, ApiError> {
    let kind = kind_of(headers)?;
    let bytes_max = match kind {
        Kind::Json | Kind::UrlEncoded => limits.json_body_bytes_max,
        Kind::Form { .. } => limits.form_body_bytes_max,
    };
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(too_large(bytes_max));
    }
    let place = bodies.any.enter(account_id, 1, Instant::now() + BODY_WAIT).await;
    let place = place.ok_or_else(|| {
        let limit = Limit::at_once("bodies", PER_ACCOUNT_MAX);
        busy(limit, "too many of your requests are sending their bodies; send fewer", RETRY_SECONDS)
    })?;
    let reader = Reader::new(&body, limits, bytes_max, bodies, account_id);
    let (bytes, large) = reader.read(body).await?;
    drop(place);
    let format = match kind {
        Kind::Form { boundary } => Format::Form { boundary },
        Kind::Json | Kind::UrlEncoded => {
            check_start(&bytes, &kind)?;
            Format::Json
        }
    };
    Ok(ReadBody { bytes, format, place: large })
}

/// A body on its way.
struct Reader<'a> {
    limits: &'a LimitsConfig,
    bytes_max: usize,
    bodies: &'a Bodies,
    account_id: AccountId,
    /// The announced length.
    expected: usize,
    bytes: BytesMut,
    /// The end of the body's time.
    until: Instant,
    large: Option<Large>,
}

/// A body's place among the large ones.
struct Large {
    place: Place,
    /// The end of the step's time.
    step_until: Instant,
    /// What arrived in this step.
    step_bytes: usize,
}

impl Large {
    fn step(&mut self, bytes: usize) {
        self.step_bytes = self.step_bytes.saturating_add(bytes);
        if self.step_bytes >= LARGE_STEP_BYTES {
            self.step_bytes = 0;
            self.step_until = Instant::now() + LARGE_STEP_TIME;
        }
    }
}

impl<'a> Reader<'a> {
    fn new(
        body: &Body,
        limits: &'a LimitsConfig,
        bytes_max: usize,
        bodies: &'a Bodies,
        account_id: AccountId,
    ) -> Self {
        let expected = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        Self {
            limits,
            bytes_max,
            bodies,
            account_id,
            expected: expected.min(bytes_max),
            bytes: BytesMut::new(),
            until: Instant::now() + Duration::from_millis(limits.body_timeout_ms),
            large: None,
        }
    }

    async fn read(mut self, mut body: Body) -> Result<(Bytes, Option<Place>), ApiError> {
        loop {
            let next = timeout_at(self.next_until(), body.frame()).await;
            let Some(frame) = next.map_err(|_| self.too_slow())? else { break };
            let frame = frame.map_err(|_| {
                ApiError::new(ErrorCode::InvalidRequest, "the request body did not arrive whole")
            })?;
            let Ok(data) = frame.into_data() else { continue };
            let length = self.bytes.len().saturating_add(data.len());
            if length > self.bytes_max {
                return Err(too_large(self.bytes_max));
            }
            if length > self.limits.large_body_bytes && self.large.is_none() {
                self.take_place().await?;
            }
            if let Some(large) = &mut self.large {
                large.step(data.len());
            }
            self.bytes.extend_from_slice(&data);
        }
        let place = self.large.map(|large| large.place);
        Ok((self.bytes.freeze(), place))
    }

    async fn take_place(&mut self) -> Result<(), ApiError> {
        let asked_at = Instant::now();
        let entered = self.bodies.large.enter(self.account_id, 1, asked_at + LARGE_WAIT).await;
        let place = entered.ok_or_else(|| {
            let limit = Limit::at_once("large-bodies", LARGE_PER_ACCOUNT_MAX);
            busy(limit, "too many large requests are being sent; try again shortly", RETRY_SECONDS)
        })?;
        let now = Instant::now();
        self.until += now - asked_at;
        self.large = Some(Large { place, step_until: now + LARGE_STEP_TIME, step_bytes: 0 });
        self.bytes.reserve(self.expected.saturating_sub(self.bytes.len()));
        Ok(())
    }

    /// When the next bytes have to be here.
    fn next_until(&self) -> Instant {
        self.large.as_ref().map_or(self.until, |large| self.until.min(large.step_until))
    }

    fn too_slow(&self) -> ApiError {
        let message = if self.next_until() < self.until {
            format!(
                "the request body stopped or came too slowly: over {} bytes it has to come at {} \
                 bytes a second or faster",
                self.limits.large_body_bytes,
                LARGE_STEP_BYTES as u64 / LARGE_STEP_TIME.as_secs()
            )
        } else {
            format!("the request body did not arrive within {} ms", self.limits.body_timeout_ms)
        };
        ApiError::new(ErrorCode::RequestTimeout, message)
    }
}

fn kind_of(headers: &HeaderMap) -> Result<Kind, ApiError> {
    if let Some(encoding) = headers.get(CONTENT_ENCODING)
        && !encoding.as_bytes().eq_ignore_ascii_case(b"identity")
    {
        return Err(unsupported("a compressed body (Content-Encoding)"));
    }
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(Kind::Json) };
    let text = value.to_str().map_err(|_| unsupported("this Content-Type"))?;
    let mut parts = text.split(';');
    let essence = parts.next().unwrap_or("").trim().to_ascii_lowercase();
    if essence == "multipart/form-data" {
        return boundary_of(text).map(|boundary| Kind::Form { boundary });
    }
    let charset = parts.filter_map(|part| part.trim().split_once('=')).find_map(|(name, value)| {
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    });
    if let Some(charset) = charset
        && !["utf-8", "utf8", "us-ascii"].iter().any(|known| charset.eq_ignore_ascii_case(known))
    {
        return Err(unsupported(&format!("the character set \"{}\"", cut(charset))));
    }
    let is_json_suffix = essence.starts_with("application/") && essence.ends_with("+json");
    match essence.as_str() {
        "" | "application/json" | "text/json" => Ok(Kind::Json),
        _ if is_json_suffix => Ok(Kind::Json),
        "application/x-www-form-urlencoded" => Ok(Kind::UrlEncoded),
        other => Err(unsupported(&format!("the content type \"{}\"", cut(other)))),
    }
}

/// The `boundary` of a form's content type: 1 to 70 characters, quoted or not (RFC 2046, section
/// 5.1.1).
fn boundary_of(content_type: &str) -> Result<String, ApiError> {
    let parameters = content_type.split(';').skip(1).filter_map(|it| it.split_once('='));
    let mut boundaries =
        parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"));
    let boundary = boundaries.next().map(|(_, value)| value.trim().trim_matches('"'));
    let is_valid = |text: &&str| {
        (1..=BOUNDARY_CHARS_MAX).contains(&text.len())
            && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
            && !text.ends_with(' ')
    };
    boundary.filter(is_valid).map(str::to_owned).ok_or_else(|| {
        ApiError::new(
            ErrorCode::InvalidRequest,
            "the Content-Type multipart/form-data must name the form's boundary; HTTP libraries \
             do so when they are given the form and no Content-Type",
        )
    })
}

/// A look at the first bytes, for a better sentence than a JSON parser's.
fn check_start(bytes: &[u8], kind: &Kind) -> Result<(), ApiError> {
    let is_other_unicode = bytes.starts_with(&[0xff, 0xfe])
        || bytes.starts_with(&[0xfe, 0xff])
        || bytes.iter().take(4).any(|&byte| byte == 0);
    if is_other_unicode {
        return Err(not_utf8("the body looks like UTF-16 or UTF-32; send UTF-8"));
    }
    if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
        return Err(not_utf8("the body starts with a byte order mark; send UTF-8 without one"));
    }
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if *kind == Kind::UrlEncoded && first != Some(&b'{') {
        return Err(unsupported("a form of this type"));
    }
    Ok(())
}

fn not_utf8(message: &str) -> ApiError {
    ApiError::new(ErrorCode::InvalidRequest, message)
}

fn unsupported(what: &str) -> ApiError {
    ApiError::new(
        ErrorCode::UnsupportedMediaType,
        format!(
            "{what} is not supported; send JSON with Content-Type: application/json, or \
             multipart/form-data"
        ),
    )
}

fn too_large(bytes_max: usize) -> ApiError {
    ApiError::new(ErrorCode::RequestTooLarge, format!("the request body is over {bytes_max} bytes"))
}

/// At most 64 characters of what the client sent.
fn cut(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(content_type: &'static str) -> Result<Kind, ErrorCode> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, http::HeaderValue::from_static(content_type));
        kind_of(&headers).map_err(|error| error.code)
    }

    #[test]
    fn json_in_all_its_names() {
        assert_eq!(kind_of(&HeaderMap::new()).ok(), Some(Kind::Json));
        for name in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/json;charset=\"utf-8\"",
            "application/vnd.api+json",
        ] {
            assert_eq!(kind(name), Ok(Kind::Json), "{name}");
        }
        assert_eq!(kind("application/x-www-form-urlencoded"), Ok(Kind::UrlEncoded));
    }

    #[test]
    fn forms_name_their_boundary() {
        for (content_type, boundary) in [
            ("multipart/form-data; boundary=x", "x"),
            ("Multipart/Form-Data;charset=utf-8; Boundary=\"a b\"", "a b"),
        ] {
            let boundary = boundary.to_owned();
            assert_eq!(kind(content_type), Ok(Kind::Form { boundary }), "{content_type}");
        }
        for content_type in [
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=01234567890123456789012345678901234567890123456789012345678901234567890",
        ] {
            assert_eq!(kind(content_type), Err(ErrorCode::InvalidRequest), "{content_type}");
        }
    }

    #[test]
    fn j11_other_types_and_character_sets() {
        for name in ["text/plain", "multipart/mixed; boundary=x", "application/jsonp", "x"] {
            assert_eq!(kind(name), Err(ErrorCode::UnsupportedMediaType), "{name}");
        }
        assert_eq!(kind("application/json; charset=utf-16"), Err(ErrorCode::UnsupportedMediaType));
    }

    #[test]
    fn j11_other_encodings_of_unicode() {
        let code = |bytes: &[u8], kind: Kind| check_start(bytes, &kind).err().map(|it| it.code);
        for bytes in [b"\xff\xfe{\0}\0".as_slice(), b"\xfe\xff\0{\0}", b"{\0}\0", b"\xef\xbb\xbf{}"]
        {
            assert_eq!(code(bytes, Kind::Json), Some(ErrorCode::InvalidRequest), "{bytes:?}");
        }
        assert_eq!(code(b" \n{}", Kind::UrlEncoded), None);
        assert_eq!(code(b"a=b", Kind::UrlEncoded), Some(ErrorCode::UnsupportedMediaType));
        assert_eq!(code(b"", Kind::Json), None);
    }
}
